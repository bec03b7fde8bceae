package main

import "time"

// Order is one accepted invoice.
//
//committable:store key=Invoice
//committable:index name=ByCustomer on=Customer,Date
type Order struct {
	Invoice  string
	Customer string // empty for a sale without a customer
	Country  string
	Date     time.Time
	Lines    []OrderLine // in the order of the file
	Total    Pence       // of all lines; negative for a return
}

// OrderLine is one line of an invoice.
type OrderLine struct {
	Code     string
	Quantity int64 // pieces that leave the stock; negative if they come back
	Price    Pence // of one piece
}
