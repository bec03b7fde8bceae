package committable

// Insert adds a row. It returns an error that wraps [ErrExists] if there is a
// row with its key, [UniqueError] if one has its components in a unique index,
// [ErrInvalid] if it cannot be stored, and [ErrNotInSession] outside a session.
// An error of this or another write leaves everything as it was.
func (t *Table[K, V]) Insert(v V) error {
	s, err := t.open("Insert")
	if err != nil {
		return err
	}
	next, k, err := t.newVersion("Insert", v)
	if err != nil {
		return err
	}
	r := t.find(k)
	if r.now() != nil {
		return t.fail("Insert", ErrExists, "there is a row with encoded key %q; use Put to replace it", t.def.AppendKey(nil, k))
	}
	return t.write(s, k, r, next)
}

// Put adds a row or replaces the one with its key. It returns the errors of
// Insert but for ErrExists. Putting what is there is no change.
func (t *Table[K, V]) Put(v V) error {
	s, err := t.open("Put")
	if err != nil {
		return err
	}
	next, k, err := t.newVersion("Put", v)
	if err != nil {
		return err
	}
	return t.write(s, k, t.find(k), next)
}

// Update replaces a row by what fn makes of it. It returns an error that wraps
// [ErrNotFound] if there is no row with the key, [ErrKeyChanged] if fn changed
// the key, fn's own error as it is, and the errors of Put.
//
// Other rows may be written by fn, and stay written if it then fails; take a
// savepoint to undo them. The row itself may not: then Update keeps what fn
// wrote to the store and returns an error that wraps [ErrInvalid].
func (t *Table[K, V]) Update(k K, fn func(v *V) error) error {
	s, err := t.open("Update")
	if err != nil {
		return err
	}
	k = t.def.key(k)
	r := t.find(k)
	old := r.now()
	if old == nil {
		return t.fail("Update", ErrNotFound, "there is no row with encoded key %q", t.def.AppendKey(nil, k))
	}
	work := t.def.clone(old)
	if err := s.callPinned(fn, &work); err != nil {
		return err
	}
	if now, err := t.open("Update"); err != nil {
		return err
	} else if now != s {
		return t.fail("Update", ErrNotInSession, "fn ended the session")
	}
	if r.now() != old {
		return t.fail("Update", ErrInvalid, "fn wrote the row with encoded key %q to the store; change its argument instead",
			t.def.AppendKey(nil, k))
	}
	next, nextKey, err := t.newVersion("Update", work)
	if err != nil {
		return err
	}
	if nextKey != k {
		return t.fail("Update", ErrKeyChanged, "fn changed the key of the row with encoded key %q; delete the row and insert another",
			t.def.AppendKey(nil, k))
	}
	return t.write(s, k, r, next)
}

// Delete removes the row with the key and reports whether there was one.
// Outside a session it returns an error that wraps [ErrNotInSession].
func (t *Table[K, V]) Delete(k K) (bool, error) {
	s, err := t.open("Delete")
	if err != nil {
		return false, err
	}
	k = t.def.key(k)
	r := t.find(k)
	old := r.now()
	if old == nil {
		return false, nil
	}
	s.set(touched[K, V]{k, r}, &version[V]{deleted: true})
	t.moveEntries(s, k, old, nil)
	return true, nil
}

// open returns the session in progress, for a method that changes it.
func (t *Table[K, V]) open(op string) (*session[K, V], error) {
	switch s := t.session; {
	case s == nil:
		return nil, t.fail(op, ErrNotInSession, "no session is open; call Begin first")
	case s.sealed():
		return nil, t.fail(op, ErrNotInSession, "the session is sealed by Stage; call Commit or Cancel")
	default:
		return s, nil
	}
}

// newVersion makes a version of its own from a caller's row.
func (t *Table[K, V]) newVersion(op string, v V) (next *version[V], k K, err error) {
	next = t.versions.take()
	next.value = v
	if t.def.Clone != nil {
		next.value = t.def.Clone(&next.value)
	}
	if t.def.Normalize != nil {
		if err := t.def.Normalize(&next.value, t.like()); err != nil {
			return nil, k, t.failBecause(op, ErrInvalid, err, "the row cannot be stored")
		}
	}
	if t.def.Validate != nil {
		copied := t.def.clone(&next.value) // whatever Validate does to it
		if err := t.def.Validate(&copied); err != nil {
			return nil, k, t.failBecause(op, ErrInvalid, err, "the row is not valid")
		}
	}
	return next, t.def.Key(&next.value), nil
}

// like returns the row that the session was at last, for Normalize.
func (t *Table[K, V]) like() *V {
	if v := t.session.found.now(); v != nil {
		return v
	}
	return &t.zero
}

// write makes a version count for a key, whose row is nil if there is none.
func (t *Table[K, V]) write(s *session[K, V], k K, r *row[V], next *version[V]) error {
	old := r.now()
	if err := t.checkUnique(s, old, &next.value); err != nil {
		return err
	}
	t.moveEntries(s, k, old, &next.value)
	if old != nil && r.over != nil && s.pins == 0 { // nobody else refers to that version
		r.over.value = next.value
		t.versions.giveBack(next)
		return nil
	}
	if r == nil {
		r = s.insert(k)
	}
	s.set(touched[K, V]{k, r}, next)
	return nil
}
