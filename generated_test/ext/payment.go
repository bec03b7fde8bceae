package ext

import (
	"math/big"
	"net/netip"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

// Payment is made of types of other modules. A UUID is 16 bytes, so that it can
// be the key; a decimal encodes itself.
//
//committable:store key=ID
//committable:index name=ByBatch on=Batch
type Payment struct {
	ID     uuid.UUID
	Batch  uuid.UUID
	Amount decimal.Decimal
	Fee    *decimal.Decimal
	Splits []decimal.Decimal
	Rates  map[string]decimal.Decimal `committable:",text"`
	Total  big.Int                    `committable:",text"`
	From   netip.Addr
}
