package main

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// The directives in this file and in transfer.go generate the stores, in
// account_committable.go and transfer_committable.go. Run go generate after you
// change a directive or a struct.
//
//go:generate go tool gencommittable

// MaxAmount limits every amount, balance and overdraft. The sum of two of them fits
// an int64, so that no sum in this program can overflow.
const MaxAmount = 1_000_000_000_000_000_000

// Unlimited is an overdraft that no balance exceeds. It is for accounts through which
// money enters and leaves the ledger.
const Unlimited = MaxAmount

// Account is one account. Money is counted in whole minor units, such as cents,
// pence or satoshi. The ledger does not store which unit that is.
//
//committable:store key=Name name=accounts
type Account struct {
	Name      string
	Balance   int64
	Overdraft int64 // how far the balance may be below zero
}

// Errors of accounts. Check them with errors.Is.
var (
	ErrUnknownAccount = errors.New("unknown account")
	ErrOverdraft      = errors.New("not enough money")
)

// Validate runs on every Insert, Put and Update. The overdraft rule is part of the
// row and not of the application, so that code added later cannot break it.
func (a *Account) Validate() error {
	switch {
	case a.Name == "" || strings.ContainsFunc(a.Name, unusable):
		return fmt.Errorf("%q is not a name for an account: use printable characters without spaces", a.Name)
	case a.Overdraft < 0 || a.Overdraft > MaxAmount:
		return fmt.Errorf("account %s: an overdraft of %d is not between 0 and %d", a.Name, a.Overdraft, MaxAmount)
	case a.Balance < -a.Overdraft:
		return fmt.Errorf("%w: account %s would be at %d, and its overdraft is %d", ErrOverdraft, a.Name, a.Balance, a.Overdraft)
	case a.Balance > MaxAmount:
		return fmt.Errorf("account %s would be at %d, which is more than %d", a.Name, a.Balance, MaxAmount)
	}
	return nil
}

func unusable(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }
