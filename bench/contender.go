package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

// ledger is the workload on one contender.
type ledger interface {
	// open creates the accounts.
	open(ctx context.Context, all names) error
	// session commits a session.
	session(ctx context.Context, transfers []transfer) error
	// balance returns that of an account, as committed.
	balance(i int) (int64, error)
	// close ends it, and deletes its files.
	close() error
}

// contender is a line of the table.
type contender struct {
	name string
	new  func(dir string) (ledger, error)
}

// rootmultiName is the peer that others are compared with.
const rootmultiName = "rootmulti, memdb"

// ours reports whether the contender is this project.
func (c cell) ours() bool {
	for _, name := range []string{"memkv", "bolt, ", "Pebble, "} {
		if strings.HasPrefix(c.contender, name) {
			return true
		}
	}
	return false
}

// matching returns the contenders whose names match, and always the floor, with
// which the others are compared.
func matching(names string) ([]contender, error) {
	match, err := regexp.Compile(names)
	if err != nil {
		return nil, fmt.Errorf("-only %s: %w", names, err)
	}
	all := contenders()
	some := all[:1]
	for _, c := range all[1:] {
		if match.MatchString(c.name) {
			some = append(some, c)
		}
	}
	return some, nil
}

func contenders() []contender {
	return []contender{
		{"floor", newFloor},
		{"memkv", newOurs(onMemory, 1, 1)},
		{"memkv, 3 stores", newOurs(onMemory, 3, 1)},
		{"bolt, synced", newOurs(onBolt, 1, 1)},
		{"bolt, every 16", newOurs(onBolt, 1, 16)},
		{"Pebble, synced", newOurs(onPebble, 1, 1)},
		{"Pebble, every 16", newOurs(onPebble, 1, 16)},
		{"raw go-memdb", newMemDB},
		{"raw bbolt, synced", newBolt},
		{"raw Pebble, synced", newPebble},
		{rootmultiName, newRootmulti(inMemory)},
		{"rootmulti, goleveldb", newRootmulti(inLevelDB)},
		{"IAVL, memdb", newIAVL},
	}
}
