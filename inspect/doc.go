// Package inspect reads the database of a MultiCommitter without the program
// that the database belongs to. A database describes itself: it stores the
// schema of every store, and rows are decoded by it.
//
// [Open] reads a database from any KV:
//
//	store, err := boltkv.Open("hall.db", &boltkv.Options{ReadOnly: true})
//	…
//	db, err := inspect.Open(ctx, store)
//
// [Database.Members] lists the stores and external committables.
// [Database.Sessions] yields the headers of the committed sessions: sequence,
// idempotency key and commit ID.
//
//	for s := range db.Sessions(0) {
//		fmt.Println(s.Seq, string(s.Key), s.ID)
//	}
//
// [Database.Record] and [Database.Records] read what the sessions changed, as
// far as their records are kept. [Database.Rows] yields the rows of a store.
// [Compare] finds the first difference of two databases.
//
// [Database.Load] returns a MultiCommitter, for Verify and Export. It keeps its
// writes in memory; nothing in this package writes to the KV. To change a
// database, give [Database.Committables] to a MultiCommitter over the KV itself.
//
// Package cli, below this one, is the command committable on top of this API.
//
// # Reading the source
//
// database.go opens a database and has its headers, record.go decodes records,
// rows.go the rows of stores, and compare.go compares databases. load.go makes
// MultiCommitters, overlay.go keeps their writes in memory, and the package
// internal/dynamic has the stores that they load.
package inspect
