package committer_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// world is what the tests of the protocol run in: a MultiCommitter over two
// stores, and an external where the test wants one, over a KV that can fail.
// Its code for a session depends on the key and on the state before, so that a
// session that runs twice, or on the wrong state, shows.
type world struct {
	t     testing.TB
	setup setup
	disk  *kvtest.Unsynced
	fault *kvtest.Fault // around the disk
	db    *database     // nil without an external
	third bool          // a further store is registered
	calls int           // KV calls before the call under test

	m        *committer.MultiCommitter
	accounts *accountStore
	savings  *accountStore
	bank     *external
}

// setup is what stays the same when a world is reopened.
type setup struct {
	kv       kvtest.Methods
	external bool
	opts     []committer.CommitterOpt
	limit    int                                       // of values in the KV, 0: none
	define   func() definition                         // of the stores; nil: accountDefinition
	wrap     func(*accountStore) committer.Committable // around every store; nil: none
	broken   func(kv.KV) kv.KV                         // around the KV, to break the protocol; nil: none
}

// kvKinds are the kinds of KV that the protocol treats differently.
func kvKinds() []kvtest.Methods {
	return []kvtest.Methods{kvtest.Sync, kvtest.Batch | kvtest.Sync, kvtest.Create | kvtest.Sync}
}

// newWorld returns a world over an empty KV, not loaded.
func newWorld(t testing.TB, s setup) *world {
	w := &world{t: t, setup: s, disk: kvtest.NewUnsynced()}
	if s.external {
		w.db = newDatabase()
	}
	w.reopen()
	return w
}

// reopen goes on as after the end of the process: with new objects over the
// same KV, not loaded.
func (w *world) reopen(opts ...committer.CommitterOpt) {
	w.fault = kvtest.NewFault(w.openDisk())
	w.accounts, w.savings = w.newStore(), w.newStore()
	members := map[string]committer.Committable{"accounts": w.member(w.accounts), "savings": w.member(w.savings)}
	if w.setup.external {
		w.bank = newExternal(w.db)
		members["bank"] = w.bank
	}
	if w.third {
		members["third"] = newAccountStore()
	}
	var store kv.KV = w.fault
	if w.setup.broken != nil {
		store = w.setup.broken(store)
	}
	w.m = committer.NewCommitter(store, members, append(slices.Clone(w.setup.opts), opts...)...)
}

// openDisk returns the disk as the KV that the setup wants.
func (w *world) openDisk() kv.KV {
	if w.setup.limit > 0 {
		return kvtest.Only(sized{w.disk, w.setup.limit}, w.setup.kv|kvtest.MaxValue)
	}
	return kvtest.Only(w.disk, w.setup.kv)
}

func (w *world) newStore() *accountStore {
	if w.setup.define != nil {
		return committable.NewTable(w.setup.define())
	}
	return newAccountStore()
}

func (w *world) member(s *accountStore) committer.Committable {
	if w.setup.wrap != nil {
		return w.setup.wrap(s)
	}
	return s
}

// sized takes no values longer than a limit.
type sized struct {
	*kvtest.Unsynced
	limit int
}

func (s sized) MaxValue() int { return s.limit }

var errTooLong = errors.New("the value is too long")

func (s sized) Set(ctx context.Context, key, value []byte) error {
	return s.Batch(ctx, []kv.Op{{Key: key, Value: value}})
}

func (s sized) Create(ctx context.Context, key, value []byte) error {
	if len(value) > s.limit {
		return errTooLong
	}
	return s.Unsynced.Create(ctx, key, value)
}

func (s sized) Batch(ctx context.Context, ops []kv.Op) error {
	for _, op := range ops {
		if len(op.Value) > s.limit {
			return errTooLong
		}
	}
	return s.Unsynced.Batch(ctx, ops)
}

