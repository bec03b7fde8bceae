package kvtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/gencommittable/gencommittable/kv"
)

// group runs functions concurrently and collects their errors.
type group struct {
	wg   sync.WaitGroup
	mu   sync.Mutex // guards errs
	errs []error
}

func (g *group) run(f func() error) {
	g.wg.Go(func() {
		if err := f(); err != nil {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.errs = append(g.errs, err)
		}
	})
}

func (g *group) wait() error {
	g.wg.Wait()
	return errors.Join(g.errs...)
}

// readWhile calls read until writers are done, and at least once. It continues
// after an error, because a writer may wait for further reads.
func readWhile(writers *group, read func() error) error {
	done := make(chan error, 1)
	go func() { done <- writers.wait() }()
	var readErr error
	for {
		if err := read(); err != nil && readErr == nil {
			readErr = err
		}
		select {
		case err := <-done:
			return errors.Join(err, readErr)
		default:
		}
	}
}

// concurrentCalls checks concurrent Get, Set and Delete (rule 7). Each value that
// the goroutines write repeats one byte, and no reader may see a mixture.
func concurrentCalls(ctx context.Context, s *subject) error {
	const writers, rounds = 4, 25
	key := func(w int) []byte { return []byte("key-" + strconv.Itoa(w)) }
	shared := []byte("shared")
	value := func(w, round int) []byte { return bytes.Repeat([]byte{byte('a' + round)}, 1+100*w+10*round) }
	var g group
	for w := range writers {
		g.run(func() error {
			for round := range rounds {
				err := errors.Join(s.Delete(ctx, key(w)), s.Set(ctx, key(w), value(w, round)), s.Set(ctx, shared, value(w, round)))
				if err != nil {
					return fmt.Errorf("writer %d: %w", w, err)
				}
				if err := s.want(ctx, string(key(w)), string(value(w, round))); err != nil {
					return fmt.Errorf("writer %d does not see its own write: %w", w, err)
				}
			}
			return nil
		})
	}
	read := func() error {
		for w := range writers + 1 {
			k := shared
			if w < writers {
				k = key(w)
			}
			got, err := s.Get(ctx, k)
			if err != nil && !errors.Is(err, kv.ErrNotFound) {
				return fmt.Errorf("Get of %q: %w", k, err)
			}
			if len(got) > 0 && (len(got)-1)%10 != 0 || bytes.Count(got, got[:min(1, len(got))]) < len(got) {
				return fmt.Errorf("Get of %q returned a value that nobody wrote: %.40q (%d bytes)", k, got, len(got))
			}
		}
		return nil
	}
	if err := readWhile(&g, read); err != nil {
		return err
	}
	for w := range writers {
		if err := s.want(ctx, string(key(w)), string(value(w, rounds-1))); err != nil {
			return fmt.Errorf("after all writers: %w", err)
		}
	}
	return read()
}

// concurrentBatches checks that no reader sees half of a Batch (rule 7). Each
// batch writes the next number to two keys. A reader that reads the first key and
// then the second must not find a smaller number in the second.
func concurrentBatches(ctx context.Context, s *subject) error {
	const rounds = 50
	var g group
	g.run(func() error {
		for i := 1; i <= rounds; i++ {
			n := strconv.Itoa(i)
			if err := s.batch(ctx, put("first", n), put("second", n)); err != nil {
				return fmt.Errorf("Batch: %w", err)
			}
		}
		return nil
	})
	number := func(key string) (int, error) {
		value, err := s.Get(ctx, []byte(key))
		if errors.Is(err, kv.ErrNotFound) {
			return 0, nil
		}
		if err != nil {
			return 0, fmt.Errorf("Get of %q: %w", key, err)
		}
		return strconv.Atoi(string(value))
	}
	return readWhile(&g, func() error {
		first, err := number("first")
		if err != nil {
			return err
		}
		second, err := number("second")
		if err != nil {
			return err
		}
		if second < first {
			return fmt.Errorf("a reader saw half of a batch: the first key at %d, then the second at %d", first, second)
		}
		return nil
	})
}

// concurrentCreates checks that one of several concurrent Creates of a key
// succeeds, and that its value stays (rule 7).
func concurrentCreates(ctx context.Context, s *subject) error {
	const keys, rivals = 8, 4
	for k := range keys {
		key := []byte("key-" + strconv.Itoa(k))
		var wins [rivals]bool // each written by its own rival
		var g group
		for r := range rivals {
			g.run(func() error {
				err := s.create(ctx, key, []byte(strconv.Itoa(r)))
				wins[r] = err == nil
				if err != nil && !errors.Is(err, kv.ErrExists) {
					return fmt.Errorf("Create of %q: %w", key, err)
				}
				return nil
			})
		}
		if err := g.wait(); err != nil {
			return err
		}
		winner, count := 0, 0
		for r, won := range wins {
			if won {
				winner = r
				count++
			}
		}
		if count != 1 {
			return fmt.Errorf("of %d concurrent Creates of %q %d returned nil, want 1", rivals, key, count)
		}
		if err := s.want(ctx, string(key), strconv.Itoa(winner)); err != nil {
			return fmt.Errorf("after concurrent Creates: %w", err)
		}
	}
	return nil
}
