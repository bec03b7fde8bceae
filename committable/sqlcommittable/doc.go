// Package sqlcommittable makes a database under database/sql an external
// committable: its changes are committed in the sessions of a
// committer.MultiCommitter, together with those of the stores, once.
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
// A session is one transaction of the database. [Database.Exec] runs a
// statement in it and makes query and arguments part of the session's id. The
// transaction also writes the idempotency key and the id to a row of a table
// that Open creates, so they are there exactly if the changes are. When a
// session is recovered that the database has committed already, its code runs
// again and Exec does nothing, so nothing is doubled, and an INSERT fails on no
// key of the first time.
//
// # What the session's code may do
//
// It must issue the same statements whatever the database answers, as a replay
// gets no answer: decide by what is in the stores and in the input of the
// session. So Exec tells no number of rows. What only the database can do goes
// into the statement, as in INSERT … SELECT. Statements should say all that they
// write: now(), random() and the like give another row on another replica, with
// the same id.
//
// A statement that fails leaves only Cancel. With [Database.Tx] the transaction
// is there for everything else; package committable says what to mind
// (External.AddToID, External.Replaying). DDL is possible where the database
// does it in a transaction: PostgreSQL and SQLite do, MySQL does not.
//
// # A connection that is lost in Commit
//
// Then nobody knows the outcome, and the session stays decided in the
// MultiCommitter. Its key is begun again, which finds out. The database may
// still be at work on the lost Commit at that moment; so every session begins by
// locking its row, and Begin waits until its ctx ends, or the older transaction
// has. Where the server takes long to notice that a client is gone, lower its
// keepalive (tcp_keepalives_idle in PostgreSQL).
//
// # What is not guaranteed
//
// What the database loses after it has acknowledged a commit is lost, and the
// MultiCommitter does not learn of it: leave synchronous_commit on in
// PostgreSQL, synchronous=FULL in SQLite, and do not fail over to a replica
// that lags behind. One MultiCommitter at a time may use a name; a second one
// waits for the row in Begin, but is not kept out between sessions.
//
// Names in one database stand side by side, each with its row. In SQLite a
// transaction that writes locks the whole database, so there two names cannot be
// in one session; set a busy_timeout if others write to it.
//
// The tests run on SQLite and PostgreSQL, and kill processes on both.
package sqlcommittable
