// Package committertest crashes an application at each call that it makes to its
// KV and to its externals, and shows that no session is lost, doubled or torn.
//
// A test describes how a process of the application is opened, which sessions it
// commits, and how its state is printed:
//
//	func TestCrashes(t *testing.T) {
//		committertest.Run(t, committertest.Application[*Shop]{
//			Open:      func(p *committertest.Process) (*Shop, error) { return NewShop(p.KV), nil },
//			Committer: func(s *Shop) *committer.MultiCommitter { return s.committer },
//			State:     func(s *Shop) string { return committertest.Rows("orders", s.Orders.All()) },
//			Sessions: []committertest.Session[*Shop]{
//				{Key: "o1", Run: func(ctx context.Context, s *Shop) error { return s.Book(ctx, "o1", "mug", 3) }},
//				{Key: "o2", Run: func(ctx context.Context, s *Shop) error { return s.Book(ctx, "o2", "tin", 1) }},
//			},
//		})
//	}
//
// # What it does
//
// The sessions first run undisturbed. Their commit IDs and states are what every
// other run is compared with. Then the sessions run
//
//   - a second time, and with a restart before each session. This finds
//     applications that depend on a clock, on randomness, on the order of a map, or
//     on a variable outside their stores;
//   - with an error from one call, before or after the call took effect. The same
//     process asks again under the same key, as a client does after an error;
//   - with a crash at one call, before or after the call took effect, with and
//     without the loss of all writes that were not synced. The next process
//     recovers, and meets a second crash or an error.
//
// Each process that opens the KV must find the last session and the state of the
// undisturbed run. So must each session that is acknowledged. At the end
// everything is loaded again, Verify must find nothing, and the last request, made
// again, must change nothing. The first difference ends the test. Its message
// names the disturbed call, the session, the committables whose IDs differ, and
// the lines of the state that differ.
//
// By default one call in five is disturbed; see [WithEvery]. The KV is in memory;
// see [WithKV].
//
// # Externals
//
// The data of an external committable must survive a crash, as the KV does. Keep
// its database outside Open, clear it in Reset, and print it in State. Wrap what is
// registered with [Process.External], or its engine with [Process.Engine], so that
// its calls are disturbed too. Close connections in [Process.Cleanup]:
//
//	db := openTestDatabase(t)
//	committertest.Run(t, committertest.Application[*Shop]{
//		Reset: func() { db.Truncate() },
//		Open: func(p *committertest.Process) (*Shop, error) {
//			conn := db.Connect()
//			p.Cleanup(conn.Close)
//			return NewShop(p.KV, committable.NewExternal("shop", p.Engine(conn))), nil
//		},
//		…
//
// # What a difference often means
//
//   - The IDs differ in a second run, or after a restart: the session reads a
//     clock, randomness, a map, or a variable. Read them before the session, and
//     make them part of the request.
//   - Run returned no error, but no session is committed: the application dropped
//     an error, or read a row of an unfinished session as if it were committed.
//     Outside sessions, read views.
//   - A replay differs from the record: the session reads an external.
//   - A row of an external is there twice: its BeginRecovery does not recognise
//     the keys that it has committed.
//
// # What it does not do
//
// It does not test a KV that breaks its contract (see package kvtest), nor several
// processes at once. For processes that are killed by a signal, [Compare] compares
// what they left with an undisturbed run; examples/ledger has such a demo.
//
// # Reading the source
//
// application.go is what users write, and process.go what Open gets. explore.go
// lists the disturbances, undisturbed.go records the run that the others are
// compared with, client.go goes through processes that die, machine.go is what
// survives them, and compare.go describes differences.
package committertest
