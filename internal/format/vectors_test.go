package format

import (
	"bytes"
	"encoding/hex"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/gencommittable/gencommittable/merkle"
)

// filled returns a hash of equal bytes.
func filled(b byte) (h [32]byte) {
	for i := range h {
		h[i] = b
	}
	return h
}

// vectors has a value of every kind, with all its fields.
func vectors() map[string]struct {
	value  []byte
	decode func([]byte) (any, error)
	want   any
} {
	type vector = struct {
		value  []byte
		decode func([]byte) (any, error)
		want   any
	}
	pending := &Pending{Epoch: 1, Seq: 300, Key: []byte("k")}
	record := Record{
		Epoch: 1, Seq: 2, PrevHash: filled(0xaa), Key: []byte("k"), ID: filled(0xbb),
		Parts: []RecordPart{
			{Name: "a", Kind: merkle.Store, ID: bytes.Repeat([]byte{0xcc}, 32), Journal: []byte("journal")},
			{Name: "b", Kind: merkle.Store, ID: make([]byte, 32), Journal: []byte{}},
		},
	}
	decided := Record{Epoch: 1, Seq: 2, Key: []byte("k"), Decided: true, Parts: []RecordPart{{Name: "x", Kind: merkle.External}}}
	outcome := &Outcome{Epoch: 1, Seq: 2, Record: filled(0xaa), IDs: []HeaderPart{{"x", []byte("id")}}, ID: filled(0xbb), Resolved: true}
	split := &Split{Epoch: 1, Seq: 2, First: 3, Pieces: 4, Size: 300, Hash: filled(0xaa)}
	piece := &Piece{Epoch: 1, Seq: 2, N: 3, Bytes: []byte("piece")}
	chunk := &Chunk{Generation: 1, Store: "a", N: 2, PrevHash: filled(0xaa), More: true, Rows: []byte("rows")}
	headers := []Header{
		{Seq: 5, Key: []byte("k"), ID: filled(0xbb), Parts: []HeaderPart{{"a", []byte("id")}}},
		{Seq: 6, Key: []byte("l"), ID: filled(0xcc), Parts: []HeaderPart{}},
	}
	encodedHeaders, _ := EncodeHeaders(1, 2, headers, math.MaxInt)
	start := &StreamStart{History: 10, Next: 7, Stores: []Member{{"a", merkle.Store, []byte("schema")}}}
	manifest := &Manifest{
		History: 10, Oldest: 1, Generation: 4, Writing: 4, Epochs: []Epoch{{0, 0}, {1, 5}},
		Checkpoint: Checkpoint{
			Generation: 3, Next: 7, PrevHash: filled(0xaa), Size: 300,
			Images:  []Image{{"a", 2, filled(0xbb)}},
			Headers: []HeadersRef{{Generation: 3, N: 0, First: 5, Count: 2, Hash: filled(0xcc)}},
		},
		Members:   []Member{{"a", merkle.Store, []byte("schema")}, {"x", merkle.External, nil}},
		Forgotten: []Forgotten{{"f", merkle.Store, 4}},
		Garbage:   []Garbage{{GarbageChunks, 2, "a", 0, 3}, {GarbageHeaders, 2, "", 0, 0}, {GarbageRecords, 0, "", 0, 1}},
	}
	var stream bytes.Buffer
	w := NewStreamWriter(&stream)
	_ = w.End()
	return map[string]vector{
		"marker":   {EncodeMarker(), func(b []byte) (any, error) { return nil, CheckMarker(b) }, nil},
		"pending":  {pending.Encode(), func(b []byte) (any, error) { return DecodePending(b) }, pending},
		"record":   {record.Encode(), func(b []byte) (any, error) { return DecodeRecord(b) }, record},
		"decided":  {decided.Encode(), func(b []byte) (any, error) { return DecodeRecord(b) }, decided},
		"outcome":  {outcome.Encode(), func(b []byte) (any, error) { return DecodeOutcome(b) }, outcome},
		"split":    {split.Encode(), func(b []byte) (any, error) { return DecodeSplit(b) }, split},
		"piece":    {piece.Encode(), func(b []byte) (any, error) { return DecodePiece(b) }, piece},
		"chunk":    {chunk.Encode(), func(b []byte) (any, error) { return DecodeChunk(b) }, chunk},
		"headers":  {encodedHeaders, func(b []byte) (any, error) { return DecodeHeaders(b) }, headers},
		"start":    {start.Encode(), func(b []byte) (any, error) { return DecodeStreamStart(b) }, start},
		"manifest": {manifest.Encode(), func(b []byte) (any, error) { return DecodeManifest(b) }, manifest},
		"end": {stream.Bytes(), func(b []byte) (any, error) {
			r := NewStreamReader(bytes.NewReader(b))
			for {
				value, kind, err := r.Next()
				if err != nil || kind == KindStreamEnd {
					return []any{value == nil, kind}, err
				}
			}
		}, []any{true, KindStreamEnd}},
	}
}

