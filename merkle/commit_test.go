package merkle

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// oracleCommitID computes the commit ID of valid parts literally, by the definition
// of RFC 6962.
func oracleCommitID(parts []Part) ID {
	values := map[string][]byte{"c": {1}}
	for _, part := range parts {
		switch {
		case part.Kind == Store && !bytes.Equal(part.ID, make([]byte, 32)):
			values["c/"+part.Name] = part.ID
		case part.Kind == External && len(part.ID) > 0:
			values["x/"+part.Name] = part.ID
		}
	}
	var names []string
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	var root func(names []string) ID
	root = func(names []string) ID {
		if len(names) == 1 {
			value := sha256.Sum256(values[names[0]])
			length := binary.AppendUvarint(nil, uint64(len(names[0])))
			return sha256.Sum256(slices.Concat([]byte{0}, length, []byte(names[0]), []byte{0x20}, value[:]))
		}
		k := 1
		for 2*k < len(names) {
			k *= 2
		}
		left, right := root(names[:k]), root(names[k:])
		return sha256.Sum256(slices.Concat([]byte{1}, left[:], right[:]))
	}
	return root(names)
}

func TestCommitIDAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[-./0-9A-Za-z_]{1,43}`), 0, 20, rapid.ID[string]).Draw(t, "names")
		parts := make([]Part, len(names))
		for i, name := range names {
			parts[i] = Part{Name: name, Kind: Store, ID: make([]byte, 32)}
			if rapid.Bool().Draw(t, "external") {
				parts[i].Kind = External
				parts[i].ID = rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "id")
			} else if rapid.IntRange(0, 3).Draw(t, "changed") > 0 {
				parts[i].ID = rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "root")
			}
		}
		want := oracleCommitID(parts)
		for _, order := range [][]Part{parts, rapid.Permutation(parts).Draw(t, "order")} {
			before := slices.Clone(order)
			got, err := CommitID(order)
			if err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Fatalf("the ID is %v, want %v", got, want)
			}
			if !slices.EqualFunc(before, order, func(a, b Part) bool { return cmp.Compare(a.Name, b.Name) == 0 }) {
				t.Fatal("CommitID changed the order of its argument")
			}
		}
	})
}

// TestNamesAndIDsDoNotRunTogether compares sessions that only differ in a name, an id
// or a kind. Their commit IDs must differ, even if name ‖ id is the same.
func TestNamesAndIDsDoNotRunTogether(t *testing.T) {
	id := bytes.Repeat([]byte("z"), 32)
	sessions := map[string][]Part{
		"nothing":            nil,
		"{x: yz}":            {{"x", External, []byte("yz")}},
		"{xy: z}":            {{"xy", External, []byte("z")}},
		"{x: y, z: w}":       {{"x", External, []byte("y")}, {"z", External, []byte("w")}},
		"{x: w, z: y}":       {{"x", External, []byte("w")}, {"z", External, []byte("y")}},
		"{x: yz, w: empty}":  {{"xw", External, []byte("yz")}},
		"a store":            {{"x", Store, id}},
		"an external":        {{"x", External, id}},
		"a store named x/x":  {{"x/x", Store, id}},
		"two stores, one id": {{"x", Store, id}, {"y", Store, id}},
	}
	seen := make(map[ID]string)
	for name, parts := range sessions {
		got, err := CommitID(parts)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if other, ok := seen[got]; ok {
			t.Errorf("%s and %s have the same ID", name, other)
		}
		seen[got] = name
	}
}

func TestCommitIDRefuses(t *testing.T) {
	id := bytes.Repeat([]byte("z"), 32)
	for name, parts := range map[string][]Part{
		"no name":                          {{"", Store, id}},
		"a space":                          {{"a b", Store, id}},
		"a long name":                      {{strings.Repeat("a", 44), Store, id}},
		"a bad name that is left out":      {{"a b", External, nil}},
		"a short id of a store":            {{"a", Store, id[:31]}},
		"a long id of a store":             {{"a", Store, append(id, 0)}},
		"no id of a store":                 {{"a", Store, nil}},
		"one name twice":                   {{"a", Store, id}, {"b", Store, id}, {"a", Store, id}},
		"one name for a store and another": {{"a", Store, id}, {"a", External, id}},
		"a name twice, once left out":      {{"a", Store, id}, {"a", External, nil}},
		"no kind":                          {{Name: "a", ID: id}},
		"an unknown kind":                  {{"a", External + 1, id}},
	} {
		if got, err := CommitID(parts); err == nil || !got.IsZero() {
			t.Errorf("%s: CommitID returned %v and the error %v, want an error", name, got, err)
		}
	}
}

// TestCheckName also checks the reason for the rule: no byte of "c/"+name can be the
// length of the bytes after it.
func TestCheckName(t *testing.T) {
	for c := range 256 {
		name := string([]byte{byte(c)})
		want := strings.Contains("-./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz", name)
		err := CheckName(name)
		if (err == nil) != want {
			t.Errorf("CheckName(%q) returned %v", name, err)
		}
		if err == nil && c <= len(storePrefix)-1+maxName {
			t.Errorf("the byte %#x is allowed and could be a length", c)
		}
	}
	if err := CheckName(strings.Repeat("x", 43)); err != nil {
		t.Error(err)
	}
	if err := CheckName(strings.Repeat("x", 44)); err == nil {
		t.Error("a name of 44 bytes passed")
	}
}

// FuzzCommitID computes the commit ID of two arbitrary parts. It must be an error for
// invalid parts, and otherwise the oracle's ID.
func FuzzCommitID(f *testing.F) {
	f.Add("x", uint8(External), []byte("yz"), "xy", uint8(External), []byte("z"))
	f.Add("a", uint8(Store), make([]byte, 32), "b", uint8(Store), bytes.Repeat([]byte{1}, 32))
	f.Add("", uint8(0), []byte(nil), strings.Repeat("x", 44), uint8(7), []byte{0})
	f.Fuzz(func(t *testing.T, name1 string, kind1 uint8, id1 []byte, name2 string, kind2 uint8, id2 []byte) {
		parts := []Part{{name1, Kind(kind1), id1}, {name2, Kind(kind2), id2}}
		valid := name1 != name2
		for _, part := range parts {
			valid = valid && CheckName(part.Name) == nil &&
				(part.Kind == External || part.Kind == Store && len(part.ID) == 32)
		}
		got, err := CommitID(parts)
		if (err == nil) != valid {
			t.Fatalf("CommitID returned the error %v; the parts are valid: %v", err, valid)
		}
		if valid && got != oracleCommitID(parts) {
			t.Fatalf("the ID is %v, want %v", got, oracleCommitID(parts))
		}
	})
}

func ExampleCommitID() {
	root, err := ChangeRoot([]Change{{Key: []byte("alice"), Row: []byte("100")}})
	if err != nil {
		fmt.Println(err)
		return
	}
	id, err := CommitID([]Part{
		{Name: "orders", Kind: Store, ID: root[:]},
		{Name: "postgres", Kind: External, ID: []byte("txid 731")},
	})
	fmt.Println("orders:", root)
	fmt.Println("commit:", id, err)
	// Output:
	// orders: 3917f15b3fb318e95a38ddd83901ca5c84732ed3721567e48cae2ceb9be0fa46
	// commit: 8eff46ba39550dd1f72d361da21b7bd73b68af6075a8e02f05598f535a6fbf96 <nil>
}
