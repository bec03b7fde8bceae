package generated

import "time"

// Position is what an account holds of an asset in a market.
//
//committable:store key=Owner,Asset,Market
//committable:index name=ByAsset on=Asset,-Amount,Market
//committable:index name=BySlot on=Market,Slot,Owner unique
type Position struct {
	Owner  Owner
	Asset  Label
	Market uint16
	Amount int64
	Slot   [2]byte
}

// Event is keyed by when and where it happened.
//
//committable:store key=At,Device name=sensor/events type=EventLog
type Event struct {
	At     time.Time
	Device [6]byte
	Kind   Kind
	Note   string
}

// Kind is the kind of an event.
type Kind uint8

// Pair has the smallest composite key.
//
//committable:store key=Left,Right
type Pair struct {
	Left, Right bool
	Weight      int32
}
