package committable

// snapshot shows one committed state, no matter how many sessions were published
// since: it combines the newest state with the values that those sessions
// replaced.
type snapshot[K comparable, V any] struct {
	state *committed[K, V]
	next  *undo[K, V] // the first node that is not in old
	old   map[K]*V    // values that were replaced since; nil if there was none
}

// catchUp adds the filled nodes to old. The first session that replaced a key has
// the value of this snapshot. A node does not change after the next one is linked
// to it, so catchUp needs no lock.
func (s *snapshot[K, V]) catchUp() {
	for following := s.next.next.Load(); following != nil; following = s.next.next.Load() {
		if s.old == nil && len(s.next.old) > 0 {
			s.old = make(map[K]*V, len(s.next.old))
		}
		for _, o := range s.next.old {
			if _, ok := s.old[o.key]; !ok {
				s.old[o.key] = o.value
			}
		}
		s.next = following
	}
}

// behind reports whether a session was published since catchUp.
func (s *snapshot[K, V]) behind() bool { return s.next.next.Load() != nil }

// value returns the value of a key, or nil if there was none. The caller must have
// called catchUp, and no session may be published until it has read the value.
func (s *snapshot[K, V]) value(k K) *V {
	if v, ok := s.old[k]; ok {
		return v
	}
	return s.state.rows[k].committed()
}
