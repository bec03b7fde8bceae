package schema_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gencommittable/gencommittable/committable/schema"
)

const older = `committable schema 1
1 ID int32
2 Owner string
3 Address message
  1 Street string
  4 Zip uint16
  reserved 2
5 Lines list of message
  1 Amount int32
6 Hash array[2] of bytes[4]
9 Limits map of string to int32
10 Rate optional int32
11 Weight float32
key ID, Owner
index ByOwner on Owner
reserved 7
`

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		name    string
		edit    []string // pairs of old and new
		allowed string
		refused string
	}{
		{name: "the same"},
		{name: "a new field", edit: []string{"5 Lines", "4 Rank uint8\n5 Lines"}, allowed: "field 4 Rank uint8 is new"},
		{name: "a new field inside", edit: []string{"4 Zip", "3 City string\n  4 Zip"}, allowed: "field 3 Address.City string is new"},
		{
			name: "another name", edit: []string{"1 Street", "1 Road", "2 Owner", "2 Holder", "key ID, Owner", "key ID, Holder", "on Owner", "on Holder"},
			allowed: "field 2 Owner is now called Holder\nfield 1 Address.Street is now called Address.Road",
		},
		{
			name: "more bits", edit: []string{"Zip uint16", "Zip uint32", "Amount int32", "Amount int64"},
			allowed: "field 4 Address.Zip was uint16 and is now uint32\nfield 1 Lines.Amount was int32 and is now int64",
		},
		{name: "indexes", edit: []string{"index ByOwner on Owner", "index ByID on ID unique"}, allowed: "index ByOwner on Owner was deleted\nindex ByID on ID unique is new"},
		{name: "a changed index", edit: []string{"on Owner", "on -Owner"}, allowed: "index ByOwner on -Owner was index ByOwner on Owner"},
		{name: "an index gets unique", edit: []string{"on Owner", "on Owner unique"}, allowed: "index ByOwner on Owner unique was index ByOwner on Owner"},
		{name: "more reserved", edit: []string{"reserved 7", "reserved 7, 8"}, allowed: "number 8 is now reserved"},
		{name: "more reserved inside", edit: []string{"reserved 2", "reserved 2, 9"}, allowed: "number 9 is now reserved in Address"},

		{
			name: "more bits in the key", edit: []string{"ID int32", "ID int64"},
			refused: "field 1 ID of the key was int32 and is now int64: keys would have another length; keep the type, and add a field with a new number",
		},
		{
			name: "fewer bits", edit: []string{"uint16", "uint8"},
			refused: "field 4 Address.Zip was uint16 and is now uint8: stored values may not fit; keep the type, and add a field with a new number",
		},
		{
			name: "another sign", edit: []string{"uint16", "int16"},
			refused: "field 4 Address.Zip was uint16 and is now int16: stored rows have the old type; keep the type, and add a field with a new number",
		},
		{
			name: "another element", edit: []string{"bytes[4]", "bytes[5]"},
			refused: "an element of field 6 Hash was bytes[4] and is now bytes[5]: stored rows have the old type; keep the type, and add a field with a new number",
		},
		{
			name: "another length", edit: []string{"array[2]", "array[3]"},
			refused: "field 6 Hash was array[2] of bytes[4] and is now array[3] of bytes[4]: stored arrays have the old length; keep the type, and add a field with a new number",
		},
		{
			name: "an array becomes a list", edit: []string{"array[2]", "list"},
			refused: "field 6 Hash was array[2] of bytes[4] and is now list of bytes[4]: stored rows have the old type; keep the type, and add a field with a new number",
		},
		{name: "more bits in a map and an option", edit: []string{"to int32", "to int64", "optional int32", "optional int64"}, allowed: "an element of field 9 Limits was int32 and is now int64\nan element of field 10 Rate was int32 and is now int64"},
		{
			name: "another key of a map", edit: []string{"map of string", "map of bool"},
			refused: "field 9 Limits was map of string to int32 and is now map of bool to int32: stored entries have the old key; keep the type, and add a field with a new number",
		},
		{
			name: "optional no more", edit: []string{"optional int32", "int32"},
			refused: "field 10 Rate was optional int32 and is now int32: stored rows have the old type; keep the type, and add a field with a new number",
		},
		{
			name: "a longer float", edit: []string{"float32", "float64"},
			refused: "field 11 Weight was float32 and is now float64: stored rows have the old type; keep the type, and add a field with a new number",
		},
		{name: "dropped", edit: []string{"6 Hash array[2] of bytes[4]\n", ""}, refused: "field 6 Hash array[2] of bytes[4] was deleted: stored rows may have it; tag the field that replaces it `committable:\"6\"`, put it back, or drop its values with //committable:reserved 6"},
		{
			name: "dropped and reserved", edit: []string{"6 Hash array[2] of bytes[4]\n", "", "reserved 7", "reserved 6, 7"},
			allowed: "field 6 Hash array[2] of bytes[4] was deleted; rows lose its values",
		},
		{
			name: "dropped and reserved inside", edit: []string{"  1 Street string\n", "", "reserved 2", "reserved 1, 2"},
			allowed: "field 1 Address.Street string was deleted; rows lose its values",
		},
		{
			name: "its name gets a new number", edit: []string{"6 Hash array[2] of bytes[4]\n", "", "float32\n", "float32\n12 Hash bytes\n", "reserved 7", "reserved 6, 7"},
			allowed: "field 6 Hash array[2] of bytes[4] was deleted; rows lose its values\nfield 12 Hash bytes is new",
		},
		{
			name: "its name goes to a number in use", edit: []string{"  1 Street string\n  4 Zip uint16\n", "  1 Zip uint16\n", "reserved 2", "reserved 2, 4"},
			allowed: "field 4 Address.Zip uint16 was deleted; rows lose its values",
			refused: "field Address.Zip had number 4 and now has 1: stored rows have it as number 4; give it that number in its tag, `committable:\"4\"`\n" +
				"field 1 Address.Street string was deleted: stored rows may have it; tag the field that replaces it `committable:\"1\"`, put it back, or drop its values with //committable:reserved 1",
		},
		{
			name: "a field of the key is dropped", edit: []string{"2 Owner string\n", "", "key ID, Owner", "key ID", "index ByOwner on Owner\n", "", "reserved 7", "reserved 2, 7"},
			allowed: "field 2 Owner string was deleted; rows lose its values\nindex ByOwner on Owner was deleted",
			refused: "the key was ID, Owner and is now ID: rows are stored and deleted by their key; put the key back, or write the rows into a new store",
		},
		{
			name: "a reserved number is used", edit: []string{"6 Hash", "6 Hash array[2] of bytes[4]\n7 More", "reserved 7\n", ""},
			refused: "field More has number 7, which is reserved: a deleted field had it; give this one a new number, `committable:\"12\"`",
		},
		{name: "not reserved any more", edit: []string{"reserved 7\n", ""}, refused: "number 7 is no longer reserved: a deleted field had it, and its number must not be used again; add //committable:reserved 7"},
		{
			name: "swapped", edit: []string{"1 ID int32\n2 Owner string", "1 Owner int32\n2 ID string"},
			allowed: "index ByOwner on Owner was index ByOwner on Owner",
			refused: "field Owner had number 2 and now has 1: stored rows have it as number 2; give it that number in its tag, `committable:\"2\"`\n" +
				"field 2 Owner was string and is now int32: stored rows have the old type; keep the type, and add a field with a new number\n" +
				"field ID had number 1 and now has 2: stored rows have it as number 1; give it that number in its tag, `committable:\"1\"`\n" +
				"field 1 ID was int32 and is now string: stored rows have the old type; keep the type, and add a field with a new number\n" +
				"the key was ID, Owner and is now ID, Owner: rows are stored and deleted by their key; put the key back, or write the rows into a new store",
		},
		{
			name: "one put before it", edit: []string{"1 Amount int32", "1 Item int32\n  2 Amount int32"},
			refused: "field Lines.Item has number 1, which Lines.Amount had: stored rows have that field as this number; give this one a new number, `committable:\"3\"`\n" +
				"field Lines.Amount had number 1 and now has 2: stored rows have it as number 1; give it that number in its tag, `committable:\"1\"`",
		},
		{
			name: "another key", edit: []string{"key ID, Owner", "key Owner, ID"},
			refused: "the key was ID, Owner and is now Owner, ID: rows are stored and deleted by their key; put the key back, or write the rows into a new store",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			newer := strings.NewReplacer(c.edit...).Replace(older)
			var allowed, refused []string
			changes := schema.Compare(parse(t, older), parse(t, newer))
			for _, change := range changes {
				if change.Refused() {
					refused = append(refused, change.String())
				} else {
					allowed = append(allowed, change.String())
				}
			}
			if diff := cmp.Diff(c.allowed+"|"+c.refused, strings.Join(allowed, "\n")+"|"+strings.Join(refused, "\n")); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if len(schema.Refused(changes)) != len(refused) {
				t.Errorf("Refused returns %v", schema.Refused(changes))
			}
		})
	}
}

