package gencode_test

import (
	"time"

	"pgregory.net/rapid"
)

// drawOrder draws a row in canonical form, many of its fields zero.
func drawOrder(t *rapid.T) order {
	address := func(label string) address {
		return address{
			Street: drawString(t, label+".Street"),
			Zip:    drawInt[uint32](t, label+".Zip"),
			Since:  maybeTime(t, label+".Since"),
		}
	}
	lines := func(t *rapid.T, label string) line {
		return line{SKU: drawString(t, label+".SKU"), Qty: drawInt[int](t, label+".Qty")}
	}
	hash := func(t *rapid.T, label string) (h [4]byte) {
		h[rapid.IntRange(0, 3).Draw(t, label)] = rapid.SampledFrom([]byte{0, 1, 0xFF}).Draw(t, label)
		return h
	}
	bytes := func(t *rapid.T, label string) []byte {
		return drawList(t, label, drawInt[byte])
	}
	return order{
		ID:      drawString(t, "ID"),
		Kind:    drawInt[kind](t, "Kind"),
		Total:   drawInt[int64](t, "Total"),
		Paid:    rapid.Bool().Draw(t, "Paid"),
		Opened:  maybeTime(t, "Opened"),
		Hash:    hash(t, "Hash"),
		Blob:    bytes(t, "Blob"),
		Address: address("Address"),
		Scores:  drawList(t, "Scores", drawInt[int16]),
		Labels:  drawList(t, "Labels", func(t *rapid.T, l string) label { return label(drawString(t, l)) }),
		Lines:   drawList(t, "Lines", lines),
		Chunks:  drawList(t, "Chunks", func(t *rapid.T, l string) blob { return bytes(t, l) }),
		Flags:   drawList(t, "Flags", rapidBool),
		Counts:  drawList(t, "Counts", drawInt[uint32]),
		Times:   drawList(t, "Times", maybeTime),
		Grid:    drawList(t, "Grid", func(t *rapid.T, l string) []int { return drawList(t, l, drawInt[int]) }),
		Hashes:  drawList(t, "Hashes", hash),
		Vector:  [3]int64{drawInt[int64](t, "Vector"), 0, drawInt[int64](t, "Vector")},
		Names:   [2]string{drawString(t, "Names"), drawString(t, "Names")},
		Pair:    [2]line{lines(t, "Pair"), lines(t, "Pair")},
		Roots:   [2][4]byte{hash(t, "Roots"), hash(t, "Roots")},
		When:    [2]time.Time{maybeTime(t, "When"), maybeTime(t, "When")},
		Parts:   [2][]byte{bytes(t, "Parts"), bytes(t, "Parts")},
		Bits:    [3]bool{rapidBool(t, "Bits"), rapidBool(t, "Bits"), rapidBool(t, "Bits")},
		Ports:   [2]uint16{drawInt[uint16](t, "Ports"), drawInt[uint16](t, "Ports")},
		Gift:    drawOptional(t, "Gift", lines),
		Limit:   drawOptional(t, "Limit", drawInt[int64]),
		Wait:    drawInt[time.Duration](t, "Wait"),
		Matrix:  [2][2]int8{{drawInt[int8](t, "Matrix"), drawInt[int8](t, "Matrix")}, {drawInt[int8](t, "Matrix")}},
		Note:    drawOptional(t, "Note", drawString),
		Due:     drawOptional(t, "Due", maybeTime),
		Root:    drawOptional(t, "Root", hash),
		Open:    drawOptional(t, "Open", rapidBool),
		Stock:   drawOptional(t, "Stock", drawInt[uint]),
	}
}

// drawInt draws zero, a small number, or any.
func drawInt[T ~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64](t *rapid.T, label string) T {
	return T(rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(-3, 130), rapid.Int64()).Draw(t, label))
}

func rapidBool(t *rapid.T, label string) bool { return rapid.Bool().Draw(t, label) }

// maybeTime draws the zero time, the epoch, or any.
func maybeTime(t *rapid.T, label string) time.Time {
	switch rapid.IntRange(0, 2).Draw(t, label+" is") {
	case 0:
		return time.Time{}
	case 1:
		return time.Unix(0, 0).UTC()
	default:
		return drawTime(t, label)
	}
}

// drawList draws up to three elements; none is nil.
func drawList[E any](t *rapid.T, label string, draw func(t *rapid.T, label string) E) []E {
	var list []E
	for range rapid.IntRange(0, 3).Draw(t, "len "+label) {
		list = append(list, draw(t, label))
	}
	return list
}

func drawOptional[T any](t *rapid.T, label string, draw func(t *rapid.T, label string) T) *T {
	if rapid.Bool().Draw(t, "no "+label) {
		return nil
	}
	return new(draw(t, label))
}
