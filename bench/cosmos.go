package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"cosmossdk.io/log"
	"cosmossdk.io/store/metrics"
	"cosmossdk.io/store/rootmulti"
	"cosmossdk.io/store/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/iavl"
	iavldb "github.com/cosmos/iavl/db"
)

// cosmosStores is how many stores a rootmulti has; account i is in store i mod
// that.
const cosmosStores = 3

// cosmos is rootmulti. Sessions write straight into its stores, without the
// cache that an application puts in front of them to be able to cancel.
type cosmos struct {
	dir  string
	db   dbm.DB
	root *rootmulti.Store
	keys []*types.KVStoreKey
	ids  names
}

func inMemory(string) (dbm.DB, error) { return dbm.NewMemDB(), nil }

func inLevelDB(dir string) (dbm.DB, error) { return dbm.NewGoLevelDB("ledger", dir, nil) }

func newRootmulti(open func(dir string) (dbm.DB, error)) func(dir string) (ledger, error) {
	return func(dir string) (ledger, error) {
		db, err := open(dir)
		if err != nil {
			return nil, err
		}
		c := &cosmos{dir: dir, db: db, root: rootmulti.NewStore(db, log.NewNopLogger(), metrics.NewNoOpMetrics())}
		for i := range cosmosStores {
			key := types.NewKVStoreKey(fmt.Sprintf("accounts-%d", i))
			c.keys = append(c.keys, key)
			c.root.MountStoreWithDB(key, types.StoreTypeIAVL, nil)
		}
		return c, c.root.LoadLatestVersion()
	}
}

func (c *cosmos) get(i int) (Account, error) {
	return decode(c.root.GetKVStore(c.keys[i%cosmosStores]).Get([]byte(c.ids[i])), nil)
}

func (c *cosmos) put(i int, a Account) error {
	c.root.GetKVStore(c.keys[i%cosmosStores]).Set([]byte(a.ID), appendAccount(nil, &a))
	return nil
}

func (c *cosmos) open(_ context.Context, all names) error {
	c.ids = all
	err := openAll(c, all)
	c.root.Commit()
	return err
}

func (c *cosmos) session(_ context.Context, transfers []transfer) error {
	err := transferAll(c, transfers)
	c.root.Commit()
	return err
}

func (c *cosmos) balance(i int) (int64, error) {
	a, err := c.get(i)
	return a.Balance, err
}

func (c *cosmos) close() error { return errors.Join(c.db.Close(), os.RemoveAll(c.dir)) }

// iavlTree is one IAVL tree.
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
