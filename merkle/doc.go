// Package merkle computes the commit ID of a session: a Merkle root over what
// the session changed, in every store, that any standard SHA-256 verifier can
// check.
//
// There are two layers. The changes of one store form a compact sparse Merkle
// tree over hashed keys, whose root is the store's change root ([ChangeRoot]);
// a key's net change is one leaf ([PutLeaf], [DeleteLeaf]). The change roots of
// all stores, and the ids that external committables gave themselves, form an
// RFC 6962 tree whose root is the commit ID ([CommitID]).
//
// The inner format is the one that ICS-23 calls SmtSpec and that celestiaorg/smt
// computes; the outer one is RFC 6962 (https://www.rfc-editor.org/rfc/rfc6962,
// section 2.1) with the leaves that ICS-23 calls TendermintSpec. TestVectors
// pins both, byte for byte, and TestChangeRootAgainstOracle compares the inner
// tree with one that is too slow to be wrong.
//
// # Why sparse, and why over hashed keys
//
// The obvious design, an RFC 6962 list over the sorted raw keys, cannot be
// checked safely by ICS-23: its verifier wants no more than that a leaf's
// prefix starts with 00, so bytes of a key can be moved into that prefix. Then
// a proof for the key "abc\x05admin" passes as one for "admin", and a key that
// is there can be "proven" absent. A leaf of the sparse tree has a preimage of
// exactly 65 bytes, in which nothing can move. The outer tree keeps the list
// format because names, unlike keys, can be restricted: [CheckName] allows no
// byte that could be taken for a length.
//
// # Stability
//
// The formats are versioned by the header leaf of the outer tree. For given
// changes this package returns the same bytes in every release that writes that
// header.
package merkle
