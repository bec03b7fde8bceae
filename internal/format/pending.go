package format

import "fmt"

// Pending names the session in progress.
//
//	epoch uint ‖ sequence uint ‖ idempotency key bytes
type Pending struct {
	Epoch, Seq uint64
	Key        []byte
}

// Encode returns the value of p.
func (p *Pending) Encode() []byte {
	w := newWriter(KindPending, len(p.Key))
	w.uint(p.Epoch)
	w.uint(p.Seq)
	w.bytes(p.Key)
	return w.seal()
}

// DecodePending decodes a pending entry. The key shares memory with value.
func DecodePending(value []byte) (*Pending, error) {
	r, err := open(value, KindPending)
	if err != nil {
		return nil, err
	}
	p := &Pending{Epoch: r.uint(), Seq: r.uint(), Key: r.bytes()}
	return p, r.close()
}

// Check reports why p is not valid before session next of the current epoch.
func (p *Pending) Check(epoch, next uint64) error {
	if p.Epoch > epoch || p.Epoch == epoch && p.Seq > next {
		return fmt.Errorf("it names session %d of epoch %d, but the next session is %d of epoch %d",
			p.Seq, p.Epoch, next, epoch)
	}
	return CheckKey(p.Key)
}

// Obsolete reports whether p names a session before session next of the current
// epoch.
func (p *Pending) Obsolete(epoch, next uint64) bool { return p.Epoch < epoch || p.Seq < next }
