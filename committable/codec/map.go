package codec

import (
	"bytes"
	"slices"
	"time"
)

// entry is one entry of a map.
type entry[K comparable, V any] struct {
	key   K
	value V
}

// AppendMap appends a map, one message an entry, ascending by key; an empty map is left out, nil or not. compare is the
// order of the keys' encoding, and appendEntry writes the key as field 1 and the value as field 2 with AppendPresent
// functions. It allocates room for the entries, to sort them.
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
		dst, at = openLength(dst, field)
		dst = closeLength(appendEntry(dst, &entries[i].key, &entries[i].value), at)
	}
	return dst
}

// DecodeMap reads what AppendMap wrote; decodeEntry reads the key from d.Required(1) and then the value from
// d.Required(2). Keys that do not ascend are a fault.
func DecodeMap[M ~map[K]V, K comparable, V any](d *Decoder, v *M, compare func(a, b K) int,
	decodeEntry func(d *Decoder, k *K, v *V),
) {
	n := d.countElements()
	out := make(M, n)
	var at Decoder
	var e, zero entry[K, V]
	for i := range n {
		last := e.key
		c := d.Present().content()
		at, e = NewDecoder(c), zero
		decodeEntry(&at, &e.key, &e.value)
		if at.Next() {
			at.Unknown()
		}
		switch {
		case at.err != nil:
			d.failInside(d.off-len(c), at.err)
		case i > 0 && compare(last, e.key) >= 0:
			d.fail(d.tag, "the keys of a map ascend, each once")
		}
		if d.err != nil {
			return
		}
		out[e.key] = e.value
		d.again()
	}
	if d.err == nil {
		*v = out
	}
}

// CompareBools is the order of bools in keys: false, then true.
func CompareBools[T ~bool](a, b T) int {
	switch {
	case a == b:
		return 0
	case bool(b):
		return -1
	default:
		return 1
	}
}

// CompareFixed is the order of [N]byte in keys, which are given as a[:] and b[:].
func CompareFixed(a, b []byte) int { return bytes.Compare(a, b) }

// NormalizeTimeKeys brings the keys of a map to the form of NormalizeTime. It returns a *ValueError naming the field if
// two keys are the same instant, or CheckTime refuses one.
func NormalizeTimeKeys[M ~map[time.Time]V, V any](field string, v *M) error {
	if len(*v) == 0 {
		return nil
	}
	out := make(M, len(*v))
	for key, value := range *v {
		if err := CheckTime(field, key); err != nil {
			return err
		}
		out[NormalizeTime(key)] = value
	}
	if len(out) < len(*v) {
		return &ValueError{field, "two keys are the same instant, in different locations or with a monotonic reading; keep one of them"}
	}
	*v = out
	return nil
}
