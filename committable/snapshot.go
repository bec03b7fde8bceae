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

// chunkSize is when a chunk of a snapshot is full, in bytes; the last row may
// go beyond.
const chunkSize = 1 << 20

// yieldRows is after how many rows a snapshot lets other goroutines go first,
// which are likely to wait for an answer: a session's among them.
const yieldRows = 32

// Snapshot returns a committed state as chunks of about 1 MiB: rows in key
// order, each after its uvarint length. With back 0 it is the state at the last
// commit; with back 1 the one before the last session, which is the same if no
// session is known. The state is the one at the call, whatever is committed
// until the chunks are read; the same snapshot always has the same chunks. Any
// goroutine may call it, and read the chunks, which are its own.
//
// The sequence ends with an error if the context does, and is nothing but an
// error for another back, or if what was restored from another schema does not
// hold to a unique index.
func (t *Table[K, V]) Snapshot(ctx context.Context, back int) iter.Seq2[[]byte, error] {
	var v *View[K, V]
	switch back {
	case 0:
		v = t.View()
	case 1:
		v = t.viewBefore()
	default:
		return func(yield func([]byte, error) bool) {
			yield(nil, fmt.Errorf("committable: store %s: Snapshot: no state is kept %d sessions back; 0 and 1 are", t.name, back))
		}
	}
	return func(yield func([]byte, error) bool) {
		if err := v.checkForeign(); err != nil {
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
			chunk = make([]byte, 0, len(full)+len(full)/64) // the consumer keeps the one that it got
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

// Restore replaces the state by that of a snapshot, all or nothing; a nil or
// empty sequence makes the table empty. The last session is forgotten. Rows are
// decoded strictly, their Validate is not called. Views of the state before
// keep it.
//
// The schema is the one that the rows were written under. It may be another
// than the table's own if rows of it mean the same under that: package
// committable/schema says when. Fields that it does not have are then zero,
// those that the table has not any more are dropped, and Redo takes journals of
// it until a session begins. The table checks its unique indexes, which the rows
// may never have had to hold to, in Restore and, because of Redo, in Snapshot.
//
// It returns an error that wraps [ErrInSession] in a session, [SchemaError] for
// a schema whose rows the table cannot take over, [ErrCorrupt] for chunks that no
// snapshot can have, or the error of the sequence or the context. For rows that
// a unique index does not allow it wraps [UniqueError] and, with it, ErrCorrupt,
// or [ErrSchema] if the rows are of another schema.
func (t *Table[K, V]) Restore(ctx context.Context, schema []byte, chunks iter.Seq2[[]byte, error]) error {
	const op = "Restore"
	if err := t.noSession(op); err != nil {
		return err
	}
	conversion, refused := judge(string(schema), t.def.Schema)
	if len(refused) > 0 {
		return &SchemaError{Store: t.name, Changes: refused}
	}
	l := &loader[K, V]{table: t, state: t.emptyState(), conversion: conversion}
	l.state.foreign = string(schema) != t.def.Schema
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
	if err := t.noSession(op); err != nil { // begun while the chunks came
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
	conversion *schema.Conversion // of rows; nil: they are of the table's schema
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
		if err := l.table.decodeRow(l.conversion, payload, &r.value); err != nil {
			return l.corrupt(err, "bad row")
		}
		if err := l.addRow(r); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader[K, V]) addRow(r *row[V]) error {
	def := &l.table.def
	k := def.Key(&r.value)
	enc := string(def.AppendKey(nil, k))
	if len(l.state.rows) > 0 && enc <= l.last {
		return l.corrupt(nil, "not in the order of keys")
	}
	l.last = enc
	l.state.rows[k] = r
	l.state.orders[keyOrder].Load(entry[K]{enc: enc, key: k})
	if l.entries == nil {
		l.entries = make([][]entry[K], len(def.Indexes))
	}
	for i := range def.Indexes {
		l.entries[i] = append(l.entries[i], l.table.indexEntry(&def.Indexes[i], k, &r.value))
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
				if err := index.clash(entries[j-1].enc, &l.state.rows[e.key].value); err != nil {
					return l.notUnique(err)
				}
			}
			tree.Load(e)
		}
	}
	return nil
}

func (l *loader[K, V]) notUnique(err error) error {
	if l.state.foreign {
		return l.table.notUniqueAnyMore("Restore", err)
	}
	return l.corrupt(err, "a constraint is violated")
}

func (l *loader[K, V]) corrupt(cause error, reason string) error {
	return l.table.failBecause("Restore", ErrCorrupt, cause, "snapshot: row %d: %s", len(l.state.rows), reason)
}
