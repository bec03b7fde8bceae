package codec

import (
	"fmt"
	"strconv"
)

// RowError reports where and why bytes are not the canonical encoding of a row.
type RowError struct {
	Field  []int  // field numbers from the row inwards: {5, 2} is field 2 of the message in field 5; empty before the first field
	Offset int    // offset of the fault in the row
	Reason string // what is wrong
	Cause  error  // error of another decoding function, such as UnmarshalBinary, or nil
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

// Unwrap returns the cause, or nil.
func (e *RowError) Unwrap() error { return e.Cause }

// KeyError reports where and why bytes are not the encoding of a key.
type KeyError struct {
	Component int    // number of the component, counted from 1; bytes after the last component count as another one
	Offset    int    // offset of the fault in the key
	Reason    string // what is wrong
}

func (e *KeyError) Error() string {
	return fmt.Sprintf("codec: key component %d at byte %d: %s", e.Component, e.Offset, e.Reason)
}

// ValueError reports why a value cannot be stored.
type ValueError struct {
	Field  string // name of the field, as the caller passed it
	Reason string // what is wrong with it, and what to do
}

func (e *ValueError) Error() string {
	return fmt.Sprintf("codec: field %s: %s", e.Field, e.Reason)
}
