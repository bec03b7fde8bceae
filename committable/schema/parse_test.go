package schema_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gencommittable/gencommittable/committable/schema"
)

const account = `committable schema 1
1 ID string
2 Owner string
3 Address message
  1 Street string
  4 Notes list of string
  reserved 2, 3
5 Lines array[2] of list of message
  1 Amount int64
6 Hash bytes[32]
8 unique time
10 Rate optional float64
11 Limits map of string to list of message
  1 Sum text
12 Mask binary
key ID, Hash
index ByIBAN on Owner unique
index ByOwner on Owner, -unique
index Other on Owner, unique
reserved 7, 9
`

// texts returns the schemas of all generated fixtures, and the one above.
func texts(t testing.TB) []string {
	files, err := filepath.Glob("../../generated_test/*_committable.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	constant := regexp.MustCompile("(?s)const schemaOf\\w+ = `(.*?)`")
	list := []string{account}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		match := constant.FindSubmatch(source)
		if match == nil {
			t.Fatalf("%s has no schema", file)
		}
		list = append(list, string(match[1]))
	}
	return list
}

func parse(t testing.TB, text string) *schema.Schema {
	t.Helper()
	s, err := schema.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStringGivesTheTextBack(t *testing.T) {
	for _, text := range texts(t) {
		if diff := cmp.Diff(text, parse(t, text).String()); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	}
}

func TestParse(t *testing.T) {
	got := parse(t, account)
	id := &schema.Field{Number: 1, Name: "ID", Type: &schema.Type{Kind: schema.String}}
	owner := &schema.Field{Number: 2, Name: "Owner", Type: &schema.Type{Kind: schema.String}}
	hash := &schema.Field{Number: 6, Name: "Hash", Type: &schema.Type{Kind: schema.Fixed, Length: 32}}
	unique := &schema.Field{Number: 8, Name: "unique", Type: &schema.Type{Kind: schema.Time}}
	address := &schema.Struct{
		Fields: []*schema.Field{
			{Number: 1, Name: "Street", Type: &schema.Type{Kind: schema.String}},
			{Number: 4, Name: "Notes", Type: &schema.Type{Kind: schema.List, Elem: &schema.Type{Kind: schema.String}}},
		},
		Reserved: []int{2, 3},
	}
	line := &schema.Struct{Fields: []*schema.Field{{Number: 1, Name: "Amount", Type: &schema.Type{Kind: schema.Int, Bits: 64}}}}
	limit := &schema.Struct{Fields: []*schema.Field{{Number: 1, Name: "Sum", Type: &schema.Type{Kind: schema.Text}}}}
	want := &schema.Schema{
		Row: &schema.Struct{
			Fields: []*schema.Field{
				id, owner,
				{Number: 3, Name: "Address", Type: &schema.Type{Kind: schema.Message, Struct: address}},
				{Number: 5, Name: "Lines", Type: &schema.Type{Kind: schema.Array, Length: 2, Elem: &schema.Type{
					Kind: schema.List, Elem: &schema.Type{Kind: schema.Message, Struct: line},
				}}},
				hash, unique,
				{Number: 10, Name: "Rate", Type: &schema.Type{Kind: schema.Optional, Elem: &schema.Type{Kind: schema.Float, Bits: 64}}},
				{Number: 11, Name: "Limits", Type: &schema.Type{
					Kind: schema.Map, Key: &schema.Type{Kind: schema.String},
					Elem: &schema.Type{Kind: schema.List, Elem: &schema.Type{Kind: schema.Message, Struct: limit}},
				}},
				{Number: 12, Name: "Mask", Type: &schema.Type{Kind: schema.Binary}},
			},
			Reserved: []int{7, 9},
		},
		Key: []*schema.Field{id, hash},
		Indexes: []schema.Index{
			{Name: "ByIBAN", Unique: true, Components: []schema.Component{{Field: owner}}},
			{Name: "ByOwner", Components: []schema.Component{{Field: owner}, {Field: unique, Descending: true}}},
			{Name: "Other", Components: []schema.Component{{Field: owner}, {Field: unique}}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestParseRefuses(t *testing.T) {
	deep := "1 A " + strings.Repeat("list of ", 300) + "bool"
	for _, c := range []struct{ name, old, new, want string }{
		{"nothing", account, "", `line 1: a schema must begin with the line "committable schema 1"`},
		{"another version", "schema 1", "schema 2", `line 1: a schema must begin with the line "committable schema 1"`},
		{"no end of line", "reserved 7, 9\n", "reserved 7, 9", `line 20: unexpected line "reserved 7, 9"; the order is fields, key, indexes and reserved numbers, and each line ends with a newline`},
		{"more lines", "reserved 7, 9\n", "reserved 7, 9\n\n", `line 21: unexpected line ""; the order is fields, key, indexes and reserved numbers, and each line ends with a newline`},
		{"no field", account[21:strings.Index(account, "key")], "", "line 2: missing field; expected number, name and type"},
		{"empty message", "  1 Amount int64\n", "", "line 9: missing field; expected   number, name and type"},
		{"number 0", "1 ID", "0 ID", `line 2: "0" is not a field number from 1 to 536870911`},
		{"large number", "8 unique", "536870912 unique", `line 11: "536870912" is not a field number from 1 to 536870911`},
		{"number with a zero", "1 ID", "01 ID", `line 2: "01" is not a field number from 1 to 536870911`},
		{"descending numbers", "8 unique", "5 unique", "line 11: field 5 must come before field 6, without duplicates"},
		{"a name twice", "2 Owner", "2 ID", "line 3: duplicate field ID"},
		{"not a name", "2 Owner", "2 O-ner", `line 3: "O-ner" is not the name of a field`},
		{"not a type", "8 unique time", "8 unique times", `line 11: field unique: "times" is not a type`},
		{"optional in a list", "optional float64", "list of optional float64", `line 12: field Rate: "optional float64" is not a type`},
		{"map without order", "map of string to", "map of float64 to", `line 13: field Limits: "map of float64 to list of message" is not a type`},
		{"map to nothing", "map of string to list of message\n  1 Sum text", "map of string", `line 13: field Limits: "" is not a type`},
		{"too long", "bytes[32]", "bytes[16777217]", `line 10: field Hash: "bytes[16777217]" is not a type`},
		{"too deep", "1 ID string", deep, "line 2: field A: types are nested more than 256 deep"},
		{"wrong indentation", "  1 Street", "   1 Street", "line 5: missing field; expected   number, name and type"},
		{"no key", "key ID, Hash\n", "", "line 16: missing line of the key"},
		{"key of no field", "key ID", "key Id", `line 16: the key has "Id", which is not a field of the row`},
		{"key without order", "key ID", "key Address", "line 16: the key has Address, but a message has no order"},
		{"key of many bytes", "12 Mask binary\nkey ID", "12 Mask binary\n13 A bytes[16777216]\nkey ID, A", "line 17: the key has more than 16777216 bytes"},
		{"key twice", "key ID, Hash", "key ID, ID", "line 16: duplicate field ID in the key"},
		{"index twice", "ByOwner on", "ByIBAN on", "line 18: index ByIBAN must come before ByIBAN, without duplicates"},
		{"index without fields", "index Other on Owner, unique", "index Other", `line 19: "Other" is not an index; expected a name, on, and fields`},
		{"field twice in an index", "Owner, -unique", "unique, -unique", "line 18: duplicate field unique in the index"},
		{"reserved is used", "reserved 7, 9", "reserved 8, 9", "line 20: number 8 is reserved, but unique has it"},
		{"reserved descends", "reserved 7, 9", "reserved 9, 7", "line 20: reserved numbers must ascend, but 7 does not"},
		{"reserved is no number", "reserved 7, 9", "reserved 7,9", `line 20: "7,9" is not a field number from 1 to 536870911`},
	} {
		text := strings.Replace(account, c.old, c.new, 1)
		if text == account {
			t.Fatalf("%s: the text has no %q", c.name, c.old)
		}
		if _, err := schema.Parse([]byte(text)); err == nil || err.Error() != "schema: "+c.want {
			t.Errorf("%s: got  %v\nwant schema: %s", c.name, err, c.want)
		}
	}
}

// FuzzParse wants that whatever is accepted is written back to the byte, and
// that it is what it is compared with.
func FuzzParse(f *testing.F) {
	for _, text := range texts(f) {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := schema.Parse(text)
		if err != nil {
			return
		}
		if s.String() != string(text) {
			t.Fatalf("%q is written as %q", text, s)
		}
		if changes := schema.Compare(s, s); len(changes) > 0 {
			t.Fatalf("%q differs from itself: %v", text, changes)
		}
	})
}
