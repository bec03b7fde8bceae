package journal

import (
	"fmt"
	"iter"
)

// Kind is the first byte of an entry.
type Kind byte

// The kinds of entries. All other kinds are refused.
const (
	Delete Kind = 0 // the payload is the encoded key
	Put    Kind = 1 // the payload is the encoded row
)

// Entry is the change of one key.
type Entry struct {
	Kind    Kind
	Payload []byte
}

// Append appends an entry to a journal.
func Append(dst []byte, e Entry) []byte {
	return AppendFrame(append(dst, byte(e.Kind)), e.Payload)
}

// Entries returns the entries of a journal in their order. If the journal is
// malformed, the last pair of the sequence is a zero entry and an error that
// includes the position of the malformed entry, counted from 0.
//
// Payloads share memory with the journal.
func Entries(journal []byte) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		rest := journal
		for i := 0; len(rest) > 0; i++ {
			e, after, err := cut(rest)
			if err != nil {
				yield(Entry{}, fmt.Errorf("journal: entry %d: %w", i, err))
				return
			}
			if !yield(e, nil) {
				return
			}
			rest = after
		}
	}
}

// cut returns the first entry of a journal that is not empty, and the bytes
// after it.
func cut(journal []byte) (e Entry, rest []byte, err error) {
	e.Kind = Kind(journal[0])
	if e.Kind != Delete && e.Kind != Put {
		return Entry{}, nil, fmt.Errorf("unknown kind %d", e.Kind)
	}
	e.Payload, rest, err = CutFrame(journal[1:])
	return e, rest, err
}
