package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Report is the result of a run. Accepted, Refused and Lines count the first time
// through the file. Products, OnHand, CommitID and Sessions describe the state at
// the end.
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

// SecondTime is the result of the second time through the file.
type SecondTime struct {
	Replayed       int `json:"replayed"`        // accepted invoices, answered from their records
	AcceptedSecond int `json:"accepted_second"` // refused the first time
}

// addState adds the state of the inventory.
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

// writeTable writes the figures in two lines, under the names of the JSON.
func (r *Report) writeTable(out io.Writer) error {
	table := fmt.Sprintf("accepted %d  refused %d  lines %d  products %d  on_hand %d  sessions %d",
		r.Accepted, r.Refused, r.Lines, r.Products, r.OnHand, r.Sessions)
	if r.SecondTime != nil {
		table += fmt.Sprintf("  replayed %d  accepted_second %d", r.Replayed, r.AcceptedSecond)
	}
	_, err := fmt.Fprintf(out, "%s\ncommit_id %s\n", table, cmp.Or(r.CommitID, "none"))
	return err
}

// writeJSON writes one object.
func (r *Report) writeJSON(out io.Writer) error {
	return json.NewEncoder(out).Encode(r)
}
