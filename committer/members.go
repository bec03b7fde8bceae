package committer

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/merkle"
)

// checkMembers holds what the KV knows against what is registered.
func (l *loader) checkMembers(ctx context.Context) error {
	var errs []error
	for _, c := range l.manifest.members {
		i, registered := l.m.find(c.Name)
		if !registered {
			errs = append(errs, fmt.Errorf("%w: %q is in the KV; register it, under the same name, or drop it by Forget",
				ErrNotRegistered, c.Name))
			continue
		}
		p := l.m.parts[i]
		if p.kind() != c.Kind {
			errs = append(errs, fmt.Errorf("%w: %q is %s in the KV and registered as %s; a wrapper of a store must forward committer.Journaled",
				ErrNotRegistered, c.Name, describeKind(c.Kind), describeKind(p.kind())))
			continue
		}
		if p.store != nil && !bytes.Equal(p.store.Schema(), c.Schema) {
			// Restore judges whether the store can read the rows.
			if err := p.store.Restore(ctx, c.Schema, noChunks); err != nil {
				errs = append(errs, fmt.Errorf("committer: load: store %q: %w", c.Name, err))
				continue
			}
			l.changed = append(l.changed, c.Name)
		}
		l.known = append(l.known, known{p, c.Schema})
	}
	for _, p := range l.m.parts {
		if _, known := l.manifest.member(p.name); !known {
			if err := checkNewcomer(ctx, p); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// checkNewcomer refuses a store that the KV does not know and that is not
// empty: its rows would be in no record.
func checkNewcomer(ctx context.Context, p *participant) error {
	if p.store == nil {
		return nil
	}
	for chunk, err := range p.store.Snapshot(ctx, 0) {
		if err != nil {
			return fmt.Errorf("committer: register store %q: %w", p.name, err)
		}
		if len(chunk) > 0 {
			return fmt.Errorf("committer: store %q is new to the KV but not empty; register it before its first session, and write its rows in one", p.name)
		}
	}
	return nil
}

// members returns what is registered, as the manifest has it.
func (m *MultiCommitter) members() []Member {
	var list []Member
	for _, p := range m.parts {
		c := Member{Name: p.name, Kind: p.kind()}
		if p.store != nil {
			c.Schema = clone(p.store.Schema())
		}
		list = append(list, c)
	}
	return list
}

func sameMembers(a, b []Member) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Name != b[i].Name || a[i].Kind != b[i].Kind || !bytes.Equal(a[i].Schema, b[i].Schema) {
			return false
		}
	}
	return true
}

// Forget drops a committable that is not registered any more, with all its
// rows; Load refuses a KV that knows one. Call it before Load. That the name
// took part stays in the history, and the name can be registered anew, for
// another committable, which begins empty.
//
// The error wraps ErrRegistered if the name is registered, ErrNotRegistered if
// the KV does not know it, ErrInSession or ErrUndecided if a session is
// pending: finish that first, with the committable registered. After an error
// of the KV, call Forget again. Others are those of Load.
func (m *MultiCommitter) Forget(ctx context.Context, name string) error {
	m.op.Lock()
	defer m.op.Unlock()
	switch _, registered := m.find(name); {
	case m.phase == phaseClosed:
		return m.closedError()
	case m.optErr != nil:
		return m.optErr
	case registered:
		return fmt.Errorf("%w: %q; make a MultiCommitter without it to forget it", ErrRegistered, name)
	case m.phase != phaseNew:
		return fmt.Errorf("%w: the KV does not know %q", ErrNotRegistered, name)
	}
	if err := m.db.open(ctx); err != nil {
		return err
	}
	s := m.scanner()
	if err := s.run(ctx); err != nil {
		return err
	}
	member, known := s.manifest.member(name)
	switch {
	case !known:
		return fmt.Errorf("%w: the KV does not know %q", ErrNotRegistered, name)
	case s.decided != nil:
		return fmt.Errorf("%w: key %q must be finished before %q is forgotten", ErrUndecided, s.decided.key, name)
	case s.leftOpen != nil:
		return fmt.Errorf("%w: key %q must be finished or cancelled before %q is forgotten", ErrInSession, s.leftOpen.key, name)
	}
	m.manifest, m.tried = s.manifest, nil
	if err := m.changeManifest(ctx, func(d *manifest) { d.forget(member, s.history.count) }); err != nil {
		return err
	}
	if err := m.db.sync(ctx); err != nil {
		return m.fail(err)
	}
	m.logger.Info("committer: forgotten", "name", name)
	if err := m.deleteReplaced(ctx); err != nil {
		m.logger.Warn("committer: what was forgotten could not be deleted yet; Load will", "error", err)
	}
	return nil
}

// forget drops a member, after so many sessions.
func (m *manifest) forget(c Member, sessions uint64) {
	m.abandon()
	var members []Member
	for _, other := range m.members {
		if other.Name != c.Name {
			members = append(members, other)
		}
	}
	var images []image
	for _, i := range m.checkpoint.images {
		if i.store != c.Name {
			images = append(images, i)
			continue
		}
		m.replaced = append(m.replaced, leftover{what: leftoverChunks, number: m.checkpoint.generation, store: i.store, to: i.chunks})
	}
	m.members, m.checkpoint.images = members, images
	if sessions > m.oldest {
		m.forgotten = append(m.forgotten, forgotten{name: c.Name, kind: merkle.Kind(c.Kind), until: sessions})
	}
}
