package sqlcommittable

import (
	"fmt"
	"strings"
)

// Dialect is what a database understands as SQL.
type Dialect int

// The dialects. They matter for the table of this package only; the statements
// of sessions go to the database as they are.
const (
	SQLite     Dialect = iota + 1
	PostgreSQL         // 9.5 and later
	MySQL              // and MariaDB; no test of this package runs on them yet
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

// statements are those on the bookkeeping table. Its rows are by name.
type statements struct {
	create  string
	look    string // name
	insert  string // name
	lock    string // name
	last    string // name
	setLast string // idempotency_key, session_id, name
}

func (d Dialect) statements(table string) (statements, error) {
	// Names are compared as bytes: MySQL would take Bank for bank in text.
	name, binary, insert := "TEXT", "BLOB", "INSERT INTO %s (name) VALUES (?) ON CONFLICT (name) DO NOTHING"
	switch d {
	case SQLite:
	case PostgreSQL:
		binary = "BYTEA"
	case MySQL:
		name, insert = "VARBINARY(255)", "INSERT IGNORE INTO %s (name) VALUES (?)"
	default:
		return statements{}, fmt.Errorf("sqlcommittable: %v is no dialect; use SQLite, PostgreSQL or MySQL", d)
	}
	on := func(format string) string { return d.number(fmt.Sprintf(format, table)) }
	return statements{
		create:  fmt.Sprintf("CREATE TABLE %s (name %s NOT NULL PRIMARY KEY, idempotency_key %s, session_id %s)", table, name, binary, binary),
		look:    on("SELECT name FROM %s WHERE name = ?"),
		insert:  on(insert),
		lock:    on("UPDATE %s SET name = name WHERE name = ?"),
		last:    on("SELECT idempotency_key, session_id FROM %s WHERE name = ?"),
		setLast: on("UPDATE %s SET idempotency_key = ?, session_id = ? WHERE name = ?"),
	}, nil
}

// number writes placeholders as the dialect has them.
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
