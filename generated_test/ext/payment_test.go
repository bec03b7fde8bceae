package ext

import (
	"context"
	"math/big"
	"net/netip"
	"testing"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

func TestTypesOfOtherModules(t *testing.T) {
	ctx, s := context.Background(), NewPaymentStore()
	p := Payment{
		ID: uuid.MustParse("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), Batch: uuid.New(), Amount: decimal.RequireFromString("-12.340"),
		Fee: new(decimal.RequireFromString("0.05")), Splits: []decimal.Decimal{decimal.NewFromInt(1), {}},
		Rates: map[string]decimal.Decimal{"EUR": decimal.RequireFromString("1.1")}, Total: *new(big.Int).Lsh(big.NewInt(1), 200),
		From: netip.MustParseAddr("fe80::1%eth0"),
	}
	if err := s.Begin(ctx, []byte("1")); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(p); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(ctx, []byte("1")); err != nil {
		t.Fatal(err)
	}
	p.Total.SetInt64(0) // the store has its own

	restored := NewPaymentStore()
	if err := restored.Restore(ctx, s.Schema(), s.Snapshot(ctx, 0)); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*PaymentStore{s, restored} {
		got, ok := s.Get(p.ID)
		if !ok || got.Batch != p.Batch || got.Amount.String() != "-12.34" || got.Fee.String() != "0.05" || len(got.Splits) != 2 ||
			!got.Rates["EUR"].Equal(decimal.RequireFromString("1.1")) || got.Total.BitLen() != 201 || got.From != p.From {
			t.Errorf("got %+v, %v", got, ok)
		}
		for _, found := range s.View().ByBatch(p.Batch) {
			if found.ID != p.ID {
				t.Errorf("ByBatch found %s", found.ID)
			}
		}
	}
}
