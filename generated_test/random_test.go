package generated

import (
	"errors"
	"reflect"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/gencommittable/gencommittable/committable"
)

var timeType = reflect.TypeFor[time.Time]()

// draw fills the exported fields of a row with small values, often zero or
// equal.
func draw(t *rapid.T, v reflect.Value) {
	if v.Type() == timeType {
		zone := time.FixedZone("", rapid.IntRange(-50000, 50000).Draw(t, "zone"))
		sec := rapid.OneOf(rapid.Int64Range(-3, 3), rapid.Int64Range(-1<<40, 1<<40)).Draw(t, "sec")
		if at := time.Unix(sec, rapid.Int64Range(0, 999_999_999).Draw(t, "nsec")).In(zone); rapid.Bool().Draw(t, "set") {
			v.Set(reflect.ValueOf(at))
		}
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, "int")) // cut to the width
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(rapid.Uint64().Draw(t, "uint"))
	case reflect.String:
		v.SetString(rapid.StringN(0, 2, -1).Draw(t, "string"))
	case reflect.Slice:
		n := rapid.IntRange(-1, 2).Draw(t, "len")
		if n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
		}
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			draw(t, v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Tag.Get("committable") != "-" {
				draw(t, v.Field(i))
			}
		}
	}
}

// canonical brings a value to the form in which a store returns it.
func canonical(v reflect.Value) {
	if v.Type() == timeType {
		v.Set(reflect.ValueOf(v.Interface().(time.Time).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.Slice:
		if v.Len() == 0 {
			v.SetZero()
		}
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			canonical(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				canonical(v.Field(i))
			}
		}
	}
}

// survive puts random rows, and wants them back in canonical form from the
// store and from a restored one; and the bytes to be their own canonical
// encoding.
func survive[K comparable, V any](t *testing.T, newStore func() store[K, V], def committable.Definition[K, V]) {
	t.Run(newStore().Name(), rapid.MakeCheck(func(t *rapid.T) {
		s, restored := newStore(), newStore()
		want := make(map[K]V)
		if err := s.Begin(ctx, []byte("1")); err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(0, 4).Draw(t, "rows") {
			var row V
			draw(t, reflect.ValueOf(&row).Elem())
			err := s.Put(row)
			if errors.Is(err, committable.ErrNotUnique) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			canonical(reflect.ValueOf(&row).Elem())
			want[def.Key(&row)] = row
		}
		if _, err := s.Commit(ctx, []byte("1")); err != nil {
			t.Fatal(err)
		}
		if err := restored.Restore(ctx, s.Schema(), s.Snapshot(ctx, 0)); err != nil {
			t.Fatal(err)
		}
		for _, s := range []store[K, V]{s, restored} {
			if s.Len() != len(want) {
				t.Fatalf("%d rows, want %d", s.Len(), len(want))
			}
			for k, row := range want {
				got, ok := s.Get(k)
				if !ok || !reflect.DeepEqual(got, row) || !def.Equal(&got, &row) {
					t.Fatalf("got %+v, %v, want %+v", got, ok, row)
				}
				if back, err := def.DecodeKey(def.AppendKey(nil, k)); err != nil || back != k {
					t.Fatalf("key %v came back as %v, %v", k, back, err)
				}
			}
		}
	}))
}

func TestRandomRowsSurvive(t *testing.T) {
	survive(t, func() store[string, Account] { return NewAccountStore() }, defineAccount())
	survive(t, func() store[int, Scalar] { return NewScalarStore() }, defineScalar())
	survive(t, func() store[uint64, Flat] { return NewFlatStore() }, defineFlat())
	survive(t, func() store[PositionKey, Position] { return NewPositionStore() }, definePosition())
	survive(t, func() store[EventKey, Event] { return NewEventLog() }, defineEvent())
	survive(t, func() store[PairKey, Pair] { return NewPairStore() }, definePair())
	survive(t, func() store[uint32, Order] { return NewOrderStore() }, defineOrder())
	survive(t, func() store[int, Lattice] { return NewLatticeStore() }, defineLattice())
	survive(t, func() store[time.Time, Appointment] { return NewAppointmentStore() }, defineAppointment())
	survive(t, func() store[string, Profile] { return NewProfileStore() }, defineProfile())
}

// TestEqualIsEqualBytes compares rows that differ in one field or none.
func TestEqualIsEqualBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a, b Order
		draw(t, reflect.ValueOf(&a).Elem())
		if err := normalizeOrder(&a); err != nil {
			t.Fatal(err)
		}
		b = cloneOrder(&a)
		v := reflect.ValueOf(&b).Elem()
		draw(t, v.Field(rapid.IntRange(0, v.NumField()-1).Draw(t, "field")))
		if err := normalizeOrder(&b); err != nil {
			t.Fatal(err)
		}
		x, y := appendOrder(nil, &a), appendOrder(nil, &b)
		if equalOrder(&a, &b) != (string(x) == string(y)) {
			t.Fatalf("equal says %v of %x and %x", equalOrder(&a, &b), x, y)
		}
	})
}

// FuzzDecodeOrder wants that whatever decodes has this one encoding.
func FuzzDecodeOrder(f *testing.F) {
	o := fullOrder()
	f.Add(appendOrder(nil, &o))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		var v Order
		if decodeOrder(b, &v) != nil {
			return
		}
		if again := appendOrder(nil, &v); string(again) != string(b) {
			t.Errorf("%x encodes as %x", b, again)
		}
		before := cloneOrder(&v)
		if err := normalizeOrder(&v); err != nil || !reflect.DeepEqual(before, v) || !utf8.ValidString(v.Ship.Street) {
			t.Errorf("decoded row %+v is not canonical: %v", before, err)
		}
	})
}
