package committer_test

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/internal/crashtest"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// The crash tests prove one claim: a crash at any call of the KV or of an
// external, or an error there, before or after the call took effect, leaves
// the old state or the new one, and the same key then gives the same commit ID;
// nothing acknowledged is lost, and nothing is doubled.
//
// A script (crash_script_test.go) is a list of sessions. An undisturbed run of
// the script records the state before and after each session, and their IDs. A
// disk is the data that survives a process: the KV and the databases of the
// externals. A process (crash_process_test.go) is a MultiCommitter with stores
// and externals over a disk; its calls are disturbed by a committertest.Process.
// A client (crash_client_test.go) goes through the script in one process after
// the other, and compares each with the undisturbed run. An explorer
// (crash_explore_test.go) repeats that for every call that can be disturbed.
//
// The harness does not call t.Fatal. It returns a *violation if the claim is
// broken, so that crash_mutants_test.go can show that broken protocols are
// caught.

// harness holds the settings of all runs of one script.
type harness struct {
	script script
	want   *undisturbed
	kv     kvtest.Methods
	way    way
	broken mutant
	opts   []committer.CommitterOpt

	// audits: after every answer of a process, another process is started on a
	// copy of the disk, and must find the same state.
	audits bool
}

// newHarness returns a harness that has made the undisturbed run of the script.
func newHarness(s script, has kvtest.Methods, by way) (*harness, error) {
	h := &harness{script: s, kv: has, way: by}
	want, err := runUndisturbed(h)
	h.want = want
	return h, err
}

// mutant replaces parts of a process, to break the protocol. The zero value
// breaks nothing.
type mutant struct {
	kv       func(kv.KV, *process) kv.KV
	store    func(*accountStore) committer.Committable
	external func(*crashtest.External) committer.Committable
	engine   func(committable.SavepointEngine) committable.Engine
}

// disk is the data that survives a process.
type disk struct {
	kv  *kvtest.Unsynced
	dbs []*crashtest.Database
}

func (h *harness) newDisk() *disk {
	d := &disk{kv: kvtest.NewUnsynced()}
	for range h.script.externals {
		d.dbs = append(d.dbs, crashtest.NewDatabase())
	}
	return d
}

// survivor returns a copy of the disk that has only the first k of the writes
// since the last Sync.
func (d *disk) survivor(k int) *disk {
	c := &disk{kv: d.kv.AfterCrash(k)}
	for _, db := range d.dbs {
		c.dbs = append(c.dbs, db.Clone())
	}
	return c
}

// losses returns the numbers of unsynced writes that a crash can leave. The
// first number is all of them: the process ended without a power loss.
func (h *harness) losses(d *disk) []int {
	all := d.kv.Pending()
	left := []int{all}
	if h.kv.Has(kvtest.Sync) {
		for k := range all {
			left = append(left, k)
		}
	}
	return left
}

// fault is a disturbance of a process. The zero value disturbs nothing. Calls of
// the KV and of the externals are counted together.
type fault struct {
	n      int // the call, counted from 1
	when   kvtest.When
	crash  bool // the process ends at the call; otherwise the call returns an error
	length int  // how many calls in a row return an error; 0 means 1
}

// last returns the number of the last disturbed call.
func (f fault) last() int { return f.n + max(f.length, 1) - 1 }

func (f fault) String() string {
	switch {
	case f.crash:
		return fmt.Sprintf("crash %v call #%d", f.when, f.n)
	case f.length > 1:
		return fmt.Sprintf("%d errors %v calls from #%d on", f.length, f.when, f.n)
	default:
		return fmt.Sprintf("error %v call #%d", f.when, f.n)
	}
}

// violation is a broken promise.
type violation struct{ what string }

func (v *violation) Error() string { return v.what }

func violated(format string, args ...any) error {
	return &violation{fmt.Sprintf(format, args...)}
}

func isViolation(err error) bool {
	var v *violation
	return errors.As(err, &v)
}

// image is the state that a reader sees: one line for the last session, and one
// for each row, sorted.
type image []string

// difference describes the first line that differs; it is empty if none does.
func (want image) difference(got image) string {
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(want):
			return fmt.Sprintf("unexpected %s", got[i])
		case i >= len(got):
			return fmt.Sprintf("missing %s", want[i])
		case want[i] != got[i]:
			return fmt.Sprintf("got %s, want %s", got[i], want[i])
		}
	}
	return ""
}

// undisturbed has the states and IDs of a run without faults.
type undisturbed struct {
	stores    []image   // before each step, and after the last
	externals [][]image // by external, before each step and after the last
	ids       [][]byte  // by step; nil if it is cancelled
}

// runUndisturbed goes through the script over a KV that never fails.
func runUndisturbed(h *harness) (*undisturbed, error) {
	ctx := context.Background()
	plain := &harness{script: h.script}
	p := plain.start(plain.newDisk(), fault{})
	if err := p.m.Load(ctx); err != nil {
		return nil, err
	}
	u := &undisturbed{externals: make([][]image, h.script.externals)}
	look := func() {
		seen, _ := p.image()
		u.stores = append(u.stores, seen)
		for i, db := range p.disk.dbs {
			u.externals[i] = append(u.externals[i], image(db.Lines()))
		}
	}
	look()
	for _, st := range h.script.steps {
		key := []byte(st.key)
		if err := p.m.Begin(ctx, key); err != nil {
			return nil, err
		}
		if err := p.write(ctx, st); err != nil {
			return nil, err
		}
		var id []byte
		var err error
		if st.end == commits {
			id, err = p.m.Commit(ctx, key)
		} else {
			err = p.m.Cancel(ctx)
		}
		if err != nil {
			return nil, err
		}
		u.ids = append(u.ids, slices.Clone(id))
		look()
	}
	return u, nil
}
