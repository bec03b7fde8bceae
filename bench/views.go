package main

import (
	"context"
	"fmt"
	"time"
)

// views measures Get of a store and Get of a view.
func views(ctx context.Context, s scale) ([]measurement, error) {
	o, _, err := openOnMemory(ctx, s)
	if err != nil {
		return nil, err
	}
	store, view := o.stores[0], o.stores[0].View()
	perRead := func(get func(id string) (Account, bool)) float64 {
		start, n := time.Now(), 0
		for range s.rounds {
			for i := range s.accounts {
				get(o.ids[i*7919%s.accounts])
				n++
			}
		}
		return float64(time.Since(start).Nanoseconds()) / float64(n)
	}
	size := fmt.Sprintf(", %d rows, not in key order", s.accounts)
	return []measurement{
		{name: "Get from a store" + size, value: perRead(store.Get), unit: "ns"},
		{name: "Get from a view" + size, value: perRead(view.Get), unit: "ns"},
	}, o.close()
}
