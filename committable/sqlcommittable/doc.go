// Package sqlcommittable makes a database under database/sql an external
// committable: the sessions of a committer.MultiCommitter change the stores and the
// database together, and every session exactly once.
//
//	bank, err := sqlcommittable.Open(ctx, db, "bank", sqlcommittable.PostgreSQL)
//	m := committer.NewCommitter(kv, map[string]committer.Committable{
//		bank.Name():     bank,
//		accounts.Name(): accounts,
//	})
//	s, ran, err := m.Do(ctx, []byte("payment-17"), func(ctx context.Context) error {
//		return errors.Join(
//			accounts.Put(Account{ID: "alice", Balance: 100}),
//			bank.Exec(ctx, `INSERT INTO payments (id, amount) VALUES ($1, $2)`, 17, 100),
//		)
//	})
//
// A session is one transaction of the database. [Database.Exec] executes a statement
// in the transaction, and adds the query and its arguments to the id of the session.
// The transaction also stores the idempotency key and the id, in a row of a table
// that Open creates. So key and id are durable exactly if the changes are. If a
// session is recovered that the database has already committed, its code runs again
// as a replay, in which Exec does nothing: no row is inserted twice.
//
// # What the code of a session may do
//
// The code must issue the same statements whatever the database answers, because a
// replay gets no answers. Decide by what is in the stores and in the input of the
// session. That is why Exec does not return the number of affected rows. What only
// the database can decide belongs into the statement, as in INSERT … SELECT. A
// statement should contain everything that it writes: with now() or random(), two
// replicas would have different rows and the same id.
//
// After a statement fails, the session can only be cancelled. [Database.Tx] returns
// the transaction for everything else; see External.AddToID and External.Replaying
// in package committable. DDL is possible in databases that execute it in
// transactions: PostgreSQL and SQLite do, MySQL does not.
//
// # A lost connection during Commit
//
// The outcome of the session is then unknown, and the session stays decided in the
// MultiCommitter. Beginning its key again finds out the outcome. At that moment the
// database may still be committing. So every session first locks its row, and Begin
// waits until the earlier transaction has ended, or until its ctx is done. If the
// server takes long to notice that a client is gone, lower its keepalive settings
// (tcp_keepalives_idle in PostgreSQL).
//
// # What is not guaranteed
//
// The MultiCommitter cannot notice if the database loses a commit that it has
// acknowledged. Leave synchronous_commit on in PostgreSQL and synchronous=FULL in
// SQLite, and do not fail over to a replica that may lag behind. Only one
// MultiCommitter at a time may use a name: a second one waits for the row in Begin,
// but nothing keeps it out between sessions.
//
// Several names may share a database; each has a row of its own. In SQLite a writing
// transaction locks the whole database, so two names cannot take part in one
// session. Set a busy_timeout if other programs write to the database.
//
// The tests run on SQLite and PostgreSQL, and kill processes on both.
package sqlcommittable
