// Package codec turns rows and keys into bytes and back. Generated stores call it; it knows no store, uses no reflection
// and imports the standard library only.
//
// Two encodings, each canonical: a value has exactly one encoding, and a decoder accepts nothing else, so whatever
// decodes encodes to the same bytes again. That is what lets a hash over bytes stand for a value. Every byte is laid out
// with worked examples in docs/reference/encoding.md, from which a decoder in another language can be written.
//
// # Keys
//
// Keys are compared as bytes, so the encoding keeps the order of Go values, and it is prefix-free, so components written
// one after the other sort component by component.
//
//	bool            00 or 01
//	int8 … int64    big-endian, the sign bit flipped; int has 64 bits
//	uint8 … uint64  big-endian; uint has 64 bits
//	string          its UTF-8 bytes, 00 written as 00 FF; then 00 01
//	[N]byte         N bytes
//	time.Time       Unix seconds as int64, nanoseconds as uint32
//	descending      every byte of the component inverted, a string's terminator included
//
// The AppendKey functions write components, [Descend] inverts what was just written, and a [KeyReader] reads them back.
//
// # Rows
//
// Rows are a canonical subset of the protobuf wire format: any protobuf library reads them, and this package's decoder
// reads nothing that is written in any other way. A row is its fields in ascending order of their numbers. A field is a
// tag, the varint number<<3 | wire type, and a value:
//
//	wire type 0   bool (0, 1), unsigned integers, signed integers as zigzag (protobuf's sint64), durations: a varint
//	wire type 1   float64 (protobuf's double): 8 bytes, little-endian
//	wire type 5   float32 (protobuf's float): 4 bytes, little-endian
//	wire type 2   a length as a varint, and so many bytes:
//	              string, []byte, [N]byte   the bytes
//	              types that encode themselves
//	                                        what MarshalBinary or MarshalText give
//	              struct                    its fields, like a row
//	              time.Time                 the message {1: Unix seconds, sint64; 2: nanoseconds, uint32}
//	              slice or array of bools, integers or floats
//	                                        the elements' values one after the other (packed)
//	              slice or array of others  one such field an element, all with the same tag
//	              map                       one message {1: key, 2: value} an entry, all with the same tag
//
// A slice, array or map inside another one, or behind a pointer, is field 1 of a wrapper message.
//
// The rules that make it canonical:
//
//   - A varint has no more bytes than its value needs.
//   - Zero values are left out: false, 0, "", empty slices and maps (nil or not), an array of zero elements, the zero
//     time, a struct whose fields are all left out, what the zero value of a type that encodes itself encodes as. So a
//     field that is new and zero changes no bytes.
//   - Where presence itself means something, zero values are written: elements of slices and arrays, keys and values of
//     maps, and optional fields, which are pointers in Go. The AppendPresent functions write those; [Decoder.Present] and
//     [Decoder.Required] read them.
//   - The entries of a map ascend by the encodings of their keys as keys, and no key is there twice.
//   - Zero has no sign, and not a number is no value.
//   - An array that is not left out has all its N elements. Slices of varints are always packed.
//   - In the time message too, zero fields are left out: the epoch of 1970 is an empty message, which is not the zero
//     time. The zero time is left out as a field, and as an element is its seconds, -62135596800.
//   - Strings are valid UTF-8; nanoseconds are below 10⁹; integers fit their type.
//
// # Generated code
//
// The Append functions take a buffer and return it grown, as append does, and leave zero values out themselves:
//
//	func appendOrder(dst []byte, v *Order) []byte {
//		dst = codec.AppendString(dst, 1, v.ID)
//		dst = codec.AppendInt(dst, 2, v.Total)
//		dst = codec.AppendMessage(dst, 3, &v.Address, appendAddress)
//		return codec.AppendMessages(dst, 4, v.Lines, appendLine)
//	}
//
// Reading is a loop over a [Decoder], whose documentation shows one. Nested messages are decoded by functions passed to
// [DecodeMessage] and [DecodeMessages]: how deep they nest is a matter of the types, never of the bytes.
//
// Appending allocates nothing but the growth of the buffer, decoding nothing but the result, and no length is believed
// before its bytes are there. Exceptions are maps, whose entries are sorted in a slice, and types that encode themselves,
// which allocate as their methods do, and a zero value to compare with. Nothing panics on hostile bytes. Faults are a [*RowError] or a [*KeyError] with the field
// and the offset.
//
// What is appended is not checked: field numbers are 1 to 536,870,911 and ascend, strings are valid UTF-8 and times are
// in range. The generator sees to the numbers, and to the values where rows come in, with [CheckString], [CheckLength],
// [CheckTime], [CheckFloat] and [CheckElement], and with [NormalizeTime] and its like.
package codec
