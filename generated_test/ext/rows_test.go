package ext

import (
	"context"
	"math/big"
	"net/netip"
	"os"
	"reflect"
	"testing"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"pgregory.net/rapid"

	"github.com/gencommittable/gencommittable/committable"
	generated "github.com/gencommittable/gencommittable/generated_test"
	"github.com/gencommittable/gencommittable/internal/drawrows"
	"github.com/gencommittable/gencommittable/internal/journal"
)

var ctx = context.Background()

// special are the types that encode themselves; as bytes and texts, they are
// left to the tests of the codec.
var special = drawrows.Special{
	reflect.TypeFor[big.Int]():           func(t *rapid.T) any { return *big.NewInt(rapid.Int64().Draw(t, "big")) },
	reflect.TypeFor[generated.Roman]():   func(t *rapid.T) any { return generated.Roman(rapid.IntRange(0, 3).Draw(t, "strokes")) },
	reflect.TypeFor[netip.Addr]():        func(*rapid.T) any { return netip.MustParseAddr("1.2.3.4") },
	reflect.TypeFor[netip.AddrPort]():    func(*rapid.T) any { return netip.MustParseAddrPort("1.2.3.4:5") },
	reflect.TypeFor[netip.Prefix]():      func(*rapid.T) any { return netip.MustParsePrefix("1.2.3.0/24") },
	reflect.TypeFor[generated.Palette](): func(*rapid.T) any { return generated.Palette(nil) },
	reflect.TypeFor[generated.Color]():   func(*rapid.T) any { return generated.Color{R: 1} },
}

// messages compiles the protocol buffers of the generated stores.
func messages(t *testing.T) protoreflect.MessageDescriptors {
	source, err := os.ReadFile("../generated_committable.proto")
	if err != nil {
		t.Fatal(err)
	}
	compiler := protocompile.Compiler{Resolver: &protocompile.SourceResolver{
		Accessor: protocompile.SourceAccessorFromMap(map[string]string{"rows.proto": string(source)}),
	}}
	files, err := compiler.Compile(ctx, "rows.proto")
	if err != nil {
		t.Fatal(err)
	}
	return files[0].Messages()
}

type store[V any] interface {
	committable.Store
	Put(V) error
}

// TestProtobufReadsRows is about all stores of the fixtures.
func TestProtobufReadsRows(t *testing.T) {
	all := messages(t)
	reads(t, all, "Account", func() store[generated.Account] { return generated.NewAccountStore() })
	reads(t, all, "Scalar", func() store[generated.Scalar] { return generated.NewScalarStore() })
	reads(t, all, "Flat", func() store[generated.Flat] { return generated.NewFlatStore() })
	reads(t, all, "Position", func() store[generated.Position] { return generated.NewPositionStore() })
	reads(t, all, "Event", func() store[generated.Event] { return generated.NewEventLog() })
	reads(t, all, "Pair", func() store[generated.Pair] { return generated.NewPairStore() })
	reads(t, all, "Order", func() store[generated.Order] { return generated.NewOrderStore() })
	reads(t, all, "Lattice", func() store[generated.Lattice] { return generated.NewLatticeStore() })
	reads(t, all, "Appointment", func() store[generated.Appointment] { return generated.NewAppointmentStore() })
	reads(t, all, "Option", func() store[generated.Option] { return generated.NewOptionStore() })
	reads(t, all, "Directory", func() store[generated.Directory] { return generated.NewDirectoryStore() })
	reads(t, all, "Generic", func() store[generated.Generic] { return generated.NewGenericStore() })
	reads(t, all, "Float", func() store[generated.Float] { return generated.NewFloatStore() })
	reads(t, all, "Encoded", func() store[generated.Encoded] { return generated.NewEncodedStore() })
}

// reads puts random rows, and reads their bytes by protobuf-go: it must find the
// values that the row has, and write the same bytes.
func reads[V any](t *testing.T, all protoreflect.MessageDescriptors, name string, newStore func() store[V]) {
	descriptor := all.ByName(protoreflect.Name(name))
	if descriptor == nil {
		t.Fatalf("there is no message %s", name)
	}
	t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
		var row V
		special.Row(t, &row)
		b := encoded(t, newStore(), row)
		m := dynamicpb.NewMessage(descriptor)
		if err := proto.Unmarshal(b, m); err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		again, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if string(again) != string(b) {
			t.Errorf("protobuf-go writes %x\nand the store %x", again, b)
		}
		compareMessage(t, name, reflect.ValueOf(row), m)
	}))
}

// encoded returns the bytes of a row, out of a journal.
func encoded[V any](t *rapid.T, s store[V], row V) []byte {
	if err := s.Begin(ctx, []byte("k")); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(row); err != nil {
		t.Fatal(err)
	}
	_, staged, err := s.Stage(ctx, []byte("k"))
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]byte
	for entry, err := range journal.Entries(staged) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, entry.Payload)
	}
	if len(rows) != 1 {
		t.Fatalf("the journal %x has %d rows, want 1", staged, len(rows))
	}
	return rows[0]
}
