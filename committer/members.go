package committer

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/internal/format"
	"github.com/gencommittable/gencommittable/internal/storage"
)

// checkMembers compares the committables that the KV knows with those that are
// registered.
func (l *loader) checkMembers(ctx context.Context) error {
	var errs []error
	for _, c := range l.Manifest.Members {
		i, registered := l.m.find(c.Name)
		if !registered {
			errs = append(errs, fmt.Errorf("%w: %q is in the KV; register it under this name, or drop it with Forget",
				ErrNotRegistered, c.Name))
			continue
		}
		p := l.m.parts[i]
		if p.kind() != c.Kind {
			errs = append(errs, fmt.Errorf("%w: %q is %s in the KV and registered as %s; a wrapper of a store must forward committer.Journaled",
				ErrNotRegistered, c.Name, format.DescribeKind(c.Kind), format.DescribeKind(p.kind())))
			continue
		}
		if p.store != nil && !bytes.Equal(p.store.Schema(), c.Schema) {
			// Restore reports whether the store can read rows of this schema.
			if err := p.store.Restore(ctx, c.Schema, noChunks); err != nil {
				errs = append(errs, fmt.Errorf("committer: load: store %q: %w", c.Name, err))
				continue
			}
			l.changed = append(l.changed, c.Name)
		}
		l.known = append(l.known, &knownMember{participant: p, schema: c.Schema})
	}
	for _, p := range l.m.parts {
		if _, known := l.Manifest.Member(p.name); !known {
			if err := checkNewcomer(ctx, p); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// checkNewcomer returns an error for a store that the KV does not know and that
// is not empty: no record would have its rows.
func checkNewcomer(ctx context.Context, p *participant) error {
	if p.store == nil {
		return nil
	}
	for chunk, err := range p.store.Snapshot(ctx, 0) {
		if err != nil {
			return fmt.Errorf("committer: register store %q: %w", p.name, err)
		}
		if len(chunk) > 0 {
			return fmt.Errorf("committer: store %q is new to the KV but not empty; register it empty, and write its rows in a session", p.name)
		}
	}
	return nil
}

// members returns the registered committables, as the manifest lists them.
func (m *MultiCommitter) members() []format.Member {
	var list []format.Member
	for _, p := range m.parts {
		c := format.Member{Name: p.name, Kind: p.kind()}
		if p.store != nil {
			c.Schema = clone(p.store.Schema())
		}
		list = append(list, c)
	}
	return list
}

func sameMembers(a, b []format.Member) bool {
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

// Forget drops a committable that is no longer registered, with all its rows.
// Load refuses a KV that knows an unregistered committable. Call Forget before
// Load. Past sessions keep the name, and another committable, which begins
// empty, can be registered under it.
//
// The error wraps ErrRegistered if the name is registered, ErrNotRegistered if
// the KV does not know the name, and ErrInSession or ErrUndecided if a session
// is pending: finish that session first, with the committable registered. Other
// errors are those of Load. After an error of the KV, call Forget again.
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
	if err := m.openDB(ctx); err != nil {
		return err
	}
	s := m.db.Scanner(m.opts.logger)
	if err := s.Scan(ctx); err != nil {
		return err
	}
	member, known := s.Manifest.Member(name)
	switch {
	case !known:
		return fmt.Errorf("%w: the KV does not know %q", ErrNotRegistered, name)
	case s.Decided != nil:
		return fmt.Errorf("%w: finish key %q before you forget %q", ErrUndecided, s.Decided.Key, name)
	case s.LeftOpen != nil:
		return fmt.Errorf("%w: finish or cancel key %q before you forget %q", ErrInSession, s.LeftOpen.Key, name)
	}
	manifest := storage.NewManifestOwner(m.db, s.Manifest)
	if err := manifest.Change(ctx, func(e storage.Edit) { e.Forget(member, s.History.Count()) }); err != nil {
		return err
	}
	if err := m.db.Sync(ctx); err != nil {
		return m.fail(err)
	}
	m.opts.logger.InfoContext(ctx, "forgotten", "name", name)
	if err := manifest.CollectGarbage(ctx); err != nil {
		m.opts.logger.WarnContext(ctx, "obsolete keys could not be deleted yet; Load deletes them", "error", err)
	}
	return nil
}
