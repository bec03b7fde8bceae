package main

import (
	"errors"
	"fmt"
	"time"
)

// Transfer moves an amount from one account to another: the one entry that
// takes it here and gives it there. Transfers are never changed or deleted.
//
//committable:store key=ID name=transfers
//committable:index name=ByRequest on=Request unique
//committable:index name=ByFrom on=From,Date
//committable:index name=ByTo on=To,Date
type Transfer struct {
	ID      uint64 // counted from 0, in the order of posting
	Request string // who asked for it, once: the name under which it is not posted again
	Date    time.Time
	From    string
	To      string
	Amount  int64  // minor units
	Note    string `committable:",max=1000"`
}

// ErrBadTransfer is why a transfer is refused that no state would accept.
var ErrBadTransfer = errors.New("bad transfer")

// Validate checks what a transfer alone can tell.
func (t *Transfer) Validate() error {
	switch {
	case t.Request == "":
		return fmt.Errorf("%w: the request has no name", ErrBadTransfer)
	case t.From == t.To:
		return fmt.Errorf("%w: from and to are both account %s", ErrBadTransfer, t.From)
	case t.Amount <= 0 || t.Amount > MaxAmount:
		return fmt.Errorf("%w: the amount is %d; it must be from 1 to %d", ErrBadTransfer, t.Amount, MaxAmount)
	}
	return nil
}

// sameAs tells whether two transfers ask for the same; the ID is given by the
// ledger.
func (t *Transfer) sameAs(other Transfer) bool {
	other.ID, other.Date = t.ID, other.Date.UTC()
	mine := *t
	mine.Date = mine.Date.UTC()
	return mine == other
}

// String is the transfer in one line.
func (t Transfer) String() string {
	return fmt.Sprintf("%s %s -> %s %d %q", t.Date.Format(dateFormat), t.From, t.To, t.Amount, t.Note)
}

// dateFormat is how dates are read and printed, in UTC.
const dateFormat = "2006-01-02"
