package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
)

// The files story*.go are the show of this example: they print what happened to
// the invoices, and demonstrate a refusal, a repeated invoice and a crash. An
// application made from this example does not need them.

const (
	listedInvoices = 16  // a file of up to this many invoices is listed in full
	listedRefusals = 5   // of a longer file, this many refusals
	listedIDs      = 3   // the last commit IDs
	keptOutcomes   = 100 // the first outcomes, for the demonstrations
)

// story collects the outcomes that it prints. It does not grow with the file: the
// constants above limit how many it keeps.
type story struct {
	inv  *Inventory
	file string

	first    []Outcome // the first outcomes
	refused  []Outcome // the first refusals
	accepted []Outcome // the last accepted invoices
	halfWay  *halfWay  // the first refusal that had something to restore
	second   []string  // the first invoices that were refused at first, and accepted the second time
}

// newStory returns the story of a run over a file, or over the sample if file is
// empty.
func newStory(inv *Inventory, file string) *story {
	return &story{inv: inv, file: printable(cmp.Or(file, sampleName))}
}

// observe adds an outcome.
func (s *story) observe(ctx context.Context, o Outcome) error {
	if o.Refused == nil && o.Ran {
		s.accepted = append(s.accepted, o)
		s.accepted = s.accepted[max(0, len(s.accepted)-listedIDs):]
	}
	if o.Second {
		if o.Ran && len(s.second) < listedRefusals {
			s.second = append(s.second, label(o.Invoice.Number))
		}
		return nil
	}
	if len(s.first) < keptOutcomes {
		s.first = append(s.first, o)
	}
	if o.Refused == nil {
		return nil
	}
	if len(s.refused) < listedRefusals {
		s.refused = append(s.refused, o)
	}
	if s.halfWay != nil {
		return nil
	}
	var err error
	s.halfWay, err = showHalfWay(ctx, s.inv, o.Invoice)
	return err
}

// print writes the story of a run, and its report.
func (s *story) print(ctx context.Context, report *Report, out io.Writer, style style) error {
	p := &page{style: style}
	p.invoices(s, report)
	if s.halfWay != nil {
		p.halfWay(s.halfWay)
	}
	if err := s.repeat(ctx, p); err != nil {
		return err
	}
	if report.SecondTime != nil {
		p.secondTime(s, report)
	}
	if booked := s.untilCrash(); len(booked) > 0 {
		crashed, err := showCrash(ctx, booked, s.inv.opening)
		if err != nil {
			return err
		}
		p.crash(crashed)
	}
	p.commitIDs(s.accepted)
	if p.text.Len() > 0 {
		p.line("")
	}
	if err := report.writeTable(&p.text); err != nil {
		return err
	}
	_, err := out.Write(p.text.Bytes())
	return err
}

// repeat applies the first accepted invoice once more, as a client does that
// never got the answer.
func (s *story) repeat(ctx context.Context, p *page) error {
	at := slices.IndexFunc(s.first, func(o Outcome) bool { return o.Refused == nil })
	if at < 0 {
		return nil
	}
	first := s.first[at]
	again, err := outcomeOf(ctx, s.inv, first.Invoice)
	if err != nil {
		return err
	}
	if again.Refused != nil || again.Ran || again.Session.ID != first.Session.ID {
		return fmt.Errorf("inventory: invoice %q was not answered from its record: %+v", first.Invoice.Number, again)
	}
	p.section("%s arrives once more, from a client that never got the answer", label(first.Invoice.Number))
	p.line("  not applied again; answered from the record of session %d: commit ID %s as before",
		again.Session.Seq, short(again))
	return nil
}

// untilCrash returns the outcomes up to the invoice to crash in. That is the last
// accepted one, preferably one of several lines. There is none if all are refused.
func (s *story) untilCrash() []Outcome {
	var booked []Outcome
	for i, o := range s.first {
		if o.Refused == nil && (booked == nil || len(o.Invoice.Lines) >= min(2, len(booked[len(booked)-1].Invoice.Lines))) {
			booked = s.first[:i+1]
		}
	}
	return booked
}
