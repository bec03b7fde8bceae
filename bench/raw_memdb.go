package main

import (
	"context"

	"github.com/hashicorp/go-memdb"
)

// memDB runs the workload on go-memdb, which holds typed rows and no bytes.
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

// memTxn is the rows of a transaction.
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

// write runs do in a write transaction and commits it.
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
