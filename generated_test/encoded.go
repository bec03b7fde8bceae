package generated

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// MarshalText returns so many strokes.
func (r Roman) MarshalText() ([]byte, error) {
	if r < 0 || r > 100 {
		return nil, errors.New("not a number of strokes")
	}
	return []byte(strings.Repeat("I", int(r))), nil
}

// UnmarshalText counts strokes.
func (r *Roman) UnmarshalText(text []byte) error {
	if strings.Trim(string(text), "I") != "" {
		return fmt.Errorf("%q is not a number of strokes", text)
	}
	*r = Roman(len(text))
	return nil
}

// AppendBinary appends three bytes.
func (c *Color) AppendBinary(b []byte) ([]byte, error) { return append(b, c.R, c.G, c.B), nil }

// UnmarshalBinary takes three bytes.
func (c *Color) UnmarshalBinary(b []byte) error {
	if len(b) != 3 {
		return errors.New("a color has three bytes")
	}
	*c = Color{R: b[0], G: b[1], B: b[2]}
	return nil
}

// MarshalBinary gives the colors of all names of one letter, in order.
func (p Palette) MarshalBinary() ([]byte, error) {
	var b []byte
	for name, c := range p {
		if len(name) != 1 || c == nil {
			return nil, fmt.Errorf("%q is not the name of a color", name)
		}
		b = append(b, name[0], c.R, c.G, c.B)
	}
	entries := slices.SortedFunc(slices.Chunk(b, 4), slices.Compare)
	return slices.Concat(entries...), nil
}

// UnmarshalBinary takes four bytes for a color.
func (p *Palette) UnmarshalBinary(b []byte) error {
	*p = nil
	for entry := range slices.Chunk(b, 4) {
		if len(entry) < 4 {
			return errors.New("a color is cut off")
		}
		if *p == nil {
			*p = make(Palette)
		}
		(*p)[string(entry[:1])] = &Color{R: entry[1], G: entry[2], B: entry[3]}
	}
	return nil
}
