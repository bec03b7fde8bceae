package committer

import (
	"fmt"
)

// What the MultiCommitter keeps in the KV, all under one prefix:
//
//	mc/manifest                 manifest: epoch, history, the committables and their schemas
//	mc/pending                  pending: sequence and key of the session in progress
//	mc/session/<epoch>/<seq>    record: one session, written once
//	mc/final/<epoch>/<seq>      final: ids of the externals and the commit ID, written once
//
// The numbers have a fixed width, so that the order of the keys is that of the
// sessions.
const (
	manifestKey = "mc/manifest"
	pendingKey  = "mc/pending"
)

func recordKey(epoch, seq uint64) string {
	return fmt.Sprintf("mc/session/%010d/%020d", epoch, seq)
}

func finalKey(epoch, seq uint64) string {
	return fmt.Sprintf("mc/final/%010d/%020d", epoch, seq)
}
