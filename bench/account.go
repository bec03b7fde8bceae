package main

//go:generate go tool gencommittable

// Account is the row of the benchmark: an account of the ledger.
//
//committable:store key=ID
type Account struct {
	ID       string
	Owner    string
	Balance  int64
	Sequence uint64
}
