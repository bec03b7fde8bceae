package main

import (
	"context"
	"testing"
)

// allocations counts the allocations of one Get and of one Put.
func allocations(ctx context.Context, s scale) ([]measurement, error) {
	l, err := newOurs(onMemory, 1, 1)("")
	if err != nil {
		return nil, err
	}
	o := l.(*ours)
	if err := o.open(ctx, newNames(s.accounts)); err != nil {
		return nil, err
	}
	get := measurement{name: "Get of a flat row", unit: "allocations", target: atMost(0)}
	put := measurement{name: "Put of a row that the session has written", unit: "allocations", target: atMost(0)}
	store, i := o.store(0), 0
	_, _, err = o.m.Do(ctx, []byte("allocations"), func(context.Context) (err error) {
		get.value = testing.AllocsPerRun(1_000, func() {
			i = (i + 1) % s.accounts
			store.Get(o.ids[i])
		})
		row, _ := store.Get(o.ids[0])
		put.value = testing.AllocsPerRun(1_000, func() {
			row.Balance++
			if e := store.Put(row); e != nil {
				err = e
			}
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return []measurement{get, put}, o.close()
}
