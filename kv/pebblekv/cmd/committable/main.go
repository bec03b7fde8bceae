// Command committable inspects the database of a MultiCommitter in a Pebble
// directory: it lists sessions, shows changes and rows, verifies, compares,
// rolls back, exports and imports. Run committable -h for help.
package main

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/gencommittable/gencommittable/inspect/cli"
	"github.com/gencommittable/gencommittable/kv/pebblekv"
)

func main() {
	cli.Main(cli.Opener{Kind: "Pebble directories", Open: open})
}

// open opens a Pebble directory. pebblekv would create one that does not exist.
func open(path string, readOnly bool) (cli.KV, error) {
	desc, err := pebble.Peek(path, vfs.Default)
	if err != nil {
		return nil, err
	}
	if !desc.Exists {
		return nil, fmt.Errorf("%s is not a Pebble directory", path)
	}
	db, err := pebblekv.Open(path, &pebblekv.Options{ReadOnly: readOnly})
	if err != nil {
		return nil, err
	}
	return db, nil
}
