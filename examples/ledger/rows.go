package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// header is the first line of a file to import.
const header = "date,from,to,amount,note"

// row is one line of the file: a transfer without its ID and request.
type row struct {
	line     int
	transfer Transfer
}

// readRows reads a whole file. An error begins with the position in the file.
func readRows(file string, content io.Reader) ([]row, error) {
	in := bufio.NewReader(content)
	if start, _ := in.Peek(3); string(start) == "\ufeff" { // the byte order mark of spreadsheets
		_, _ = in.Discard(len(start))
	}
	lines := csv.NewReader(in)
	lines.FieldsPerRecord = -1 // parseRow counts the fields
	first, err := lines.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if got := strings.Join(first, ","); got != header {
		return nil, fmt.Errorf("%s:1: the first line is %q; it must be %s", file, got, header)
	}
	var rows []row
	for {
		fields, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err) // the error has the line
		}
		line, _ := lines.FieldPos(0)
		transfer, err := parseRow(fields)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, line, err)
		}
		rows = append(rows, row{line, transfer})
	}
}

func parseRow(fields []string) (Transfer, error) {
	if want := strings.Count(header, ",") + 1; len(fields) != want {
		return Transfer{}, fmt.Errorf("the line has %d fields; it must have %d", len(fields), want)
	}
	for _, field := range fields {
		if !utf8.ValidString(field) {
			return Transfer{}, fmt.Errorf("%q is not valid UTF-8", field)
		}
	}
	date, err := parseDate(fields[0])
	if err != nil {
		return Transfer{}, err
	}
	amount, err := parseAmount(fields[3])
	if err != nil {
		return Transfer{}, err
	}
	t := Transfer{Request: "row", Date: date, From: fields[1], To: fields[2], Amount: amount, Note: fields[4]}
	return t, t.Validate()
}

// parseDate parses a day, such as 2026-03-31.
func parseDate(text string) (time.Time, error) {
	date, err := time.Parse(dateFormat, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("date %q is not a day such as 2026-03-31", text)
	}
	return date, nil
}

// parseAmount parses a positive whole number of minor units.
func parseAmount(text string) (int64, error) {
	amount, err := strconv.ParseInt(text, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange), err == nil && amount > MaxAmount:
		return 0, fmt.Errorf("amount %s is more than %d", text, MaxAmount)
	case err != nil:
		return 0, fmt.Errorf("amount %q is not a whole number of minor units (250 for 2.50)", text)
	case amount <= 0:
		return 0, fmt.Errorf("amount %s is not above zero; to move money the other way, swap the accounts", text)
	}
	return amount, nil
}
