package main

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// The directives in this file and in transfer.go make the stores, in
// account_committable.go and transfer_committable.go. After a change of them or
// of a struct, run go generate.
//
//go:generate go tool gencommittable

// MaxAmount bounds every amount, balance and overdraft. Two of them, added,
// still fit an int64, so that no sum in this program can overflow.
const MaxAmount = 1_000_000_000_000_000_000

// Unlimited is an overdraft that no balance exceeds: for the accounts through
// which money enters and leaves the ledger.
const Unlimited = MaxAmount

// Account is one account. Money is counted in whole minor units (cents, pence,
// satoshi): what they are is for the reader of the ledger to know.
//
//committable:store key=Name name=accounts
type Account struct {
	Name      string
	Balance   int64
	Overdraft int64 // how far the balance may be below zero
}

// Errors of accounts; test for them by errors.Is.
var (
	ErrUnknownAccount = errors.New("unknown account")
	ErrOverdraft      = errors.New("not enough money")
)

// Validate runs on every Insert, Put and Update. The overdraft rule stands here
// and not in the application, so that nothing that is added later can break it.
func (a *Account) Validate() error {
	switch {
	case a.Name == "" || strings.ContainsFunc(a.Name, unusable):
		return fmt.Errorf("%q is no name of an account: it must have characters, and no spaces among them", a.Name)
	case a.Overdraft < 0 || a.Overdraft > MaxAmount:
		return fmt.Errorf("account %s: an overdraft of %d is not between 0 and %d", a.Name, a.Overdraft, MaxAmount)
	case a.Balance < -a.Overdraft:
		return fmt.Errorf("%w: account %s would be at %d, and its overdraft is %d", ErrOverdraft, a.Name, a.Balance, a.Overdraft)
	case a.Balance > MaxAmount:
		return fmt.Errorf("account %s would be at %d, more than the %d that can be counted", a.Name, a.Balance, MaxAmount)
	}
	return nil
}

func unusable(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }
