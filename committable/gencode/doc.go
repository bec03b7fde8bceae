// Package gencode supports generated code. It is not for people: do not call it by hand. It changes together with the
// generator, and the version constant makes code of an older generator stop compiling.
//
// Package codec has the functions that are also of use in hand-written code, and documents the format. This package adds:
//
//   - present.go: fields that are written even if they are zero, such as optional ones
//   - list.go, array.go, map.go: repeated fields
//   - marshaled.go: types that encode themselves
//   - check.go: checks and canonical form
//   - compare.go: the order of map keys, and equality
package gencode
