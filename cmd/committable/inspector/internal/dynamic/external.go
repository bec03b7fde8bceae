package dynamic

import (
	"context"
	"errors"
)

// External stands in for a committable that keeps its own state, so that a
// database which knows one can be loaded. It takes part in no session.
type External struct{}

var errExternal = errors.New("only the program that the database belongs to can run a session with an external committable")

// Begin returns an error.
func (External) Begin(context.Context, []byte) error { return errExternal }

// BeginRecovery returns an error.
func (External) BeginRecovery(context.Context, []byte) error { return errExternal }

// Commit returns an error.
func (External) Commit(context.Context, []byte) ([]byte, error) { return nil, errExternal }

// Cancel does nothing.
func (External) Cancel(context.Context) error { return nil }
