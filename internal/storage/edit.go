package storage

import (
	"slices"

	"github.com/gencommittable/gencommittable/internal/format"
	"github.com/gencommittable/gencommittable/merkle"
)

// Edit is a manifest that is being changed. Its methods keep the rule that what
// stops to count is listed as garbage in the same write.
type Edit struct{ *format.Manifest }

// BeginCheckpoint returns the generation for a new checkpoint. What an
// unfinished checkpoint wrote becomes garbage.
func (e Edit) BeginCheckpoint() (generation uint64) {
	e.AbandonCheckpoint()
	e.Generation++
	e.Writing = e.Generation
	return e.Generation
}

// AbandonCheckpoint makes garbage of what an unfinished checkpoint wrote.
func (e Edit) AbandonCheckpoint() {
	if e.Writing == 0 {
		return
	}
	for _, c := range e.Members {
		if c.Kind == merkle.Store {
			e.discard(format.Garbage{Kind: format.GarbageChunks, Number: e.Writing, Store: c.Name})
		}
	}
	e.discard(format.Garbage{Kind: format.GarbageHeaders, Number: e.Writing})
	e.Writing = 0
}

// SetCheckpoint makes c the checkpoint. What the checkpoint before has and c has
// not becomes garbage.
func (e Edit) SetCheckpoint(c format.Checkpoint) {
	old := e.Checkpoint
	for _, i := range old.Images {
		if old.Generation != c.Generation && i.Chunks > 0 {
			e.discard(format.Garbage{Kind: format.GarbageChunks, Number: old.Generation, Store: i.Store, To: i.Chunks})
		}
	}
	for _, h := range old.Headers {
		if !slices.ContainsFunc(c.Headers, func(k format.HeadersRef) bool { return k.Generation == h.Generation && k.N == h.N }) {
			e.discard(format.Garbage{Kind: format.GarbageHeaders, Number: h.Generation, From: h.N, To: h.N + 1})
		}
	}
	e.Checkpoint = c
	if e.Writing == c.Generation {
		e.Writing = 0
	}
	e.Forgotten = slices.DeleteFunc(e.Forgotten, func(f format.Forgotten) bool { return f.Until <= e.Oldest })
}

// SetOldest drops the records before a sequence, unless they are dropped
// already.
func (e Edit) SetOldest(oldest uint64) {
	oldest = max(e.Oldest, oldest)
	e.DropRecords(e.Oldest, oldest)
	e.Oldest = oldest
}

// DropEpochs drops the epochs that no record belongs to any more.
func (e Edit) DropEpochs() {
	for len(e.Epochs) > 1 && e.Epochs[1].From <= e.Oldest {
		e.Epochs = e.Epochs[1:]
	}
}

// DropRecords makes garbage of the records of the sessions from a sequence up to
// another.
func (e Edit) DropRecords(from, to uint64) {
	for i, epoch := range e.Epochs {
		end := to
		if i+1 < len(e.Epochs) {
			end = min(end, e.Epochs[i+1].From)
		}
		if start := max(from, epoch.From); start < end {
			e.discard(format.Garbage{Kind: format.GarbageRecords, Number: epoch.Number, From: start, To: end})
		}
	}
}

// BeginEpoch begins a new epoch with session from.
func (e Edit) BeginEpoch(from uint64) {
	next := format.Epoch{Number: e.Epoch() + 1, From: from}
	e.Epochs = append(slices.DeleteFunc(e.Epochs, func(e format.Epoch) bool { return e.From >= from }), next)
	for i := range e.Forgotten {
		e.Forgotten[i].Until = min(e.Forgotten[i].Until, from)
	}
}

// RollBack drops the sessions from n up to count. The records must reach back to
// session n: see CanRollBack.
func (e Edit) RollBack(n, count uint64) {
	e.AbandonCheckpoint()
	e.DropRecords(n, count+1) // a cancelled session count may have pieces without a record
	e.BeginEpoch(n)
	if n < e.Checkpoint.Next {
		e.SetCheckpoint(format.Checkpoint{}) // all records are there: they make the state from nothing
	}
}

// CanRollBack reports whether a manifest keeps what a rollback to n sessions
// needs: the checkpoint, or all records.
func CanRollBack(m *format.Manifest, n uint64) bool {
	return n >= m.Checkpoint.Next || m.Oldest == 0
}

// Import makes a checkpoint that was not made of this database the state, in a
// new epoch. All count sessions so far are dropped.
func (e Edit) Import(c format.Checkpoint, count, history uint64) {
	e.DropRecords(e.Oldest, count+1) // a cancelled session count may have pieces without a record
	e.BeginEpoch(0)
	e.Epochs[0].From, e.Oldest = c.Next, c.Next
	e.Forgotten = nil
	e.History = history
	e.SetCheckpoint(c)
}

// Forget drops a member after so many sessions.
func (e Edit) Forget(member format.Member, sessions uint64) {
	e.AbandonCheckpoint()
	var members []format.Member
	for _, other := range e.Members {
		if other.Name != member.Name {
			members = append(members, other)
		}
	}
	var images []format.Image
	for _, i := range e.Checkpoint.Images {
		if i.Store != member.Name {
			images = append(images, i)
			continue
		}
		e.discard(format.Garbage{Kind: format.GarbageChunks, Number: e.Checkpoint.Generation, Store: i.Store, To: i.Chunks})
	}
	e.Members, e.Checkpoint.Images = members, images
	if sessions > e.Oldest {
		e.Forgotten = append(e.Forgotten, format.Forgotten{Name: member.Name, Kind: member.Kind, Until: sessions})
	}
}

// discard lists keys that are obsolete.
func (e Edit) discard(g format.Garbage) { e.Garbage = append(e.Garbage, g) }