// TestComparePaths wants to be led to what is different.
func TestComparePaths(t *testing.T) {
	newer := strings.NewReplacer("Zip uint16", "Zip string", "  reserved 2\n", "", "1 Amount int32", "1 Cost int32\n  2 More bool",
		"6 Hash array[2] of bytes[4]\n", "", "11 Weight", "12 Weight", "key ID, Owner", "key ID").Replace(older)
	var got []string
	for _, change := range schema.Compare(parse(t, older), parse(t, newer)) {
		got = append(got, fmt.Sprint(change.Path, change.Field, change.Number, change.Key))
	}
	want := []string{
		"[3] 0 false false", // a number in Address that is no longer reserved
		"[3] 4 false false", // Zip
		"[5] 1 false false", // Cost
		"[5] 2 false false", // More
		"[] 0 false false",  // Hash, which is gone
		"[] 12 true false",  // Weight
		"[] 0 false true",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func ExampleCompare() {
	old, _ := schema.Parse([]byte("committable schema 1\n1 ID string\n2 Balance int32\nkey ID\n"))
	now, _ := schema.Parse([]byte("committable schema 1\n1 ID string\n2 Balance string\n3 Owner string\nkey ID\n"))
	for _, change := range schema.Compare(old, now) {
		fmt.Println(change.Refused(), change)
	}
	// Output:
	// true field 2 Balance was int32 and is now string: stored rows have the old type; keep the type, and add a field with a new number
	// false field 3 Owner string is new
}
