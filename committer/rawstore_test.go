package committer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"maps"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/merkle"
)

// rawStore is a minimal Journaled that does not use committable.Table: a map of
// strings. Its keys and rows enter the hashes unencoded.
type rawStore struct {
	rows    map[string]string
	lastKey []byte
	before  map[string]string // the state before the last session

	key      []byte // of the open session
	changes  map[string]*string
	recorded []byte // the journal that a replay must reproduce; nil in other sessions
}

var _ committer.Journaled = (*rawStore)(nil)

func newRawStore() *rawStore { return &rawStore{rows: make(map[string]string)} }

// Set writes a row, and Delete removes one.
func (s *rawStore) Set(key, row string) { s.changes[key] = &row }
func (s *rawStore) Delete(key string)   { s.changes[key] = nil }

func (s *rawStore) Begin(_ context.Context, key []byte) error {
	s.key, s.changes, s.recorded = bytes.Clone(key), make(map[string]*string), nil
	return nil
}

func (s *rawStore) BeginRecovery(ctx context.Context, key []byte) error { return s.Begin(ctx, key) }

func (s *rawStore) Replay(ctx context.Context, key, journal []byte) error {
	err := s.Begin(ctx, key)
	s.recorded = journal
	return err
}

func (s *rawStore) Stage(context.Context, []byte) (id, journal []byte, err error) {
	var changes []merkle.Change
	for key, row := range s.changes {
		change := merkle.Change{Key: []byte(key), Deleted: row == nil}
		if row != nil {
			change.Row = []byte(*row)
		}
		changes = append(changes, change)
	}
	root, err := merkle.ChangeRoot(changes)
	if err != nil {
		return nil, nil, err
	}
	if journal, err = json.Marshal(s.changes); err != nil {
		return nil, nil, err
	}
	if s.recorded != nil && !bytes.Equal(journal, s.recorded) {
		return nil, nil, &committer.DivergenceError{Store: "raw", Recorded: s.recorded, Replayed: journal}
	}
	return root[:], journal, nil
}

func (s *rawStore) Commit(ctx context.Context, key []byte) ([]byte, error) {
	id, journal, err := s.Stage(ctx, key)
	if err == nil && !bytes.Equal(key, s.lastKey) {
		err = s.Redo(ctx, key, journal)
	}
	s.key = nil
	return id, err
}

func (s *rawStore) Redo(_ context.Context, key, journal []byte) error {
	var changes map[string]*string
	if err := json.Unmarshal(journal, &changes); err != nil {
		return err
	}
	s.before, s.lastKey = maps.Clone(s.rows), bytes.Clone(key)
	for key, row := range changes {
		if row == nil {
			delete(s.rows, key)
		} else {
			s.rows[key] = *row
		}
	}
	return nil
}

func (s *rawStore) Cancel(context.Context) error {
	s.key = nil
	return nil
}

func (s *rawStore) Snapshot(_ context.Context, back int) iter.Seq2[[]byte, error] {
	state := s.rows
	if back == 1 {
		state = s.before
	}
	chunk, err := json.Marshal(state)
	return func(yield func([]byte, error) bool) {
		if len(state) > 0 {
			yield(chunk, err)
		}
	}
}

func (s *rawStore) Restore(_ context.Context, schema []byte, chunks iter.Seq2[[]byte, error]) error {
	if string(schema) != string(s.Schema()) {
		return errors.New("another schema")
	}
	rows := make(map[string]string)
	for chunk, err := range chunks {
		if err == nil {
			err = json.Unmarshal(chunk, &rows)
		}
		if err != nil {
			return err
		}
	}
	s.rows, s.before, s.lastKey = rows, nil, nil
	return nil
}

func (s *rawStore) Schema() []byte { return []byte("raw") }
