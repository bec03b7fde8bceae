// Command committable looks into the database of a MultiCommitter in a bolt
// file: it lists and shows sessions, verifies, compares, rolls back, exports and
// imports. committable -h says how.
//
// For Pebble there is one in the module kv/pebblekv:
//
//	go run github.com/gencommittable/gencommittable/kv/pebblekv/cmd/committable@latest
package main

import (
	"context"
	"os"
	"os/signal"

	"github.com/gencommittable/gencommittable/cmd/committable/inspector"
	"github.com/gencommittable/gencommittable/kv/boltkv"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second interrupt ends the process at once
	status := inspector.Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, bolt())
	stop()
	os.Exit(status)
}

// bolt opens bolt files.
func bolt() inspector.Opener {
	return inspector.Opener{
		Kind: "bolt files",
		Detect: func(path string) bool {
			info, err := os.Stat(path)
			return err == nil && info.Mode().IsRegular()
		},
		Open: func(path string, readOnly bool) (inspector.Database, error) {
			db, err := boltkv.Open(path, &boltkv.Options{ReadOnly: readOnly})
			if err != nil {
				return nil, err
			}
			return db, nil
		},
	}
}
