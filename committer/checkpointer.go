package committer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/gencommittable/gencommittable/internal/format"
	"github.com/gencommittable/gencommittable/internal/storage"
)

// CheckpointPolicy says when a checkpoint is written: when the records since the
// last one have more bytes than MinBytes, and more than Growth times the rows of
// the last one. So checkpoints cost a constant factor, and the data that Load
// reads stays within a few times the state. Zero fields stand for the defaults,
// 64 MiB and 1.
//
// A checkpoint is written in the background. It pauses three times as long as it
// works, which leaves a processor to sessions.
type CheckpointPolicy struct {
	MinBytes int64
	Growth   float64
}

// due reports whether a checkpoint is to be written, with so many bytes of
// records since one with size bytes of rows.
func (p CheckpointPolicy) due(since, size uint64) bool {
	least, growth := p.MinBytes, p.Growth
	if least <= 0 {
		least = 64 << 20
	}
	if !(growth > 0) {
		growth = 1
	}
	return since > uint64(least) && float64(since) > growth*float64(size)
}

// checkpointer writes checkpoints, one at a time, in the background. Its methods
// are called under MultiCommitter.op, except usage.
type checkpointer struct {
	db       *storage.DB
	manifest *storage.ManifestOwner
	policy   CheckpointPolicy
	inline   bool // start returns when the checkpoint is written; tests use it
	logger   *slog.Logger

	// mu guards the fields below for usage; it is held for moments. Methods that
	// hold op and only read them need no lock.
	mu      sync.Mutex
	running *checkpointRun
	next    uint64 // the last whole checkpoint includes the sessions before this one
	size    uint64 // bytes of its rows
	since   uint64 // bytes of records since the last checkpoint was started
}

// checkpointRun is a checkpoint that is being written.
type checkpointRun struct {
	cancel context.CancelFunc
	hurry  chan struct{} // closed when a caller waits: pauses end
	done   chan struct{} // closed when the fields below are set
	next   uint64
	size   uint64
	err    error
}

// checkpointPlan is a checkpoint to be written: a pinned state and what belongs
// to it.
type checkpointPlan struct {
	next     uint64 // the state includes the sessions before this one
	prevHash format.Hash
	oldest   uint64 // records before this one are dropped

	stores  []pinnedStore
	kept    []format.HeadersRef // values with headers that are already written
	headers []format.Header     // the headers after those

	change func(storage.Edit) // other changes that take effect with the checkpoint, or nil
	hurry  chan struct{}      // pauses end when it is closed; nil: no pauses
}

// pinnedStore is the pinned state of a store.
type pinnedStore struct {
	*participant
	chunks iter.Seq2[[]byte, error]
}

// reset takes over what Load, Rollback or Import found or wrote.
func (c *checkpointer) reset(next, size, since uint64) {
	c.mu.Lock()
	c.next, c.size, c.since = next, size, since
	c.mu.Unlock()
}

// recorded counts the bytes of a new record.
func (c *checkpointer) recorded(bytes int) {
	c.mu.Lock()
	c.since += uint64(bytes)
	c.mu.Unlock()
}

// due reports whether a checkpoint of the state before the last of count
// sessions is to be written. It first takes over what a finished run did. The
// error wraps ErrFenced if another writer has taken over.
func (c *checkpointer) due(count uint64) (bool, error) {
	if c.running != nil {
		select {
		case <-c.running.done:
			if err := c.end(); err != nil {
				return false, err
			}
		default:
			return false, nil
		}
	}
	return count >= c.next+2 && c.policy.due(c.since, c.size), nil
}

// start begins to write a checkpoint; none is running. plan is called with the
// context of the run, to pin the state. since is how many bytes of records the
// checkpoint does not include. The error is that of end.
func (c *checkpointer) start(since uint64, plan func(context.Context) *checkpointPlan) error {
	ctx, cancel := context.WithCancel(context.Background())
	p := plan(ctx)
	run := &checkpointRun{cancel: cancel, hurry: make(chan struct{}), done: make(chan struct{}), next: p.next}
	c.mu.Lock()
	c.running, c.since = run, since
	c.mu.Unlock()
	write := func() {
		defer close(run.done)
		defer cancel()
		run.size, run.err = c.write(ctx, p)
	}
	if c.inline {
		write()
		return c.end()
	}
	p.hurry = run.hurry
	go write()
	return nil
}

// finish waits for a running checkpoint, and stops it when ctx ends.
func (c *checkpointer) finish(ctx context.Context) error {
	if c.running == nil {
		return nil
	}
	close(c.running.hurry)
	select {
	case <-c.running.done:
	case <-ctx.Done():
		c.running.cancel()
		<-c.running.done
	}
	return c.end()
}

