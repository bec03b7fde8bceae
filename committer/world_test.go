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

// world is the environment of the protocol tests: a MultiCommitter with two
// stores and an optional external, over a KV that can fail. The rows that a
// session writes depend on its key and on the state before it. A session that
// runs twice, or on the wrong state, therefore leaves other rows.
type world struct {
	t     testing.TB
	setup setup
	disk  *kvtest.Unsynced
	fault *kvtest.Fault // around the disk
	db    *database     // nil without an external
	third bool          // the store "third" is registered, too
	calls int           // KV calls made before the call under test

	m        *committer.MultiCommitter
	accounts *accountStore
	savings  *accountStore
	bank     *external
}

// setup is the configuration of a world. It survives reopen.
type setup struct {
	kv       kvtest.Methods
	external bool
	opts     []committer.CommitterOpt
	limit    int                                       // maximum length of a value in the KV; 0: none
	define   func() definition                         // defines the stores; nil: accountDefinition
	wrap     func(*accountStore) committer.Committable // wraps every store; nil: no wrapper
	broken   func(kv.KV) kv.KV                         // wraps the KV to break the protocol; nil: no wrapper
}

// kvKinds lists the kinds of KV that the protocol treats differently.
func kvKinds() []kvtest.Methods {
	return []kvtest.Methods{kvtest.Sync, kvtest.Batch | kvtest.Sync, kvtest.Create | kvtest.Sync}
}

// newWorld returns a world with an empty KV. It is not loaded.
func newWorld(t testing.TB, s setup) *world {
	w := &world{t: t, setup: s, disk: kvtest.NewUnsynced()}
	if s.external {
		w.db = newDatabase()
	}
	w.reopen()
	return w
}

// reopen simulates a restart of the process: it creates new objects over the
// same KV and does not load them.
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

// openDisk returns the disk with the optional methods and the limit of the setup.
func (w *world) openDisk() kv.KV {
	disk := kvtest.Only(w.disk, w.setup.kv)
	if w.setup.limit > 0 {
		disk = kvtest.Limit(disk, w.setup.limit)
	}
	return disk
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

// write executes the code of the session with this key.
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

// do runs the session with this key through Do.
func (w *world) do(ctx context.Context, key string) (s committer.Session, ran bool, err error) {
	return w.m.Do(ctx, []byte(key), func(context.Context) error { return w.write(key) })
}

// looks returns the number of KV calls that check for another writer after this
// number of Syncs.
func (w *world) looks(syncs int) int {
	if w.setup.kv.Has(kvtest.Create) {
		return syncs
	}
	return 0
}

// failCall makes the n-th KV call from now fail, before or after it takes effect.
func (w *world) failCall(n int, when kvtest.When) { w.fault.FailAt(w.fault.Calls()+n, when) }

// committed formats the committed rows of both stores.
func (w *world) committed() string {
	return "accounts: " + rows(w.accounts) + "\nsavings: " + rows(w.savings) + "\n"
}

// rows formats the committed rows of a store, in key order.
func rows(s *accountStore) string {
	var list []string
	for _, a := range s.View().All() {
		list = append(list, fmt.Sprintf("%+v", a))
	}
	return strings.Join(list, " ")
}

// contents formats the rows of the external's database.
func (db *database) contents() string {
	db.mu.Lock()
	defer db.mu.Unlock()
	var list []string
	for _, name := range slices.Sorted(maps.Keys(db.rows)) {
		list = append(list, name+"="+db.rows[name])
	}
	return strings.Join(list, " ")
}

// oracle is the expected result: the state of a world without faults.
type oracle struct {
	committed string
	database  string
	ids       map[string][]byte // commit ID by key
}

// runAll commits the sessions with these keys in a new world and returns the
// result.
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

// writes returns the KV calls since reopen, without the reads.
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
			t.Errorf("%s: error %v, want an error that wraps %q", what, err, want)
		}
	}
}
