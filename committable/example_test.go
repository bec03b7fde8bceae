package committable_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committable/codec"
)

// Seat is the row: a seat of a show and the guest who has it.
type Seat struct {
	Show   string
	Number uint16
	Guest  string
}

// SeatKey is the key of a Seat.
type SeatKey struct {
	Show   string
	Number uint16
}

// byGuest is the position of the only index.
const byGuest = 0

func newSeats() *committable.Table[SeatKey, Seat] {
	return committable.NewTable(committable.Definition[SeatKey, Seat]{
		Name:   "seats",
		Schema: "store seats\nkey Show,Number\nindex ByGuest Guest",
		Key:    func(s *Seat) SeatKey { return SeatKey{s.Show, s.Number} },
		AppendKey: func(dst []byte, k SeatKey) []byte {
			return codec.AppendKeyUint16(codec.AppendKeyString(dst, k.Show), k.Number)
		},
		DecodeKey: func(b []byte) (SeatKey, error) {
			r := codec.NewKeyReader(b)
			k := SeatKey{Show: r.String(), Number: r.Uint16()}
			return k, r.Close()
		},
		AppendRow: func(dst []byte, s *Seat) []byte {
			dst = codec.AppendString(dst, 1, s.Show)
			dst = codec.AppendUint(dst, 2, s.Number)
			return codec.AppendString(dst, 3, s.Guest)
		},
		DecodeRow: func(b []byte, s *Seat) error {
			d := codec.NewDecoder(b)
			for d.Next() {
				switch d.Field() {
				case 1:
					s.Show = d.String()
				case 2:
					s.Number = d.Uint16()
				case 3:
					s.Guest = d.String()
				default:
					d.Unknown()
				}
			}
			return d.Err()
		},
		Normalize: func(s, _ *Seat) error {
			return errors.Join(codec.CheckString("Show", s.Show), codec.CheckString("Guest", s.Guest))
		},
		Equal: func(a, b *Seat) bool { return *a == *b },
		Indexes: []committable.Index[Seat]{
			byGuest: {Name: "ByGuest", Append: func(dst []byte, s *Seat) []byte { return codec.AppendKeyString(dst, s.Guest) }},
		},
	})
}

// A store written by hand and used without a committer. One session books seats,
// another returns one.
func ExampleTable() {
	ctx := context.Background()
	seats := newSeats()

	key := []byte("booking 1")
	if err := seats.Begin(ctx, key); err != nil {
		fmt.Println(err)
		return
	}
	err := errors.Join(
		seats.Insert(Seat{"Hamlet", 12, "Ada"}),
		seats.Insert(Seat{"Hamlet", 3, "Bob"}),
		seats.Insert(Seat{"Medea", 3, "Ada"}),
	)
	if err != nil {
		fmt.Println(err, seats.Cancel(ctx))
		return
	}
	attempt, err := seats.Savepoint(ctx)
	if err != nil {
		fmt.Println(err, seats.Cancel(ctx))
		return
	}
	if _, err := seats.Delete(SeatKey{"Medea", 3}); err != nil {
		fmt.Println(err)
	}
	if err := attempt.Rollback(ctx); err != nil { // Ada keeps it after all
		fmt.Println(err)
	}
	id, err := seats.Commit(ctx, key)
	fmt.Printf("%d seats under %x…, %v\n", seats.Len(), id[:4], err)

	for _, seat := range seats.Prefix(codec.AppendKeyString(nil, "Hamlet")) {
		fmt.Println("Hamlet", seat.Number, seat.Guest)
	}
	for _, seat := range seats.IndexPrefix(byGuest, codec.AppendKeyString(nil, "Ada")) {
		fmt.Println("Ada", seat.Show, seat.Number)
	}
	// Output:
	// 3 seats under cfdb10a7…, <nil>
	// Hamlet 3 Bob
	// Hamlet 12 Ada
	// Ada Hamlet 12
	// Ada Medea 3
}

// A view shows one commit, even while the store changes.
func ExampleTable_View() {
	ctx := context.Background()
	seats := newSeats()
	book := func(key string, seat Seat) {
		if err := seats.Begin(ctx, []byte(key)); err != nil {
			fmt.Println(err)
		}
		if err := seats.Put(seat); err != nil {
			fmt.Println(err)
		}
		if _, err := seats.Commit(ctx, []byte(key)); err != nil {
			fmt.Println(err)
		}
	}
	book("booking 1", Seat{"Hamlet", 3, "Bob"})
	view := seats.View()
	book("booking 2", Seat{"Hamlet", 3, "Eve"})

	before, _ := view.Get(SeatKey{"Hamlet", 3})
	now, _ := seats.Get(SeatKey{"Hamlet", 3})
	fmt.Println(before.Guest, now.Guest)
	// Output: Bob Eve
}
