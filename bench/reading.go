package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// transfersOfAxis is how large the sessions are where nothing else is said.
const transfersOfAxis = 1_000

// savepoints compares sessions with a Try around each transfer with those
// without.
func savepoints(ctx context.Context, s scale) ([]axis, error) {
	cost := axis{what: "what a Try around every transfer costs", unit: "of the rate", asked: true, most: 0.15}
	o, sessions, err := openForAxis(ctx, s)
	if err != nil {
		return nil, err
	}
	plain := func(transfers []transfer) error { return o.session(ctx, transfers) }
	tried := func(transfers []transfer) error {
		return o.do(ctx, func(ctx context.Context) error {
			for _, t := range transfers {
				if err := o.m.Try(ctx, func(context.Context) error { return o.transfer(t) }); err != nil {
					return err
				}
			}
			return nil
		})
	}
	without, with, err := compared(s, sessions, plain, tried)
	cost.got = 1 - with/without
	if err != nil {
		return nil, err
	}
	return []axis{cost}, o.close()
}

// besideReaders compares sessions while two goroutines read views with those
// while nobody does.
func besideReaders(ctx context.Context, s scale) ([]axis, error) {
	cost := axis{what: "what two goroutines that read views cost commits", unit: "of the rate"}
	o, sessions, err := openForAxis(ctx, s)
	if err != nil {
		return nil, err
	}
	var readers sync.WaitGroup
	var reads atomic.Int64
	alone := func(transfers []transfer) error { return o.session(ctx, transfers) }
	without, _, err := compared(s, sessions, alone, alone)
	if err != nil {
		return nil, err
	}
	var over atomic.Bool
	for range 2 {
		readers.Go(func() {
			for i := 0; !over.Load(); {
				view := o.stores[0].View()
				for range 100 {
					i = (i + 7919) % s.accounts
					view.Get(o.ids[i])
				}
				reads.Add(100)
			}
		})
	}
	with, _, err := compared(s, sessions, alone, alone)
	over.Store(true)
	readers.Wait()
	if err != nil {
		return nil, err
	}
	cost.got = 1 - with/without
	return []axis{cost}, o.close()
}

// views compares reading through a view with reading from the store.
func views(ctx context.Context, s scale) ([]axis, error) {
	o, _, err := openForAxis(ctx, s)
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
	size := fmt.Sprintf(", %d rows, no order", s.accounts)
	return []axis{
		{what: "Get from a store" + size, got: perRead(store.Get), unit: "ns"},
		{what: "Get from a view" + size, got: perRead(view.Get), unit: "ns"},
	}, o.close()
}

func openForAxis(ctx context.Context, s scale) (*ours, [][]transfer, error) {
	l, err := newOurs(onMemory, 1, 1)("")
	if err != nil {
		return nil, nil, err
	}
	if err := l.open(ctx, newNames(s.accounts)); err != nil {
		return nil, nil, err
	}
	return l.(*ours), workload{s.accounts, transfersOfAxis, false}.sessions(64), nil
}

// compared returns the median rates of two ways to run sessions, taken in turn.
func compared(s scale, sessions [][]transfer, a, b func([]transfer) error) (rateOfA, rateOfB float64, err error) {
	var rates [2][]float64
	for range s.rounds {
		for i, run := range []func([]transfer) error{a, b} {
			start := time.Now()
			for _, transfers := range sessions {
				if err := run(transfers); err != nil {
					return 0, 0, err
				}
			}
			rates[i] = append(rates[i], float64(len(sessions))/time.Since(start).Seconds())
		}
	}
	for i := range rates {
		slices.Sort(rates[i])
	}
	return rates[0][s.rounds/2], rates[1][s.rounds/2], nil
}
