// Bench runs the same workload on this project and on its peers, in one process,
// and prints how many transfers each of them makes in a second.
//
//	go run .                 the table and all other measurements, in a quarter of an hour
//	go run . -quick          only 100,000 accounts and 1,000 transfers, in five minutes
//	go run . -only bolt      only contenders whose names match, and the floor
//	go run . -no-table       only latency, memory, Load, views and savepoints
//	go run . -docs ../docs   also writes docs/performance.md and its chart
//	go run . -smoke          everything once on small ledgers, within a minute
//
// The workload is a ledger of A accounts, with sessions of T transfers. A transfer
// reads two accounts, moves 1 and writes both back. Reads see earlier writes of
// the session. Accounts are picked uniformly or by Zipf with s = 1.1. The seed is
// fixed, so that all contenders run the same sessions. Before a contender is
// measured, its balances after some sessions are compared with the floor's.
//
// # Reading the source
//
//   - workload.go: accounts, transfers, sessions
//   - contender.go: the interface that a contender implements, and the list of them
//   - floor.go: the least work that the workload allows
//   - ours.go, account.go: this project on memkv, bolt and Pebble
//   - rows.go: what the peers share: the loop over transfers, the encoding of rows
//   - raw_memdb.go, raw_bbolt.go, raw_pebble.go: databases with one write transaction a session
//   - cosmos_rootmulti.go, cosmos_iavl.go: rootmulti with three stores, one IAVL tree
//   - throughput.go, table.go: rounds, medians, and the table of rates
//   - targets.go: ratios of rates in the table, and their targets
//   - measurement.go: measurements outside of the table, and verdicts on targets
//   - latency.go, memory.go, allocations.go, slowdown.go, views.go: those measurements
//   - page.go, chart.go, performance.md.tmpl: the page docs/performance.md
//   - session_test.go: the same sessions as a Go benchmark, for profiles
//   - callers_test.go: small sessions of many callers, as a Go benchmark
package main
