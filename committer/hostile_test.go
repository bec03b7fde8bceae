package committer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/inspect"
	"github.com/gencommittable/gencommittable/internal/format"
	"github.com/gencommittable/gencommittable/memkv"
)

// Numbers that no MultiCommitter writes are damage, even under a correct
// checksum, and must not overflow.
func TestHugeNumbersAreDamage(t *testing.T) {
	for name, change := range map[string]func(*format.Manifest){
		"history":    func(m *format.Manifest) { m.History = math.MaxUint64 },
		"generation": func(m *format.Manifest) { m.Generation = math.MaxUint64 },
		"epoch":      func(m *format.Manifest) { m.Epochs = []format.Epoch{{Number: math.MaxUint64}} },
		"garbage": func(m *format.Manifest) {
			m.Garbage = []format.Garbage{{Kind: format.GarbageRecords, To: math.MaxUint64}}
		},
	} {
		m := format.NewManifest()
		m.History = 10
		change(m)
		kv := memkv.New()
		for key, value := range map[string][]byte{format.ManifestKey: m.Encode(), format.MarkerKey: format.EncodeMarker()} {
			if err := kv.Set(t.Context(), []byte(key), value); err != nil {
				t.Fatal(err)
			}
		}
		if err := committer.NewCommitter(kv, nil).Load(t.Context()); err == nil || !strings.Contains(err.Error(), format.ManifestKey) {
			t.Errorf("%s: Load: %v", name, err)
		}
		if _, err := inspect.Open(t.Context(), kv); err == nil {
			t.Errorf("%s: inspect accepted it", name)
		}
	}
}

// refusesImport imports a stream of values that no Export writes, under correct
// checksums.
func refusesImport(t *testing.T, what string, values ...[]byte) {
	t.Helper()
	var stream bytes.Buffer
	out := format.NewStreamWriter(&stream)
	for _, value := range values {
		if err := out.Write(value); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.End(); err != nil {
		t.Fatal(err)
	}
	m := committer.NewCommitter(memkv.New(), nil)
	if err := m.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := m.Import(t.Context(), &stream); !errors.Is(err, committer.ErrCorrupt) {
		t.Errorf("%s: %v", what, err)
	}
	if _, _, err := m.Do(t.Context(), []byte("a"), func(context.Context) error { return nil }); err != nil {
		t.Errorf("%s: then a session: %v", what, err)
	}
}

// encodeHeader returns a value with one header.
func encodeHeader(h format.Header) []byte {
	value, _ := format.EncodeHeaders(0, 0, []format.Header{h}, math.MaxInt)
	return value
}

func TestImportRefusesHugeNumbers(t *testing.T) {
	for _, s := range []format.StreamStart{{History: math.MaxUint64, Next: 1}, {History: 5, Next: math.MaxUint64}} {
		refusesImport(t, fmt.Sprintf("history %d, next %d", s.History, s.Next),
			s.Encode(), encodeHeader(format.Header{Seq: s.Next - 1, Key: []byte("k")}))
	}
}

// Keys and names of headers are looked up and shown, so they must be valid.
func TestImportRefusesInvalidHeaders(t *testing.T) {
	start := format.StreamStart{History: 5, Next: 1}
	for what, h := range map[string]format.Header{
		"no key":          {},
		"a long key":      {Key: bytes.Repeat([]byte("k"), committer.MaxKey+1)},
		"not a name":      {Key: []byte("k"), Parts: []format.HeaderPart{{Name: "\x1b[2J"}}},
		"a repeated name": {Key: []byte("k"), Parts: []format.HeaderPart{{Name: "a"}, {Name: "a"}}},
		"unsorted names":  {Key: []byte("k"), Parts: []format.HeaderPart{{Name: "b"}, {Name: "a"}}},
	} {
		refusesImport(t, what, start.Encode(), encodeHeader(h))
	}
}

// The public limits are those of the format.
func TestLimitsAreThoseOfTheFormat(t *testing.T) {
	if committer.MaxKey != format.MaxKey || committer.MaxRecord != format.MaxRecord {
		t.Errorf("MaxKey %d and MaxRecord %d, the format has %d and %d",
			committer.MaxKey, committer.MaxRecord, format.MaxKey, format.MaxRecord)
	}
}
