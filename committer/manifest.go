package committer

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/merkle"
)

// manifest describes the database: a KV that was loaded once always has one.
// It is written again when the set of committables or the history changes.
type manifest struct {
	epoch   uint64 // records of other epochs do not count
	history uint64 // sessions retained
	members []member
}

// member is a committable that the database knows. They are sorted by name.
type member struct {
	name   string
	kind   merkle.Kind
	schema []byte // of a store
}

func (m *manifest) encode() []byte {
	w := newWriter(kindManifest, 256)
	w.uint(m.epoch)
	w.uint(m.history)
	w.uint(uint64(len(m.members)))
	for _, c := range m.members {
		w.bytes([]byte(c.name))
		w.byte(byte(c.kind))
		w.bytes(c.schema)
	}
	return w.seal()
}

// decodeManifest reads a manifest. The result shares the value's memory.
func decodeManifest(value []byte) (*manifest, error) {
	r, err := openValue(value, kindManifest)
	if err != nil {
		return nil, err
	}
	m := &manifest{epoch: r.uint(), history: r.uint()}
	for range r.count() {
		m.members = append(m.members, member{name: string(r.bytes()), kind: merkle.Kind(r.byte()), schema: r.bytes()})
	}
	return m, r.close()
}

// member returns what the manifest says of a name.
func (m *manifest) member(name string) (member, bool) {
	for _, c := range m.members {
		if c.name == name {
			return c, true
		}
	}
	return member{}, false
}

// checkMembers holds what the KV knows against what is registered.
func (l *loader) checkMembers(ctx context.Context) error {
	var errs []error
	for _, c := range l.stored.members {
		i, registered := l.m.find(c.name)
		if !registered {
			errs = append(errs, fmt.Errorf("%w: %q is in the KV; register it, under the same name", ErrNotRegistered, c.name))
			continue
		}
		p := l.m.parts[i]
		switch {
		case p.kind() != c.kind:
			errs = append(errs, fmt.Errorf("%w: %q is %s in the KV and registered as %s; a wrapper of a store must forward committer.Journaled",
				ErrNotRegistered, c.name, describeKind(c.kind), describeKind(p.kind())))
		case p.store != nil && !bytes.Equal(p.store.Schema(), c.schema):
			// Restore knows how to tell what differs.
			err := p.store.Restore(ctx, c.schema, noChunks)
			if err == nil {
				err = &SchemaError{Store: c.name, Changes: []string{"the descriptor has other bytes"}}
			}
			errs = append(errs, fmt.Errorf("committer: load: store %q: %w", c.name, err))
		default:
			l.known = append(l.known, p)
		}
	}
	for _, p := range l.m.parts {
		if _, known := l.stored.member(p.name); !known {
			if err := l.m.checkNewcomer(ctx, p); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

func describeKind(k merkle.Kind) string {
	if k == merkle.Store {
		return "a store"
	}
	return "an external"
}

// checkNewcomer refuses a store that the KV does not know and that is not
// empty: its rows would be in no record.
func (m *MultiCommitter) checkNewcomer(ctx context.Context, p *participant) error {
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

// describe returns the manifest of what is registered.
func (m *MultiCommitter) describe(epoch, history uint64) *manifest {
	switch {
	case m.historyOpt > 0:
		history = uint64(m.historyOpt)
	case history == 0:
		history = defaultHistory
	}
	d := &manifest{epoch: epoch, history: history}
	for _, p := range m.parts {
		c := member{name: p.name, kind: p.kind()}
		if p.store != nil {
			c.schema = clone(p.store.Schema())
		}
		d.members = append(d.members, c)
	}
	return d
}

// checkManifest notices, before the manifest is replaced, that another writer
// has replaced it already.
func (m *MultiCommitter) checkManifest(ctx context.Context) error {
	there, err := m.kv.Get(ctx, []byte(manifestKey))
	switch {
	case err == nil && (bytes.Equal(there, m.manifest.encode()) || bytes.Equal(there, m.tried)):
		return nil
	case err == nil || errors.Is(err, kv.ErrNotFound):
		return m.fail(fmt.Errorf("%w: %s was written by somebody else", ErrFenced, manifestKey))
	}
	return fmt.Errorf("committer: read %s: %w", manifestKey, err)
}

// writeManifest writes a manifest and takes it over.
func (m *MultiCommitter) writeManifest(ctx context.Context, d *manifest) error {
	m.tried = d.encode()
	if err := m.kv.Set(ctx, []byte(manifestKey), m.tried); err != nil {
		return fmt.Errorf("committer: write %s: %w", manifestKey, err)
	}
	if s, ok := m.kv.(kv.Syncer); ok {
		if err := s.Sync(ctx); err != nil {
			return m.fail(fmt.Errorf("sync: %w", err))
		}
	}
	m.manifest = d
	return nil
}
