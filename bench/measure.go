package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"
)

// plan is how much is measured.
type plan struct {
	contenders []contender // the first one is the floor
	accounts   []int
	transfers  []int
	rounds     int           // of the cells that targets are about
	round      time.Duration // how long a round goes on, at least
	checked    int           // sessions after which balances are compared
	progress   func(format string, args ...any)
}

// full takes a quarter of an hour.
func full() plan {
	return plan{
		accounts: []int{10_000, 100_000, 1_000_000}, transfers: []int{100, 1_000, 10_000},
		rounds: 5, round: time.Second, checked: 20,
	}
}

// quick is the cells that the first targets are about, in some five minutes.
func quick() plan {
	p := full()
	p.accounts, p.transfers = []int{100_000}, []int{1_000}
	return p
}

// smoke takes a minute.
func smoke() plan {
	return plan{accounts: []int{3_000}, transfers: []int{100}, rounds: 1, round: 100 * time.Millisecond, checked: 5}
}

// roundsOf is how often a cell is measured: those that targets are about often,
// the others once.
func (p plan) roundsOf(w workload) int {
	if w.transfers == 1_000 && w.accounts >= 100_000 {
		return p.rounds
	}
	return 1
}

// cell is what one contender did with one workload.
type cell struct {
	contender string
	workload  workload
	rates     []float64 // transfers a second, ascending
	floor     float64   // the floor's, measured just before and after
}

func (c cell) median() float64  { return c.rates[len(c.rates)/2] }
func (c cell) toFloor() float64 { return c.median() / c.floor }

// measureAll measures all contenders. They run one after the other, so that
// none pays for another one's garbage; around each of them runs the floor, to
// see how fast the machine was just then.
func measureAll(ctx context.Context, p plan) ([]cell, error) {
	var cells []cell
	for _, accounts := range p.accounts {
		want, err := p.reference(ctx, accounts)
		if err != nil {
			return nil, err
		}
		before, err := p.floors(ctx, accounts)
		if err != nil {
			return nil, err
		}
		for _, c := range p.contenders {
			p.progress("A=%d: %s", accounts, c.name)
			measured, err := p.measure(ctx, c, accounts, want)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			after, err := p.floors(ctx, accounts)
			if err != nil {
				return nil, err
			}
			for i := range measured {
				measured[i].floor = (before[i] + after[i]) / 2
			}
			cells, before = append(cells, measured...), after
		}
	}
	return cells, nil
}

// workloads are those over so many accounts.
func (p plan) workloads(accounts int) []workload {
	var all []workload
	for _, transfers := range p.transfers {
		for _, zipf := range []bool{false, true} {
			all = append(all, workload{accounts, transfers, zipf})
		}
	}
	return all
}

// reference returns the balances that every contender must have after the
// checked sessions.
func (p plan) reference(ctx context.Context, accounts int) ([]int64, error) {
	f, err := newFloor("")
	if err == nil {
		err = f.open(ctx, newNames(accounts))
	}
	if err != nil {
		return nil, err
	}
	return p.check(ctx, f, accounts)
}

// check commits the checked sessions and returns all balances.
func (p plan) check(ctx context.Context, l ledger, accounts int) ([]int64, error) {
	for _, transfers := range (workload{accounts, 100, true}).sessions(p.checked) {
		if err := l.session(ctx, transfers); err != nil {
			return nil, err
		}
	}
	balances := make([]int64, accounts)
	for i := range balances {
		var err error
		if balances[i], err = l.balance(i); err != nil {
			return nil, err
		}
	}
	return balances, nil
}

// floors returns the floor's rates, one for each workload.
func (p plan) floors(ctx context.Context, accounts int) ([]float64, error) {
	short := p
	short.rounds, short.round = 1, p.round/2
	cells, err := short.measure(ctx, p.contenders[0], accounts, nil)
	var rates []float64
	for _, c := range cells {
		rates = append(rates, c.median())
	}
	return rates, err
}

// measure runs one contender over all workloads with so many accounts.
func (p plan) measure(ctx context.Context, c contender, accounts int, want []int64) (cells []cell, err error) {
	dir, err := os.MkdirTemp("", "ledger")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	l, err := c.new(dir)
	if err != nil {
		return nil, err
	}
	if err := l.open(ctx, newNames(accounts)); err != nil {
		return nil, err
	}
	if want != nil {
		got, err := p.check(ctx, l, accounts)
		if err != nil {
			return nil, err
		}
		for i := range got {
			if got[i] != want[i] {
				return nil, fmt.Errorf("account %d has %d, and should have %d", i, got[i], want[i])
			}
		}
	}
	for _, w := range p.workloads(accounts) {
		measured := cell{contender: c.name, workload: w}
		sessions := w.sessions(max(8, 64_000/w.transfers))
		for range p.roundsOf(w) {
			rate, err := p.one(ctx, l, sessions)
			if err != nil {
				return nil, err
			}
			measured.rates = append(measured.rates, rate)
		}
		slices.Sort(measured.rates)
		cells = append(cells, measured)
	}
	if err := l.close(); err != nil {
		return nil, err
	}
	runtime.GC()
	return cells, nil
}

// one measures a round: sessions until its time is over.
func (p plan) one(ctx context.Context, l ledger, sessions [][]transfer) (rate float64, err error) {
	runtime.GC()
	start, done := time.Now(), 0
	for i := 0; time.Since(start) < p.round; i++ {
		transfers := sessions[i%len(sessions)]
		if err := l.session(ctx, transfers); err != nil {
			return 0, err
		}
		done += len(transfers)
	}
	return float64(done) / time.Since(start).Seconds(), nil
}
