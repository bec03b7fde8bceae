package main

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// transfersPerSession is the session size when slowdowns are measured.
const transfersPerSession = 1_000

// savepoints measures how much slower sessions are with a Try around each
// transfer.
func savepoints(ctx context.Context, s scale) ([]measurement, error) {
	slowdown := measurement{name: "slowdown by a Try around every transfer", unit: "of the rate", target: atMost(0.15)}
	o, sessions, err := openOnMemory(ctx, s)
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
	without, with, err := medianRates(s, sessions, plain, tried)
	slowdown.value = 1 - with/without
	if err != nil {
		return nil, err
	}
	return []measurement{slowdown}, o.close()
}

// viewReaders measures how much slower sessions are while two goroutines read
// views.
func viewReaders(ctx context.Context, s scale) ([]measurement, error) {
	slowdown := measurement{name: "slowdown of commits while two goroutines read views", unit: "of the rate"}
	o, sessions, err := openOnMemory(ctx, s)
	if err != nil {
		return nil, err
	}
	var readers sync.WaitGroup
	session := func(transfers []transfer) error { return o.session(ctx, transfers) }
	without, _, err := medianRates(s, sessions, session, session)
	if err != nil {
		return nil, err
	}
	var stop atomic.Bool
	for range 2 {
		readers.Go(func() {
			for i := 0; !stop.Load(); {
				view := o.stores[0].View()
				for range 100 {
					i = (i + 7919) % s.accounts
					view.Get(o.ids[i])
				}
			}
		})
	}
	with, _, err := medianRates(s, sessions, session, session)
	stop.Store(true)
	readers.Wait()
	if err != nil {
		return nil, err
	}
	slowdown.value = 1 - with/without
	return []measurement{slowdown}, o.close()
}

// openOnMemory returns a ledger on memkv, and sessions for it.
func openOnMemory(ctx context.Context, s scale) (*ours, [][]transfer, error) {
	l, err := newOurs(onMemory, 1, 1)("")
	if err != nil {
		return nil, nil, err
	}
	if err := l.open(ctx, newNames(s.accounts)); err != nil {
		return nil, nil, err
	}
	return l.(*ours), workload{s.accounts, transfersPerSession, false}.sessions(64), nil
}

// medianRates runs the sessions by a and by b, in turn, and returns the median
// rate of each in sessions a second.
func medianRates(s scale, sessions [][]transfer, a, b func([]transfer) error) (rateOfA, rateOfB float64, err error) {
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
