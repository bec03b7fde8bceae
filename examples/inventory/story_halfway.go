package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// halfWay is the stock around an invoice that was refused after some of its
// lines had been taken from the stock.
type halfWay struct {
	invoice  string
	taken    string   // the lines that were taken
	line     int      // the line that was refused, counted from 1
	reason   string   // why
	products []string // codes of the first product and of the one that ran out

	before, during, after []string // the stock of these products
}

// showHalfWay applies a refused invoice again, line by line. It returns nil if
// nothing had been taken when the invoice was refused.
func showHalfWay(ctx context.Context, inv *Inventory, invoice Invoice) (*halfWay, error) {
	h := &halfWay{invoice: invoice.Number}
	taken := 0
	before := inv.Items.View() // shows the last commit, whatever a session does
	_, _, err := inv.committer.Do(ctx, []byte(invoice.Number), func(context.Context) error {
		for _, line := range invoice.Lines {
			h.products = slices.Compact([]string{invoice.Lines[0].Code, line.Code})
			h.during = stock(h.products, inv.Items.Get)
			if err := inv.take(line); err != nil {
				return err
			}
			taken++
		}
		return errors.New("all lines are in stock now")
	})
	if !errors.Is(err, ErrOutOfStock) {
		return nil, fmt.Errorf("inventory: invoice %q was refused, and the second time: %w", invoice.Number, err)
	}
	if taken == 0 {
		return nil, nil
	}
	h.before, h.after = stock(h.products, before.Get), stock(h.products, inv.Items.Get)
	if !slices.Equal(h.before, h.after) {
		return nil, fmt.Errorf("inventory: refused invoice %q changed the stock of %q from %q to %q", invoice.Number, h.products, h.before, h.after)
	}
	h.taken = "line 1 taken"
	if taken > 1 {
		h.taken = fmt.Sprintf("lines 1 to %d taken", taken)
	}
	h.line, h.reason = taken+1, reason(err)
	return h, nil
}

// stock returns the stock of some products, in words.
func stock(products []string, get func(code string) (Item, bool)) []string {
	var words []string
	for _, code := range products {
		if item, known := get(code); known {
			words = append(words, strconv.FormatInt(item.OnHand, 10))
		} else {
			words = append(words, "none") // there is no row
		}
	}
	return words
}
