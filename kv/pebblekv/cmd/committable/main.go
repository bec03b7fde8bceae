// Command committable looks into the database of a MultiCommitter in a Pebble
// directory: it lists and shows sessions, verifies, compares, rolls back,
// exports and imports. committable -h says how.
package main

import (
	"context"
	"os"
	"os/signal"

	"github.com/gencommittable/gencommittable/cmd/committable/inspector"
	"github.com/gencommittable/gencommittable/kv/pebblekv"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second interrupt ends the process at once
	status := inspector.Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, inspector.Opener{
		Kind:   "Pebble directories",
		Detect: inspector.IsPebble,
		Open: func(path string, readOnly bool) (inspector.Database, error) {
			db, err := pebblekv.Open(path, &pebblekv.Options{ReadOnly: readOnly})
			if err != nil {
				return nil, err
			}
			return db, nil
		},
	})
	stop()
	os.Exit(status)
}
