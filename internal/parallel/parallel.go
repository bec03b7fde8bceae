// Package parallel spreads independent calls over all processors.
package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Do calls fn(0) to fn(n-1) concurrently, in no particular order, and returns
// after the last call has returned. At most GOMAXPROCS calls run at a time. The
// caller's goroutine makes calls too, so that short work need not wait until
// another processor wakes up. If a call panics, Do starts no more calls, waits
// for the running ones and panics with the same value.
func Do(n int, fn func(i int)) {
	w := work{n: int64(n), fn: fn}
	w.run(min(n, runtime.GOMAXPROCS(0)) - 1)
}

// work is the state of one Do.
type work struct {
	n        int64
	taken    atomic.Int64 // calls started; exceeds n at the end
	fn       func(i int)
	helpers  sync.WaitGroup
	panicked atomic.Pointer[any] // value of the first panic
}

// run makes all calls on the caller's goroutine and the given number of helpers.
func (w *work) run(helpers int) {
	for range helpers {
		w.helpers.Go(w.take)
	}
	w.take()
	w.helpers.Wait()
	if p := w.panicked.Load(); p != nil {
		panic(*p)
	}
}

// take makes calls until none is left. It recovers a panic for run.
func (w *work) take() {
	defer func() {
		if p := recover(); p != nil {
			w.taken.Store(w.n)
			w.panicked.CompareAndSwap(nil, &p)
		}
	}()
	for {
		i := w.taken.Add(1) - 1
		if i >= w.n {
			return
		}
		w.fn(int(i))
	}
}
