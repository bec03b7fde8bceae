package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2"
)

// rawPebble runs the workload on Pebble, with one synced batch a session.
type rawPebble struct {
	dir string
	db  *pebble.DB
	ids names
}

func newRawPebble(dir string) (ledger, error) {
	db, err := pebble.Open(filepath.Join(dir, "raw"), &pebble.Options{Logger: silent{}})
	return &rawPebble{dir: dir, db: db}, err
}

// silent is a Pebble logger that drops every message.
type silent struct{}

func (silent) Infof(string, ...any)  {}
func (silent) Errorf(string, ...any) {}
func (silent) Fatalf(string, ...any) {}

// pebbleBatch is the rows of a batch, or of a whole database without a Writer.
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

// write runs do with a batch and commits the batch.
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
