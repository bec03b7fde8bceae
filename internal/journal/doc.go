// Package journal reads and writes the bytes that stores exchange with the
// MultiCommitter: journals, which hold the changes of one session, and frames,
// of which snapshots consist.
//
// A journal is a sequence of entries without a header:
//
//	+------+----------------+-----------------+
//	| kind | uvarint length | payload         |
//	+------+----------------+-----------------+
//	  00                      encoded key of a deleted row
//	  01                      encoded row that was put
//
// A journal without entries is empty. The entries of one session are sorted by
// merkle path of their keys, and each key has at most one entry. This package
// does not check the order, because the key of a put is known only to those who
// can decode the row.
//
// A chunk of a snapshot is a sequence of frames, each with one encoded row:
//
//	+----------------+---------+
//	| uvarint length | payload |
//	+----------------+---------+
//
// The readers are strict: whatever they accept, the writers encode to the same
// bytes. Lengths must have their shortest encoding, which FuzzEntries and
// FuzzFrame test. TestVectors pins the bytes.
package journal
