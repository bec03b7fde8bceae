package generated

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/generated_test/geo"
)

// fullOrder has a value in every field.
func fullOrder() Order {
	line := Line{Item: "nut", Amount: -3, Tags: []Label{"x", ""}, At: day(4)}
	return Order{
		ID: 7, Ship: Address{Street: "S", City: "C", Notes: []string{"n"}, parsed: true}, Lines: []Line{line, {}},
		Parts: [2]Line{1: line}, Matrix: [][]int32{{1, -1}, {}}, Cube: [2][][]string{{{"a"}, nil}, {}},
		Blobs: [][]byte{{1}, {}}, Blobs2: []Blob{{2}}, Digests: []Digest{{}, {3}}, Hashes: [3][4]byte{2: {1}},
		Flags: []bool{false, true}, Switches: [4]Flag{true}, Levels: []Level{-128}, Masks: [2]Mask{1, 65535},
		Words: [2]Label{"", "w"}, Lists: [2][]byte{{}, {9}}, Times: []time.Time{day(1), {}}, Moments: [2]time.Time{1: day(2)},
		Waits: []time.Duration{time.Second}, Where: geo.Point{Lat: -1, Lon: 2, Height: 3}, Route: geo.Route{{Lat: 4}}, Points: []geo.Point{{}},
		Stamp: Stamp{By: "me", On: day(9)},
	}
}

func TestRowsAreCopies(t *testing.T) {
	s := NewOrderStore()
	in := fullOrder()
	put(t, s, in)
	spoil := func(o Order) {
		o.Ship.Notes[0], o.Lines[0].Tags[0], o.Parts[1].Tags[0], o.Matrix[0][0], o.Cube[0][0][0] = "!", "!", "!", 99, "!"
		o.Blobs[0][0], o.Blobs2[0][0], o.Digests[1][0], o.Lists[1][0], o.Route[0].Lat = 99, 99, 99, 99, 99
		o.Times[0], o.Waits[0], o.Levels[0], o.Flags[0], o.Points[0].Lat = day(30), 99, 99, true, 99
	}
	encoded := func() string {
		o, _ := s.Get(7)
		return string(appendOrder(nil, &o))
	}
	before := encoded()
	spoil(in)
	same(t, encoded(), before)
	got, _ := s.Get(7)
	spoil(got)
	same(t, encoded(), before)
	for _, o := range s.All() {
		spoil(o)
	}
	got, _ = s.View().Get(7)
	spoil(got)
	same(t, encoded(), before)
	if err := s.Begin(ctx, []byte("update")); err != nil {
		t.Fatal(err)
	}
	failure := errors.New("no")
	if err := s.Update(7, func(o *Order) error { spoil(*o); return failure }); !errors.Is(err, failure) {
		t.Errorf("Update returned %v", err)
	}
	same(t, encoded(), before)
}

func TestFieldsThatAreNotStoredAreZeroed(t *testing.T) {
	s := NewOrderStore()
	put(t, s, fullOrder())
	o, _ := s.Get(7)
	same(t, o.Ship.parsed, false)

	p := NewProfileStore()
	put(t, p, Profile{ID: "a", cache: map[string][]*Address{}, store: p, notify: func(int, int) <-chan error { return nil }, Marks: [2]Mark{{N: 1, cache: map[string]int{}}}})
	profile, _ := p.Get("a")
	if profile.Marks[0].N != 1 || profile.Marks[0].cache != nil || profile.cache != nil || profile.store != nil || profile.notify != nil {
		t.Errorf("got %+v", profile)
	}
}

func TestCanonicalForm(t *testing.T) {
	s := NewAppointmentStore()
	zone := time.FixedZone("there", 7200)
	local := time.Now().In(zone)
	put(t, s, Appointment{At: local, End: day(1).In(zone), With: []string{}})
	a, ok := s.Get(local)
	if !ok {
		t.Fatal("another zone is another key")
	}
	if a.At != local.Round(0).UTC() || a.End != day(1) || a.With != nil {
		t.Errorf("got %#v", a)
	}
	if id := in(t, s, "again", func() { _ = s.Put(Appointment{At: local.UTC(), End: day(1)}) }); strings.Trim(hex.EncodeToString(id), "0") != "" {
		t.Errorf("a Put of the same row changed something: %x", id)
	}
	same(t, s.Len(), 1)
}

