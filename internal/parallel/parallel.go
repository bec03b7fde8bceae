// Package parallel runs pieces of one piece of work on all processors.
package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Do calls do(0) to do(n-1), in no order and side by side, and returns when all
// have returned. The caller's goroutine does what no other processor has taken,
// so that few or small pieces do not wait for one to wake up. A panic goes on
// in the caller, once the calls that run have returned; others are not begun.
func Do(n int, do func(i int)) {
	w := work{n: int64(n), do: do}
	w.run(min(n, runtime.GOMAXPROCS(0)) - 1)
}

type work struct {
	n        int64
	taken    atomic.Int64 // pieces that are done or in progress; more than n at the end
	do       func(i int)
	helpers  sync.WaitGroup
	panicked atomic.Pointer[any]
}

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

// take does pieces until none is left.
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
		w.do(int(i))
	}
}
