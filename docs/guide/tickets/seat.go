// Tickets is the program of the guide, whose pages show its code.
package main

import "errors"

//go:generate go tool gencommittable

// Seat is one seat of a hall.
//
//committable:store key=ID
//committable:index name=ByHolder on=Holder
type Seat struct {
	ID     string // row and number: A-07
	Holder string // who has booked it; empty while it is free
	Cents  int64
}

// Validate is called before a seat is stored.
func (s *Seat) Validate() error {
	if s.Cents < 0 {
		return errors.New("a seat cannot cost less than nothing")
	}
	return nil
}
