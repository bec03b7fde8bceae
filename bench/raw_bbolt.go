package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// rawBolt runs the workload on bbolt, with one synced transaction a session.
type rawBolt struct {
	dir string
	db  *bbolt.DB
	ids names
}

func newRawBolt(dir string) (ledger, error) {
	db, err := bbolt.Open(filepath.Join(dir, "raw.db"), 0o600, nil)
	return &rawBolt{dir: dir, db: db}, err
}

// boltTx is the rows of a transaction.
type boltTx struct {
	bucket *bbolt.Bucket
	ids    names
}

func (t boltTx) get(i int) (Account, error) { return decode(t.bucket.Get([]byte(t.ids[i])), nil) }

func (t boltTx) put(_ int, a Account) error {
	return t.bucket.Put([]byte(a.ID), appendAccount(nil, &a))
}

// write runs do in a write transaction and commits it.
func (b *rawBolt) write(do func(rows) error) error {
	return b.db.Update(func(tx *bbolt.Tx) error {
		bucket, err := tx.CreateBucketIfNotExists([]byte("accounts"))
		if err != nil {
			return err
		}
		return do(boltTx{bucket, b.ids})
	})
}

func (b *rawBolt) open(_ context.Context, all names) error {
	b.ids = all
	return b.write(func(r rows) error { return openAll(r, all) })
}

func (b *rawBolt) session(_ context.Context, transfers []transfer) error {
	return b.write(func(r rows) error { return transferAll(r, transfers) })
}

func (b *rawBolt) balance(i int) (balance int64, err error) {
	err = b.db.View(func(tx *bbolt.Tx) error {
		a, err := boltTx{tx.Bucket([]byte("accounts")), b.ids}.get(i)
		balance = a.Balance
		return err
	})
	return balance, err
}

func (b *rawBolt) close() error { return errors.Join(b.db.Close(), os.RemoveAll(b.dir)) }
