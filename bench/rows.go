package main

import "errors"

// rows reads and writes the accounts of a peer, within one write transaction if
// the peer has them. Account i is the one whose ID is names[i].
type rows interface {
	get(i int) (Account, error)
	put(i int, a Account) error
}

// transferAll makes all transfers of a session.
func transferAll(r rows, transfers []transfer) error {
	for _, t := range transfers {
		if err := errors.Join(add(r, t.from, -1), add(r, t.to, +1)); err != nil {
			return err
		}
	}
	return nil
}

// add changes the balance of account i and counts the change in its sequence.
func add(r rows, i int, by int64) error {
	a, err := r.get(i)
	if err != nil {
		return err
	}
	a.Balance, a.Sequence = a.Balance+by, a.Sequence+1
	return r.put(i, a)
}

// openAll writes all accounts as they are opened.
func openAll(r rows, all names) error {
	for i := range all {
		if err := r.put(i, all.account(i)); err != nil {
			return err
		}
	}
	return nil
}

// decode decodes the row that a peer returned with err. Peers that store bytes
// use the encoding of this project, so that all of them write the same rows.
func decode(b []byte, err error) (Account, error) {
	var a Account
	if err == nil {
		err = decodeAccount(b, &a)
	}
	return a, err
}
