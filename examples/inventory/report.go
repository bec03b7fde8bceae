package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
)

// Report is what a run did. Accepted, Refused and Lines count the first time
// through the file; Products, OnHand, CommitID and Sessions are the state at the
// end.
type Report struct {
	Accepted int    `json:"accepted"`
	Refused  int    `json:"refused"`
	Lines    int    `json:"lines"` // of accepted invoices
	Products int    `json:"products"`
	OnHand   int64  `json:"on_hand"`   // pieces of all products
	CommitID string `json:"commit_id"` // of the last session, in hex; empty if there is none
	Sessions uint64 `json:"sessions"`  // committed ones

	*SecondTime
}

// SecondTime is what the second time through the file did.
type SecondTime struct {
	Replayed       int `json:"replayed"`        // accepted invoices, answered from their records
	AcceptedSecond int `json:"accepted_second"` // refused the first time
}

// addState adds what is in the inventory.
func (r *Report) addState(inv *Inventory) error {
	r.Products = inv.Items.Len()
	for _, item := range inv.Items.All() {
		sum, ok := add(r.OnHand, item.OnHand)
		if !ok {
			return errors.New("inventory: the stock of all products together is too large to count")
		}
		r.OnHand = sum
	}
	last, found, err := inv.Last()
	if err != nil || !found {
		return err
	}
	r.CommitID = last.ID.String()
	r.Sessions = last.Seq + 1 // the first is 0
	return nil
}

// writeTable writes a line for each figure, under the names of the JSON.
func (r *Report) writeTable(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name string, value any) {
		fmt.Fprintf(table, "%s\t%v\n", name, value) // Flush returns the error
	}
	row("accepted", r.Accepted)
	row("refused", r.Refused)
	row("lines", r.Lines)
	row("products", r.Products)
	row("on_hand", r.OnHand)
	row("commit_id", r.CommitID)
	row("sessions", r.Sessions)
	if r.SecondTime != nil {
		row("replayed", r.Replayed)
		row("accepted_second", r.AcceptedSecond)
	}
	return table.Flush()
}

// writeJSON writes one object.
func (r *Report) writeJSON(out io.Writer) error {
	return json.NewEncoder(out).Encode(r)
}
