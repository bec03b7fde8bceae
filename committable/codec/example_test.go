package codec_test

import (
	"fmt"
	"time"

	"github.com/gencommittable/gencommittable/committable/codec"
)

// account is the row of the examples here and in docs/reference/encoding.md.
type account struct {
	ID      string
	Owner   string
	Balance int64
	Opened  time.Time
	Tags    []string
}

func appendAccount(dst []byte, v *account) []byte {
	dst = codec.AppendString(dst, 1, v.ID)
	dst = codec.AppendString(dst, 2, v.Owner)
	dst = codec.AppendInt(dst, 3, v.Balance)
	dst = codec.AppendTime(dst, 4, v.Opened)
	return codec.AppendStrings(dst, 5, v.Tags)
}

func decodeAccount(b []byte, v *account) error {
	d := codec.NewDecoder(b)
	for d.Next() {
		switch d.Field() {
		case 1:
			v.ID = d.String()
		case 2:
			v.Owner = d.String()
		case 3:
			v.Balance = d.Int64()
		case 4:
			v.Opened = d.Time()
		case 5:
			codec.DecodeStrings(&d, &v.Tags)
		default:
			d.Unknown()
		}
	}
	return d.Err()
}

// A row and back, in the shape of generated code.
func Example() {
	row := appendAccount(nil, &account{ID: "alice", Balance: -100, Tags: []string{"vip"}})
	fmt.Printf("% x\n", row)

	var v account
	if err := decodeAccount(row, &v); err != nil {
		fmt.Println(err)
	}
	fmt.Println(v.ID, v.Balance, v.Tags)
	// Output:
	// 0a 05 61 6c 69 63 65 18 c7 01 2a 03 76 69 70
	// alice -100 [vip]
}

// A key of two components, the second descending: an owner's accounts, newest first.
func Example_compositeKey() {
	dst := codec.AppendKeyString(nil, "bob")
	from := len(dst)
	dst = codec.Descend(codec.AppendKeyTime(dst, time.Unix(1, 0)), from)
	fmt.Printf("% x\n", dst)

	r := codec.NewKeyReader(dst)
	owner := r.String()
	opened := r.Descending().Time()
	fmt.Println(owner, opened.Unix(), r.Close())
	// Output:
	// 62 6f 62 00 01 7f ff ff ff ff ff ff fe ff ff ff ff
	// bob 1 <nil>
}

// A fault names the field, the byte and what is wrong.
func ExampleRowError() {
	row := []byte{0x0a, 0x05, 'a', 'l', 'i', 'c', 'e', 0x18, 0x00}
	fmt.Println(decodeAccount(row, new(account)))
	// Output: codec: row field 3 at byte 7: a zero value must be left out
}

// A slice of slices: the element is a wrapper message with the inner slice in field 1.
func ExampleAppendMessages() {
	grid := [][]int{{1, 2}, nil}
	row := codec.AppendMessages(nil, 1, grid, func(dst []byte, v *[]int) []byte {
		return codec.AppendInts(dst, 1, *v)
	})
	fmt.Printf("% x\n", row)
	// Output: 0a 04 0a 02 02 04 0a 00
}

// An optional field, a pointer in Go, is there even when it is zero.
func ExampleDecoder_Present() {
	row := codec.AppendPresentInt(nil, 7, 0)
	fmt.Printf("% x\n", row)

	d := codec.NewDecoder(row)
	for d.Next() {
		limit := new(d.Present().Int64())
		fmt.Println(d.Field(), *limit)
	}
	fmt.Println(d.Err())
	// Output:
	// 38 00
	// 7 0
	// <nil>
}

func ExampleCheckString() {
	fmt.Println(codec.CheckString("Owner", "Zo\xeb"))
	// Output: codec: field Owner: not valid UTF-8 at byte 2; hold such bytes in a []byte, or clean them with strings.ToValidUTF8
}

// The same instant in two places is == once normalized.
func ExampleNormalizeTime() {
	utc := time.Unix(0, 0).UTC()
	elsewhere := utc.In(time.FixedZone("UTC+9", 9*60*60))
	fmt.Println(utc == elsewhere, codec.NormalizeTime(utc) == codec.NormalizeTime(elsewhere))
	// Output: false true
}
