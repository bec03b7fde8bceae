package codec_test

import (
	"fmt"
	"time"

	"github.com/gencommittable/gencommittable/committable/codec"
)

// account is the row of the examples.
type account struct {
	ID      string
	Balance int64
	Address address
}

type address struct {
	Street string
	Zip    uint32
}

func appendAccount(dst []byte, v *account) []byte {
	dst = codec.AppendString(dst, 1, v.ID)
	dst = codec.AppendInt(dst, 2, v.Balance)
	return codec.AppendMessage(dst, 3, &v.Address, appendAddress)
}

func decodeAccount(b []byte, v *account) error {
	d := codec.NewDecoder(b)
	for d.Next() {
		switch d.Field() {
		case 1:
			v.ID = d.String()
		case 2:
			v.Balance = d.Int64()
		case 3:
			codec.DecodeMessage(&d, &v.Address, decodeAddress)
		default:
			d.Unknown()
		}
	}
	return d.Err()
}

func appendAddress(dst []byte, v *address) []byte {
	dst = codec.AppendString(dst, 1, v.Street)
	return codec.AppendUint(dst, 2, v.Zip)
}

func decodeAddress(b []byte, v *address) error {
	d := codec.NewDecoder(b)
	for d.Next() {
		switch d.Field() {
		case 1:
			v.Street = d.String()
		case 2:
			v.Zip = d.Uint32()
		default:
			d.Unknown()
		}
	}
	return d.Err()
}

// Encode a row with a nested message, and decode it.
func Example() {
	row := appendAccount(nil, &account{ID: "alice", Balance: -100, Address: address{Zip: 8001}})
	fmt.Printf("% x\n", row)

	var v account
	if err := decodeAccount(row, &v); err != nil {
		fmt.Println(err)
	}
	fmt.Println(v.ID, v.Balance, v.Address.Zip)
	// Output:
	// 0a 05 61 6c 69 63 65 10 c7 01 1a 03 10 c1 3e
	// alice -100 8001
}

// A key with a descending component: it sorts the accounts of each owner from the newest to the oldest.
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

// An error names the field, the byte, and the reason.
func ExampleRowError() {
	row := []byte{0x0a, 0x05, 'a', 'l', 'i', 'c', 'e', 0x10, 0x00}
	fmt.Println(decodeAccount(row, new(account)))
	// Output: codec: row field 2 at byte 7: a zero value must be left out
}

func ExampleCheckString() {
	fmt.Println(codec.CheckString("Owner", "Zo\xeb"))
	// Output: codec: field Owner: not valid UTF-8 at byte 2; hold such bytes in a []byte, or clean them with strings.ToValidUTF8
}

// Two times that are the same instant are equal with == after normalization.
func ExampleNormalizeTime() {
	utc := time.Unix(0, 0).UTC()
	elsewhere := utc.In(time.FixedZone("UTC+9", 9*60*60))
	fmt.Println(utc == elsewhere, codec.NormalizeTime(utc) == codec.NormalizeTime(elsewhere))
	// Output: false true
}
