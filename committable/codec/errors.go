package codec

import (
	"fmt"
	"strconv"
)

// RowError says where and why bytes are not the canonical encoding of a row.
type RowError struct {
	Field  []int  // field numbers from the row inwards, so {5, 2} is field 2 of the message in field 5; empty if no field was reached
	Offset int    // byte in the row at which the fault is
	Reason string // what is wrong there
	Cause  error  // the error of a decoding function that is not this package's, else nil
}

func (e *RowError) Error() string {
	where := ""
	for i, f := range e.Field {
		if i == 0 {
			where = " field "
		} else {
			where += "."
		}
		where += strconv.Itoa(f)
	}
	return fmt.Sprintf("codec: row%s at byte %d: %s", where, e.Offset, e.Reason)
}

// Unwrap returns the cause, which is nil for faults that this package found itself.
func (e *RowError) Unwrap() error { return e.Cause }

// KeyError says where and why bytes are not the encoding of a key.
type KeyError struct {
	Component int    // which component of the key, counted from 1; one more than there are for bytes left over
	Offset    int    // byte in the key at which the fault is
	Reason    string // what is wrong there
}

func (e *KeyError) Error() string {
	return fmt.Sprintf("codec: key component %d at byte %d: %s", e.Component, e.Offset, e.Reason)
}

// ValueError says why a value can't be stored.
type ValueError struct {
	Field  string // name of the field, as the caller gave it
	Reason string // what is wrong with it, and what to do
}

func (e *ValueError) Error() string {
	return fmt.Sprintf("codec: field %s: %s", e.Field, e.Reason)
}
