// Package inspector is the command committable: it looks into databases that
// MultiCommitters keep, of any program, by the schemas that are in them, and can
// verify, compare, roll back, export and import them.
//
// The command in this module opens bolt files, the one in the module kv/pebblekv
// Pebble directories. For a KV of your own, make a command of a few lines:
//
//	func main() {
//		os.Exit(inspector.Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr, inspector.Opener{
//			Kind:   "mykv",
//			Detect: func(path string) bool { return strings.HasSuffix(path, ".mykv") },
//			Open:   func(path string, readOnly bool) (inspector.Database, error) { return mykv.Open(path) },
//		}))
//	}
//
// # Reading the source
//
// inspector.go finds the command and the opener, help.go has the texts.
// database.go opens a database, overlay.go keeps a command from changing it.
// log.go, show.go, verify.go, diff.go, replace.go and export.go are the
// commands; text.go and object.go write values for people and for programs,
// progress.go shows how far long work is, and stdin.go asks and can be
// interrupted. The package internal/dynamic is a store by its schema.
package inspector
