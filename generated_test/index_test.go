package generated

import (
	"errors"
	"testing"
	"time"

	"github.com/gencommittable/gencommittable/committable"
)

func accounts(t *testing.T) *AccountStore {
	s := NewAccountStore()
	put(t, s,
		Account{ID: "1", Owner: "ann", IBAN: "A", Balance: -5, Opened: day(1)},
		Account{ID: "2", Owner: "ann", IBAN: "B", Balance: 70, Opened: day(3)},
		Account{ID: "3", Owner: "ann", IBAN: "C", Balance: 70, Opened: day(2)},
		Account{ID: "4", Owner: "anna", IBAN: "D", Balance: 300, Opened: day(2)},
		Account{ID: "5", Owner: "ann", IBAN: "E", Balance: 0, Opened: day(2)},
	)
	return s
}

func TestIndexOrder(t *testing.T) {
	s := accounts(t)
	same(t, keys(s.ByOwner("ann")), []string{"2", "3", "5", "1"}) // the newest first, then by key
	same(t, keys(s.ByOwner("an")), nil)
	same(t, keys(s.ByOwnerWithOpened("ann", day(2))), []string{"3", "5"})
	same(t, keys(s.ByOwnerRange("ann", day(3), day(1))), []string{"2", "3", "5"}) // the end is not in it
	same(t, keys(s.ByOwnerRange("ann", day(1), day(3))), nil)
	same(t, keys(s.AllByOwner()), []string{"2", "3", "5", "1", "4"})
	same(t, keys(s.AllByBalance()), []string{"4", "2", "3", "5", "1"})
	same(t, keys(s.ByBalance(70)), []string{"2", "3"})
	same(t, keys(s.ByBalanceRange(300, 0)), []string{"4", "2", "3"})
	same(t, keys(s.ByIBANRange("B", "D")), []string{"2", "3"})
	same(t, keys(s.AllByIBAN()), []string{"1", "2", "3", "4", "5"})
}

func TestIndexArgumentsMayBeInAnyZone(t *testing.T) {
	s := accounts(t)
	elsewhere := day(2).In(time.FixedZone("", 3600))
	same(t, keys(s.ByOwnerWithOpened("ann", elsewhere)), []string{"3", "5"})
}

func TestIndexFollowsWrites(t *testing.T) {
	s := accounts(t)
	in(t, s, "move", func() {
		if err := s.Update("2", func(a *Account) error { a.Owner = "bob"; return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Delete("3"); err != nil {
			t.Fatal(err)
		}
		same(t, keys(s.ByOwner("ann")), []string{"5", "1"})
	})
	same(t, keys(s.ByOwner("bob")), []string{"2"})
	same(t, keys(s.ByOwner("ann")), []string{"5", "1"})
}

func TestUniqueIndex(t *testing.T) {
	s := accounts(t)
	a, ok := s.ByIBAN("C")
	same(t, a.ID, "3")
	same(t, ok, true)
	in(t, s, "twice", func() {
		err := s.Insert(Account{ID: "6", IBAN: "C"})
		var unique *committable.UniqueError
		if !errors.As(err, &unique) || unique.Index != "ByIBAN" || !errors.Is(err, committable.ErrNotUnique) {
			t.Errorf("Insert returned %v", err)
		}
		if err := s.Update("3", func(a *Account) error { a.IBAN = "Z"; return nil }); err != nil {
			t.Error(err)
		}
		if err := s.Insert(Account{ID: "6", IBAN: "C"}); err != nil {
			t.Errorf("the IBAN is free again, but Insert returned %v", err)
		}
	})
	a, _ = s.ByIBAN("C")
	same(t, a.ID, "6")
}

func TestIndexOfThree(t *testing.T) {
	s := NewPositionStore()
	row := func(owner Owner, asset Label, market uint16, amount int64) Position {
		return Position{Owner: owner, Asset: asset, Market: market, Amount: amount, Slot: [2]byte{byte(market), owner[0]}}
	}
	put(t, s, row("x", "gold", 1, 5), row("y", "gold", 2, 9), row("z", "gold", 3, 5), row("w", "gold", 1, 5), row("w", "tin", 4, 7))
	owners := func(ks []PositionKey) (out string) {
		for _, k := range ks {
			out += string(k.Owner)
		}
		return out
	}
	same(t, owners(keys(s.ByAsset("gold"))), "ywxz")
	same(t, owners(keys(s.ByAssetWithAmount("gold", 5))), "wxz")
	same(t, owners(keys(s.ByAssetWithAmountMarket("gold", 5, 1))), "wx")
	same(t, owners(keys(s.ByAssetRange("gold", 9, 5))), "y")
	same(t, owners(keys(s.ByAssetWithAmountRange("gold", 5, 1, 3))), "wx")
	p, ok := s.BySlot(3, [2]byte{3, 'z'}, "z")
	same(t, ok, true)
	same(t, p.Owner, "z")
	same(t, owners(keys(s.BySlotPrefix(1))), "wx")
	same(t, owners(keys(s.BySlotPrefixWithSlot(1, [2]byte{1, 'x'}))), "x")
	same(t, owners(keys(s.BySlotRange(1, [2]byte{1, 'w'}, [2]byte{1, 'x'}))), "w")
}

func TestCompositeKeys(t *testing.T) {
	s := NewPositionStore()
	for i, p := range []Position{{Owner: "a", Asset: "b"}, {Owner: "ab"}, {Owner: "a", Asset: "c"}, {Owner: "a", Asset: "c", Market: 1}, {Owner: "a", Asset: "bc"}} {
		p.Slot[0] = byte(i)
		put(t, s, p)
	}
	same(t, keys(s.Prefix("a")), []PositionKey{{"a", "b", 0}, {"a", "bc", 0}, {"a", "c", 0}, {"a", "c", 1}})
	same(t, keys(s.PrefixWithAsset("a", "c")), []PositionKey{{"a", "c", 0}, {"a", "c", 1}})
	same(t, keys(s.View().Prefix("ab")), []PositionKey{{Owner: "ab"}})
	same(t, keys(s.Range(PositionKey{"a", "bc", 0}, PositionKey{"a", "c", 1})), []PositionKey{{"a", "bc", 0}, {"a", "c", 0}})
	p, ok := s.Get(PositionKey{"a", "c", 1})
	same(t, ok, true)
	same(t, p.Market, 1)

	pairs := NewPairStore()
	put(t, pairs, Pair{true, false, 1}, Pair{false, true, 2}, Pair{true, true, 3})
	same(t, keys(pairs.All()), []PairKey{{false, true}, {true, false}, {true, true}})
	same(t, keys(pairs.Prefix(true)), []PairKey{{true, false}, {true, true}})
}
