package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

// ledger runs the workload on one contender.
type ledger interface {
	// open creates the accounts and commits them.
	open(ctx context.Context, all names) error
	// session makes the transfers and commits them as one session.
	session(ctx context.Context, transfers []transfer) error
	// balance returns the committed balance of account i.
	balance(i int) (int64, error)
	// close closes the ledger and deletes its files.
	close() error
}

// contender is a system that the benchmark measures: a line of the table.
type contender struct {
	name string
	new  func(dir string) (ledger, error) // a ledger whose files are in dir
}

// rootmultiName is the name of the peer in the column "times rootmulti".
const rootmultiName = "rootmulti, memdb"

// isProject reports whether the contender of this name runs on this project.
func isProject(name string) bool {
	for _, prefix := range []string{"memkv", "bolt, ", "Pebble, "} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// matching returns the contenders whose names match a regular expression. The
// floor is always the first of them, because all others are compared with it.
func matching(expression string) ([]contender, error) {
	match, err := regexp.Compile(expression)
	if err != nil {
		return nil, fmt.Errorf("-only %s: %w", expression, err)
	}
	all := contenders()
	selected := all[:1]
	for _, c := range all[1:] {
		if match.MatchString(c.name) {
			selected = append(selected, c)
		}
	}
	return selected, nil
}

// contenders returns all contenders, the floor first.
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
		{"raw bbolt, synced", newRawBolt},
		{"raw Pebble, synced", newRawPebble},
		{rootmultiName, newRootmulti(inMemory)},
		{"rootmulti, goleveldb", newRootmulti(inLevelDB)},
		{"IAVL, memdb", newIAVL},
	}
}
