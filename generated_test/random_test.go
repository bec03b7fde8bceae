package generated

import (
	"errors"
	"math/big"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/internal/drawrows"
)

var timeType = reflect.TypeFor[time.Time]()

// drawRow fills the exported fields of a row.
func drawRow(t *rapid.T, v reflect.Value) { special.Value(t, v) }

// special are the types that encode themselves.
var special = drawrows.Special{
	reflect.TypeFor[big.Int](): func(t *rapid.T) any {
		return *big.NewInt(rapid.OneOf(rapid.Int64Range(-1, 1), rapid.Int64()).Draw(t, "big"))
	},
	reflect.TypeFor[Roman]():          func(t *rapid.T) any { return Roman(rapid.IntRange(0, 3).Draw(t, "strokes")) },
	reflect.TypeFor[netip.Addr]():     func(t *rapid.T) any { return drawAddr(t) },
	reflect.TypeFor[netip.AddrPort](): func(t *rapid.T) any { return netip.AddrPortFrom(drawAddr(t), 0) },
	reflect.TypeFor[netip.Prefix](): func(t *rapid.T) any {
		return netip.PrefixFrom(netip.IPv4Unspecified(), rapid.IntRange(0, 3).Draw(t, "bits"))
	},
	reflect.TypeFor[Palette](): func(t *rapid.T) any {
		return rapid.SampledFrom([]Palette{nil, {"a": {R: 1}, "b": {}}}).Draw(t, "palette")
	},
}

func drawAddr(t *rapid.T) netip.Addr {
	addr, _ := netip.AddrFromSlice(rapid.SampledFrom([][]byte{nil, {0, 0, 0, 0}, make([]byte, 16)}).Draw(t, "addr"))
	return addr
}

// canonical brings a value to the form in which a store returns it.
func canonical(v reflect.Value) {
	if v.Type() == timeType {
		v.Set(reflect.ValueOf(v.Interface().(time.Time).UTC()))
		return
	}
	if v.Type() == reflect.TypeFor[Palette]() {
		return
	}
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		v.SetFloat(v.Float() + 0) // no negative zero
	case reflect.Pointer:
		if !v.IsNil() {
			canonical(v.Elem())
		}
	case reflect.Map:
		all := reflect.Zero(v.Type())
		for _, k := range v.MapKeys() {
			if all.IsNil() {
				all = reflect.MakeMap(v.Type())
			}
			elem := reflect.New(v.Type().Elem()).Elem()
			elem.Set(v.MapIndex(k))
			canonical(elem)
			all.SetMapIndex(k, elem)
		}
		v.Set(all)
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
			drawRow(t, reflect.ValueOf(&row).Elem())
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
	survive(t, func() store[int, Option] { return NewOptionStore() }, defineOption())
	survive(t, func() store[string, Directory] { return NewDirectoryStore() }, defineDirectory())
	survive(t, func() store[ID[Generic], Generic] { return NewGenericStore() }, defineGeneric())
	survive(t, func() store[int, Float] { return NewFloatStore() }, defineFloat())
	survive(t, func() store[int, Encoded] { return NewEncodedStore() }, defineEncoded())
	survive(t, func() store[string, Profile] { return NewProfileStore() }, defineProfile())
}

// TestEqualIsEqualBytes compares rows that differ in one field or none.
func TestEqualIsEqualBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a, b Order
		drawRow(t, reflect.ValueOf(&a).Elem())
		if err := normalizeOrder(&a, new(Order)); err != nil {
			t.Fatal(err)
		}
		b = cloneOrder(&a)
		v := reflect.ValueOf(&b).Elem()
		drawRow(t, v.Field(rapid.IntRange(0, v.NumField()-1).Draw(t, "field")))
		if err := normalizeOrder(&b, &a); err != nil {
			t.Fatal(err)
		}
		x, y := appendOrder(nil, &a), appendOrder(nil, &b)
		if equalOrder(&a, &b) != (string(x) == string(y)) {
			t.Fatalf("equal says %v of %x and %x", equalOrder(&a, &b), x, y)
		}
	})
}

