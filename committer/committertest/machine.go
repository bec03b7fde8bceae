package committertest

import (
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// machine holds the KV, which survives processes.
type machine interface {
	kv() kv.KV

	// crash prepares the KV for the next process. With powerLoss, memoryMachine
	// drops unsynced writes.
	crash(powerLoss bool) error

	// keepsUnsynced reports whether unsynced writes are sure to survive a crash.
	keepsUnsynced(powerLoss bool) bool

	close() error
}

func (o *options) newMachine() (machine, error) {
	if o.open == nil {
		return &memoryMachine{kvtest.NewUnsynced()}, nil
	}
	store, err := o.open()
	return &customMachine{store, o.crash}, err
}

// memoryMachine is the machine without WithKV.
type memoryMachine struct{ disk *kvtest.Unsynced }

func (m *memoryMachine) kv() kv.KV { return m.disk }

func (m *memoryMachine) crash(powerLoss bool) error {
	left := m.disk.Pending()
	if powerLoss {
		left = 0
	}
	m.disk = m.disk.AfterCrash(left)
	return nil
}

func (m *memoryMachine) keepsUnsynced(powerLoss bool) bool { return !powerLoss }

func (m *memoryMachine) close() error { return nil }

// customMachine is the machine with WithKV.
type customMachine struct {
	store  KV
	reopen func(old KV) (KV, error)
}

func (m *customMachine) kv() kv.KV { return m.store }

func (m *customMachine) crash(bool) error {
	store, err := m.reopen(m.store)
	if err == nil {
		m.store = store
	}
	return err
}

func (m *customMachine) keepsUnsynced(bool) bool { return false }

func (m *customMachine) close() error { return m.store.Close() }
