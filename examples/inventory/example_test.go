package main

import (
	"context"
	"fmt"
	"log"

	"github.com/gencommittable/gencommittable/memkv"
)

// Indexes answer in their own order, without a sort.
func Example() {
	ctx := context.Background()
	inv, err := NewInventory(ctx, memkv.New(), 1000)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := process(ctx, inv, readSample(), false, func() {}); err != nil {
		log.Fatal(err)
	}

	fmt.Println("Order anew:")
	for code, item := range inv.Items.ByOnHandRange(0, 500) {
		fmt.Println(code, item.OnHand)
	}
	fmt.Println("Orders of customer 417, the oldest first:")
	for number, order := range inv.Orders.ByCustomer("417") {
		fmt.Println(number, order.Total)
	}
	// Output:
	// Order anew:
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
