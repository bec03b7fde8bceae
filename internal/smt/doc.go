// Package smt computes the roots of compact sparse Merkle trees. The hash of a key
// determines its place in the tree. The change root of a store is the root of a
// sparse Merkle tree; package merkle documents why.
//
// H is SHA-256, ‖ is concatenation, and bytes are in hexadecimal:
//
//	path        H(01 ‖ key), read from the most significant bit down
//	put leaf    H(00 ‖ path ‖ H(01 ‖ row))
//	delete leaf H(00 ‖ path ‖ H(00))
//	subtree     no leaf     32 zero bytes
//	            one leaf    the leaf
//	            more        H(01 ‖ left ‖ right), split at the next bit of the paths
//
// ICS-23 calls this format SmtSpec, and celestiaorg/smt computes the same roots.
// TestVectors pins the bytes. TestRootAgainstOracle compares the roots with
// those of a tree that follows the definition literally.
//
// A large tree is computed on all processors: a [Partitioner] distributes keys
// over the subtrees at one depth, each subtree is sorted and hashed alone
// ([NewSubtree]), and [Join] combines them.
package smt
