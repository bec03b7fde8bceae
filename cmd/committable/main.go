// Command committable inspects the database of a MultiCommitter in a bolt file:
// it lists sessions, shows changes and rows, verifies, compares, rolls back,
// exports and imports. Run committable -h for help.
//
// The command kv/pebblekv/cmd/committable, in a module of its own, does this for
// Pebble directories. Package inspect/cli is the command for a KV of your own, and
// package inspect gives other programs what the command shows.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gencommittable/gencommittable/inspect/cli"
	"github.com/gencommittable/gencommittable/kv/boltkv"
)

func main() {
	cli.Main(cli.Opener{Kind: "bolt files", Open: open})
}

// open opens a bolt file. boltkv would create a file that does not exist.
func open(path string, readOnly bool) (cli.KV, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%s does not exist", path)
	case err != nil:
		return nil, err
	case isPebble(path):
		return nil, fmt.Errorf("%s is a Pebble directory; the tool for those is "+
			"github.com/gencommittable/gencommittable/kv/pebblekv/cmd/committable", path)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a bolt file", path)
	}
	db, err := boltkv.Open(path, &boltkv.Options{ReadOnly: readOnly})
	if err != nil {
		return nil, err
	}
	return db, nil
}

// isPebble reports whether the path is a directory with a Pebble database.
func isPebble(path string) bool {
	entries, err := os.ReadDir(path)
	if err != nil {
		return false
	}
	for _, entry := range entries {
		for _, pattern := range []string{"MANIFEST-*", "marker.format-version.*"} {
			if match, _ := filepath.Match(pattern, entry.Name()); match {
				return true
			}
		}
	}
	return false
}