// scribble overwrites whatever can be reached from a row through slices, maps and
// pointers.
func scribble(v reflect.Value) {
	if v.Type() == reflect.TypeFor[big.Int]() {
		clear(v.Addr().Interface().(*big.Int).Bits())
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			scribble(v.Elem())
			v.Elem().SetZero()
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			scribble(v.Index(i))
		}
		if v.Kind() == reflect.Slice {
			v.Clear()
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			elem := reflect.New(v.Type().Elem()).Elem()
			elem.Set(v.MapIndex(k))
			scribble(elem)
		}
		v.Clear()
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				scribble(v.Field(i))
			}
		}
	}
}

// own wants that nobody can reach into a store through a row that went in or
// came out.
func own[K comparable, V any](t *testing.T, s store[K, V], def committable.Definition[K, V]) {
	t.Run(s.Name(), rapid.MakeCheck(func(t *rapid.T) {
		session := []byte("drawn")
		if err := s.Begin(ctx, session); err != nil {
			t.Fatal(err)
		}
		var row V
		drawRow(t, reflect.ValueOf(&row).Elem())
		if err := s.Put(row); err != nil {
			t.Fatal(err)
		}
		k := def.Key(&row)
		read := func() string {
			got, _ := s.Get(k)
			b := def.AppendRow(nil, &got)
			scribble(reflect.ValueOf(&got).Elem())
			return string(b)
		}
		want := read()
		scribble(reflect.ValueOf(&row).Elem())
		for range 2 { // the second time after scribbling over what came out
			if read() != want {
				t.Fatalf("the store has changed with %+v", row)
			}
		}
		if err := s.Cancel(ctx); err != nil {
			t.Fatal(err)
		}
	}))
}

func TestRandomRowsAreCopies(t *testing.T) {
	own(t, NewOptionStore(), defineOption())
	own(t, NewDirectoryStore(), defineDirectory())
	own(t, NewGenericStore(), defineGeneric())
	own(t, NewEncodedStore(), defineEncoded())
}

// fuzzDecode wants that whatever decodes has this one encoding, and is in
// canonical form.
func fuzzDecode[K comparable, V any](f *testing.F, def committable.Definition[K, V]) {
	f.Add([]byte{})
	for seed := range 20 {
		row := rapid.Custom(func(t *rapid.T) (row V) {
			drawRow(t, reflect.ValueOf(&row).Elem())
			return row
		}).Example(seed)
		if err := def.Normalize(&row, new(V)); err != nil {
			f.Fatal(err)
		}
		f.Add(def.AppendRow(nil, &row))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var v V
		if def.DecodeRow(b, &v) != nil {
			return
		}
		if again := def.AppendRow(nil, &v); string(again) != string(b) {
			t.Errorf("%x encodes as %x", b, again)
		}
		before := def.Clone(&v)
		switch err := def.Normalize(&v, new(V)); {
		case err != nil && strings.Contains(err.Error(), "above the limit"): // max= is for rows that come in
		case err != nil || !def.Equal(&before, &v) || !reflect.DeepEqual(before, v):
			t.Errorf("decoded row %+v is not canonical: %v", before, err)
		}
	})
}

func FuzzDecodeOption(f *testing.F)    { fuzzDecode(f, defineOption()) }
func FuzzDecodeDirectory(f *testing.F) { fuzzDecode(f, defineDirectory()) }
func FuzzDecodeGeneric(f *testing.F)   { fuzzDecode(f, defineGeneric()) }
func FuzzDecodeFloat(f *testing.F)     { fuzzDecode(f, defineFloat()) }
func FuzzDecodeEncoded(f *testing.F)   { fuzzDecode(f, defineEncoded()) }
func FuzzDecodeOrder(f *testing.F)     { fuzzDecode(f, defineOrder()) }
