package dynamic

import (
	"context"
	"errors"
)

// External stands in for an external committable, so that a database with one
// can be loaded. It refuses sessions.
type External struct{}

var errExternal = errors.New("a session with an external committable needs the program that the database belongs to")

// Begin returns an error.
func (External) Begin(context.Context, []byte) error { return errExternal }

// BeginRecovery returns an error.
func (External) BeginRecovery(context.Context, []byte) error { return errExternal }

// Commit returns an error.
func (External) Commit(context.Context, []byte) ([]byte, error) { return nil, errExternal }

// Cancel does nothing.
func (External) Cancel(context.Context) error { return nil }
