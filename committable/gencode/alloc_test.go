package gencode_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gencommittable/gencommittable/committable/gencode"
)

func TestAppendAllocatesNothing(t *testing.T) {
	dst := make([]byte, 0, 4096)
	for _, v := range rowVectors() {
		if n := testing.AllocsPerRun(100, func() { appendOrder(dst, &v.row) }); n != 0 {
			t.Errorf("%s: %v allocations", v.name, n)
		}
	}
}

func TestDecodeAllocatesOnlyTheResult(t *testing.T) {
	hundred := make([]line, 100)
	for i := range hundred {
		hundred[i].Qty = i
	}
	cases := []struct {
		name string
		row  order
		want float64
	}{
		{"scalars, arrays and times", order{
			Kind: 1, Total: -1, Paid: true, Opened: time.Unix(1, 1), Hash: [4]byte{1}, Address: address{Zip: 1},
			Vector: [3]int64{1}, Pair: [2]line{{Qty: 1}}, Roots: [2][4]byte{{1}}, When: [2]time.Time{time.Unix(1, 1)},
			Bits: [3]bool{true}, Ports: [2]uint16{1}, Wait: 1, Matrix: [2][2]int8{{1}},
		}, 0},
		{"string", order{ID: strings.Repeat("x", 100)}, 1},
		{"bytes", order{Blob: make(blob, 100)}, 1},
		{"packed ints", order{Scores: make([]int16, 1000)}, 1},
		{"packed uints", order{Counts: make([]uint32, 1000)}, 1},
		{"packed bools", order{Flags: make([]bool, 1000)}, 1},
		{"strings", order{Labels: []label{"a long one", "", "another one"}}, 1 + 2},
		{"byte slices", order{Chunks: []blob{make(blob, 10), nil, make(blob, 10)}}, 1 + 2},
		{"messages", order{Lines: hundred}, 1},
		{"times", order{Times: make([]time.Time, 100)}, 1},
		{"fixed elements", order{Hashes: make([][4]byte, 100)}, 1},
		{"nested lists", order{Grid: [][]int{{1, 2}, {3}}}, 1 + 2},
		{"optional message", order{Gift: &line{Qty: 1}}, 1},
		{"optional int", order{Limit: new(int64(1000))}, 1},
	}
	for _, c := range cases {
		b := encodeOrder(c.row)
		var v order
		if n := testing.AllocsPerRun(100, func() {
			v = order{}
			if err := decodeOrder(b, &v); err != nil {
				t.Fatal(err)
			}
		}); n != c.want {
			t.Errorf("%s: %v allocations, want %v", c.name, n, c.want)
		}
	}
}

// A claimed length must be refused for what it is before anything is allocated for it: 2⁵⁰ bytes would end the test.
func TestClaimedLengthsAreNotBelieved(t *testing.T) {
	const huge = "8080808080808002"
	for field := 1; field < 35; field++ {
		tag := gencode.AppendPresentString(nil, field, "")
		b := append(tag[:len(tag)-1], unhex(huge)...)
		var v order
		if err := decodeOrder(b, &v); err == nil {
			t.Errorf("field %d: accepted a length of 2⁵⁰ bytes that are not there", field)
		}
	}
}
