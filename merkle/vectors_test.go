package merkle

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"
)

// TestVectors pins both formats by this session:
//
//	accounts  alice → "100", bob deleted, carol → ""
//	orders    alice → "100"
//
// The expected values were computed from the
// formulas, not by this code, and never change.
func TestVectors(t *testing.T) {
	alice := Change{Key: []byte("alice"), Row: []byte("100")}
	bob := Change{Key: []byte("bob"), Deleted: true}
	carol := Change{Key: []byte("carol")}
	accounts, err1 := ChangeRoot([]Change{alice, bob, carol})
	orders, err2 := ChangeRoot([]Change{alice})
	deletion, err3 := ChangeRoot([]Change{bob})
	emptyRow, err6 := ChangeRoot([]Change{carol})
	state, err7 := ChangeRoot([]Change{carol, alice})
	commit, err4 := CommitID([]Part{
		{Name: "orders", Kind: Store, ID: orders[:]},
		{Name: "accounts", Kind: Store, ID: accounts[:]},
		{Name: "idle", Kind: Store, ID: make([]byte, 32)},
		{Name: "silent", Kind: External},
	})
	empty, err5 := CommitID(nil)
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7); err != nil {
		t.Fatal(err)
	}
	for _, vector := range []struct {
		name string
		got  ID
		want string
	}{
		{"leaf alice", orders, "3917f15b3fb318e95a38ddd83901ca5c84732ed3721567e48cae2ceb9be0fa46"},
		{"leaf bob", deletion, "6d4341f479f935acc3554e22fdadd041c3e1dbb6cf52413fb4c00d0422add3e7"},
		{"leaf carol", emptyRow, "3fb223269262b5702794ca1b99601e804a473d336ce9c876733109d89976abe3"},
		{"change root accounts", accounts, "78d6e6dca6544e71027f745ce5f3bf5868e18e10d07094a59a81f45820d0f194"},
		{"change root orders", orders, "3917f15b3fb318e95a38ddd83901ca5c84732ed3721567e48cae2ceb9be0fa46"},
		{"root of two puts", state, "7c48a7cf42f830e4a46c39dc4dc855f528bd5ba2549fe953cfd2074841e88278"},
		{"outer leaf c", outerLeaf{name: "c", id: []byte{1}}.hash(), "1eb5ad530c049566dbc9955f9646908f142be1408e9731118c2bfffac2bc8faa"},
		{"outer leaf c/accounts", outerLeaf{name: "c/accounts", id: accounts[:]}.hash(), "09b75cd4abc30a9d6d4b9820c39aed802f373a8e335de5ebc51860dd86977bc2"},
		{"outer leaf c/orders", outerLeaf{name: "c/orders", id: orders[:]}.hash(), "9a31e1a764ffb3c294393ea8fb3cdaff6556f4559fc9e4f9698d081861f0b87c"},
		{"id of an empty session", empty, "1eb5ad530c049566dbc9955f9646908f142be1408e9731118c2bfffac2bc8faa"},
		{"commit id", commit, "92e9cf4c82b85bd53ea95e65672dee8fa478b896d141755eb14f7bfaca9afadd"},
	} {
		if vector.got.String() != vector.want {
			t.Errorf("%s is %v, want %s", vector.name, vector.got, vector.want)
		}
	}
}

func TestIDText(t *testing.T) {
	id := ID(sha256.Sum256([]byte("x")))
	text, err := id.MarshalText()
	if err != nil || string(text) != hex.EncodeToString(id[:]) || id.String() != string(text) {
		t.Fatalf("MarshalText returned %q, %v", text, err)
	}
	var back ID
	if err := back.UnmarshalText(text); err != nil || back != id {
		t.Fatalf("UnmarshalText returned %v and set %v", err, back)
	}
	if parsed, err := ParseID(string(text)); err != nil || parsed != id {
		t.Fatalf("ParseID returned %v, %v", parsed, err)
	}
	for _, bad := range []string{"", string(text[1:]), string(text) + "0", "g" + string(text[1:])} {
		if err := back.UnmarshalText([]byte(bad)); err == nil || back != id {
			t.Errorf("UnmarshalText of %q returned %v and left %v", bad, err, back)
		}
		if parsed, err := ParseID(bad); err == nil || !parsed.IsZero() {
			t.Errorf("ParseID of %q returned %v, %v", bad, parsed, err)
		}
	}
}
