package generated

import (
	"bytes"
	"cmp"
	"iter"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func compareBool(a, b Flag) int {
	switch {
	case a == b:
		return 0
	case bool(b):
		return -1
	default:
		return 1
	}
}

// TestIndexesOrderAsGoDoes compares every index with a stable sort of the rows
// in key order.
func TestIndexesOrderAsGoDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := NewSampleStore()
		if err := s.Begin(ctx, []byte("1")); err != nil {
			t.Fatal(err)
		}
		var rows []Sample
		for i := range rapid.IntRange(0, 6).Draw(t, "rows") {
			var row Sample
			drawRow(t, reflect.ValueOf(&row).Elem())
			row.ID = Digest{byte(i)}
			if len(rows) > 0 && rapid.Bool().Draw(t, "half equal") {
				row.String, row.Time, row.Hash = rows[0].String, rows[0].Time, rows[0].Hash
			}
			rows = append(rows, row)
			if err := s.Put(row); err != nil {
				t.Fatal(err)
			}
		}
		check := func(name string, got iter.Seq2[Digest, Sample], compare func(a, b Sample) int) {
			want := slices.SortedStableFunc(slices.Values(rows), compare)
			var gotIDs, wantIDs []Digest
			for id := range got {
				gotIDs = append(gotIDs, id)
			}
			for _, row := range want {
				wantIDs = append(wantIDs, row.ID)
			}
			if !slices.Equal(gotIDs, wantIDs) {
				t.Fatalf("%s: got %v, want %v of %+v", name, gotIDs, wantIDs, rows)
			}
		}
		compareHash := func(a, b Sample) int { return bytes.Compare(a.Hash[:], b.Hash[:]) }
		check("ByBool", s.AllByBool(), func(a, b Sample) int { return compareBool(a.Bool, b.Bool) })
		check("ByInt", s.AllByInt(), func(a, b Sample) int { return cmp.Compare(a.Int, b.Int) })
		check("ByInt8", s.AllByInt8(), func(a, b Sample) int { return cmp.Compare(a.Int8, b.Int8) })
		check("ByInt16", s.AllByInt16(), func(a, b Sample) int { return cmp.Compare(a.Int16, b.Int16) })
		check("ByInt32", s.AllByInt32(), func(a, b Sample) int { return cmp.Compare(a.Int32, b.Int32) })
		check("ByUint", s.AllByUint(), func(a, b Sample) int { return cmp.Compare(a.Uint, b.Uint) })
		check("ByUint8", s.AllByUint8(), func(a, b Sample) int { return cmp.Compare(a.Uint8, b.Uint8) })
		check("ByUint16", s.AllByUint16(), func(a, b Sample) int { return cmp.Compare(a.Uint16, b.Uint16) })
		check("ByUint32", s.AllByUint32(), func(a, b Sample) int { return cmp.Compare(a.Uint32, b.Uint32) })
		check("ByString", s.AllByString(), func(a, b Sample) int { return cmp.Compare(a.String, b.String) })
		check("ByHash", s.AllByHash(), compareHash)
		check("ByTime", s.AllByTime(), func(a, b Sample) int { return a.Time.Compare(b.Time) })
		check("ByDuration", s.AllByDuration(), func(a, b Sample) int { return cmp.Compare(a.Duration, b.Duration) })
		check("ByStringDown", s.AllByStringDown(), func(a, b Sample) int {
			return cmp.Or(cmp.Compare(b.String, a.String), cmp.Compare(a.Int8, b.Int8))
		})
		check("ByHashDown", s.AllByHashDown(), func(a, b Sample) int { return compareHash(b, a) })
		check("ByTimeDown", s.AllByTimeDown(), func(a, b Sample) int { return b.Time.Compare(a.Time) })
		if len(rows) > 0 { // what is equal to the first row is found by its value
			want := 0
			for _, row := range rows {
				if row.Time.Equal(rows[0].Time) {
					want++
				}
			}
			if got := len(keys(s.ByTimeDown(rows[0].Time))); got != want {
				t.Fatalf("ByTimeDown finds %d rows, want %d", got, want)
			}
		}
		if back, err := decodeSampleKey(appendSampleKey(nil, Digest{1, 2})); err != nil || back != (Digest{1, 2}) {
			t.Fatalf("the key came back as %v, %v", back, err)
		}
	})
}
