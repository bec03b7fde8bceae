package sqlcommittable

import (
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
)

// statement is a query with the arguments as they are passed to the database.
type statement struct {
	query string
	args  []any
	value []byte // for External.Apply
}

// statementDomain starts the value of every statement, so that it differs from the
// values that programs pass to AddToID.
const statementDomain = "sql statement v1\x00"

// newStatement converts the arguments. It converts them only once, because a
// driver.Valuer may return another value the second time, and the id must describe
// what is written. The value is
//
//	domain | query | number of arguments | for each: name | kind | content
//
// where lengths and numbers have 8 bytes, big endian, and strings and bytes have
// their length in front.
func newStatement(query string, args []any) (*statement, error) {
	s := &statement{query: query, args: make([]any, len(args))}
	s.value = append(s.value, statementDomain...)
	s.value = appendString(s.value, query)
	s.value = appendNumber(s.value, uint64(len(args)))
	for i, arg := range args {
		named, isNamed := arg.(sql.NamedArg)
		if isNamed {
			arg = named.Value
		}
		converted, err := convert(arg)
		if err != nil {
			return nil, fmt.Errorf("sqlcommittable: argument %d: %w; convert it, or use Apply with a value that describes the statement", i+1, err)
		}
		s.value = appendString(s.value, named.Name)
		s.value = appendValue(s.value, converted)
		s.args[i] = converted
		if isNamed {
			s.args[i] = sql.Named(named.Name, converted)
		}
	}
	return s, nil
}

// convert returns nil, an int64, float64, bool, []byte, string, or a time in UTC.
func convert(arg any) (driver.Value, error) {
	if _, ok := arg.(sql.Out); ok {
		return nil, errors.New("sql.Out is not allowed, because a replay gets no output")
	}
	v, err := driver.DefaultParameterConverter.ConvertValue(arg)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case time.Time:
		return v.UTC(), nil // UTC also removes a monotonic reading
	case []byte:
		if v == nil {
			return nil, nil
		}
	}
	return v, nil
}

func appendValue(b []byte, v driver.Value) []byte {
	switch v := v.(type) {
	case int64:
		return appendNumber(append(b, 'i'), uint64(v))
	case float64:
		if math.IsNaN(v) {
			v = math.NaN() // there are several NaNs
		}
		return appendNumber(append(b, 'f'), math.Float64bits(v))
	case bool:
		if v {
			return append(b, 'b', 1)
		}
		return append(b, 'b', 0)
	case []byte:
		return appendString(append(b, 'x'), string(v))
	case string:
		return appendString(append(b, 's'), v)
	case time.Time:
		b = appendNumber(append(b, 't'), uint64(v.Unix()))
		return appendNumber(b, uint64(v.Nanosecond()))
	}
	return append(b, 'n')
}

func appendNumber(b []byte, n uint64) []byte { return binary.BigEndian.AppendUint64(b, n) }

func appendString(b []byte, s string) []byte {
	return append(appendNumber(b, uint64(len(s))), s...)
}
