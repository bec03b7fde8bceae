module github.com/gencommittable/gencommittable

go 1.26.0

tool github.com/gencommittable/gencommittable/cmd/gencommittable

require (
	github.com/dave/jennifer v1.7.1
	github.com/google/go-cmp v0.7.0 // tests only
	github.com/hashicorp/go-memdb v1.3.5
	github.com/rogpeppe/go-internal v1.16.0 // tests only
	github.com/schollz/progressbar/v3 v3.19.1
	github.com/tidwall/btree v1.8.2
	golang.org/x/term v0.47.0
	golang.org/x/tools v0.52.0
	pgregory.net/rapid v1.3.0 // tests only
)

require go.etcd.io/bbolt v1.4.3

require (
	github.com/hashicorp/go-immutable-radix v1.3.1 // indirect
	github.com/hashicorp/golang-lru v0.5.4 // indirect
	github.com/mitchellh/colorstring v0.0.0-20190213212951-d06e56a500db // indirect
	github.com/rivo/uniseg v0.4.7 // indirect
	golang.org/x/mod v0.42.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)
