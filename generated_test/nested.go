package generated

import (
	"time"

	"github.com/gencommittable/gencommittable/generated_test/geo"
)

// Order has structs, slices and arrays in each other.
//
//committable:store key=ID
type Order struct {
	ID       uint32
	Ship     Address
	Bill     Address
	Lines    []Line
	Parts    [2]Line
	Matrix   [][]int32
	Cube     [2][][]string
	Blobs    [][]byte
	Blobs2   []Blob
	Digests  []Digest
	Hashes   [3][4]byte
	Flags    []bool
	Switches [4]Flag
	Levels   []Level
	Masks    [2]Mask
	Words    [2]Label
	Lists    [2][]byte
	Times    []time.Time
	Moments  [2]time.Time
	Waits    []time.Duration
	Where    geo.Point
	Route    geo.Route
	Points   []geo.Point
	Stamp
}

// Lattice has lists whose functions would have one name, and types whose guards
// would.
//
//committable:store key=ID
type Lattice struct {
	ID          int
	CellRows    [][]int
	Cell        Cell
	Rows        [][][4]byte
	RowsElement [][4]byte
	Site        GeoSite
	Geo         geo.Site
	cell        cell
}

// Cell is part of a Lattice.
type Cell struct {
	Rows [][]bool
	rows [][]string
}

// GeoSite and geo.Site would have guards of one name, as Cell and cell.
type (
	GeoSite string
	cell    int
)

// Address is where something goes.
//
//committable:reserved 3
type Address struct {
	Street string
	City   string   `committable:",max=20"`
	Notes  []string `committable:"4,max=2"`
	parsed bool     `committable:"-"`
}

// Line is a part of an order.
type Line struct {
	Item   Label
	Amount int
	Tags   []Label
	At     time.Time
}

// Stamp is embedded.
type Stamp struct {
	By Owner
	On time.Time
}
