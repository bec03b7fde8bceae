package committer

import (
	"fmt"
)

// What the MultiCommitter keeps in the KV, all under one prefix:
//
//	mc/manifest                          manifest: what the database is, and which of the other keys count
//	mc/database                          marker: there is a database, so that a lost manifest is noticed
//	mc/pending                           pending: sequence and key of the session in progress
//	mc/session/<epoch>/<seq>             record: one session, written once
//	mc/part/<epoch>/<seq>/<n>            part: a piece of a record that is larger than the KV takes
//	mc/final/<epoch>/<seq>               final: ids of the externals and the commit ID, written once
//	mc/chunk/<generation>/<store>/<n>    chunk: rows of a store, of one checkpoint
//	mc/heads/<generation>/<n>            heads: sessions that a checkpoint includes
//
// The numbers have a fixed width, so that the order of the keys is that of the
// sessions, and no two of these are the same key.
const (
	manifestKey = "mc/manifest"
	markerKey   = "mc/database"
	pendingKey  = "mc/pending"
)

func recordKey(epoch, seq uint64) string {
	return fmt.Sprintf("mc/session/%010d/%020d", epoch, seq)
}

func partKey(epoch, seq, n uint64) string {
	return fmt.Sprintf("mc/part/%010d/%020d/%010d", epoch, seq, n)
}

func finalKey(epoch, seq uint64) string {
	return fmt.Sprintf("mc/final/%010d/%020d", epoch, seq)
}

func chunkKey(generation uint64, store string, n uint64) string {
	return fmt.Sprintf("mc/chunk/%010d/%s/%010d", generation, store, n)
}

func headsKey(generation, n uint64) string {
	return fmt.Sprintf("mc/heads/%010d/%010d", generation, n)
}
