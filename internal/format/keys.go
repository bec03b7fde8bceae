package format

import "fmt"

// The keys of a database:
//
//	mc/manifest                          manifest
//	mc/database                          marker
//	mc/pending                           pending entry
//	mc/session/<epoch>/<seq>             record, or the header of a split record
//	mc/part/<epoch>/<seq>/<n>            piece of a split record
//	mc/final/<epoch>/<seq>               outcome
//	mc/chunk/<generation>/<store>/<n>    chunk
//	mc/heads/<generation>/<n>            headers
//
// Numbers have a fixed width, so that the keys of records sort as the sessions
// do, and no two of these are the same key.
const (
	ManifestKey = "mc/manifest"
	MarkerKey   = "mc/database"
	PendingKey  = "mc/pending"
)

// RecordKey returns the key of the record of session seq.
func RecordKey(epoch, seq uint64) string {
	return fmt.Sprintf("mc/session/%010d/%020d", epoch, seq)
}

// PieceKey returns the key of piece n of the record of session seq.
func PieceKey(epoch, seq, n uint64) string {
	return fmt.Sprintf("mc/part/%010d/%020d/%010d", epoch, seq, n)
}

// OutcomeKey returns the key of the outcome of session seq.
func OutcomeKey(epoch, seq uint64) string {
	return fmt.Sprintf("mc/final/%010d/%020d", epoch, seq)
}

// ChunkKey returns the key of chunk n of a store in the checkpoint with this
// generation.
func ChunkKey(generation uint64, store string, n uint64) string {
	return fmt.Sprintf("mc/chunk/%010d/%s/%010d", generation, store, n)
}

// HeadersKey returns the key of headers value n that the checkpoint with this
// generation wrote.
func HeadersKey(generation, n uint64) string {
	return fmt.Sprintf("mc/heads/%010d/%010d", generation, n)
}
