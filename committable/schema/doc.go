// Package schema reads what a store says about its bytes, and judges whether a
// store can read the rows of another schema.
//
// Every generated store has its schema as text, and a database keeps the texts
// of its stores, so that it can be read without the program that wrote it:
//
//	committable schema 1
//	1 ID string
//	2 Owner string
//	3 Address message
//	  1 Street string
//	  3 City string
//	  reserved 2
//	4 Marks list of int64
//	key ID
//	index ByName on Owner, -ID
//	index ByOwner on Owner unique
//	reserved 7, 9
//
// There is a line for each field, ascending by number, and under a message, two
// spaces further in, its own lines. Types are bool, int8 to int64, uint8 to
// uint64, float32, float64, string, bytes, bytes[N], time, message, binary and
// text (what types make of themselves), "list of" a type, "array[N] of" a type
// and "map of" an ordered type "to" a type. The type of a field can have
// "optional" before it. Indexes stand by name, and reserved numbers ascend. The
// page docs/reference/encoding.md says how the values are encoded.
//
// [Parse] reads such a text and accepts only what a generated store can have,
// so that the String of a [Schema] is the text that it was read from. [Compare]
// lists the differences of two schemas and says of each whether rows that were
// written under the old one mean the same under the new one. A [Conversion] cuts
// what has gone out of rows. DecodeRow and DecodeKey read the bytes of a store of
// which nothing but the schema is known.
//
// # Reading the source
//
// schema.go has the model and writes it, parse.go and types.go read it,
// compare.go and comparetypes.go judge differences, convert.go cuts fields out of
// rows. value.go says what decoded values are, decode.go and decodelist.go decode
// rows, key.go keys.
package schema
