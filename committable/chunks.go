package committable

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"

	"github.com/gencommittable/gencommittable/committable/schema"
	"github.com/gencommittable/gencommittable/internal/journal"
)

// chunkSize is the number of bytes at which a chunk is complete. Its last row may
// exceed it.
const chunkSize = 1 << 20

// yieldRows is the number of rows after which Snapshot yields the processor, so
// that a session does not wait for a snapshot.
const yieldRows = 32

// Snapshot returns a committed state as chunks of about 1 MiB, which hold the rows
// in key order, each with its uvarint length in front. With back 0 it is the state
// at the last commit. With back 1 it is the state before the last session, or at
// the last commit if no session is known.
//
// The state is fixed at the call, even if sessions are committed before the chunks
// are read, and the same state always has the same chunks. Any goroutine may call
// Snapshot and read the chunks. A chunk belongs to the caller.
//
// The sequence ends with an error when ctx is done. It consists of a single error
// if back is neither 0 nor 1, or if rows that were restored from another schema
// violate a unique index.
func (t *Table[K, V]) Snapshot(ctx context.Context, back int) iter.Seq2[[]byte, error] {
	var v *View[K, V]
	switch back {
	case 0:
		v = t.View()
	case 1:
		v = t.viewBeforeLast()
	default:
		return func(yield func([]byte, error) bool) {
			yield(nil, fmt.Errorf("committable: store %s: Snapshot: the state %d sessions back is not kept; use 0 or 1", t.name, back))
		}
	}
	return func(yield func([]byte, error) bool) {
		if err := v.checkUniqueIndexes(); err != nil {
			yield(nil, err)
			return
		}
		var chunk, encoded []byte
		emit := func() bool {
			if err := ctx.Err(); err != nil {
				yield(nil, fmt.Errorf("committable: store %s: Snapshot: %w", t.name, err))
				return false
			}
			full := chunk
			chunk = make([]byte, 0, len(full)+len(full)/64) // full belongs to the caller now
			return yield(full, nil)
		}
		wanted, rows := true, 0
		walk(v.orders[keyOrder], bounds{}, false, func(k K) bool {
			if rows++; rows%yieldRows == 0 {
				runtime.Gosched()
			}
			v.look(k, func(at *V) { encoded = t.def.AppendRow(encoded[:0], at) })
			if chunk = journal.AppendFrame(chunk, encoded); len(chunk) >= chunkSize {
				wanted = emit()
			}
			return wanted
		})
		if wanted && len(chunk) > 0 {
			emit()
		}
	}
}

// Restore replaces the state with that of a snapshot, or changes nothing if it
// returns an error. A nil or empty sequence makes the table empty. Afterwards the
// last session is unknown. Rows are decoded strictly; their Validate is not called.
// Views of the previous state keep it.
//
// schema is the schema of the rows. It may differ from the table's own if package
// committable/schema reports no incompatible change: new fields are then zero,
// removed fields are dropped, and Redo accepts journals of that schema until the
// next session. Rows of another schema need not satisfy the table's unique
// indexes, so Restore checks them, and Snapshot checks them again after Redo.
//
// The error wraps [ErrInSession], [SchemaError] for an incompatible schema,
// [ErrCorrupt] if Snapshot cannot have returned the chunks, or is the error of the
// sequence or of ctx. If the rows violate a unique index it wraps [UniqueError],
// and also ErrCorrupt or, for rows of another schema, [ErrSchema].
func (t *Table[K, V]) Restore(ctx context.Context, schema []byte, chunks iter.Seq2[[]byte, error]) error {
	const op = "Restore"
	if err := t.checkNoSession(op); err != nil {
		return err
	}
	conversion, incompatible := checkCompatible(string(schema), t.def.Schema)
	if len(incompatible) > 0 {
		return &SchemaError{Store: t.name, Changes: incompatible}
	}
	l := &loader[K, V]{table: t, state: t.emptyState(), conversion: conversion}
	l.state.uniqueUnchecked = string(schema) != t.def.Schema
	if chunks != nil {
		for chunk, err := range chunks {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return fmt.Errorf("committable: store %s: Restore: %w", t.name, err)
			}
			if err := l.add(chunk); err != nil {
				return err
			}
		}
	}
	if err := l.finish(); err != nil {
		return err
	}
	if seq, ok := SequenceFromContext(ctx); ok {
		l.state.seq = sessionSeq{seq, true}
	}
	if err := t.checkNoSession(op); err != nil { // the sequence of chunks may have begun one
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.committed, t.conversion = l.state, conversion
	return nil
}

// loader builds a state from rows in key order.
type loader[K comparable, V any] struct {
	table      *Table[K, V]
	state      *committed[K, V]
	conversion *schema.Conversion // of the rows; nil if they have the table's schema
	last       string             // encoded key of the last row
	entries    [][]entry[K]       // of each index
}

// add reads a chunk.
func (l *loader[K, V]) add(chunk []byte) error {
	for rest := chunk; len(rest) > 0; {
		payload, after, err := journal.CutFrame(rest)
		if err != nil {
			return l.corrupt(err, "malformed chunk")
		}
		rest = after
		r := new(row[V])
		if err := l.table.decodeRow(l.conversion, payload, &r.base.value); err != nil {
			return l.corrupt(err, "invalid row")
		}
		if err := l.addRow(r); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader[K, V]) addRow(r *row[V]) error {
	def := &l.table.def
	k := def.Key(&r.base.value)
	enc := string(def.AppendKey(nil, k))
	if len(l.state.rows) > 0 && enc <= l.last {
		return l.corrupt(nil, "the rows are not sorted by key")
	}
	l.last = enc
	l.state.rows[k] = r
	l.state.orders[keyOrder].Load(entry[K]{enc: enc, key: k})
	if l.entries == nil {
		l.entries = make([][]entry[K], len(def.Indexes))
	}
	for i := range def.Indexes {
		l.entries[i] = append(l.entries[i], l.table.indexEntry(&def.Indexes[i], k, &r.base.value))
	}
	return nil
}

// finish builds the indexes.
func (l *loader[K, V]) finish() error {
	for i, entries := range l.entries {
		slices.SortFunc(entries, func(a, b entry[K]) int { return strings.Compare(a.enc, b.enc) })
		tree := l.state.orders[1+i]
		for j, e := range entries {
			if index := &l.table.def.Indexes[i]; index.Unique && j > 0 {
				if err := index.checkNeighbours(entries[j-1].enc, &l.state.rows[e.key].base.value); err != nil {
					return l.notUnique(err)
				}
			}
			tree.Load(e)
		}
	}
	return nil
}

func (l *loader[K, V]) notUnique(err error) error {
	if l.state.uniqueUnchecked {
		return l.table.failForeignRows("Restore", err)
	}
	return l.corrupt(err, "the rows violate a unique index")
}

func (l *loader[K, V]) corrupt(cause error, reason string) error {
	return l.table.failBecause("Restore", ErrCorrupt, cause, "snapshot: row %d: %s", len(l.state.rows), reason)
}
