package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Invoice is one invoice of the file. Customer, country and date are those of its
// first line.
type Invoice struct {
	Number   string
	Customer string
	Country  string
	Date     time.Time
	Lines    []InvoiceLine
	Total    Pence
}

// InvoiceLine is one line of an invoice.
type InvoiceLine struct {
	OrderLine
	Description string
	Position    Position
}

// Position is a line of a file. It is printed as file:line.
type Position struct {
	File string
	Line int
}

func (p Position) String() string {
	return fmt.Sprintf("%s:%d", printable(p.File), p.Line)
}

// The columns of the file, in this order.
const (
	columnInvoiceNo = iota
	columnStockCode
	columnDescription
	columnQuantity
	columnInvoiceDate
	columnUnitPrice
	columnCustomerID
	columnCountry
)

// header is the first line of the file.
const header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"

// dateFormat is ISO 8601 to the minute; times are UTC.
const dateFormat = "2006-01-02T15:04"

// ReadInvoices reads a whole file and returns its invoices in the order of their
// first lines. The lines of an invoice need not be adjacent. More than limit
// invoices are an error. Errors begin with the position in the file.
func ReadInvoices(file string, content io.Reader, limit int) ([]Invoice, error) {
	withoutBOM, err := skipBOM(content)
	if err != nil {
		return nil, err
	}
	f := &invoiceFile{name: file, csv: csv.NewReader(withoutBOM), byNumber: make(map[string]int), limit: limit}
	f.csv.FieldsPerRecord = -1 // the fields are counted below, for a message with the numbers
	if err := f.readHeader(); err != nil {
		return nil, err
	}
	for {
		switch err := f.readLine(); {
		case errors.Is(err, io.EOF):
			return f.invoices, nil
		case err != nil:
			return nil, err
		}
	}
}

// skipBOM drops the byte order mark that spreadsheets write before UTF-8.
func skipBOM(r io.Reader) (io.Reader, error) {
	const bom = "\ufeff"
	in := bufio.NewReader(r)
	start, err := in.Peek(len(bom))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if string(start) == bom {
		if _, err := in.Discard(len(bom)); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// invoiceFile reads one file.
type invoiceFile struct {
	name     string
	csv      *csv.Reader
	invoices []Invoice
	byNumber map[string]int // number of an invoice → its index in invoices
	limit    int
}

func (f *invoiceFile) readHeader() error {
	fields, err := f.read()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: the file is empty; its first line must be %s", Position{f.name, 1}, header)
	}
	if err != nil {
		return err
	}
	want := strings.Split(header, ",")
	for _, column := range want {
		if !slices.Contains(fields, column) {
			return f.errorAt(0, "the header has no column %s; it must be %s", column, header)
		}
	}
	if !slices.Equal(fields, want) {
		return f.errorAt(0, "the header is %s; it must be %s", printable(strings.Join(fields, ",")), header)
	}
	return nil
}

// readLine reads one line and adds it to its invoice. It returns io.EOF after the
// last line.
func (f *invoiceFile) readLine() error {
	fields, err := f.read()
	if err != nil {
		return err
	}
	if want := columnCountry + 1; len(fields) != want {
		return f.errorAt(0, "the line has %d fields; it must have %d", len(fields), want)
	}
	number := fields[columnInvoiceNo]
	if number == "" {
		return f.errorAt(columnInvoiceNo, "InvoiceNo is empty")
	}
	date, err := time.Parse(dateFormat, fields[columnInvoiceDate])
	if err != nil || date.Format(dateFormat) != fields[columnInvoiceDate] {
		return f.errorAt(columnInvoiceDate, "InvoiceDate %q is not a date such as 2010-12-01T08:26", fields[columnInvoiceDate])
	}
	line, err := f.parseLine(fields)
	if err != nil {
		return err
	}

	at, known := f.byNumber[number]
	if !known {
		if len(f.invoices) == f.limit {
			return f.errorAt(columnInvoiceNo, "invoice %q is one too many: a file may have %d", number, f.limit)
		}
		at = len(f.invoices)
		f.byNumber[number] = at
		f.invoices = append(f.invoices, Invoice{
			Number:   number,
			Customer: fields[columnCustomerID],
			Country:  fields[columnCountry],
			Date:     date,
		})
	}
	if !f.invoices[at].add(line) {
		return f.errorAt(columnUnitPrice, "the total of invoice %q is too large to count in pence", number)
	}
	return nil
}

// parseLine reads the fields that describe the sold product.
func (f *invoiceFile) parseLine(fields []string) (InvoiceLine, error) {
	code := fields[columnStockCode]
	if code == "" {
		return InvoiceLine{}, f.errorAt(columnStockCode, "StockCode is empty")
	}
	quantity, err := strconv.ParseInt(fields[columnQuantity], 10, 64)
	if err != nil {
		return InvoiceLine{}, f.errorAt(columnQuantity, "Quantity %q: %v", fields[columnQuantity], errors.Unwrap(err))
	}
	price, err := ParsePence(fields[columnUnitPrice])
	if err != nil {
		return InvoiceLine{}, f.errorAt(columnUnitPrice, "UnitPrice %q: %v", fields[columnUnitPrice], err)
	}
	return InvoiceLine{
		OrderLine:   OrderLine{Code: code, Quantity: quantity, Price: price},
		Description: fields[columnDescription],
		Position:    f.position(columnStockCode),
	}, nil
}

// read returns the fields of the next line. It refuses invalid UTF-8.
func (f *invoiceFile) read() ([]string, error) {
	fields, err := f.csv.Read()
	if bad := (*csv.ParseError)(nil); errors.As(err, &bad) {
		// An unclosed quote is noticed far below the line to be corrected.
		if bad.Line != bad.StartLine {
			return nil, fmt.Errorf("%s: %w (noticed on line %d)", Position{f.name, bad.StartLine}, bad.Err, bad.Line)
		}
		return nil, fmt.Errorf("%s: %w", Position{f.name, bad.StartLine}, bad.Err)
	}
	if err != nil {
		return nil, err
	}
	for i, field := range fields {
		if !utf8.ValidString(field) {
			return nil, f.errorAt(i, "%q is not valid UTF-8", field)
		}
	}
	return fields, nil
}

// position returns where a field of the last line begins.
func (f *invoiceFile) position(field int) Position {
	line, _ := f.csv.FieldPos(field)
	return Position{File: f.name, Line: line}
}

func (f *invoiceFile) errorAt(field int, format string, args ...any) error {
	return fmt.Errorf("%s: %s", f.position(field), fmt.Sprintf(format, args...))
}

// add appends a line. It returns false if the total would overflow.
func (invoice *Invoice) add(line InvoiceLine) bool {
	amount, ok := multiply(line.Quantity, int64(line.Price))
	if !ok {
		return false
	}
	total, ok := add(int64(invoice.Total), amount)
	if !ok {
		return false
	}
	invoice.Lines = append(invoice.Lines, line)
	invoice.Total = Pence(total)
	return true
}

// Order returns the row that is stored for the invoice once it is accepted.
func (invoice *Invoice) Order() Order {
	order := Order{
		Invoice:  invoice.Number,
		Customer: invoice.Customer,
		Country:  invoice.Country,
		Date:     invoice.Date,
		Total:    invoice.Total,
	}
	for _, line := range invoice.Lines {
		order.Lines = append(order.Lines, line.OrderLine)
	}
	return order
}
