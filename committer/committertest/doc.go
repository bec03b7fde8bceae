// Package committertest crashes your application at every call that it makes to
// its KV, and shows that nothing is lost, doubled or torn.
//
// You say how a process of your application is built over a KV, which sessions
// it commits, and how its state is printed:
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
// # What is tried
//
// First the sessions run undisturbed: what they come to, commit IDs and state,
// is what every other run is compared with. Then they run
//
//   - once more, and with a restart before each session: an application that
//     depends on a clock, on randomness, on the order of a map, or on what it
//     remembers outside its stores is found here;
//   - with each call of the KV failing in turn, before it took effect and after:
//     the same process asks again under the same key, as a client does that got
//     an error, and goes on;
//   - with each call in turn being the last one of the process, before it took
//     effect and after; with the loss of all writes that were not synced, and
//     without; then the recovery of the next process crashes, too, or meets an
//     error, and the one after it goes on.
//
// In each process that finds a KV, the last session, and the state if no session
// is pending, must be those of the undisturbed run; so must each session that is
// acknowledged, and the state after it. In the end everything is loaded once
// more, Verify finds nothing, and the last request, made again, changes nothing.
// The first difference ends it, and is told with the call that was disturbed, the
// session, the stores whose IDs differ, and the lines of the state.
//
// By default only one call in five is disturbed, see [Every]; the KV is one in
// memory, see [On] for another.
//
// # Externals
//
// What an external committable has committed must survive the crash, like the
// KV. So keep its database outside Open, make it empty in Reset, and let State
// print what is in it:
//
//	db := openTestDatabase(t)
//	committertest.Run(t, committertest.Application[*Shop]{
//		Reset: func() { db.Truncate() },
//		Open:  func(store kv.KV) (*Shop, error) { return NewShop(store, db), nil },
//		…
//
// # What a difference often means
//
//   - IDs differ in a second run, or after a restart: the session reads a clock,
//     randomness, a map in its order, or a variable. Read them before the session,
//     and make them part of the request.
//   - No error was returned, but there is no session: an error was dropped, or the
//     application took for committed what a store showed while nobody knew what
//     had become of a write. Outside sessions, read views.
//   - A replay differs from the record: the session reads an external.
//   - A row of an external is there twice: its BeginRecovery does not know the keys
//     that it has committed.
//
// # What is not tried
//
// A disturbed call of an external; a KV that lies; several processes at once. For
// processes that are really killed, [Compare] holds what they left against an
// undisturbed run; examples/ledger has a demo that kills some.
//
// # Reading the source
//
// application.go has what users write, explore.go which disturbances there are,
// undisturbed.go what all is compared with, client.go how a client goes on through
// processes that die, machine.go what they leave behind, and compare.go what is said
// of a difference.
package committertest
