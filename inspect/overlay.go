package inspect

import (
	"context"
	"fmt"
	"sync"

	"github.com/gencommittable/gencommittable/kv"
)

// overlay keeps writes in memory. A MultiCommitter can load a database through
// it, which deletes what a crash has left, and the KV below stays as it is. It
// has neither Unwrap nor optional methods: calls of those would go past it.
type overlay struct {
	below kv.KV

	mu      sync.Mutex
	written map[string][]byte // nil: deleted
}

func newOverlay(below kv.KV) *overlay {
	return &overlay{below: below, written: make(map[string][]byte)}
}

// Get returns the value that was written to the overlay, or else the value below.
func (o *overlay) Get(ctx context.Context, key []byte) ([]byte, error) {
	o.mu.Lock()
	value, here := o.written[string(key)]
	o.mu.Unlock()
	switch {
	case !here:
		return o.below.Get(ctx, key)
	case value == nil:
		return nil, fmt.Errorf("inspect: get %q: %w", key, kv.ErrNotFound)
	}
	return append([]byte{}, value...), nil
}

// Set stores a copy of the value in the overlay.
func (o *overlay) Set(_ context.Context, key, value []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.written[string(key)] = append([]byte{}, value...)
	return nil
}

// Delete makes the key absent in the overlay.
func (o *overlay) Delete(_ context.Context, key []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.written[string(key)] = nil
	return nil
}
