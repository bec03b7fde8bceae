package generated

import (
	"math/big"
	"net/netip"
	"time"

	"github.com/gencommittable/gencommittable/generated_test/geo"
)

// Option has fields that can be missing.
//
//committable:store key=ID
type Option struct {
	ID       int
	Flag     *bool
	Count    *int
	Small    *uint8
	Rank     *Level
	Name     *string
	Label    *Label
	Raw      *[]byte
	Blob     *Blob
	Digest   *Digest
	Hash     *[4]byte
	At       *time.Time
	Wait     *time.Duration
	Rate     *float64 `committable:",float"`
	Home     *Address
	Place    *geo.Point
	Names    *[]string
	Pair     *[2]int
	Limits   *map[string]int
	Sum      *big.Int `committable:",text"`
	Host     *netip.Addr
	Lines    []*Line
	Stamps   []*Stamp
	Sums     []*big.Int `committable:",text"`
	Hosts    []netip.Addr
	Prefix   netip.Prefix
	Interval *Pair2[*string, []int]
	*Stamp
}

// Directory has maps.
//
//committable:store key=ID
type Directory struct {
	ID      string
	Counts  map[string]int64 `committable:",max=100"`
	Flags   map[bool]string
	Levels  map[Level]Label
	Hashes  map[[4]byte][]byte
	Digests map[Digest]Digest
	Times   map[time.Time]time.Time
	Waits   map[time.Duration]bool
	Homes   map[int8]Address
	Lines   map[uint16]*Line
	Lists   map[string][]string
	Arrays  map[string][2]Line
	Nested  map[string]map[Label][]*Stamp
	List    []map[string]int
	Array   [2]map[string]Blob
	Sums    map[string]*big.Int `committable:",text"`
	Hosts   map[string]netip.Addr
	Index   Index[geo.Site]
	Rates   map[uint]float32 `committable:",float"`
}

// Index is a generic map.
type Index[V any] map[string]V

// Generic has instances of generic types.
//
//committable:store key=ID
//committable:index name=ByTag on=Tag
type Generic struct {
	ID     ID[Generic]
	Tag    Tag[int]
	Range  Pair2[int64, time.Time]
	Range2 Pair2[int64, time.Time]
	Deep   Pair2[Pair2[string, string], Many[Digest]]
	Where  geo.Box[Level]
	Many   Many[Pair2[string, bool]]
	Alias  Both[Label]
}

// ID is the ID of a T.
type ID[T any] string

// Tag is a string for a T.
type Tag[T any] string

// Pair2 is two values.
type Pair2[A, B any] struct {
	First  A            `committable:"1"`
	Second B            `committable:"3"`
	cached map[string]A `committable:"-"`
}

// Many is a list.
type Many[T any] []T

// Both is a pair of one type.
type Both[T any] = Pair2[T, T]

// Float has floats.
//
//committable:store key=ID
type Float struct {
	ID      int
	Single  float32              `committable:",float"`
	Double  float64              `committable:",float"`
	Celsius Celsius              `committable:",float"`
	Many    []float64            `committable:",float"`
	Singles []float32            `committable:",float"`
	Point   [3]Celsius           `committable:",float"`
	Grid    [2][]float32         `committable:",float"`
	ByName  map[string]float64   `committable:",float"`
	Lists   map[string][]Celsius `committable:",float"`
}

// Celsius is a temperature.
type Celsius float64

// Encoded has types that encode themselves.
//
//committable:store key=ID
type Encoded struct {
	ID      int
	Total   big.Int `committable:",text"`
	Roman   Roman   `committable:",text"`
	Romans  []Roman `committable:",text"`
	Number  Roman
	Color   Color
	Colors  []Color
	Palette Palette
	Host    netip.AddrPort
	Inner   Wraps
}

// Roman is a number that has a text of its own.
type Roman int

// Color encodes itself.
type Color struct {
	R, G, B uint8
}

// Palette is a map that encodes itself.
type Palette map[string]*Color

// Wraps has the methods of an embedded field, which would lose Zone.
type Wraps struct {
	time.Time
	Zone string
}
