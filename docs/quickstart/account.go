// Package quickstart is the code of the README, compiled and run by its tests.
package quickstart

//go:generate go tool gencommittable

// Account is one customer's account.
//
//committable:store key=ID name=accounts
//committable:index name=ByOwner on=Owner
type Account struct {
	ID      string
	Owner   string
	Balance int64
}