// pinned has the bytes of the vectors. A difference is a new format, which needs
// a new version number.
var pinned = map[string]string{
	"chunk":    "004301016102aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0104726f7773d3bc46f8",
	"decided":  "005201020000000000000000000000000000000000000000000000000000000000000000016b0101780201b85f3fef",
	"end":      "260045e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855b6c83a69",
	"headers":  "004801020502016bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb010161026964016ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc00616dc662",
	"manifest": "004d0a01040402000001050307ac02aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa01016102bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb0103000502cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc0201610106736368656d6101780200010166010403430201610003480200000052000000017620a467",
	"marker":   "00447780fd71",
	"outcome":  "00460102aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa010178026964bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb010090ce10",
	"pending":  "005001ac02016be1461396",
	"piece":    "00700102030570696563658ec171df",
	"record":   "00520102aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa016b0201610120cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc076a6f75726e616c016201000000bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb38eef5e4",
	"split":    "005301020304ac02aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa030f0726",
	"start":    "00580a0701016106736368656d61b7f198da",
}

func TestVectors(t *testing.T) {
	all := vectors()
	if len(all) != len(pinned) {
		t.Errorf("%d vectors, %d are pinned", len(all), len(pinned))
	}
	for name, v := range all {
		if got := hex.EncodeToString(v.value); got != strings.ReplaceAll(pinned[name], " ", "") {
			t.Errorf("%s has the bytes\n%s, want\n%s", name, got, pinned[name])
		}
		if got, err := v.decode(v.value); err != nil || !reflect.DeepEqual(got, v.want) {
			t.Errorf("%s decodes to\n%+v, %v, want\n%+v", name, got, err, v.want)
		}
	}
}

// Every changed bit and every missing byte is an error.
func TestDamagedVectors(t *testing.T) {
	for name, v := range vectors() {
		for i := range v.value {
			damaged := bytes.Clone(v.value)
			damaged[i] ^= 1 << (i % 8)
			if _, err := v.decode(damaged); err == nil {
				t.Errorf("%s: changed byte %d is no error", name, i)
			}
			if _, err := v.decode(v.value[:i]); err == nil {
				t.Errorf("%s: the first %d bytes are no error", name, i)
			}
		}
	}
}

// A count that is wrong must not allocate much more memory than the value has.
func TestCountsAllocateLittle(t *testing.T) {
	const size = 1 << 20
	lie := func(k Kind, hash bool, numbers ...uint64) []byte {
		w := newWriter(k, size)
		w.uints(numbers...)
		if hash {
			w.fixed(make([]byte, 32))
		}
		if k == KindRecord {
			w.string("k")
		}
		w.uint(size)
		w.fixed(bytes.Repeat([]byte{0xff}, size))
		return w.seal()
	}
	for name, decode := range map[string]func() error{
		"record":   func() error { _, err := DecodeRecord(lie(KindRecord, true, 0, 0)); return err },
		"headers":  func() error { _, err := DecodeHeaders(lie(KindHeaders, false, 0, 0, 0)); return err },
		"start":    func() error { _, err := DecodeStreamStart(lie(KindStreamStart, false, 1, 1)); return err },
		"outcome":  func() error { _, err := DecodeOutcome(lie(KindOutcome, true, 0, 0)); return err },
		"manifest": func() error { _, err := DecodeManifest(lie(KindManifest, false, 1, 0, 0, 0)); return err },
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := decode()
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; err == nil || used > 8*size {
			t.Errorf("%s: %d bytes for a value of %d, and %v", name, used, size, err)
		}
	}
}
