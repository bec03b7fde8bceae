// Package codec encodes and decodes keys and rows. It has what a hand-written committable.Definition needs. It uses no
// reflection.
//
// Keys and rows have one encoding each, and both are canonical: a value has exactly one encoding, and decoders accept
// nothing else. So whatever decodes encodes to the same bytes again, and a hash of the bytes identifies the value.
// docs/reference/encoding.md specifies both encodings with worked examples; its tests and those of package gencode check
// them.
//
// # Keys
//
// Keys are compared as bytes. The encoding keeps the order of Go values, and no encoded component is a prefix of another
// one, so keys sort component by component.
//
//	bool            00 or 01
//	int8 … int64    big-endian, the sign bit flipped; int has 64 bits
//	uint8 … uint64  big-endian; uint has 64 bits
//	string          its UTF-8 bytes, 00 written as 00 FF; then 00 01
//	[N]byte         N bytes
//	time.Time       Unix seconds as int64, nanoseconds as uint32
//	descending      every byte of the component inverted, a string's terminator included
//
// The AppendKey functions append components, Descend inverts the component that was appended last, and a KeyReader reads
// components.
//
// # Rows
//
// Rows are a canonical subset of the protobuf wire format: every protobuf library reads them. A row is a sequence of
// fields in ascending order of their numbers. A field is a tag, the varint number<<3 | wire type, and a value:
//
//	wire type 0   a varint: bool (0, 1), unsigned integers, signed integers as zigzag (protobuf's sint64)
//	wire type 1   8 bytes, little-endian: float64 (protobuf's double)
//	wire type 5   4 bytes, little-endian: float32 (protobuf's float)
//	wire type 2   a length as a varint, and so many bytes:
//	              string, []byte, [N]byte   the bytes
//	              struct                    its fields, like a row
//	              time.Time                 the message {1: Unix seconds, sint64; 2: nanoseconds, uint32}
//
// Generated rows also have lists, arrays, maps, optional fields and types that encode themselves. Package gencode encodes
// these for generated code.
//
// These rules make the encoding of rows canonical:
//
//   - A varint has no more bytes than its value needs.
//   - Zero values are left out: false, 0, "", an empty slice, an array of zeros, the zero time, and a struct whose fields
//     are all left out. So adding a field does not change the bytes of rows in which it is zero.
//   - NaN and negative zero are not allowed.
//   - In the message of a time, zero fields are left out too. The Unix epoch is an empty message; it is not the zero time.
//   - Strings are valid UTF-8, nanoseconds are below 10⁹, and integers fit their type.
//
// # Writing a definition by hand
//
// The Append functions append a field to a buffer, as the built-in append does, and leave zero values out:
//
//	func appendOrder(dst []byte, v *Order) []byte {
//		dst = codec.AppendString(dst, 1, v.ID)
//		dst = codec.AppendInt(dst, 2, v.Total)
//		return codec.AppendMessage(dst, 3, &v.Address, appendAddress)
//	}
//
// A Decoder reads the fields in a loop; its documentation shows one. Appending allocates nothing except to grow the buffer,
// and decoding nothing except strings and byte slices. A Decoder does not panic on any input, and checks each length before
// it allocates memory. Errors are a *RowError or a *KeyError with the offset of the fault.
//
// The Append functions do not check their arguments. Field numbers must be between 1 and 536,870,911, ascend within a
// message, and never be used again for another field. The Normalize function of the definition checks values with
// CheckString, CheckTime and CheckFloat, and brings them to canonical form with NormalizeTime and NormalizeFloat.
package codec
