package committable

// Insert adds a row. The error wraps [ErrExists] if there is a row with the same
// key, [UniqueError] if there is a row with the same components in a unique index,
// [ErrInvalid] if the row cannot be stored, or [ErrNotInSession] outside a
// session. A write that returns an error changes nothing.
func (t *Table[K, V]) Insert(v V) error {
	s, err := t.openSession("Insert")
	if err != nil {
		return err
	}
	next, k, err := t.newVersion("Insert", v)
	if err != nil {
		return err
	}
	r := t.find(k)
	if r.current() != nil {
		return t.fail("Insert", ErrExists, "there is a row with encoded key %q; use Put to replace it", t.def.AppendKey(nil, k))
	}
	return t.install(s, k, r, next)
}

// Put adds a row, or replaces the row with the same key. Its errors are those of
// Insert, without ErrExists. Putting an equal row is not a change.
func (t *Table[K, V]) Put(v V) error {
	s, err := t.openSession("Put")
	if err != nil {
		return err
	}
	next, k, err := t.newVersion("Put", v)
	if err != nil {
		return err
	}
	return t.install(s, k, t.find(k), next)
}

// Update calls fn with a copy of the row with the key, and then puts the copy. The
// error is fn's own, or wraps [ErrNotFound] if there is no such row,
// [ErrKeyChanged] if fn changed the key, or an error of Put.
//
// fn may write other rows. They stay written if Update fails; use a savepoint to
// undo them. If fn writes the row itself to the store, that write stays and Update
// returns an error that wraps [ErrInvalid].
func (t *Table[K, V]) Update(k K, fn func(v *V) error) error {
	s, err := t.openSession("Update")
	if err != nil {
		return err
	}
	k = t.def.key(k)
	r := t.find(k)
	old := r.current()
	if old == nil {
		return t.fail("Update", ErrNotFound, "there is no row with encoded key %q", t.def.AppendKey(nil, k))
	}
	work := t.def.clone(old)
	if err := s.callPinned(fn, &work); err != nil {
		return err
	}
	if now, err := t.openSession("Update"); err != nil {
		return err
	} else if now != s {
		return t.fail("Update", ErrNotInSession, "fn ended the session")
	}
	if r.current() != old {
		return t.fail("Update", ErrInvalid, "fn wrote the row with encoded key %q to the store; change the argument of fn instead",
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
	return t.install(s, k, r, next)
}

// callPinned calls the fn of an Update. The pin prevents that a write of fn
// overwrites the version of the row in place, so Update can detect the write by
// the pointer.
func (s *session[K, V]) callPinned(fn func(v *V) error, v *V) error {
	s.pin()
	defer s.unpin(1)
	return fn(v)
}

// Delete removes the row with the key, and reports whether there was one. Outside
// a session the error wraps [ErrNotInSession].
func (t *Table[K, V]) Delete(k K) (bool, error) {
	s, err := t.openSession("Delete")
	if err != nil {
		return false, err
	}
	k = t.def.key(k)
	r := t.find(k)
	old := r.current()
	if old == nil {
		return false, nil
	}
	s.write(writtenRow[K, V]{k, r}, &version[V]{kind: deleted})
	t.moveEntries(s, k, old, nil)
	return true, nil
}

// openSession returns the open session if it may be changed.
func (t *Table[K, V]) openSession(op string) (*session[K, V], error) {
	switch s := t.session; {
	case s == nil:
		return nil, t.fail(op, ErrNotInSession, "no session is open; call Begin first")
	case s.sealed():
		return nil, t.fail(op, ErrNotInSession, "the session is sealed by Stage; call Commit or Cancel")
	default:
		return s, nil
	}
}

// newVersion copies, normalizes and validates a row, and returns its key.
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
		copied := t.def.clone(&next.value) // Validate may modify it
		if err := t.def.Validate(&copied); err != nil {
			return nil, k, t.failBecause(op, ErrInvalid, err, "the row is not valid")
		}
	}
	return next, t.def.Key(&next.value), nil
}

// like returns the row that was read or written last, for Normalize.
func (t *Table[K, V]) like() *V {
	if v := t.session.lastRow.current(); v != nil {
		return v
	}
	return &t.zero
}

// install makes next the version of a key. r is the key's row, or nil if there is
// none.
func (t *Table[K, V]) install(s *session[K, V], k K, r *row[V], next *version[V]) error {
	old := r.current()
	if err := t.checkUnique(s, old, &next.value); err != nil {
		return err
	}
	t.moveEntries(s, k, old, &next.value)
	if r != nil && s.pins == 0 { // without pins, nothing else refers to the row's version
		if v := r.pending; v != nil && v.kind == put {
			v.value = next.value
			t.versions.recycle(next)
			return nil
		}
	}
	if r == nil {
		r = s.insert(k)
	}
	s.write(writtenRow[K, V]{k, r}, next)
	return nil
}