func TestRefusedRows(t *testing.T) {
	check := func(field string, err error) {
		t.Helper()
		if !errors.Is(err, committable.ErrInvalid) || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: got %v", field, err)
		}
	}
	bad := "\xff"
	orders := NewOrderStore()
	in(t, orders, "1", func() {
		check("Address.Street", orders.Put(Order{Bill: Address{Street: bad}}))
		check("Address.City", orders.Put(Order{Bill: Address{City: strings.Repeat("x", 21)}}))
		check("Address.Notes", orders.Insert(Order{Ship: Address{Notes: make([]string, 3)}}))
		check("Line.Tags", orders.Put(Order{Lines: []Line{{Tags: []Label{"", Label(bad)}}}}))
		check("Cube", orders.Put(Order{Cube: [2][][]string{1: {{bad}}}}))
		check("Words", orders.Put(Order{Words: [2]Label{1: Label(bad)}}))
		check("Times", orders.Put(Order{Times: []time.Time{time.Unix(-1<<63, 0).Add(-time.Hour * 24 * 365 * 200)}}))
		if err := orders.Put(Order{Bill: Address{City: strings.Repeat("x", 20), Notes: make([]string, 2)}}); err != nil {
			t.Errorf("at the bound: %v", err)
		}
	})
	accounts := NewAccountStore()
	in(t, accounts, "1", func() {
		check("ID", accounts.Put(Account{ID: bad}))
		check("Owner", accounts.Put(Account{Owner: Owner(bad)}))
	})
	same(t, accounts.Len(), 0)
}

func TestValidate(t *testing.T) {
	transfers, limits := NewTransferStore(), NewLimitStore()
	in(t, transfers, "1", func() {
		if err := transfers.Put(Transfer{ID: 1}); !errors.Is(err, errAmount) || !errors.Is(err, committable.ErrInvalid) {
			t.Errorf("Put returned %v", err)
		}
		if err := transfers.Insert(Transfer{ID: 1, Amount: 1}); err != nil {
			t.Error(err)
		}
		if err := transfers.Update(1, func(v *Transfer) error { v.Amount = -1; return nil }); !errors.Is(err, errAmount) {
			t.Errorf("Update returned %v", err)
		}
	})
	same(t, keys(transfers.All()), []uint64{1})
	in(t, limits, "1", func() {
		if err := limits.Insert(Limit{Max: -1}); !errors.Is(err, errAmount) {
			t.Errorf("Insert returned %v", err)
		}
	})
}

// TestRowBytes pins encodings that were written out by hand from the rules:
// number<<3|wire type, zigzag for signed, zero left out, fields by number.
func TestRowBytes(t *testing.T) {
	account := Account{ID: "a", Owner: "o", Balance: -2, Opened: time.Unix(1, 5).UTC(), Tags: []string{"", "t"}}
	same(t, hex.EncodeToString(appendAccount(nil, &account)), ""+
		"0a0161"+ // 1 ID "a"
		"12016f"+ // 2 Owner "o"
		"2003"+ // 4 Balance -2
		"2a0408021005"+ // 5 Opened {1: 1 s, 2: 5 ns}
		"3200"+"320174") // 6 Tags "", "t"
	profile := Profile{ID: "i", Email: "e", Name: "n", Age: 3}
	same(t, hex.EncodeToString(appendProfile(nil, &profile)), "0a0169"+"1803"+"3a0165"+"8201016e")
	order := Order{Matrix: [][]int32{{1}, nil}, Parts: [2]Line{1: {Amount: 1}}, Masks: [2]Mask{1, 300}, Waits: []time.Duration{-1}}
	same(t, hex.EncodeToString(appendOrder(nil, &order)), ""+
		"2a00"+"2a021002"+ // 5 Parts: an empty one, {2: 1}
		"32030a0102"+"3200"+ // 6 Matrix: {1: [1]}, {}
		"7a03"+"01ac02"+ // 15 Masks, packed
		"a2010101") // 20 Waits, packed
}

func TestDecodersAreStrict(t *testing.T) {
	for name, bytes := range map[string]string{
		"explicit zero":   "0a00",
		"wrong order":     "12016f0a0161",
		"unknown field":   "3a0161",
		"long varint":     "208300",
		"field twice":     "0a01610a0161",
		"invalid UTF-8":   "0a01ff",
		"cut off":         "0a0261",
		"zero time":       "2a0708ffdb8ff9ce03",
		"too many nanos":  "2a06108094ebdc03",
		"wrong wire type": "0801",
	} {
		b, err := hex.DecodeString(bytes)
		if err != nil {
			t.Fatal(err)
		}
		if err := decodeAccount(b, new(Account)); err == nil {
			t.Errorf("%s: %s was accepted", name, bytes)
		}
	}
}
