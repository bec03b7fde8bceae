// Package speed measures generated code beside that of tinylib/msgp and of
// protobuf-go, on one struct.
package speed

//go:generate go tool gencommittable -proto
//go:generate go tool msgp -file order.go -o order_msgp.go -tests=false -io=false
//go:generate go run mvdan.cc/gofumpt@v0.12.0 -w order_msgp.go
//go:generate go run ./gen
