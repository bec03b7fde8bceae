package inspect

import "errors"

// Errors of this package. They are wrapped in errors that say more.
var (
	// ErrNoSession: the database has no session with the sequence.
	ErrNoSession = errors.New("inspect: there is no session")

	// ErrNoStore: the database has no store with the name.
	ErrNoStore = errors.New("inspect: there is no store")

	// ErrNotDecodable: the database does not have a schema by which the rows of
	// the store can be decoded.
	ErrNotDecodable = errors.New("inspect: rows cannot be decoded")

	// ErrNothingInCommon: one database retains only sessions after the last one of
	// the other, so nothing can be compared.
	ErrNothingInCommon = errors.New("inspect: the databases have no session in common")
)
