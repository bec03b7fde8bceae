package main

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// mapKV is a KV of our own.
type mapKV struct {
	mu     sync.Mutex
	values map[string]string
}

func (m *mapKV) Get(_ context.Context, key []byte) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	value, ok := m.values[string(key)]
	switch {
	case len(key) == 0:
		return nil, errEmptyKey
	case !ok:
		return nil, kv.ErrNotFound
	}
	return []byte(value), nil
}

func (m *mapKV) Set(_ context.Context, key, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(key) == 0 {
		return errEmptyKey
	}
	m.values[string(key)] = string(value)
	return nil
}

func (m *mapKV) Delete(_ context.Context, key []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(key) == 0 {
		return errEmptyKey
	}
	delete(m.values, string(key))
	return nil
}

var errEmptyKey = errors.New("a key has at least one byte")

func TestMapKV(t *testing.T) {
	open := func(*testing.T) kv.KV { return &mapKV{values: make(map[string]string)} }
	kvtest.Run(t, open, nil, kvtest.WithVolatile())
}
