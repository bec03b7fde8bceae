package committer_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/committer/committertest"
	generated "github.com/gencommittable/gencommittable/generated_test"
	"github.com/gencommittable/gencommittable/internal/crashtest"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// process is a MultiCommitter with stores and externals over a disk, disturbed
// by at most one fault. A crash ends it.
type process struct {
	h    *harness
	disk *disk
	plan fault

	m         *committer.MultiCommitter
	stores    []*accountStore
	transfers *generated.TransferStore // nil unless the script has an engine
	externals []writableExternal

	calls  *kvtest.Fault // of the KV and of the externals
	closed bool          // a failed Sync closed the MultiCommitter
}

// start returns a process over a disk. It reads nothing yet.
func (h *harness) start(d *disk, plan fault) *process {
	return h.startShuffled(d, plan, nil)
}

// startShuffled is start with the committables registered in a random order. A
// nil order keeps theirs.
func (h *harness) startShuffled(d *disk, plan fault, order *rand.Rand) *process {
	p := &process{h: h, disk: d, plan: plan}
	p.calls = kvtest.NewFault(kvtest.Only(d.kv, h.kv))
	switch {
	case plan.n == 0:
	case plan.crash:
		p.calls.CrashAt(plan.n, plan.when)
	default:
		p.calls.FailFrom(plan.n, max(plan.length, 1), plan.when)
	}
	disturbed := committertest.NewProcess(p.calls)

	type named struct {
		name string
		c    committer.Committable
	}
	var members []named
	for _, name := range storeNames {
		s := newAccountStore(committable.WithName(name))
		p.stores = append(p.stores, s)
		var c committer.Committable = s
		if h.broken.store != nil {
			c = h.broken.store(s)
		}
		members = append(members, named{name, c})
	}
	if h.script.engine {
		p.transfers = generated.NewTransferStore()
		members = append(members, named{p.transfers.Name(), p.transfers})
	}
	for i, db := range d.dbs {
		name := externalNames[i]
		if i == 0 && h.script.engine {
			e := newEngineExternal(crashtest.NewEngine(name, db), disturbed, h.broken.engine)
			p.externals = append(p.externals, e)
			members = append(members, named{name, e})
			continue
		}
		e := crashtest.NewExternal(name, db)
		p.externals = append(p.externals, e)
		var c committer.Committable = e
		if h.broken.external != nil {
			c = h.broken.external(e)
		}
		members = append(members, named{name, disturbed.External(c)})
	}
	if order != nil {
		order.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	}

	store := disturbed.KV
	if h.broken.kv != nil {
		store = h.broken.kv(store, p)
	}
	p.m = committer.NewCommitter(store, nil, h.opts...)
	for _, member := range members {
		if err := p.m.Register(member.name, member.c); err != nil {
			panic(err) // the names are valid
		}
	}
	return p
}

// dead reports whether the process has crashed: no call has an effect any more,
// and nobody gets an answer.
func (p *process) dead() bool { return p.calls.Crashed() }

// disturbed reports whether the fault has happened.
func (p *process) disturbed() bool { return p.plan.n > 0 && p.calls.Calls() >= p.plan.n }

// faultOver reports whether every disturbed call was made.
func (p *process) faultOver() bool { return p.plan.n > 0 && p.calls.Calls() >= p.plan.last() }

// injected reports whether an error is that of a disturbed call.
func injected(err error) bool {
	return errors.Is(err, kvtest.ErrInjected) || errors.Is(err, kvtest.ErrCrashed)
}

// writableExternal is an external that the code of sessions can write to.
type writableExternal interface {
	committer.Committable
	Set(name, value string) error
}

// over reports whether the script can go on only in another process.
func (p *process) over() bool { return p.dead() || p.closed }

// mayBeClosed reports whether the MultiCommitter has a reason to be closed. The
// only one here is a failed Sync, because there is no second writer.
func (p *process) mayBeClosed() bool {
	return slices.ContainsFunc(p.calls.Log(), func(c kvtest.Call) bool { return c.Method == "Sync" && c.Err != nil })
}

// where returns the disturbed call, for messages.
func (p *process) where() string {
	if p.plan.n == 0 {
		return "undisturbed"
	}
	if log := p.calls.Log(); p.plan.n <= len(log) {
		c := log[p.plan.n-1]
		return fmt.Sprintf("%v (%s %q)", p.plan, c.Method, c.Keys)
	}
	return p.plan.String()
}

// image returns the last session and the committed rows of the stores. It
// returns false if the MultiCommitter is not loaded.
func (p *process) image() (image, bool) {
	last, any, err := p.m.Last()
	if err != nil {
		return nil, false
	}
	s := image{"last session: none"}
	if any {
		s[0] = fmt.Sprintf("last session: #%d %q %s", last.Seq, last.Key, last.ID)
	}
	for i, store := range p.stores {
		for key, row := range store.View().All() {
			s = append(s, fmt.Sprintf("store %s, key %q: %+v", storeNames[i], key, row))
		}
	}
	if p.transfers != nil {
		for id, row := range p.transfers.View().All() {
			s = append(s, fmt.Sprintf("generated store, key %d: %+v", id, row))
		}
	}
	return s, true
}
