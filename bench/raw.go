package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2"
	"github.com/hashicorp/go-memdb"
	"go.etcd.io/bbolt"
)

// rows is one write transaction: what a KV must give for a ledger.
type rows interface {
	get(i int) (Account, error)
	put(i int, a Account) error
}

// transferAll makes the transfers of a session.
func transferAll(r rows, transfers []transfer) error {
	for _, t := range transfers {
		if err := errors.Join(add(r, t.from, -1), add(r, t.to, +1)); err != nil {
			return err
		}
	}
	return nil
}

func add(r rows, i int, by int64) error {
	a, err := r.get(i)
	if err != nil {
		return err
	}
	a.Balance, a.Sequence = a.Balance+by, a.Sequence+1
	return r.put(i, a)
}

func openAll(r rows, all names) error {
	for i := range all {
		if err := r.put(i, all.account(i)); err != nil {
			return err
		}
	}
	return nil
}

// decode reads a row as it is encoded in all of these KVs.
func decode(b []byte, err error) (Account, error) {
	var a Account
	if err == nil {
		err = decodeAccount(b, &a)
	}
	return a, err
}

// memDB is go-memdb with typed rows.
type memDB struct {
	db  *memdb.MemDB
	ids names
}

func newMemDB(string) (ledger, error) {
	db, err := memdb.NewMemDB(&memdb.DBSchema{Tables: map[string]*memdb.TableSchema{"accounts": {
		Name:    "accounts",
		Indexes: map[string]*memdb.IndexSchema{"id": {Name: "id", Unique: true, Indexer: &memdb.StringFieldIndex{Field: "ID"}}},
	}}})
	return &memDB{db: db}, err
}

type memTxn struct {
	*memdb.Txn
	ids names
}

func (t memTxn) get(i int) (Account, error) {
	row, err := t.First("accounts", "id", t.ids[i])
	if err != nil {
		return Account{}, err
	}
	return *row.(*Account), nil
}

func (t memTxn) put(_ int, a Account) error { return t.Insert("accounts", &a) }

func (m *memDB) write(do func(rows) error) error {
	txn := m.db.Txn(true)
	defer txn.Abort()
	err := do(memTxn{txn, m.ids})
	if err == nil {
		txn.Commit()
	}
	return err
}

func (m *memDB) open(_ context.Context, all names) error {
	m.ids = all
	return m.write(func(r rows) error { return openAll(r, all) })
}

func (m *memDB) session(_ context.Context, transfers []transfer) error {
	return m.write(func(r rows) error { return transferAll(r, transfers) })
}

func (m *memDB) balance(i int) (int64, error) {
	a, err := memTxn{m.db.Txn(false), m.ids}.get(i)
	return a.Balance, err
}

func (m *memDB) close() error { return nil }

// bolt is bbolt with encoded rows.
type bolt struct {
	dir string
	db  *bbolt.DB
	ids names
}

func newBolt(dir string) (ledger, error) {
	db, err := bbolt.Open(filepath.Join(dir, "raw.db"), 0o600, nil)
	return &bolt{dir: dir, db: db}, err
}

type boltTx struct {
	bucket *bbolt.Bucket
	ids    names
}

func (t boltTx) get(i int) (Account, error) { return decode(t.bucket.Get([]byte(t.ids[i])), nil) }

func (t boltTx) put(_ int, a Account) error {
	return t.bucket.Put([]byte(a.ID), appendAccount(nil, &a))
}

func (b *bolt) write(do func(rows) error) error {
	return b.db.Update(func(tx *bbolt.Tx) error {
		bucket, err := tx.CreateBucketIfNotExists([]byte("accounts"))
		if err != nil {
			return err
		}
		return do(boltTx{bucket, b.ids})
	})
}

func (b *bolt) open(_ context.Context, all names) error {
	b.ids = all
	return b.write(func(r rows) error { return openAll(r, all) })
}

func (b *bolt) session(_ context.Context, transfers []transfer) error {
	return b.write(func(r rows) error { return transferAll(r, transfers) })
}

func (b *bolt) balance(i int) (balance int64, err error) {
	err = b.db.View(func(tx *bbolt.Tx) error {
		a, err := boltTx{tx.Bucket([]byte("accounts")), b.ids}.get(i)
		balance = a.Balance
		return err
	})
	return balance, err
}

func (b *bolt) close() error { return errors.Join(b.db.Close(), os.RemoveAll(b.dir)) }

// rawPebble is Pebble with encoded rows, one synced batch a session.
type rawPebble struct {
	dir string
	db  *pebble.DB
	ids names
}

func newPebble(dir string) (ledger, error) {
	db, err := pebble.Open(filepath.Join(dir, "raw"), &pebble.Options{Logger: silent{}})
	return &rawPebble{dir: dir, db: db}, err
}

// silent is a logger.
type silent struct{}

func (silent) Infof(string, ...any)  {}
func (silent) Errorf(string, ...any) {}
func (silent) Fatalf(string, ...any) {}

type pebbleBatch struct {
	pebble.Reader
	pebble.Writer
	ids names
}

func (p pebbleBatch) get(i int) (Account, error) {
	value, closer, err := p.Get([]byte(p.ids[i]))
	if err != nil {
		return Account{}, err
	}
	a, err := decode(value, nil)
	return a, errors.Join(err, closer.Close())
}

func (p pebbleBatch) put(_ int, a Account) error {
	return p.Set([]byte(a.ID), appendAccount(nil, &a), nil)
}

func (p *rawPebble) write(do func(rows) error) error {
	batch := p.db.NewIndexedBatch()
	defer batch.Close()
	if err := do(pebbleBatch{batch, batch, p.ids}); err != nil {
		return err
	}
	return batch.Commit(pebble.Sync)
}

func (p *rawPebble) open(_ context.Context, all names) error {
	p.ids = all
	return p.write(func(r rows) error { return openAll(r, all) })
}

func (p *rawPebble) session(_ context.Context, transfers []transfer) error {
	return p.write(func(r rows) error { return transferAll(r, transfers) })
}

func (p *rawPebble) balance(i int) (int64, error) {
	a, err := pebbleBatch{p.db, nil, p.ids}.get(i)
	return a.Balance, err
}

func (p *rawPebble) close() error { return errors.Join(p.db.Close(), os.RemoveAll(p.dir)) }
