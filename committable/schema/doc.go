// Package schema parses the schemas of stores, compares them, and decodes rows
// and keys by a schema alone.
//
// A schema is a text that describes the encoding of a store's rows and keys.
// Every generated store has one, and a database contains the schemas of its
// stores, so tools can read it without the program that wrote it:
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
// Each field has a line, ascending by number. The fields of a message follow its
// line, indented by two more spaces. Types are bool, int8 to int64, uint8 to
// uint64, float32, float64, string, bytes, bytes[N], time, message, binary and
// text (the MarshalBinary or MarshalText encoding of a type), "list of" a type, "array[N] of" a type
// and "map of" an ordered type "to" a type. The type of a field can have
// "optional" before it. Indexes ascend by name, and reserved numbers ascend.
// docs/reference/encoding.md specifies how the values are encoded.
//
// [Parse] accepts only texts that a generated store can have, and the String
// method of a [Schema] returns the same text again. [Compare] lists the
// differences of two schemas and reports for each whether the new schema can read
// rows of the old one. A [Conversion] removes deleted fields from rows. The
// methods DecodeRow and DecodeKey decode rows and keys.
//
// # Reading the source
//
//   - schema.go: the model, and its text
//   - parse.go, types.go: parsing the text
//   - compare.go, comparetypes.go: comparing two schemas
//   - convert.go: removing fields from rows
//   - value.go, decode.go, decodelist.go, key.go: decoded values, rows and keys
package schema
