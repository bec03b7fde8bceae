package kvtest_test

import (
	"context"
	"fmt"

	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// A crash between the two writes of a transfer leaves only one of them. The
// example prints every state that a crash can leave, with or without power loss.
func ExampleFault() {
	ctx := context.Background()
	transfer := func(store kv.KV) error {
		if err := store.Set(ctx, []byte("alice"), []byte("90")); err != nil {
			return err
		}
		return store.Set(ctx, []byte("bob"), []byte("10"))
	}
	for n := 1; ; n++ {
		disk := kvtest.NewUnsynced()
		fault := kvtest.NewFault(disk)
		fault.CrashAt(n, kvtest.After)
		if transfer(fault) == nil {
			break
		}
		for k := range disk.Pending() + 1 {
			left := disk.AfterCrash(k)
			alice, _ := left.Get(ctx, []byte("alice"))
			bob, _ := left.Get(ctx, []byte("bob"))
			fmt.Printf("crash after call %d, %d writes survive: alice %q, bob %q\n", n, k, alice, bob)
		}
	}
	// Output:
	// crash after call 1, 0 writes survive: alice "", bob ""
	// crash after call 1, 1 writes survive: alice "90", bob ""
	// crash after call 2, 0 writes survive: alice "", bob ""
	// crash after call 2, 1 writes survive: alice "90", bob ""
	// crash after call 2, 2 writes survive: alice "90", bob "10"
}
