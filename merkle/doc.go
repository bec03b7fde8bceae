// Package merkle computes commit IDs. A commit ID names a session by what it
// changed: it is the root of a Merkle tree over the changes in all stores, and
// the same changes have the same ID on every machine.
//
// The tree has two layers. The changes of one store form a compact sparse Merkle
// tree over hashed keys, with one leaf for each changed key; its root is the
// store's change root ([ChangeRoot]). The change roots of all stores, and the ids
// that external committables return, form an RFC 6962 tree, whose root is the
// commit ID ([CommitID]).
//
// A committer.MultiCommitter calls CommitID for every session, and generated
// stores compute their change roots themselves. Programs use this package to
// compare and print IDs ([ID], [ParseID]), and to write a store by hand.
//
// # Formats
//
// H is SHA-256, ‖ is concatenation, and bytes are in hexadecimal.
//
// Change root: the key k has the path H(01 ‖ k), read from the most significant
// bit down. Its leaf is H(00 ‖ path ‖ H(01 ‖ row)) if the row was put, and
// H(00 ‖ path ‖ H(00)) if it was deleted. A subtree without leaves is 32 zero
// bytes, a subtree with one leaf is that leaf, and any other is
// H(01 ‖ left ‖ right). ICS-23 calls this format SmtSpec, and celestiaorg/smt
// computes the same roots.
//
// Commit ID: an RFC 6962 tree (https://www.rfc-editor.org/rfc/rfc6962, section
// 2.1) whose leaves are sorted by name. The input of a leaf is
// uvarint(length of name) ‖ name ‖ 20 ‖ H(id), which ICS-23 calls TendermintSpec.
// The first leaf is the header: the name "c" with the id 01. A store named n with
// changes has the name "c/n" and its change root as id; an external with an id
// has the name "x/n".
//
// TestVectors pins the bytes of both formats. TestChangeRootAgainstOracle and
// TestCommitIDAgainstOracle compare the roots with literal implementations of
// these definitions.
//
// # Why sparse trees over hashed keys
//
// An RFC 6962 list over sorted raw keys would be the obvious change root, but
// ICS-23 verifiers cannot check it safely. They only require that the prefix of
// a leaf starts with 00, so a forger can move bytes of the key into the prefix:
// a proof for the key "abc\x05admin" then passes as a proof for "admin", and an
// existing key can be "proven" absent. A leaf of the sparse tree always has a
// preimage of 65 bytes, in which nothing can move. The outer tree can keep the
// list format, because names, unlike keys, can be restricted: [CheckName] allows
// no byte that could be read as a length.
//
// # Stability
//
// The header leaf is the version of the formats. Every release that writes this
// header computes the same IDs for the same changes.
package merkle
