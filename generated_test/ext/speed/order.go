package speed

import "time"

// Order is the struct.
//
//committable:store key=ID
type Order struct {
	ID      string
	Owner   string
	Balance int64
	Opened  time.Time
	Tags    []string
	Address Address
}

// Address is in it.
type Address struct {
	Street string
	Zip    uint32
}
