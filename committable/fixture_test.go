package committable

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"
)

var (
	_   Store = (*Table[partKey, part])(nil)
	ctx       = context.Background()
)

// part is a row that uses every feature of a definition: a composite key with
// several spellings, a descending index, a unique index, a slice, and Validate.
type part struct {
	Org    string // any case; canonical: lower
	No     uint16
	Owner  string
	Serial string // unique
	Opened int64
	Amount int64
	Tags   []string
}

type partKey struct {
	Org string
	No  uint16
}

const (
	byOwner  = 0 // Owner, -Opened
	bySerial = 1 // Serial, unique
)

var errNegative = errors.New("amount is negative")

func partDefinition() Definition[partKey, part] {
	return Definition[partKey, part]{
		Name:      "parts",
		Schema:    "store parts\nkey Org,No\nindex ByOwner Owner,-Opened\nindex BySerial Serial unique",
		Key:       func(p *part) partKey { return partKey{p.Org, p.No} },
		AppendKey: func(dst []byte, k partKey) []byte { return appendNo(appendText(dst, k.Org), k.No) },
		DecodeKey: decodePartKey,
		AppendRow: appendPart,
		DecodeRow: decodePart,
		Clone: func(p *part) part {
			c := *p
			c.Tags = slices.Clone(p.Tags)
			return c
		},
		Normalize: func(p, _ *part) error {
			if !utf8.ValidString(p.Org) || strings.ContainsRune(p.Org, 0) {
				return errors.New("Org cannot be stored")
			}
			p.Org = strings.ToLower(p.Org)
			if len(p.Tags) == 0 {
				p.Tags = nil
			}
			return nil
		},
		NormalizeKey: func(k partKey) partKey { return partKey{strings.ToLower(k.Org), k.No} },
		Equal: func(a, b *part) bool {
			x, y := *a, *b
			x.Tags, y.Tags = nil, nil
			return slices.Equal(a.Tags, b.Tags) && partFlat(x) == partFlat(y)
		},
		Validate: func(p *part) error {
			if p.Amount < 0 {
				return errNegative
			}
			return nil
		},
		Indexes: []Index[part]{
			byOwner:  {Name: "ByOwner", Append: func(dst []byte, p *part) []byte { return ownerOpened(dst, p.Owner, p.Opened) }},
			bySerial: {Name: "BySerial", Unique: true, Append: func(dst []byte, p *part) []byte { return appendText(dst, p.Serial) }},
		},
	}
}

func newParts(opts ...Option) *Table[partKey, part] { return NewTable(partDefinition(), opts...) }

func partFlat(p part) [6]any { return [6]any{p.Org, p.No, p.Owner, p.Serial, p.Opened, p.Amount} }

// appendText appends a text without zero bytes and a zero byte, so that no encoding
// is a prefix of another.
func appendText(dst []byte, s string) []byte { return append(append(dst, s...), 0) }

func appendNo(dst []byte, n uint16) []byte { return binary.BigEndian.AppendUint16(dst, n) }

func ownerOpened(dst []byte, owner string, opened int64) []byte {
	return append(appendText(dst, owner), descending(opened)...)
}

func descending(n int64) []byte {
	return binary.BigEndian.AppendUint64(nil, ^(uint64(n) ^ 1<<63))
}

func decodePartKey(b []byte) (partKey, error) {
	org, rest, ok := bytes.Cut(b, []byte{0})
	if !ok || len(rest) != 2 || !canonicalOrg(string(org)) {
		return partKey{}, errors.New("not a key of parts")
	}
	return partKey{string(org), binary.BigEndian.Uint16(rest)}, nil
}

func canonicalOrg(s string) bool { return utf8.ValidString(s) && s == strings.ToLower(s) }

func appendPart(dst []byte, p *part) []byte {
	for _, s := range []string{p.Org, p.Owner, p.Serial} {
		dst = appendText(dst, s)
	}
	dst = appendNo(dst, p.No)
	dst = binary.BigEndian.AppendUint64(dst, uint64(p.Opened))
	dst = binary.BigEndian.AppendUint64(dst, uint64(p.Amount))
	for _, tag := range p.Tags {
		dst = appendText(dst, tag)
	}
	return dst
}

func decodePart(b []byte, p *part) error {
	var ok [3]bool
	for i, s := range []*string{&p.Org, &p.Owner, &p.Serial} {
		var text []byte
		text, b, ok[i] = bytes.Cut(b, []byte{0})
		*s = string(text)
	}
	if ok != [3]bool{true, true, true} || len(b) < 18 || !canonicalOrg(p.Org) {
		return errors.New("not a part")
	}
	p.No = binary.BigEndian.Uint16(b)
	p.Opened, p.Amount = int64(binary.BigEndian.Uint64(b[2:])), int64(binary.BigEndian.Uint64(b[10:]))
	for b = b[18:]; len(b) > 0; {
		tag, rest, ok := bytes.Cut(b, []byte{0})
		if !ok {
			return errors.New("open tag")
		}
		p.Tags, b = append(p.Tags, string(tag)), rest
	}
	return nil
}

// failer is implemented by testing.T and rapid.T.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// must fails the test if err is not nil.
func must(t failer, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// inSession runs fn in a session of its own and commits.
func inSession[K comparable, V any](t failer, table *Table[K, V], key string, fn func()) (id []byte) {
	t.Helper()
	must(t, table.Begin(ctx, []byte(key)))
	fn()
	id, err := table.Commit(ctx, []byte(key))
	must(t, err)
	return id
}

// stagedSession runs fn in a session of its own, stages it, commits it, and returns
// its id and journal.
func stagedSession[K comparable, V any](t failer, table *Table[K, V], key string, fn func()) (id, journal []byte) {
	t.Helper()
	must(t, table.Begin(ctx, []byte(key)))
	fn()
	id, journal, err := table.Stage(ctx, []byte(key))
	must(t, err)
	committedID, err := table.Commit(ctx, []byte(key))
	must(t, err)
	if !bytes.Equal(id, committedID) {
		t.Fatalf("staged %x, committed %x", id, committedID)
	}
	return id, journal
}

// chunks returns all chunks of a snapshot.
func chunks(t failer, seq iter.Seq2[[]byte, error]) (all [][]byte) {
	t.Helper()
	for chunk, err := range seq {
		must(t, err)
		all = append(all, chunk)
	}
	return all
}

// image returns the committed state as bytes.
func image[K comparable, V any](t failer, table *Table[K, V]) string {
	t.Helper()
	var all []byte
	for chunk, err := range table.Snapshot(ctx, 0) {
		must(t, err)
		all = append(all, chunk...)
	}
	return string(all)
}

// sequence returns chunks as a sequence for Restore.
func sequence(all ...[]byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, chunk := range all {
			if !yield(chunk, nil) {
				return
			}
		}
	}
}

func wantError(t failer, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
}
