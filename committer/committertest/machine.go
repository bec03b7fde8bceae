package committertest

import (
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// machine has the KV that survives processes.
type machine interface {
	kv() kv.KV

	// crash ends what the last process had open. With power, what was not synced
	// is lost, if the machine can do so.
	crash(power bool) error

	// keepsUnsynced tells whether a crash leaves what was written but not synced.
	keepsUnsynced(power bool) bool

	close() error
}

func (o *options) newMachine() (machine, error) {
	if o.open == nil {
		return &memory{kvtest.NewUnsynced()}, nil
	}
	store, err := o.open()
	return &mounted{store, o.crash}, err
}

// memory is the machine without On.
type memory struct{ disk *kvtest.Unsynced }

func (m *memory) kv() kv.KV { return m.disk }

func (m *memory) crash(power bool) error {
	left := m.disk.Pending()
	if power {
		left = 0
	}
	m.disk = m.disk.AfterCrash(left)
	return nil
}

func (m *memory) keepsUnsynced(power bool) bool { return !power }

func (m *memory) close() error { return nil }

// mounted is the machine of On.
type mounted struct {
	store KV
	again func(old KV) (KV, error)
}

func (m *mounted) kv() kv.KV { return m.store }

func (m *mounted) crash(bool) error {
	store, err := m.again(m.store)
	if err == nil {
		m.store = store
	}
	return err
}

func (m *mounted) keepsUnsynced(bool) bool { return false }

func (m *mounted) close() error { return m.store.Close() }
