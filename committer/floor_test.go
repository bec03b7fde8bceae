package committer_test

import (
	"crypto/sha256"
)

// floor measures the minimal cost of the ledger workload: a Go map of typed rows,
// and the SHA-256 calls that the commit ID needs for the net changes of a session.
// Each change needs three calls for its leaf (key, row, leaf) and 1.44 for nodes.
// It uses one thread and has no durability, Cancel, order, journal or sort.
type floor struct {
	rows    map[string]*floorRow
	changed []*floorRow
	session uint64
	sink    byte
}

type floorRow struct {
	account
	session uint64 // the last session that changed the row
}

func newFloor(accounts int) *floor {
	f := &floor{rows: make(map[string]*floorRow, accounts)}
	for i := range accounts {
		a := newAccount(i)
		f.rows[a.ID] = &floorRow{account: a}
	}
	return f
}

func (f *floor) run(transfers []transfer) {
	f.session++
	f.changed = f.changed[:0]
	for _, t := range transfers {
		from, to := f.rows[t.from], f.rows[t.to]
		f.change(from, -1)
		f.change(to, +1)
	}
	f.hash(len(f.changed))
}

func (f *floor) change(r *floorRow, by int64) {
	r.Balance += by
	r.Sequence++
	if r.session != f.session {
		r.session = f.session
		f.changed = append(f.changed, r)
	}
}

// hash makes the SHA-256 calls for this number of changed rows, with inputs of the
// ledger's sizes.
func (f *floor) hash(changes int) {
	var key [1 + 15]byte  // 01 ‖ encoded key
	var row [1 + 36]byte  // 01 ‖ encoded row
	var node [1 + 64]byte // also a leaf
	key[0], row[0] = 1, 1
	for range changes {
		f.sum(key[:])
		f.sum(row[:])
		f.sum(node[:])
	}
	for range changes * 144 / 100 {
		f.sum(node[:])
	}
}

func (f *floor) sum(b []byte) {
	h := sha256.Sum256(b)
	f.sink ^= h[0]
}
