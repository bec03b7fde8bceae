module github.com/gencommittable/gencommittable/generated_test/ext

go 1.26.0

tool (
	github.com/gencommittable/gencommittable/cmd/gencommittable
	github.com/tinylib/msgp
	google.golang.org/protobuf/cmd/protoc-gen-go
)

replace github.com/gencommittable/gencommittable => ../..

require (
	github.com/bufbuild/protocompile v0.14.1
	github.com/gencommittable/gencommittable v0.0.0-00010101000000-000000000000
	github.com/google/orderedcode v0.0.1
	github.com/google/uuid v1.6.0
	github.com/shopspring/decimal v1.4.0
	github.com/tinylib/msgp v1.2.5
	google.golang.org/protobuf v1.36.6
	pgregory.net/rapid v1.3.0
)

require (
	github.com/dave/jennifer v1.7.1 // indirect
	github.com/philhofer/fwd v1.1.3-0.20240916144458-20a13a1f6b7c // indirect
	github.com/rogpeppe/go-internal v1.16.0 // indirect
	github.com/tidwall/btree v1.8.2 // indirect
	golang.org/x/mod v0.42.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/tools v0.52.0 // indirect
)
