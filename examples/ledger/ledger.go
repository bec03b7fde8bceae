package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committer"
)

// Ledger is the application: the accounts, the transfers between them, and the
// committer that changes both or neither.
type Ledger struct {
	Accounts  *AccountStore
	Transfers *TransferStore

	committer *committer.MultiCommitter
}

// NewLedger returns the ledger that is in store. Load it before use.
func NewLedger(store committer.KV, opts ...committer.CommitterOpt) *Ledger {
	accounts, transfers := NewAccountStore(), NewTransferStore()
	l := &Ledger{Accounts: accounts, Transfers: transfers}
	opts = append([]committer.CommitterOpt{
		committer.WithCheck("balanced", l.balanced),
		// What a crash left open was told to nobody as done. Whoever asked for it
		// asks again, under the same key; nobody else should have to wait for that.
		committer.WithDiscardPending(),
	}, opts...)
	l.committer = committer.NewCommitter(store, map[string]committer.Committable{
		accounts.Name():  accounts,
		transfers.Name(): transfers,
	}, opts...)
	return l
}

// Load reads what is in the KV.
func (l *Ledger) Load(ctx context.Context) error { return l.committer.Load(ctx) }

// Close ends the use of the ledger; the KV stays open.
func (l *Ledger) Close() error { return l.committer.Close() }

// Receipt tells what became of a request.
type Receipt struct {
	Session committer.Session // in which it was committed; zero if that is too old to be known
	Ran     bool              // false: it was committed before, and has changed nothing now
}

// Open opens an account, once. The same account with another overdraft is an
// error.
func (l *Ledger) Open(ctx context.Context, name string, overdraft int64) (Receipt, error) {
	receipt, err := l.do(ctx, "open/"+name, func() error {
		return l.Accounts.Insert(Account{Name: name, Overdraft: overdraft})
	})
	if err != nil && !errors.Is(err, committable.ErrExists) { // it exists if an import has opened it
		return Receipt{}, err
	}
	if was, _ := l.Accounts.Get(name); was.Overdraft != overdraft {
		return Receipt{}, fmt.Errorf("account %s is open already, with an overdraft of %d", name, was.Overdraft)
	}
	return receipt, nil
}

// ErrOtherRequest is why a request is refused whose name was used for another.
var ErrOtherRequest = errors.New("this request was made before, for something else")

// Post posts a transfer in a session of its own, once: the same request again
// is answered from its record. The ID in t is ignored.
func (l *Ledger) Post(ctx context.Context, t Transfer) (Receipt, error) {
	receipt, err := l.do(ctx, "post/"+t.Request, func() error { return l.post(t) })
	// A key that is too old to be recognised ends at the index: no request is
	// posted twice, ever.
	if err != nil && !errors.Is(err, committable.ErrNotUnique) {
		return Receipt{}, err
	}
	if was, _ := l.Posted(t.Request); !was.sameAs(t) {
		return Receipt{}, fmt.Errorf("%w: %s was %s", ErrOtherRequest, t.Request, was)
	}
	return receipt, nil
}

// Posted returns the transfer that was posted for a request. It reads by a view,
// which shows what is committed and nothing else: after an error of the disk, when
// nobody knows yet whether a session is, the store itself still shows its rows.
func (l *Ledger) Posted(request string) (Transfer, bool) {
	return l.Transfers.View().ByRequest(request)
}

// do runs fn as one session under a key: all that it writes, or nothing.
func (l *Ledger) do(ctx context.Context, key string, fn func() error) (Receipt, error) {
	session, ran, err := l.committer.Do(ctx, []byte(key), func(context.Context) error { return fn() })
	if err != nil {
		return Receipt{}, err
	}
	return Receipt{session, ran}, nil
}

// post writes one transfer and both balances, in the open session.
func (l *Ledger) post(t Transfer) error {
	t.ID = uint64(l.Transfers.Len())
	if err := l.Transfers.Insert(t); err != nil {
		return err
	}
	return errors.Join(l.add(t.From, -t.Amount), l.add(t.To, t.Amount))
}

// add changes one balance.
func (l *Ledger) add(name string, amount int64) error {
	if !l.Accounts.Has(name) {
		return fmt.Errorf("%w %s", ErrUnknownAccount, name)
	}
	return l.Accounts.Update(name, func(a *Account) error {
		a.Balance += amount // fits: see MaxAmount
		return nil
	})
}

// balanced is the check that every session passes before it commits: what its
// changes add is zero, so that the sum of all balances stays zero. It costs as
// much as the session is large, not as the ledger. (Where the sum wraps around
// on its way, it still ends at zero.)
func (l *Ledger) balanced(context.Context) error {
	var sum int64
	for change := range l.Accounts.Changes() {
		if change.Old != nil {
			sum -= change.Old.Balance
		}
		if change.New != nil {
			sum += change.New.Balance
		}
	}
	if sum != 0 {
		return fmt.Errorf("the session is out of balance by %d", sum)
	}
	return nil
}

// Last returns the last session, false if there is none.
func (l *Ledger) Last() (committer.Session, bool, error) { return l.committer.Last() }
