package main

import (
	"context"

	"github.com/cosmos/iavl"
	iavldb "github.com/cosmos/iavl/db"
)

// iavlTree runs the workload on one IAVL tree.
type iavlTree struct {
	tree *iavl.MutableTree
	ids  names
}

func newIAVL(string) (ledger, error) {
	tree := iavl.NewMutableTree(iavldb.NewMemDB(), 500_000, false, iavl.NewNopLogger())
	_, err := tree.Load()
	return &iavlTree{tree: tree}, err
}

func (t *iavlTree) get(i int) (Account, error) { return decode(t.tree.Get([]byte(t.ids[i]))) }

func (t *iavlTree) put(_ int, a Account) error {
	_, err := t.tree.Set([]byte(a.ID), appendAccount(nil, &a))
	return err
}

// save saves a version of the tree, unless err is an error.
func (t *iavlTree) save(err error) error {
	if err == nil {
		_, _, err = t.tree.SaveVersion()
	}
	return err
}

func (t *iavlTree) open(_ context.Context, all names) error {
	t.ids = all
	return t.save(openAll(t, all))
}

func (t *iavlTree) session(_ context.Context, transfers []transfer) error {
	return t.save(transferAll(t, transfers))
}

func (t *iavlTree) balance(i int) (int64, error) {
	a, err := t.get(i)
	return a.Balance, err
}

func (t *iavlTree) close() error { return nil }
