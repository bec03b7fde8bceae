package format

// ChunkOverhead bounds what a chunk needs beyond its rows.
const ChunkOverhead = 160

// Chunk has rows of one store in a checkpoint.
//
//	generation uint ‖ store bytes ‖ number uint ‖ hash of the previous chunk
//	‖ more bool ‖ rows bytes
//
// The chunks of a store are numbered from 0. Each has the hash of the value
// before it, and the manifest has the hash of the last. A KV that accepts small
// values only gets what a store yields as one chunk in several; More is true for
// all but the last of them.
type Chunk struct {
	Generation uint64 // 0 in an exported stream
	Store      string
	N          uint64
	PrevHash   Hash // of the value of the previous chunk; zeros for the first
	More       bool
	Rows       []byte
}

// Encode returns the value of c.
func (c *Chunk) Encode() []byte {
	w := newWriter(KindChunk, len(c.Rows)+ChunkOverhead)
	w.uint(c.Generation)
	w.string(c.Store)
	w.uint(c.N)
	w.fixed(c.PrevHash[:])
	w.bool(c.More)
	w.bytes(c.Rows)
	return w.seal()
}

// DecodeChunk decodes a chunk. It shares memory with value.
func DecodeChunk(value []byte) (*Chunk, error) {
	r, err := open(value, KindChunk)
	if err != nil {
		return nil, err
	}
	c := &Chunk{Generation: r.uint(), Store: r.string(), N: r.uint(), PrevHash: r.hash(), More: r.bool(), Rows: r.bytes()}
	return c, r.close()
}
