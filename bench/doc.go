// Bench runs one workload on this project and on its peers, side by side in one
// process, and prints what each of them did in a second.
//
//	go run .                 the table and the axes, in a quarter of an hour
//	go run . -quick          100,000 accounts and 1,000 transfers only, in five minutes
//	go run . -only bolt      some contenders, by a regular expression, and the floor
//	go run . -axes           latency, memory, Load, views, savepoints
//	go run . -docs ../docs   writes docs/performance.md and its chart, too
//	go run . -smoke          everything once, on small ledgers, within a minute
//
// The workload is a ledger: A accounts, and sessions of T transfers. A transfer
// reads two accounts, moves 1 and writes both back; reads see what the session
// wrote before. Then the session is committed. Accounts are picked uniformly, or
// by Zipf with s = 1.1, from one seed, so that all contenders do the same; in
// the end their balances are compared.
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
//   - measure.go, table.go: rounds, medians, ratios
//   - session_test.go: the same sessions as a benchmark, for profiles
//   - callers_test.go: small sessions of many callers, as a benchmark
//   - axes.go, latency.go, memory.go, reading.go: measurements that are not in the table
//   - targets.go: the targets of the ratios
//   - docs.go, chart.go, performance.md.tmpl: the page about it
package main
