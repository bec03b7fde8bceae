package main

import (
	"errors"
	"fmt"
)

// The directives below make ItemStore, in item_committable.go. After a change
// of them or of the struct, run go generate.
//
//go:generate go tool gencommittable

// Item is the stock of one product.
//
//committable:store key=Code
//committable:index name=ByOnHand on=OnHand
type Item struct {
	Code        string // the StockCode of the file, byte for byte
	Description string // the first one in an accepted invoice that is not empty
	OnHand      int64
}

// ErrOutOfStock is why an invoice is refused.
var ErrOutOfStock = errors.New("inventory: out of stock")

// Validate runs on every Insert, Put and Update. The rule stands here and not
// in the application, so that nothing that is added later can store a negative
// stock.
func (item *Item) Validate() error {
	if item.OnHand < 0 {
		return fmt.Errorf("%w: product %q would be at %d", ErrOutOfStock, item.Code, item.OnHand)
	}
	return nil
}
