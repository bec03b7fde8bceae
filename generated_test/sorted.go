package generated

import "time"

// Sample has an index on every type that has an order.
//
//committable:store key=ID
//committable:index name=ByBool on=Bool
//committable:index name=ByInt on=Int
//committable:index name=ByInt8 on=Int8
//committable:index name=ByInt16 on=Int16
//committable:index name=ByInt32 on=Int32
//committable:index name=ByUint on=Uint
//committable:index name=ByUint8 on=Uint8
//committable:index name=ByUint16 on=Uint16
//committable:index name=ByUint32 on=Uint32
//committable:index name=ByString on=String
//committable:index name=ByHash on=Hash
//committable:index name=ByTime on=Time
//committable:index name=ByDuration on=Duration
//committable:index name=ByStringDown on=-String,Int8
//committable:index name=ByHashDown on=-Hash
//committable:index name=ByTimeDown on=-Time
type Sample struct {
	ID       Digest
	Bool     Flag
	Int      int
	Int8     int8
	Int16    int16
	Int32    int32
	Uint     uint
	Uint8    uint8
	Uint16   uint16
	Uint32   uint32
	String   string
	Hash     [4]byte
	Time     time.Time
	Duration time.Duration
}
