package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/memkv"
)

// crashed is what happened to an invoice whose process crashed in the middle of it.
type crashed struct {
	invoice, product      string
	before, during, after string // the stock of the product; after: in the next process
	again                 Outcome
}

// showCrash books invoices in a second inventory, whose process crashes after the
// first line of the last one. A new process loads what is stored and books that
// invoice. Its session must be the one of the inventory that did not crash.
func showCrash(ctx context.Context, booked []Outcome, opening int64) (*crashed, error) {
	last := booked[len(booked)-1]
	key, line := []byte(last.Invoice.Number), last.Invoice.Lines[0]
	c := &crashed{invoice: last.Invoice.Number, product: line.Code}
	onHand := func(inv *Inventory) string { return stock([]string{line.Code}, inv.Items.Get)[0] }

	// The store outlives the process, as a disk does.
	store := memkv.New()
	connection := &breakableKV{KV: store}
	inv, err := NewInventory(ctx, connection, opening)
	if err != nil {
		return nil, err
	}
	for _, o := range booked[:len(booked)-1] {
		if _, err := outcomeOf(ctx, inv, o.Invoice); err != nil {
			return nil, err
		}
	}
	c.before = onHand(inv)
	_, _, err = inv.committer.Do(ctx, key, func(context.Context) error {
		if err := inv.take(line); err != nil {
			return err
		}
		c.during = onHand(inv)
		connection.broken.Store(true)
		return errBroken
	})
	if !errors.Is(err, errBroken) {
		return nil, fmt.Errorf("inventory: invoice %q did not crash: %w", key, err)
	}

	// Everything in memory is gone. A new process loads the store.
	inv, err = NewInventory(ctx, store, opening)
	if err != nil {
		return nil, err
	}
	pending, _, err := inv.committer.Pending()
	if err != nil {
		return nil, err
	}
	c.after = onHand(inv)
	if string(pending) != string(key) || c.after != c.before {
		return nil, fmt.Errorf("inventory: after a crash in invoice %q the pending session is %q, and the stock of %q is %s instead of %s",
			key, pending, line.Code, c.after, c.before)
	}
	c.again, err = outcomeOf(ctx, inv, last.Invoice)
	if err != nil {
		return nil, err
	}
	if got, want := c.again.Session, last.Session; !c.again.Ran || got.Seq != want.Seq || got.ID != want.ID {
		return nil, fmt.Errorf("inventory: after a crash invoice %q has session %+v; want %+v", key, got, want)
	}
	return c, nil
}

// breakableKV is the connection of a process to its KV. Once it is broken,
// nothing that the process still does reaches the KV.
type breakableKV struct {
	committer.KV
	broken atomic.Bool
}

var errBroken = errors.New("inventory: the KV does not answer")

// Get returns the value of key, or errBroken.
func (k *breakableKV) Get(ctx context.Context, key []byte) ([]byte, error) {
	if k.broken.Load() {
		return nil, errBroken
	}
	return k.KV.Get(ctx, key)
}

// Set sets key to value, or returns errBroken.
func (k *breakableKV) Set(ctx context.Context, key, value []byte) error {
	if k.broken.Load() {
		return errBroken
	}
	return k.KV.Set(ctx, key, value)
}

// Delete deletes key, or returns errBroken.
func (k *breakableKV) Delete(ctx context.Context, key []byte) error {
	if k.broken.Load() {
		return errBroken
	}
	return k.KV.Delete(ctx, key)
}
