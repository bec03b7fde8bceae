package sqlcommittable

import (
	"bytes"
	"database/sql"
	"encoding/hex"
	"math"
	"testing"
	"time"
)

func valueOf(t *testing.T, query string, args ...any) string {
	t.Helper()
	s, err := newStatement(query, args)
	if err != nil {
		t.Fatal(err)
	}
	return string(s.value)
}

// Databases store the ids, so they must not change.
func TestStatementBytes(t *testing.T) {
	at := time.Date(2024, 2, 29, 12, 0, 0, 5, time.UTC)
	got := valueOf(t, "q", nil, int8(-1), 1.5, true, []byte("ab"), "c", at, sql.Named("n", false))
	var b bytes.Buffer
	b.WriteString("sql statement v1\x00")
	for _, part := range []string{
		"0000000000000001", "71", "0000000000000008",
		"0000000000000000", "6e",
		"0000000000000000", "69", "ffffffffffffffff",
		"0000000000000000", "66", "3ff8000000000000",
		"0000000000000000", "62", "01",
		"0000000000000000", "78", "0000000000000002", "6162",
		"0000000000000000", "73", "0000000000000001", "63",
		"0000000000000000", "74", "0000000065e071c0", "0000000000000005",
		"0000000000000001", "6e", "62", "00",
	} {
		raw, err := hex.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(raw)
	}
	if got != b.String() {
		t.Errorf("got  %x\nwant %x", got, b.Bytes())
	}
}

func TestStatementValuesDiffer(t *testing.T) {
	seen := make(map[string]int)
	for i, s := range []struct {
		query string
		args  []any
	}{
		{"", nil},
		{"q", nil},
		{"q", []any{nil}},
		{"q", []any{nil, nil}},
		{"q", []any{0}},
		{"q", []any{1}},
		{"q", []any{0.0}},
		{"q", []any{math.Copysign(0, -1)}},
		{"q", []any{false}},
		{"q", []any{""}},
		{"q", []any{[]byte{}}},
		{"q", []any{"ab"}},
		{"q", []any{[]byte("ab")}},
		{"q", []any{"a", "b"}},
		{"q", []any{"", "ab"}},
		{"q", []any{sql.Named("a", "ab")}},
		{"q", []any{time.Unix(0, 0)}},
		{"q", []any{time.Unix(0, 1)}},
		{"q", []any{time.Unix(-1, 0)}},
		{"q", []any{time.Time{}}},
	} {
		value := valueOf(t, s.query, s.args...)
		if other, there := seen[value]; there {
			t.Errorf("statements %d and %d have the same value", other, i)
		}
		seen[value] = i
	}
}

// Arguments that reach the database as the same value have the same encoding.
func TestStatementValuesAreCanonical(t *testing.T) {
	type cents int64
	seven, nan := 7, math.Float64frombits(0x7ff8000000000123)
	at := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	for _, same := range [][2]any{
		{7, int16(7)},
		{7, uint32(7)},
		{7, cents(7)},
		{7, &seven},
		{7, sql.NullInt64{Int64: 7, Valid: true}},
		{nil, []byte(nil)},
		{nil, (*int)(nil)},
		{nil, sql.NullString{}},
		{math.NaN(), nan},
		{at, at.In(time.FixedZone("", 3600))},
	} {
		if valueOf(t, "q", same[0]) != valueOf(t, "q", same[1]) {
			t.Errorf("%v (%T) and %v (%T) have different values", same[0], same[0], same[1], same[1])
		}
	}
	s, err := newStatement("q", []any{at.In(time.FixedZone("", 3600))})
	if err != nil || s.args[0] != at {
		t.Errorf("a time is written as %v, want it in UTC (%v)", s.args[0], err)
	}
}

func TestStatementRefusesArguments(t *testing.T) {
	for _, arg := range []any{struct{}{}, []string{"a"}, map[string]int{}, uint64(math.MaxUint64), sql.Out{Dest: new(int)}, sql.Named("a", struct{}{})} {
		if _, err := newStatement("q", []any{arg}); err == nil {
			t.Errorf("%T is accepted", arg)
		}
	}
}
