package schema

import (
	"fmt"
	"strings"
)

// maxLength is the largest N of bytes[N] and array[N]. The limit keeps a hostile
// text from exhausting the memory.
const maxLength = 1 << 24

// simple are the types that are written as one word.
var simple = [...]Type{
	{Kind: Bool},
	{Kind: Int, Bits: 8},
	{Kind: Int, Bits: 16},
	{Kind: Int, Bits: 32},
	{Kind: Int, Bits: 64},
	{Kind: Uint, Bits: 8},
	{Kind: Uint, Bits: 16},
	{Kind: Uint, Bits: 32},
	{Kind: Uint, Bits: 64},
	{Kind: String},
	{Kind: Bytes},
	{Kind: Time},
	{Kind: Message},
	{Kind: Float, Bits: 32},
	{Kind: Float, Bits: 64},
	{Kind: Binary},
	{Kind: Text},
}

// parseFieldType parses the type of a field. Only fields can be optional.
func parseFieldType(text string, depth int) (*Type, error) {
	if elem, ok := strings.CutPrefix(text, "optional "); ok {
		return parseElem(Type{Kind: Optional}, elem, depth)
	}
	return parseType(text, depth)
}

// parseType parses a type, without the fields of a message.
func parseType(text string, depth int) (*Type, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("types are nested more than %d deep", maxDepth)
	}
	if elem, ok := strings.CutPrefix(text, "list of "); ok {
		return parseElem(Type{Kind: List}, elem, depth)
	}
	if rest, ok := strings.CutPrefix(text, "array["); ok {
		length, elem, _ := strings.Cut(rest, "] of ")
		if n, ok := parseNumber(length, 0, maxLength); ok {
			return parseElem(Type{Kind: Array, Length: n}, elem, depth)
		}
	}
	if rest, ok := strings.CutPrefix(text, "map of "); ok {
		name, elem, _ := strings.Cut(rest, " to ")
		if key, err := parseType(name, depth+1); err == nil && key.Ordered() {
			return parseElem(Type{Kind: Map, Key: key}, elem, depth)
		}
	}
	if rest, ok := strings.CutPrefix(text, "bytes["); ok {
		length, closed := strings.CutSuffix(rest, "]")
		if n, ok := parseNumber(length, 0, maxLength); ok && closed {
			return &Type{Kind: Fixed, Length: n}, nil
		}
	}
	for _, t := range simple {
		if t.String() == text {
			return &t, nil
		}
	}
	return nil, fmt.Errorf("%q is not a type", text)
}

func parseElem(t Type, elem string, depth int) (*Type, error) {
	inner, err := parseType(elem, depth+1)
	if err != nil {
		return nil, err
	}
	t.Elem = inner
	return &t, nil
}
