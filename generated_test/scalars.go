package generated

import "time"

// Scalar has a field of every type that is one value.
//
//committable:store key=Int
type Scalar struct {
	Bool     bool
	Int      int
	Int8     int8
	Int16    int16
	Int32    int32
	Int64    int64
	Uint     uint
	Uint8    uint8
	Uint16   uint16
	Uint32   uint32
	Uint64   uint64
	String   string
	Bytes    []byte
	Hash     [4]byte
	Duration time.Duration

	Flag   Flag
	Level  Level
	Mask   Mask
	Label  Label
	Blob   Blob
	Digest Digest
	rune   rune
	byte   byte
}

// Types of the user's own that are made of others.
type (
	Flag   bool
	Level  int8
	Mask   uint16
	Label  string
	Blob   []byte
	Digest [8]byte
)

// Flat is a row whose assignments are copies and that has one form only.
//
//committable:store key=ID
type Flat struct {
	ID     uint64
	Amount int64
	Digest Digest
	Inner  FlatInner
}

// FlatInner is part of a Flat.
type FlatInner struct {
	Levels [3]Level
	On     bool
}
