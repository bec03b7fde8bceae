package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"
)

// plan says which cells of the table are measured, and for how long.
type plan struct {
	contenders []contender // the first one is the floor
	accounts   []int
	transfers  []int         // in a session
	rounds     int           // for each cell that has a target; see roundsOf
	roundTime  time.Duration // shortest duration of a round
	checks     int           // sessions after which balances are compared
	progress   func(format string, args ...any)
}

// fullPlan takes a quarter of an hour.
func fullPlan() plan {
	return plan{
		accounts: []int{10_000, 100_000, 1_000_000}, transfers: []int{100, 1_000, 10_000},
		rounds: 5, roundTime: time.Second, checks: 20,
	}
}

// quickPlan has the cells of the first targets only.
func quickPlan() plan {
	p := fullPlan()
	p.accounts, p.transfers = []int{100_000}, []int{1_000}
	return p
}

// smokePlan runs each contender for a moment.
func smokePlan() plan {
	return plan{accounts: []int{3_000}, transfers: []int{100}, rounds: 1, roundTime: 100 * time.Millisecond, checks: 5}
}

// roundsOf returns the number of rounds for a workload: p.rounds if it has
// targets, otherwise one.
func (p plan) roundsOf(w workload) int {
	if w.transfers == 1_000 && w.accounts >= 100_000 {
		return p.rounds
	}
	return 1
}

// cell holds the rates of one contender with one workload.
type cell struct {
	contender string
	workload  workload
	rates     []float64 // transfers a second, ascending
	floor     float64   // rate of the floor, measured just before and after
}

func (c cell) median() float64  { return c.rates[len(c.rates)/2] }
func (c cell) slowest() float64 { return c.rates[0] }
func (c cell) fastest() float64 { return c.rates[len(c.rates)-1] }
func (c cell) toFloor() float64 { return c.median() / c.floor }

// measureTable measures all cells. Contenders run one after the other, so that
// none pays for the garbage of another. The floor runs before and after each, to
// see how fast the machine is at that moment.
func measureTable(ctx context.Context, p plan) ([]cell, error) {
	var cells []cell
	for _, accounts := range p.accounts {
		want, err := p.referenceBalances(ctx, accounts)
		if err != nil {
			return nil, err
		}
		before, err := p.floorRates(ctx, accounts)
		if err != nil {
			return nil, err
		}
		for _, c := range p.contenders {
			p.progress("%s with %d accounts", c.name, accounts)
			measured, err := p.measure(ctx, c, accounts, want)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			after, err := p.floorRates(ctx, accounts)
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

// workloads returns the workloads with the given number of accounts.
func (p plan) workloads(accounts int) []workload {
	var all []workload
	for _, transfers := range p.transfers {
		for _, zipf := range []bool{false, true} {
			all = append(all, workload{accounts, transfers, zipf})
		}
	}
	return all
}

// referenceBalances returns the balances that every contender must have after
// the checked sessions.
func (p plan) referenceBalances(ctx context.Context, accounts int) ([]int64, error) {
	f, err := newFloor("")
	if err == nil {
		err = f.open(ctx, newNames(accounts))
	}
	if err != nil {
		return nil, err
	}
	return p.runChecked(ctx, f, accounts)
}

// runChecked commits the checked sessions and returns all balances.
func (p plan) runChecked(ctx context.Context, l ledger, accounts int) ([]int64, error) {
	for _, transfers := range (workload{accounts, 100, true}).sessions(p.checks) {
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

// floorRates returns the rates of the floor, one for each workload.
func (p plan) floorRates(ctx context.Context, accounts int) ([]float64, error) {
	short := p
	short.rounds, short.roundTime = 1, p.roundTime/2
	cells, err := short.measure(ctx, p.contenders[0], accounts, nil)
	var rates []float64
	for _, c := range cells {
		rates = append(rates, c.median())
	}
	return rates, err
}

// measure runs one contender with all workloads that have the given number of
// accounts. Unless want is nil, it first verifies the contender's balances.
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
		if err := p.verify(ctx, l, want); err != nil {
			return nil, err
		}
	}
	for _, w := range p.workloads(accounts) {
		measured := cell{contender: c.name, workload: w}
		sessions := w.sessions(max(8, 64_000/w.transfers))
		for range p.roundsOf(w) {
			rate, err := p.measureRound(ctx, l, sessions)
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

// verify commits the checked sessions and compares all balances with want.
func (p plan) verify(ctx context.Context, l ledger, want []int64) error {
	got, err := p.runChecked(ctx, l, len(want))
	if err != nil {
		return err
	}
	for i := range got {
		if got[i] != want[i] {
			return fmt.Errorf("account %d has balance %d, want %d", i, got[i], want[i])
		}
	}
	return nil
}

// measureRound runs sessions until the time of a round is over, and returns the
// transfers a second.
func (p plan) measureRound(ctx context.Context, l ledger, sessions [][]transfer) (rate float64, err error) {
	runtime.GC()
	start, done := time.Now(), 0
	for i := 0; time.Since(start) < p.roundTime; i++ {
		transfers := sessions[i%len(sessions)]
		if err := l.session(ctx, transfers); err != nil {
			return 0, err
		}
		done += len(transfers)
	}
	return float64(done) / time.Since(start).Seconds(), nil
}
