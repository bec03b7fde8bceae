package sqlcommittable

import (
	"fmt"
	"strings"
)

// Dialect is the SQL dialect of a database.
type Dialect int

// The dialects. They only matter for the table of this package; the statements of
// sessions are not modified.
const (
	SQLite     Dialect = iota + 1
	PostgreSQL         // 9.5 and later
	MySQL              // and MariaDB; not covered by the tests of this package
)

// String returns the name of the dialect.
func (d Dialect) String() string {
	switch d {
	case SQLite:
		return "SQLite"
	case PostgreSQL:
		return "PostgreSQL"
	case MySQL:
		return "MySQL"
	}
	return fmt.Sprintf("Dialect(%d)", int(d))
}

// statements are the statements on the bookkeeping table, with their arguments.
type statements struct {
	create  string
	find    string // name
	insert  string // name
	lock    string // name
	last    string // name
	setLast string // idempotency_key, session_id, name
}

func (d Dialect) statements(table string) (statements, error) {
	// Names are compared as bytes: in text, MySQL would not distinguish Bank and bank.
	name, binary, insert := "TEXT", "BLOB", "INSERT INTO %s (name) VALUES (?) ON CONFLICT (name) DO NOTHING"
	switch d {
	case SQLite:
	case PostgreSQL:
		binary = "BYTEA"
	case MySQL:
		name, insert = "VARBINARY(255)", "INSERT IGNORE INTO %s (name) VALUES (?)"
	default:
		return statements{}, fmt.Errorf("sqlcommittable: unknown dialect %v; use SQLite, PostgreSQL or MySQL", d)
	}
	on := func(format string) string { return d.number(fmt.Sprintf(format, table)) }
	return statements{
		create:  fmt.Sprintf("CREATE TABLE %s (name %s NOT NULL PRIMARY KEY, idempotency_key %s, session_id %s)", table, name, binary, binary),
		find:    on("SELECT name FROM %s WHERE name = ?"),
		insert:  on(insert),
		lock:    on("UPDATE %s SET name = name WHERE name = ?"),
		last:    on("SELECT idempotency_key, session_id FROM %s WHERE name = ?"),
		setLast: on("UPDATE %s SET idempotency_key = ?, session_id = ? WHERE name = ?"),
	}, nil
}

// number replaces the placeholders ? with those of the dialect.
func (d Dialect) number(query string) string {
	if d != PostgreSQL {
		return query
	}
	parts := strings.Split(query, "?")
	var b strings.Builder
	for i, part := range parts[:len(parts)-1] {
		fmt.Fprintf(&b, "%s$%d", part, i+1)
	}
	return b.String() + parts[len(parts)-1]
}
