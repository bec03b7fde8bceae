// Package committer commits a batch of changes to many data structures all or
// nothing, once, under an idempotency key, and names what it did by a Merkle
// commit ID.
//
// A [MultiCommitter] stands over a KV and a set of named committables. What
// happens between Begin and Commit is a session:
//
//	accounts := NewAccountStore() // written by gencommittable
//	orders := NewOrderStore()
//	m := committer.NewCommitter(memkv.New(), map[string]committer.Committable{
//		accounts.Name(): accounts,
//		orders.Name():   orders,
//	})
//	s, ran, err := m.Do(ctx, []byte("block-17"), func(ctx context.Context) error {
//		return accounts.Put(Account{ID: "alice", Balance: 100})
//	})
//
// # What is promised
//
// A session over any number of stores becomes durable by one write of one
// value, its record. So after a crash at any point the old state or the new one
// is there, and [MultiCommitter.Load] restores it before any of your code runs.
// A key that was used before is recognised: [MultiCommitter.Do] answers it from
// the record, and [MultiCommitter.Begin] with the key of the last session
// replays it and compares. The commit ID depends on the applied changes alone,
// so replicas can compare theirs.
//
// # What is not
//
// The stores live in memory. What the KV loses is lost: see package kv for what
// it must guarantee. One MultiCommitter at a time may use a KV; a KV that several
// machines can reach keeps a second one out (kv.Creator, [ErrFenced]). Where two
// are at work at once, the one whose record is created commits, and the other
// one is fenced. Every commit then also reads the manifest, since a record that
// would fence can be gone, and that shows there. That a fenced writer does not
// replace the manifest, by a checkpoint or a Rollback, is only checked by reading
// just before.
//
// # Checkpoints
//
// When the records have grown enough (see [CheckpointPolicy]), the state one
// session back is written as a checkpoint in the background, and the records
// before it are dropped but for the last ones ([WithRecords]). So what the KV
// holds, and what Load reads, stays within a few times the state. What replaces
// a part of the database, a checkpoint, [MultiCommitter.Rollback],
// [MultiCommitter.Import], takes effect by one write of the manifest.
//
// # Two protocols
//
// With stores only (see [Journaled]): Begin writes the pending key; the stores
// are staged side by side; one write of the record is the commit point; then
// the stores publish.
//
// An external committable (see [Committable]) makes its own changes durable,
// which must not happen before the decision, and tells its id only then. So the
// record is first written without a commit ID, which decides the session; then
// the externals commit; then a second value, the final, holds their ids and the
// commit ID. A session that is decided but not finished is finished by running
// it again under its key: its stores must come to the recorded journals before
// an external commits.
//
// When a write returns an error, whether it took effect is not known. Nothing
// is published then; the next call reads it back.
//
// # State machine
//
// Errors stand for themselves without their Err; "-" is: nothing to do, no
// error. While the outcome of a write is unknown, every call that takes a
// context, and Register and Close, first finds out, and then acts as in the
// state that turned out: loaded (where Commit of that key returns the ID, and
// Cancel says AlreadyCommitted), or staged (where Cancel says Undecided if the
// session turned out to be decided). If the KV does not tell, the call returns
// its error. The others answer for the last published session.
//
//	                    new           loaded            in session,       staged            left open         decided           closed
//	                                                    in recovery
//	Load                loads         -                 -                 -                 -                 -                 Closed
//	Begin(new key)      loads first   opens             InSession         InSession         KeyMismatch*      Undecided         Closed
//	Begin(pending key)  loads first   opens             InSession         InSession         recovers          recovers          Closed
//	Begin(last key)     loads first   replays           InSession         InSession         AlreadyCommitted  AlreadyCommitted  Closed
//	Begin(older key)    loads first   AlreadyCommitted  InSession         InSession         AlreadyCommitted  AlreadyCommitted  Closed
//	Begin(empty)        EmptyKey      EmptyKey          EmptyKey          EmptyKey          EmptyKey          EmptyKey          Closed
//	Stage               NotInSession  NotInSession      the ID            the ID            NotInSession      NotInSession      Closed
//	Commit(right key)   NotInSession  NotInSession      the ID            the ID            NotInSession      NotInSession      Closed
//	Commit(wrong key)   NotInSession  NotInSession      KeyMismatch       KeyMismatch       NotInSession      NotInSession      Closed
//	Cancel              NotLoaded     -                 cancels           cancels           discards          Undecided         Closed
//	Do(new key)         loads first   runs              waits             waits             KeyMismatch*      Undecided         Closed
//	Do(retained key)    loads first   answers           answers           answers           answers           answers           Closed
//	Do(pending key)     loads first   runs              waits             waits             runs              runs              Closed
//	Try, Savepoint      NotInSession  NotInSession      runs              NotInSession      NotInSession      NotInSession      Closed
//	Register            adds          adds, writes      InSession         InSession         InSession         Undecided         Closed
//	Forget(unknown)     NotRegistered NotRegistered     NotRegistered     NotRegistered     NotRegistered     NotRegistered     Closed
//	Rollback            NotLoaded     rolls back        InSession         InSession         InSession         Undecided         Closed
//	Import              NotLoaded     imports           InSession         InSession         InSession         Undecided         Closed
//	Export              NotLoaded     exports           exports           exports           exports           exports           Closed
//	Verify              NotLoaded     verifies          verifies          verifies          verifies          verifies          Closed
//	Resolve             NotLoaded     NotInSession      InSession         InSession         NotInSession      resolves          Closed
//	Last, Lookup        NotLoaded     answers           answers           answers           answers           answers           Closed
//	Close               closes        closes            InSession         InSession         closes            closes            -
//
// * or, with [WithDiscardPending], opens.
//
// With an external, Stage, Rollback and Import say External. Forget of a name
// that the KV knows forgets it in state new. Where a committable makes no
// savepoints, Try and Savepoint say NoSavepoint. Cancel of the replay of a
// decided session leaves it decided.
//
// # Reading the source
//
// committable.go has the contract, session.go the life of a session, commit.go
// and external.go the two protocols, outcome.go what happens after a write that
// failed, and resolve.go what an operator can do. layout.go, value.go,
// record.go, manifest.go and chunk.go have the bytes in the KV, database.go how
// they get there. scan.go reads a database; load.go fills the stores with it, and
// inspect.go looks at it without them. checkpoint.go, rollback.go, import.go and
// members.go replace parts of a database; export.go and stream.go carry it away;
// verify.go checks it.
package committer
