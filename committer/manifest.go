package committer

import (
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
