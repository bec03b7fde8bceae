package merkle

import (
	"encoding/hex"
	"errors"
	"testing"
)

// The session of the vectors:
//
//	accounts  alice → "100", bob deleted, carol → ""
//	orders    alice → "100"
func vectorAccounts() []Leaf {
	return sortedLeaves(
		PutLeaf(KeyPath([]byte("alice")), []byte("100")),
		DeleteLeaf(KeyPath([]byte("bob"))),
		PutLeaf(KeyPath([]byte("carol")), nil),
	)
}

func vectorOrders() []Leaf {
	return sortedLeaves(PutLeaf(KeyPath([]byte("alice")), []byte("100")))
}

// TestVectors pins both formats. The expected values come from the definition of
// the formats, not from this code; they never change.
func TestVectors(t *testing.T) {
	accounts, err1 := ChangeRoot(vectorAccounts())
	orders, err2 := ChangeRoot(vectorOrders())
	state, err3 := ChangeRoot(sortedLeaves(
		PutLeaf(KeyPath([]byte("alice")), []byte("100")),
		PutLeaf(KeyPath([]byte("carol")), nil),
	))
	commit, err4 := CommitID([]Part{
		{Name: "orders", Kind: Store, ID: orders[:]},
		{Name: "accounts", Kind: Store, ID: accounts[:]},
		{Name: "idle", Kind: Store, ID: make([]byte, 32)},
		{Name: "silent", Kind: External},
	})
	empty, err5 := CommitID(nil)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		t.Fatal(err)
	}
	for _, vector := range []struct {
		name string
		got  ID
		want string
	}{
		{"leaf alice", PutLeaf(KeyPath([]byte("alice")), []byte("100")).Hash, "3917f15b3fb318e95a38ddd83901ca5c84732ed3721567e48cae2ceb9be0fa46"},
		{"leaf bob", DeleteLeaf(KeyPath([]byte("bob"))).Hash, "6d4341f479f935acc3554e22fdadd041c3e1dbb6cf52413fb4c00d0422add3e7"},
		{"leaf carol", PutLeaf(KeyPath([]byte("carol")), nil).Hash, "3fb223269262b5702794ca1b99601e804a473d336ce9c876733109d89976abe3"},
		{"change root accounts", accounts, "78d6e6dca6544e71027f745ce5f3bf5868e18e10d07094a59a81f45820d0f194"},
		{"change root orders", orders, "3917f15b3fb318e95a38ddd83901ca5c84732ed3721567e48cae2ceb9be0fa46"},
		{"root of two puts", state, "7c48a7cf42f830e4a46c39dc4dc855f528bd5ba2549fe953cfd2074841e88278"},
		{"outer leaf c", outerLeaf{name: "c", value: []byte{1}}.hash(), "1eb5ad530c049566dbc9955f9646908f142be1408e9731118c2bfffac2bc8faa"},
		{"outer leaf c/accounts", outerLeaf{name: "c/accounts", value: accounts[:]}.hash(), "09b75cd4abc30a9d6d4b9820c39aed802f373a8e335de5ebc51860dd86977bc2"},
		{"outer leaf c/orders", outerLeaf{name: "c/orders", value: orders[:]}.hash(), "9a31e1a764ffb3c294393ea8fb3cdaff6556f4559fc9e4f9698d081861f0b87c"},
		{"id of an empty session", empty, "1eb5ad530c049566dbc9955f9646908f142be1408e9731118c2bfffac2bc8faa"},
		{"commit id", commit, "92e9cf4c82b85bd53ea95e65672dee8fa478b896d141755eb14f7bfaca9afadd"},
	} {
		if vector.got.String() != vector.want {
			t.Errorf("%s is %v, want %s", vector.name, vector.got, vector.want)
		}
	}
}

func TestIDText(t *testing.T) {
	id := KeyPath([]byte("x"))
	text, err := ID(id).MarshalText()
	if err != nil || string(text) != hex.EncodeToString(id[:]) || ID(id).String() != string(text) {
		t.Fatalf("MarshalText returned %q, %v", text, err)
	}
	var back ID
	if err := back.UnmarshalText(text); err != nil || back != ID(id) {
		t.Fatalf("UnmarshalText returned %v and set %v", err, back)
	}
	if parsed, err := ParseID(string(text)); err != nil || parsed != ID(id) {
		t.Fatalf("ParseID returned %v, %v", parsed, err)
	}
	for _, bad := range []string{"", string(text[1:]), string(text) + "0", "g" + string(text[1:])} {
		if err := back.UnmarshalText([]byte(bad)); err == nil || back != ID(id) {
			t.Errorf("UnmarshalText of %q returned %v and left %v", bad, err, back)
		}
		if parsed, err := ParseID(bad); err == nil || !parsed.IsZero() {
			t.Errorf("ParseID of %q returned %v, %v", bad, parsed, err)
		}
	}
}
