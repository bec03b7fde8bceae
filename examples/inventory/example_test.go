package main

import (
	"context"
	"fmt"
	"log"

	"github.com/gencommittable/gencommittable/memkv"
)

// Queries of an index return rows in the order of the index.
func Example() {
	ctx := context.Background()
	inv, err := NewInventory(ctx, memkv.New(), 1000)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := process(ctx, inv, readSample(), false, ignore); err != nil {
		log.Fatal(err)
	}

	fmt.Println("Products with fewer than 500 pieces:")
	for code, item := range inv.Items.ByOnHandRange(0, 500) {
		fmt.Println(code, item.OnHand)
	}
	fmt.Println("Orders of customer 417, the oldest first:")
	for number, order := range inv.Orders.ByCustomer("417") {
		fmt.Println(number, order.Total)
	}
	// Output:
	// Products with fewer than 500 pieces:
	// CND20 0
	// MUG02 405
	// MUG01 452
	// Orders of customer 417, the oldest first:
	// S1003 £3540.00
	// S1008 -£295.00
	// S1012 -£10.50
}

func readSample() []Invoice {
	invoices, err := open("")
	if err != nil {
		log.Fatal(err)
	}
	return invoices
}
