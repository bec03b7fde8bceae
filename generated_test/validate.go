package generated

import "errors"

// Transfer has a check of its own, on the value.
//
//committable:store key=ID
type Transfer struct {
	ID     uint64
	Amount int64
}

// Validate refuses amounts that are not positive.
func (t Transfer) Validate() error {
	if t.Amount <= 0 {
		return errAmount
	}
	return nil
}

// Limit has a check of its own, on the pointer.
//
//committable:store key=Name
type Limit struct {
	Name string
	Max  int64
}

// Validate refuses limits below zero.
func (l *Limit) Validate() error {
	if l.Max < 0 {
		return errAmount
	}
	return nil
}

var errAmount = errors.New("generated: the amount is out of range")
