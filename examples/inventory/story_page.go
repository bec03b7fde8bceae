package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// page is the text of a story.
type page struct {
	text  bytes.Buffer
	style style
}

func (p *page) line(format string, args ...any) {
	fmt.Fprintf(&p.text, format+"\n", args...) // a bytes.Buffer returns no error
}

// section starts a section.
func (p *page) section(format string, args ...any) {
	if p.text.Len() > 0 {
		p.line("")
	}
	p.line("%s", p.style.bold(fmt.Sprintf(format, args...)))
}

// invoices lists the outcomes of the first time through the file, or the first
// refusals if there are too many.
func (p *page) invoices(s *story, report *Report) {
	total := report.Accepted + report.Refused
	switch {
	case total == 0:
	case total <= listedInvoices:
		p.section("%s: %s, each booked as a whole or not at all", s.file, count(total, "invoice"))
		p.outcomes(s.first)
	default:
		p.section("%s: %s, each booked as a whole or not at all: %d accepted, %d refused",
			s.file, count(total, "invoice"), report.Accepted, report.Refused)
		p.outcomes(s.refused)
		if more := report.Refused - len(s.refused); more > 0 {
			p.line("  and %d more refused", more)
		}
	}
}

func (p *page) outcomes(list []Outcome) {
	number := column("%-*s", list, invoiceLabel)
	total := column("%*s", list, func(o Outcome) string { return o.Invoice.Total.String() })
	for _, o := range list {
		if o.Refused != nil {
			p.line("  %s  %s  %s", number(o), p.style.red("refused "), reason(o.Refused))
		} else {
			p.line("  %s  %s  %s  session %d, commit ID %s", number(o), p.style.green("accepted"), total(o), o.Session.Seq, short(o))
		}
	}
}

func (p *page) halfWay(h *halfWay) {
	p.section("%s was refused half-way. The same once more, with a look at the stock", label(h.invoice))
	var products []string
	for _, code := range h.products {
		products = append(products, label(code))
	}
	row := func(when string, stock []string, remark string) {
		line := fmt.Sprintf("%-*s", len(h.taken), when)
		for i, product := range products {
			line += fmt.Sprintf("  %*s", max(8, utf8.RuneCountInString(product)), stock[i])
		}
		p.line("  %s%s", line, remark)
	}
	row("", products, "")
	row("before", h.before, "")
	row(h.taken, h.during, "")
	p.line("  line %d %s: %s", h.line, p.style.red("refused"), h.reason)
	row("cancelled", h.after, "  as before")
}

func (p *page) secondTime(s *story, report *Report) {
	p.section("The whole file once more")
	p.line("  %s answered from their records, with the commit IDs of the first time", count(report.Replayed, "invoice"))
	if report.AcceptedSecond > 0 {
		names := strings.Join(s.second, ", ")
		if report.AcceptedSecond > len(s.second) {
			names += ", …"
		}
		p.line("  %s refused before and accepted now: %s", count(report.AcceptedSecond, "invoice"), names)
	}
}

func (p *page) crash(c *crashed) {
	number, product, session := label(c.invoice), label(c.product), c.again.Session.Seq
	p.section("A second inventory books the same invoices up to %s, and crashes in the middle of it", number)
	p.line("  with %s stored, %s begins and moves %s from %s to %s; %s", count(session, "session"), number,
		product, c.before, c.during, p.style.red("then the KV stops answering"))
	p.line("  the process is dropped with all its memory; a new process loads the same KV")
	p.line("  it finds %s, %s at %s, and the key of the interrupted session: %s", count(session, "session"), product, c.after, number)
	p.line("  %s arrives once more: %s as session %d, commit ID %s as without the crash",
		number, p.style.green("accepted"), session, short(c.again))
}

func (p *page) commitIDs(last []Outcome) {
	if len(last) == 0 {
		return
	}
	p.section("The last commit IDs. Whoever books the same invoices gets the same IDs")
	session := column("%-*s", last, func(o Outcome) string { return fmt.Sprintf("session %d", o.Session.Seq) })
	number := column("%-*s", last, invoiceLabel)
	for _, o := range last {
		p.line("  %s  %s  %s", session(o), number(o), o.Session.ID)
	}
}

// count returns a number with its noun, such as "2 invoices".
func count[N int | uint64](n N, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// short is the beginning of the commit ID of an outcome.
func short(o Outcome) string { return o.Session.ID.String()[:12] }

// reason says why an invoice was refused.
func reason(refused error) string {
	if stock := (*OutOfStockError)(nil); errors.As(refused, &stock) {
		return fmt.Sprintf("out of stock: %s would be at %d", label(stock.Code), stock.OnHand)
	}
	return printable(refused.Error())
}

func invoiceLabel(o Outcome) string { return label(o.Invoice.Number) }

// label returns a name of the file, such as a product code, as it is printed:
// safe for a terminal, and not too long for a column.
func label(name string) string {
	const longest = 24
	name = printable(name)
	if runes := []rune(name); len(runes) > longest {
		return string(runes[:longest-1]) + "…"
	}
	return name
}

// column returns a function that formats the text of an outcome, "%*s" or "%-*s",
// in the width of the longest text.
func column(format string, list []Outcome, text func(Outcome) string) func(Outcome) string {
	width := 0
	for _, o := range list {
		width = max(width, utf8.RuneCountInString(text(o)))
	}
	return func(o Outcome) string { return fmt.Sprintf(format, width, text(o)) }
}