// stop ends a running checkpoint. What it wrote is deleted by the next one, or
// by Load.
func (c *checkpointer) stop() error {
	if c.running == nil {
		return nil
	}
	c.running.cancel()
	<-c.running.done
	return c.end()
}

// end takes over what a finished run did. The error wraps ErrFenced if another
// writer has taken over; after any other failure, a checkpoint is written when
// as many records have accumulated again.
func (c *checkpointer) end() error {
	run := c.running
	c.mu.Lock()
	c.running = nil
	if run.err == nil {
		c.next, c.size = run.next, run.size
	}
	c.mu.Unlock()
	switch {
	case errors.Is(run.err, ErrFenced):
		return run.err
	case run.err != nil && !errors.Is(run.err, context.Canceled):
		c.logger.Warn("a checkpoint could not be written; the records are kept", "error", run.err)
	}
	return nil
}

// usage returns the state for Stats. It is safe for concurrent use.
func (c *checkpointer) usage() CheckpointStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return CheckpointStats{Running: c.running != nil, Sessions: c.next, Bytes: c.size, RecordBytes: c.since}
}

// write writes a checkpoint and deletes what it replaces:
//
//  1. the manifest gets the generation that is being written;
//  2. chunks and headers are written, in ascending order;
//  3. the manifest gets the new checkpoint, and lists obsolete keys as garbage;
//  4. the garbage is deleted, and then its list.
//
// A crash before step 3 leaves the old checkpoint, and one after step 3 the new
// one. Load deletes the garbage.
func (c *checkpointer) write(ctx context.Context, p *checkpointPlan) (size uint64, err error) {
	defer func() {
		if r := recover(); r != nil { // in a store
			err = fmt.Errorf("committer: checkpoint: panic: %v", r)
		}
	}()
	c.logger.InfoContext(ctx, "checkpoint begins", "sessions", p.next)
	cp := format.Checkpoint{Next: p.next, PrevHash: p.prevHash}
	if err := c.manifest.Change(ctx, func(e storage.Edit) { cp.Generation = e.BeginCheckpoint() }); err != nil {
		return 0, err
	}
	sizes, err := c.writeImages(ctx, &cp, p)
	if err != nil {
		return 0, err
	}
	err = c.manifest.Change(ctx, func(e storage.Edit) {
		e.SetOldest(p.oldest)
		if p.change != nil {
			p.change(e)
		}
		e.SetCheckpoint(cp)
		e.DropEpochs()
	})
	if err != nil {
		return 0, err
	}
	for i, store := range p.stores {
		store.usage.checkpoint.Store(sizes[i])
	}
	if err := c.manifest.CollectGarbage(ctx); err != nil {
		c.logger.WarnContext(ctx, "obsolete keys could not be deleted yet", "error", err)
	}
	c.logger.InfoContext(ctx, "checkpoint ends", "sessions", p.next, "bytes", cp.Size)
	return cp.Size, nil
}

// writeImages is step 2. It returns the bytes of rows by store.
func (c *checkpointer) writeImages(ctx context.Context, cp *format.Checkpoint, p *checkpointPlan) (sizes []uint64, err error) {
	for _, store := range p.stores {
		w := c.db.NewImageWriter(cp.Generation, store.name)
		began := time.Now()
		for rows, err := range store.chunks {
			if err == nil {
				err = w.Write(ctx, rows)
			}
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return nil, fmt.Errorf("committer: checkpoint of store %q: %w", store.name, err)
			}
			if w.Image().Chunks%progressChunks == 0 {
				c.logger.InfoContext(ctx, "writing a checkpoint", "store", store.name, "bytes", w.Size())
			}
			p.pause(ctx, 3*time.Since(began))
			began = time.Now()
		}
		cp.Images = append(cp.Images, w.Image())
		cp.Size += w.Size()
		sizes = append(sizes, w.Size())
	}
	headers, err := c.db.WriteHeaders(ctx, cp.Generation, p.headers)
	if err != nil {
		return nil, err
	}
	cp.Headers = append(slices.Clone(p.kept), headers...)
	return sizes, nil
}

// pause waits, until ctx ends or a caller waits for the checkpoint.
func (p *checkpointPlan) pause(ctx context.Context, d time.Duration) {
	if p.hurry == nil {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.hurry:
	case <-ctx.Done():
	}
}

// progressChunks is how many chunks are read or written between two lines in the
// log.
const progressChunks = 64
