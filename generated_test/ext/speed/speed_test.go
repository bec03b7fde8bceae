package speed

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/gencommittable/gencommittable/generated_test/ext/speed/pb"
)

func order() Order {
	return Order{
		ID: "order-00000042", Owner: "somebody with a name", Balance: -12345, Opened: time.Unix(1_700_000_000, 123).UTC(),
		Tags: []string{"red", "green", "blue"}, Address: Address{Street: "1, A Street in a Town", Zip: 12345},
	}
}

func message() *pb.Order {
	o := order()
	return &pb.Order{
		Id: o.ID, Owner: o.Owner, Balance: o.Balance, Opened: &pb.Time{Seconds: o.Opened.Unix(), Nanos: uint32(o.Opened.Nanosecond())},
		Tags: o.Tags, Address: &pb.Address{Street: o.Address.Street, Zip: o.Address.Zip},
	}
}

func TestContendersAgree(t *testing.T) {
	o := order()
	want, err := proto.MarshalOptions{Deterministic: true}.Marshal(message())
	if err != nil {
		t.Fatal(err)
	}
	if got := appendOrder(nil, &o); string(got) != string(want) {
		t.Errorf("got %x, protobuf-go has %x", got, want)
	}
}

func BenchmarkEncode(b *testing.B) {
	o, m := order(), message()
	buf := make([]byte, 0, 1024)
	for name, encode := range map[string]func() error{
		"generated":   func() error { appendOrder(buf, &o); return nil },
		"msgp":        func() error { _, err := o.MarshalMsg(buf); return err },
		"protobuf-go": func() error { _, err := proto.MarshalOptions{}.MarshalAppend(buf, m); return err },
	} {
		measure(b, name, encode)
	}
}

func BenchmarkDecode(b *testing.B) {
	o := order()
	row := appendOrder(nil, &o)
	packed, err := o.MarshalMsg(nil)
	if err != nil {
		b.Fatal(err)
	}
	for name, decode := range map[string]func() error{
		"generated":   func() error { var v Order; return decodeOrder(row, &v) },
		"msgp":        func() error { var v Order; _, err := v.UnmarshalMsg(packed); return err },
		"protobuf-go": func() error { var v pb.Order; return proto.Unmarshal(row, &v) },
	} {
		measure(b, name, decode)
	}
}

func BenchmarkClone(b *testing.B) {
	o, m := order(), message()
	measure(b, "generated", func() error { _ = cloneOrder(&o); return nil })
	measure(b, "protobuf-go", func() error { _ = proto.Clone(m); return nil })
}

func BenchmarkEqual(b *testing.B) {
	o, p, m, n := order(), order(), message(), message()
	measure(b, "generated", func() error { _ = equalOrder(&o, &p); return nil })
	measure(b, "protobuf-go", func() error { _ = proto.Equal(m, n); return nil })
}

func measure(b *testing.B, name string, do func() error) {
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := do(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
