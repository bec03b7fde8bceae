package format

// SplitOverhead bounds what a piece needs beyond the bytes of the record.
const SplitOverhead = 64

// Split is the header of a split record: it stands under the key of a record
// that is larger than a value of the KV may be.
//
//	epoch uint ‖ sequence uint ‖ number of the first piece uint
//	‖ number of pieces uint ‖ length of the record uint ‖ hash of the record
type Split struct {
	Epoch, Seq    uint64
	First, Pieces uint64
	Size          uint64
	Hash          Hash
}

// Encode returns the value of s.
func (s *Split) Encode() []byte {
	w := newWriter(KindSplit, SplitOverhead)
	w.uints(s.Epoch, s.Seq, s.First, s.Pieces, s.Size)
	w.fixed(s.Hash[:])
	return w.seal()
}

// DecodeSplit decodes the header of a split record.
func DecodeSplit(value []byte) (*Split, error) {
	r, err := open(value, KindSplit)
	if err != nil {
		return nil, err
	}
	s := &Split{Epoch: r.uint(), Seq: r.uint(), First: r.uint(), Pieces: r.uint(), Size: r.uint(), Hash: r.hash()}
	return s, r.close()
}

// Piece is a piece of a split record.
//
//	epoch uint ‖ sequence uint ‖ number uint ‖ bytes of the record
type Piece struct {
	Epoch, Seq, N uint64
	Bytes         []byte
}

// Encode returns the value of p.
func (p *Piece) Encode() []byte {
	w := newWriter(KindPiece, len(p.Bytes)+SplitOverhead)
	w.uints(p.Epoch, p.Seq, p.N)
	w.bytes(p.Bytes)
	return w.seal()
}

// DecodePiece decodes a piece. It shares memory with value.
func DecodePiece(value []byte) (*Piece, error) {
	r, err := open(value, KindPiece)
	if err != nil {
		return nil, err
	}
	p := &Piece{Epoch: r.uint(), Seq: r.uint(), N: r.uint(), Bytes: r.bytes()}
	return p, r.close()
}
