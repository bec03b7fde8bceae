package generated

import "time"

// Account is one customer's account. The rest of this comment is not repeated.
//
//committable:store key=ID name=accounts
//committable:index name=ByOwner on=Owner,-Opened
//committable:index name=ByIBAN on=IBAN unique
//committable:index name=ByBalance on=-Balance
type Account struct {
	ID      string
	Owner   Owner
	IBAN    string `committable:",max=34"`
	Balance Cents
	Opened  time.Time
	Tags    []string
	cached  int `committable:"-"`
}

// Owner names a customer.
type Owner string

// Cents is an amount of money.
type Cents int64
