package main

import (
	"errors"
	"fmt"
)

// The directives below generate ItemStore, in item_committable.go. Run go generate
// after you change them or the struct.
//
//go:generate go tool gencommittable

// Item is the stock of one product.
//
//committable:store key=Code
//committable:index name=ByOnHand on=OnHand
type Item struct {
	Code        string // the StockCode of the file, byte for byte
	Description string // the first one of an accepted invoice that is not empty
	OnHand      int64
}

// ErrOutOfStock is matched by every refusal of an invoice. The error itself is an
// *OutOfStockError.
var ErrOutOfStock = errors.New("inventory: out of stock")

// OutOfStockError reports the product that an invoice would take below zero.
type OutOfStockError struct {
	Code   string
	OnHand int64 // below zero
}

func (e *OutOfStockError) Error() string {
	return fmt.Sprintf("%v: product %q would be at %d", ErrOutOfStock, e.Code, e.OnHand)
}

// Unwrap returns ErrOutOfStock.
func (e *OutOfStockError) Unwrap() error { return ErrOutOfStock }

// Validate runs on every Insert, Put and Update. The rule is part of the row and
// not of the application, so that code added later cannot store a negative stock.
func (item *Item) Validate() error {
	if item.OnHand < 0 {
		return &OutOfStockError{item.Code, item.OnHand}
	}
	return nil
}
