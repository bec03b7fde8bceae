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
)

// rootmultiStores is the number of stores. Account i is in store i modulo this
// number.
const rootmultiStores = 3

// rootmultiLedger runs the workload on rootmulti. Sessions write directly into
// its stores. An application has a cache in front of them, so that it can cancel;
// the benchmark leaves that cost out.
type rootmultiLedger struct {
	dir  string
	db   dbm.DB
	root *rootmulti.Store
	keys []*types.KVStoreKey
	ids  names
}

// inMemory returns a Cosmos database in memory.
func inMemory(string) (dbm.DB, error) { return dbm.NewMemDB(), nil }

// inLevelDB opens a LevelDB database in a directory.
func inLevelDB(dir string) (dbm.DB, error) { return dbm.NewGoLevelDB("ledger", dir, nil) }

// newRootmulti returns the constructor of a ledger on the database that open
// returns.
func newRootmulti(open func(dir string) (dbm.DB, error)) func(dir string) (ledger, error) {
	return func(dir string) (ledger, error) {
		db, err := open(dir)
		if err != nil {
			return nil, err
		}
		r := &rootmultiLedger{dir: dir, db: db, root: rootmulti.NewStore(db, log.NewNopLogger(), metrics.NewNoOpMetrics())}
		for i := range rootmultiStores {
			key := types.NewKVStoreKey(fmt.Sprintf("accounts-%d", i))
			r.keys = append(r.keys, key)
			r.root.MountStoreWithDB(key, types.StoreTypeIAVL, nil)
		}
		return r, r.root.LoadLatestVersion()
	}
}

func (r *rootmultiLedger) get(i int) (Account, error) {
	return decode(r.root.GetKVStore(r.keys[i%rootmultiStores]).Get([]byte(r.ids[i])), nil)
}

func (r *rootmultiLedger) put(i int, a Account) error {
	r.root.GetKVStore(r.keys[i%rootmultiStores]).Set([]byte(a.ID), appendAccount(nil, &a))
	return nil
}

func (r *rootmultiLedger) open(_ context.Context, all names) error {
	r.ids = all
	err := openAll(r, all)
	r.root.Commit()
	return err
}

func (r *rootmultiLedger) session(_ context.Context, transfers []transfer) error {
	err := transferAll(r, transfers)
	r.root.Commit()
	return err
}

func (r *rootmultiLedger) balance(i int) (int64, error) {
	a, err := r.get(i)
	return a.Balance, err
}

func (r *rootmultiLedger) close() error { return errors.Join(r.db.Close(), os.RemoveAll(r.dir)) }
