package gencode_test

import "testing"

// FuzzRowCanonical: whatever decodes encodes to the same bytes again, and is equal only to itself.
func FuzzRowCanonical(f *testing.F) {
	for _, v := range rowVectors() {
		f.Add(unhex(v.want))
	}
	var all order // every field at once
	for _, v := range rowVectors() {
		if err := decodeOrder(unhex(v.want), &all); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(encodeOrder(all))
	f.Fuzz(func(t *testing.T, b []byte) {
		checkCanonical(t, b)
		var v, again order
		if decodeOrder(b, &v) != nil {
			return
		}
		if err := decodeOrder(encodeOrder(v), &again); err != nil || !equalOrder(&v, &again) {
			t.Fatalf("% x decodes differently the second time: %v", b, err)
		}
	})
}
