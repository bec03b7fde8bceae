package committer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/gencommittable/gencommittable/memkv"
)

// Numbers that no MultiCommitter writes, under a checksum that is right, are
// damage, and must not overflow.
func TestHugeNumbersAreDamage(t *testing.T) {
	for name, change := range map[string]func(*manifest){
		"history":    func(m *manifest) { m.history = math.MaxUint64 },
		"generation": func(m *manifest) { m.generation = math.MaxUint64 },
		"epoch":      func(m *manifest) { m.epochs = []epoch{{number: math.MaxUint64}} },
		"leftover": func(m *manifest) {
			m.replaced = []leftover{{what: leftoverRecords, to: math.MaxUint64}}
		},
	} {
		d := newManifest()
		d.history = 10
		change(d)
		kv := memkv.New()
		for key, value := range map[string][]byte{manifestKey: d.encode(), markerKey: encodeMarker()} {
			if err := kv.Set(t.Context(), []byte(key), value); err != nil {
				t.Fatal(err)
			}
		}
		if err := NewCommitter(kv, nil).Load(t.Context()); err == nil || !strings.Contains(err.Error(), manifestKey) {
			t.Errorf("%s: Load: %v", name, err)
		}
		if _, err := Inspect(t.Context(), kv); err == nil {
			t.Errorf("%s: Inspect took it", name)
		}
	}
}

// refusesImport imports a stream of values that say what no Export writes, under
// checksums that are right.
func refusesImport(t *testing.T, what string, values ...[]byte) {
	t.Helper()
	var stream bytes.Buffer
	out := newStreamWriter(&stream)
	for _, value := range values {
		if err := out.write(value); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.end(); err != nil {
		t.Fatal(err)
	}
	m := NewCommitter(memkv.New(), nil)
	if err := m.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := m.Import(t.Context(), &stream); !errors.Is(err, ErrCorrupt) {
		t.Errorf("%s: %v", what, err)
	}
	if _, _, err := m.Do(t.Context(), []byte("a"), func(context.Context) error { return nil }); err != nil {
		t.Errorf("%s: then a session: %v", what, err)
	}
}

// encodeHead is a value with one head.
func encodeHead(s *Session) []byte {
	w := newWriter(kindHeads, 100)
	w.uints(0, 0, s.Seq, 1)
	appendHead(w, s)
	return w.seal()
}

func TestImportRefusesHugeNumbers(t *testing.T) {
	for _, h := range []*header{{history: math.MaxUint64, next: 1}, {history: 5, next: math.MaxUint64}} {
		refusesImport(t, fmt.Sprintf("history %d, next %d", h.history, h.next), h.encode(), encodeHead(&Session{Seq: h.next - 1, Key: []byte("k")}))
	}
}

// Keys and names of heads are looked up and shown.
func TestImportRefusesHeadsOfNoSession(t *testing.T) {
	h := header{history: 5, next: 1}
	for what, s := range map[string]*Session{
		"no key":           {},
		"a long key":       {Key: bytes.Repeat([]byte("k"), MaxKey+1)},
		"not a name":       {Key: []byte("k"), Parts: []Part{{Name: "\x1b[2J"}}},
		"a name too often": {Key: []byte("k"), Parts: []Part{{Name: "a"}, {Name: "a"}}},
		"names unsorted":   {Key: []byte("k"), Parts: []Part{{Name: "b"}, {Name: "a"}}},
	} {
		refusesImport(t, what, h.encode(), encodeHead(s))
	}
}

// A count that is not true must not ask for much more memory than the value has.
func TestCountsAskForLittleMemory(t *testing.T) {
	const size = 1 << 20
	lie := func(k kind, fields ...func(*writer)) []byte {
		w := newWriter(k, size)
		for _, f := range fields {
			f(w)
		}
		w.uint(size)
		w.fixed(bytes.Repeat([]byte{0xff}, size))
		return w.seal()
	}
	numbers := func(n ...uint64) func(*writer) { return func(w *writer) { w.uints(n...) } }
	aLink := func(w *writer) { w.fixed(make([]byte, len(link{}))) }
	for name, decode := range map[string]func() error{
		"record": func() error {
			_, err := decodeRecord(lie(kindRecord, numbers(0, 0), aLink, func(w *writer) { w.bytes([]byte("k")) }))
			return err
		},
		"heads":  func() error { _, err := decodeHeads(lie(kindHeads, numbers(0, 0, 0))); return err },
		"header": func() error { _, err := decodeHeader(lie(kindExport, numbers(1, 1), aLink)); return err },
		"final":  func() error { _, err := decodeFinal(lie(kindFinal, numbers(0, 0), aLink)); return err },
		"manifest": func() error {
			_, err := decodeManifest(lie(kindManifest, numbers(1, 0, 0, 0)))
			return err
		},
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
