package gencode

import (
	"slices"

	"github.com/gencommittable/gencommittable/committable/codec"
	"github.com/gencommittable/gencommittable/internal/wire"
)

// entry is one entry of a map.
type entry[K comparable, V any] struct {
	key   K
	value V
}

// AppendMap appends a map, one message for each entry, ascending by key; an empty map is left out. compare is the order
// of the encoded keys. appendEntry writes the key as field 1 and the value as field 2, with AppendPresent functions.
// AppendMap allocates a slice to sort the entries.
func AppendMap[M ~map[K]V, K comparable, V any](dst []byte, field int, v M, compare func(a, b K) int,
	appendEntry func(dst []byte, k *K, v *V) []byte,
) []byte {
	if len(v) == 0 {
		return dst
	}
	entries := make([]entry[K, V], 0, len(v))
	for key, value := range v {
		entries = append(entries, entry[K, V]{key, value})
	}
	slices.SortFunc(entries, func(a, b entry[K, V]) int { return compare(a.key, b.key) })
	for i := range entries {
		var at int
		dst, at = wire.OpenLength(dst, field)
		dst = wire.CloseLength(appendEntry(dst, &entries[i].key, &entries[i].value), at)
	}
	return dst
}

// DecodeMap reads a field that AppendMap wrote. decodeEntry reads the key from Required(d, 1) and then the value from
// Required(d, 2). Keys must ascend.
func DecodeMap[M ~map[K]V, K comparable, V any](d *codec.Decoder, v *M, compare func(a, b K) int,
	decodeEntry func(d *codec.Decoder, k *K, v *V),
) {
	w := inner(d)
	n := w.Elements()
	out := make(M, n)
	var at codec.Decoder
	var e, zero entry[K, V]
	for i := range n {
		last := e.key
		c := w.Present().Content()
		at, e = codec.NewDecoder(c), zero
		decodeEntry(&at, &e.key, &e.value)
		if at.Next() {
			at.Unknown()
		}
		switch fault := inner(&at).Fault(); {
		case fault != nil:
			w.FailInside(len(c), fault)
		case i > 0 && compare(last, e.key) >= 0:
			w.Fail(w.Tag(), "the keys of a map must ascend without duplicates")
		}
		if w.Fault() != nil {
			return
		}
		out[e.key] = e.value
		w.Again()
	}
	if w.Fault() == nil {
		*v = out
	}
}
