package parallel

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

func TestDoMakesEachCallOnce(t *testing.T) {
	for _, processors := range []int{1, 2, 7} {
		t.Run(fmt.Sprint(processors), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
			for _, n := range []int{0, 1, 2, 3, 100} {
				calls := make([]atomic.Int32, n)
				Do(n, func(i int) { calls[i].Add(1) })
				for i := range calls {
					if got := calls[i].Load(); got != 1 {
						t.Errorf("Do(%d) called fn(%d) %d times, want once", n, i, got)
					}
				}
			}
		})
	}
}

func TestDoRunsCallsConcurrently(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	var both sync.WaitGroup
	both.Add(2)
	Do(2, func(int) {
		both.Done()
		both.Wait() // blocks forever unless both calls run at the same time
	})
}

func TestDoPanicsInTheCaller(t *testing.T) {
	for _, panics := range []int{0, 50, 99} {
		func() {
			defer func() {
				if got := recover(); got != panics {
					t.Errorf("call %d panicked, and Do panicked with %v", panics, got)
				}
			}()
			Do(100, func(i int) {
				if i == panics {
					panic(i)
				}
			})
			t.Errorf("call %d panicked, and Do returned", panics)
		}()
	}
}
