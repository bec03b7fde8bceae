package main

import (
	"errors"
	"fmt"
	"time"
)

// Transfer moves an amount from one account to another. Both sides are one row, so
// they cannot differ. Transfers are never changed or deleted.
//
//committable:store key=ID name=transfers
//committable:index name=ByRequest on=Request unique
//committable:index name=ByFrom on=From,Date
//committable:index name=ByTo on=To,Date
type Transfer struct {
	ID      uint64 // counted from 0, in the order of posting
	Request string // the key of the request; a second transfer with the same key is refused
	Date    time.Time
	From    string
	To      string
	Amount  int64  // minor units
	Note    string `committable:",max=1000"`
}

// ErrBadTransfer is matched by the errors of a transfer that is wrong whatever the
// state of the ledger is.
var ErrBadTransfer = errors.New("bad transfer")

// Validate checks the rules that depend on the transfer alone.
func (t *Transfer) Validate() error {
	switch {
	case t.Request == "":
		return fmt.Errorf("%w: the request has no key", ErrBadTransfer)
	case t.From == t.To:
		return fmt.Errorf("%w: from and to are both account %s", ErrBadTransfer, printable(t.From))
	case t.Amount <= 0 || t.Amount > MaxAmount:
		return fmt.Errorf("%w: the amount is %d; it must be from 1 to %d", ErrBadTransfer, t.Amount, MaxAmount)
	}
	return nil
}

// sameAs reports whether two transfers are the same request. It ignores the ID, which
// the ledger assigns.
func (t *Transfer) sameAs(other Transfer) bool {
	other.ID, other.Date = t.ID, other.Date.UTC()
	mine := *t
	mine.Date = mine.Date.UTC()
	return mine == other
}

// String returns the transfer in one line.
func (t Transfer) String() string {
	return fmt.Sprintf("%s %s -> %s %d %q", t.Date.Format(dateFormat), t.From, t.To, t.Amount, t.Note)
}

// dateFormat is the format in which dates are read and printed, in UTC.
const dateFormat = "2006-01-02"
