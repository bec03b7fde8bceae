package generated

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/memkv"
)

// A record whose journal was changed, and its checksum with it, loads: nothing
// in it contradicts anything else. Verify finds that the journal does not have
// the change root that the record says.
func TestVerifyRecomputesChangeRoots(t *testing.T) {
	store := memkv.New()
	open := func() (*committer.MultiCommitter, *AccountStore) {
		accounts := NewAccountStore()
		return committer.NewCommitter(store, map[string]committer.Committable{accounts.Name(): accounts}), accounts
	}
	m, accounts := open()
	_, _, err := m.Do(t.Context(), []byte("first"), func(context.Context) error {
		return accounts.Put(Account{ID: "a", Owner: "alice", IBAN: "DE1"})
	})
	if err != nil {
		t.Fatal(err)
	}
	const key = "mc/session/0000000000/00000000000000000000"
	record, err := store.Get(t.Context(), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	forged := bytes.Replace(record[:len(record)-4], []byte("alice"), []byte("mallo"), 1)
	forged = binary.BigEndian.AppendUint32(forged, crc32.Checksum(forged, crc32.MakeTable(crc32.Castagnoli)))
	if err := store.Set(t.Context(), []byte(key), forged); err != nil {
		t.Fatal(err)
	}

	m, _ = open()
	if err := m.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	var corrupt *committer.CorruptError
	if err := m.Verify(t.Context()); !errors.As(err, &corrupt) || corrupt.Key != key {
		t.Errorf("Verify: %v, want a CorruptError of %s", err, key)
	}
}
