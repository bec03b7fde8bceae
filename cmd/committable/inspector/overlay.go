package inspector

import (
	"context"
	"fmt"
	"sync"

	"github.com/gencommittable/gencommittable/kv"
)

// overlay keeps writes in memory, so that a database can be loaded, which tidies
// up what a crash has left, and stays as it is. It has none of the optional
// methods of a KV: it needs none.
type overlay struct {
	below kv.KV

	mu      sync.Mutex
	written map[string][]byte // nil: deleted
}

func newOverlay(below kv.KV) *overlay {
	return &overlay{below: below, written: make(map[string][]byte)}
}

// Get returns what was written here, else what is below.
func (o *overlay) Get(ctx context.Context, key []byte) ([]byte, error) {
	o.mu.Lock()
	value, here := o.written[string(key)]
	o.mu.Unlock()
	switch {
	case !here:
		return o.below.Get(ctx, key)
	case value == nil:
		return nil, fmt.Errorf("inspector: get %q: %w", key, kv.ErrNotFound)
	}
	return append([]byte{}, value...), nil
}

// Set keeps the value here.
func (o *overlay) Set(_ context.Context, key, value []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.written[string(key)] = append([]byte{}, value...)
	return nil
}

// Delete makes the key absent here.
func (o *overlay) Delete(_ context.Context, key []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.written[string(key)] = nil
	return nil
}