// write is the code of the session with this key.
func (w *world) write(key string) error {
	counter, _ := w.accounts.Get("counter")
	counter.ID, counter.Owner = "counter", key
	counter.Balance++
	errs := []error{
		w.accounts.Put(counter),
		w.accounts.Put(account{ID: key, Balance: counter.Balance}),
		w.savings.Put(account{ID: "newest", Owner: key, Sequence: uint64(w.savings.Len())}),
	}
	if _, err := w.savings.Delete("opening"); err != nil {
		errs = append(errs, err)
	}
	if key == "older" {
		errs = append(errs, w.savings.Put(account{ID: "opening"}))
	}
	if w.bank != nil {
		errs = append(errs, w.bank.Set(key, "written"), w.bank.Set("newest", key))
	}
	return errors.Join(errs...)
}

// run commits the session with this key and returns its commit ID.
func (w *world) run(key string) []byte {
	w.t.Helper()
	w.begin(key)
	return w.commit(key)
}

// begin opens the session with this key and runs its code.
func (w *world) begin(key string) {
	w.t.Helper()
	if err := w.m.Begin(w.t.Context(), []byte(key)); err != nil {
		w.t.Fatalf("Begin(%s): %v", key, err)
	}
	if err := w.write(key); err != nil {
		w.t.Fatalf("write in session %s: %v", key, err)
	}
}

func (w *world) commit(key string) []byte {
	w.t.Helper()
	id, err := w.m.Commit(w.t.Context(), []byte(key))
	if err != nil {
		w.t.Fatalf("Commit(%s): %v", key, err)
	}
	return id
}

func (w *world) load() {
	w.t.Helper()
	if err := w.m.Load(w.t.Context()); err != nil {
		w.t.Fatalf("Load: %v", err)
	}
}

// do runs the session with this key by Do.
func (w *world) do(ctx context.Context, key string) (s committer.Session, ran bool, err error) {
	return w.m.Do(ctx, []byte(key), func(context.Context) error { return w.write(key) })
}

// failCall makes the n-th KV call from now fail, before or after it took
// effect.
// looks is how many calls look for another writer after so many Syncs.
func (w *world) looks(syncs int) int {
	if w.setup.kv.Has(kvtest.Create) {
		return syncs
	}
	return 0
}

func (w *world) failCall(n int, when kvtest.When) { w.fault.FailAt(w.fault.Calls()+n, when) }

// committed shows the committed rows of both stores.
func (w *world) committed() string {
	return "accounts: " + rows(w.accounts) + "\nsavings: " + rows(w.savings) + "\n"
}

// rows shows the committed rows of a store, in key order.
func rows(s *accountStore) string {
	var list []string
	for _, a := range s.View().All() {
		list = append(list, fmt.Sprintf("%+v", a))
	}
	return strings.Join(list, " ")
}

// contents shows the rows of the external's database.
func (db *database) contents() string {
	db.mu.Lock()
	defer db.mu.Unlock()
	var list []string
	for _, name := range slices.Sorted(maps.Keys(db.rows)) {
		list = append(list, name+"="+db.rows[name])
	}
	return strings.Join(list, " ")
}

// oracle is what a world without any faults comes to.
type oracle struct {
	committed string
	database  string
	ids       map[string][]byte // commit ID by key
}

// runAll runs the sessions with these keys in a fresh world.
func runAll(t testing.TB, external bool, keys []string) oracle {
	w := newWorld(t, setup{external: external})
	w.load()
	o := oracle{ids: make(map[string][]byte)}
	for _, key := range keys {
		o.ids[key] = w.run(key)
	}
	o.committed = w.committed()
	if external {
		o.database = w.db.contents()
	}
	return o
}

// writes returns the KV calls since the world was opened that were not reads.
func (w *world) writes() []string {
	var list []string
	for _, call := range w.fault.Log() {
		if call.Method != "Get" {
			list = append(list, call.String())
		}
	}
	return list
}

// wantError fails the test unless err wraps every one of wants.
func wantError(t testing.TB, what string, err error, wants ...error) {
	t.Helper()
	for _, want := range wants {
		if !errors.Is(err, want) {
			t.Errorf("%s: error %v, want one that wraps %q", what, err, want)
		}
	}
}
