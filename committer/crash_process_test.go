package committer_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committer"
	generated "github.com/gencommittable/gencommittable/generated_test"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// process is what a crash ends: a MultiCommitter with its stores and externals
// over a disk, disturbed by at most one fault.
type process struct {
	h    *harness
	disk *disk
	plan fault

	m         *committer.MultiCommitter
	stores    []*accountStore
	transfers *generated.TransferStore // nil unless the script has an engine
	remotes   []sender

	kv          *kvtest.Fault
	remoteCalls []string
	killed      bool // by a crash in an external
	closed      bool // a failed Sync closed the MultiCommitter
}

// start opens a process over a disk. Nothing is read yet.
func (h *harness) start(d *disk, plan fault) *process {
	return h.startShuffled(d, plan, nil)
}

// startShuffled registers the committables in a random order, if given one.
func (h *harness) startShuffled(d *disk, plan fault, order *rand.Rand) *process {
	p := &process{h: h, disk: d, plan: plan}
	p.kv = kvtest.NewFault(kvtest.Only(d.kv, h.kv))
	if !plan.remote && plan.n > 0 {
		if plan.crash {
			p.kv.CrashAt(plan.n, plan.when)
		} else {
			for i := range max(plan.length, 1) {
				p.kv.FailAt(plan.n+i, plan.when)
			}
		}
	}

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
		if i == 0 && h.script.engine {
			e := newEngineRemote(remoteNames[i], &remoteEngine{db: db, call: p.remoteCall}, h.broken.engine)
			p.remotes = append(p.remotes, e)
			members = append(members, named{e.Name(), e})
			continue
		}
		r := &remote{db: db, call: p.remoteCall}
		p.remotes = append(p.remotes, r)
		var c committer.Committable = r
		if h.broken.remote != nil {
			c = h.broken.remote(r)
		}
		members = append(members, named{remoteNames[i], c})
	}
	if order != nil {
		order.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	}

	var store kv.KV = p.kv
	if h.broken.kv != nil {
		store = h.broken.kv(store, p)
	}
	p.m = committer.NewCommitter(store, nil, h.opts...)
	for _, member := range members {
		if err := p.m.Register(member.name, member.c); err != nil {
			panic(err) // the names are right
		}
	}
	return p
}

var errRemote = errors.New("remote: injected failure")

// remoteCall is one call of an external.
func (p *process) remoteCall(method string, do func() error) error {
	if p.dead() {
		return errRemote
	}
	p.remoteCalls = append(p.remoteCalls, method)
	if !p.plan.hits(true, len(p.remoteCalls)) {
		return do()
	}
	if p.plan.when == kvtest.After {
		_ = do() // its answer is lost
	}
	if p.plan.crash {
		p.killed = true
		p.kv.CrashAt(p.kv.Calls()+1, kvtest.Before)
	}
	return fmt.Errorf("%w %v call %d, %s, took effect", errRemote, p.plan.when, len(p.remoteCalls), method)
}

// dead tells whether the process has crashed: nothing reaches its disk any
// more, and nobody gets its answers.
func (p *process) dead() bool {
	return p.killed || p.plan.crash && !p.plan.remote && p.plan.n > 0 && p.kv.Calls() >= p.plan.n
}

// disturbed tells whether the fault has happened.
func (p *process) disturbed() bool {
	if p.plan.remote {
		return len(p.remoteCalls) >= p.plan.n
	}
	return p.plan.n > 0 && p.kv.Calls() >= p.plan.n
}

// past tells whether the fault is over.
func (p *process) past() bool {
	return !p.plan.remote && p.plan.n > 0 && p.kv.Calls() >= p.plan.n+max(p.plan.length, 1)-1
}

// over tells whether only another process can go on.
func (p *process) over() bool { return p.dead() || p.closed }

// mayBeClosed tells whether something happened after which a MultiCommitter
// closes: only a failed Sync, as there is no second writer.
func (p *process) mayBeClosed() bool {
	return slices.ContainsFunc(p.kv.Log(), func(c kvtest.Call) bool { return c.Method == "Sync" && c.Err != nil })
}

// where names the disturbed call, for messages.
func (p *process) where() string {
	if p.plan.n == 0 {
		return "undisturbed"
	}
	if p.plan.remote && p.plan.n <= len(p.remoteCalls) {
		return fmt.Sprintf("%v (%s)", p.plan, p.remoteCalls[p.plan.n-1])
	}
	if log := p.kv.Log(); !p.plan.remote && p.plan.n <= len(log) {
		c := log[p.plan.n-1]
		return fmt.Sprintf("%v (%s %q)", p.plan, c.Method, c.Keys)
	}
	return p.plan.String()
}

// image shows the last session and the committed rows of the stores; false if
// the MultiCommitter is not loaded.
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
