package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/boltkv"
	"github.com/gencommittable/gencommittable/kv/pebblekv"
	"github.com/gencommittable/gencommittable/memkv"
)

// ours runs the workload on this project.
type ours struct {
	dir    string // removed by close, unless empty
	m      *committer.MultiCommitter
	kv     kv.KV
	stores []*AccountStore // account i is in store i modulo len(stores)
	ids    names
	number uint64 // number of the last session, and its idempotency key
}

// openKV opens a KV whose files are in dir.
type openKV func(dir string) (kv.KV, error)

func onMemory(string) (kv.KV, error) { return memkv.New(), nil }

func onBolt(dir string) (kv.KV, error) { return boltkv.Open(filepath.Join(dir, "ledger.db"), nil) }

func onPebble(dir string) (kv.KV, error) { return pebblekv.Open(filepath.Join(dir, "ledger"), nil) }

// newOurs returns the constructor of a ledger on the KV that open returns, with
// the given number of stores.
func newOurs(open openKV, stores, syncEvery int, opts ...committer.CommitterOpt) func(dir string) (ledger, error) {
	return func(dir string) (ledger, error) {
		db, err := open(dir)
		if err != nil {
			return nil, err
		}
		o := &ours{dir: dir, kv: db}
		members := make(map[string]committer.Committable)
		for i := range stores {
			s := NewAccountStore(committable.WithName(fmt.Sprintf("accounts-%d", i)))
			o.stores, members[s.Name()] = append(o.stores, s), s
		}
		o.m = committer.NewCommitter(db, members, append(opts, committer.WithSyncEvery(syncEvery))...)
		return o, nil
	}
}

func (o *ours) open(ctx context.Context, all names) error {
	o.ids = all
	_, _, err := o.m.Do(ctx, []byte("open"), func(context.Context) error {
		for i := range all {
			if err := o.store(i).Put(all.account(i)); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// store returns the store of account i.
func (o *ours) store(i int) *AccountStore { return o.stores[i%len(o.stores)] }

func (o *ours) session(ctx context.Context, transfers []transfer) error {
	return o.do(ctx, func(context.Context) error {
		for _, t := range transfers {
			if err := o.transfer(t); err != nil {
				return err
			}
		}
		return nil
	})
}

// do runs fn in a session with a new idempotency key.
func (o *ours) do(ctx context.Context, fn func(context.Context) error) error {
	o.number++
	_, _, err := o.m.Do(ctx, binary.BigEndian.AppendUint64(nil, o.number), fn)
	return err
}

// transfer makes one transfer, inside a session.
func (o *ours) transfer(t transfer) error {
	if err := o.add(t.from, -1); err != nil {
		return err
	}
	return o.add(t.to, +1)
}

func (o *ours) add(i int, by int64) error {
	s := o.store(i)
	a, ok := s.Get(o.ids[i])
	if !ok {
		return fmt.Errorf("account %s does not exist", o.ids[i])
	}
	a.Balance, a.Sequence = a.Balance+by, a.Sequence+1
	return s.Put(a)
}

func (o *ours) balance(i int) (int64, error) {
	a, _ := o.store(i).Get(o.ids[i])
	return a.Balance, nil
}

func (o *ours) close() error {
	err := o.m.Close()
	if db, ok := o.kv.(io.Closer); ok {
		err = errors.Join(err, db.Close())
	}
	if o.dir != "" {
		err = errors.Join(err, os.RemoveAll(o.dir))
	}
	return err
}
