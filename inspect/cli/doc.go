// Package cli is the command committable without the choice of a KV. The command
// inspects databases of any program: it lists sessions, shows changes and rows,
// verifies, compares, rolls back, exports and imports.
//
// The command in cmd/committable opens bolt files, and the one in the module
// kv/pebblekv opens Pebble directories. To have it for a KV of your own, write a
// main package:
//
//	func main() {
//		cli.Main(cli.Opener{
//			Kind: "mykv files",
//			Open: func(path string, readOnly bool) (cli.KV, error) {
//				return mykv.Open(path, &mykv.Options{ReadOnly: readOnly})
//			},
//		})
//	}
//
// # Reading the source
//
// cli.go parses the command line, help.go lists the commands and has their help.
// database.go opens databases. log.go, show.go, rows.go, verify.go, diff.go,
// replace.go and export.go are the commands. text.go formats values for people
// and json.go for programs. progress.go draws a bar during long work. stdin.go
// asks questions and stops reading when the command is interrupted.
package cli
