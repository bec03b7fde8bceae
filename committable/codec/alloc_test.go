package codec_test

import (
	"testing"
	"time"
)

func TestAppendAllocatesNothing(t *testing.T) {
	dst := make([]byte, 0, 4096)
	k := key{Name: "a\x00b", Last: "\x00", At: time.Unix(1, 2)}
	if n := testing.AllocsPerRun(100, func() { appendKey(dst, k) }); n != 0 {
		t.Errorf("key: %v allocations", n)
	}
	v := fullReading()
	if n := testing.AllocsPerRun(100, func() { appendReading(dst, &v) }); n != 0 {
		t.Errorf("row: %v allocations", n)
	}
}

func TestDecoderAllocatesOnlyStringsAndBytes(t *testing.T) {
	v := fullReading()
	b := appendReading(nil, &v)
	if n := testing.AllocsPerRun(100, func() {
		v = reading{}
		if err := decodeReading(b, &v); err != nil {
			t.Fatal(err)
		}
	}); n != 3 { // Name, Blob, Place.Name
		t.Errorf("%v allocations, want 3", n)
	}
}

func TestKeyReaderAllocatesOnlyStrings(t *testing.T) {
	for _, c := range []struct {
		name string
		k    key
		want float64
	}{
		{"no strings", key{}, 0},
		{"plain", key{Name: "a plain string"}, 1},
		{"escaped", key{Name: "an\x00escaped string"}, 1},
		{"descending", key{Last: "a descending string"}, 1},
	} {
		b := appendKey(nil, c.k)
		if n := testing.AllocsPerRun(100, func() {
			if _, err := decodeKey(b); err != nil {
				t.Fatal(err)
			}
		}); n != c.want {
			t.Errorf("%s: %v allocations, want %v", c.name, n, c.want)
		}
	}
}
