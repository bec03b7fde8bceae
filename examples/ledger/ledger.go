package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committer"
)

// Ledger is the application: the accounts, the transfers between them, and the
// committer that changes both of them or neither.
type Ledger struct {
	Accounts  *AccountStore
	Transfers *TransferStore

	committer *committer.MultiCommitter
}

// NewLedger returns the ledger stored in store. Call Load before anything else.
func NewLedger(store committer.KV, opts ...committer.CommitterOpt) *Ledger {
	accounts, transfers := NewAccountStore(), NewTransferStore()
	l := &Ledger{Accounts: accounts, Transfers: transfers}
	opts = append([]committer.CommitterOpt{
		committer.WithCheck("balanced", l.balanced),
		// A session that a crash interrupted was never acknowledged. Its client repeats
		// the request under the same key. Until then, other requests must not wait.
		committer.WithDiscardPending(),
	}, opts...)
	l.committer = committer.NewCommitter(store, map[string]committer.Committable{
		accounts.Name():  accounts,
		transfers.Name(): transfers,
	}, opts...)
	return l
}

// Load reads the ledger from the KV.
func (l *Ledger) Load(ctx context.Context) error { return l.committer.Load(ctx) }

// Close ends the use of the ledger. It does not close the KV.
func (l *Ledger) Close() error { return l.committer.Close() }

// Receipt is the answer to a request.
type Receipt struct {
	Session committer.Session // the session that committed the request; zero if it is no longer retained
	Ran     bool              // false if the request was committed before and has changed nothing now
}

// Open opens an account. An account that is open already is not an error, unless it
// has another overdraft.
func (l *Ledger) Open(ctx context.Context, name string, overdraft int64) (Receipt, error) {
	receipt, err := l.do(ctx, "open/"+name, func() error {
		return l.Accounts.Insert(Account{Name: name, Overdraft: overdraft})
	})
	if err != nil && !errors.Is(err, committable.ErrExists) { // an import may have opened it
		return Receipt{}, err
	}
	if was, _ := l.Accounts.Get(name); was.Overdraft != overdraft {
		return Receipt{}, fmt.Errorf("account %s is open already, with an overdraft of %d", name, was.Overdraft)
	}
	return receipt, nil
}

// ErrOtherRequest is matched by the refusal of a request whose key was used for
// another request.
var ErrOtherRequest = errors.New("this request was made before, for something else")

// Post posts a transfer in one session. A request that was posted before is answered
// from its record. Post ignores t.ID.
func (l *Ledger) Post(ctx context.Context, t Transfer) (Receipt, error) {
	receipt, err := l.do(ctx, "post/"+t.Request, func() error { return l.post(t) })
	// If the committer no longer retains the key, the unique index refuses the
	// transfer: no request is ever posted twice.
	if err != nil && !errors.Is(err, committable.ErrNotUnique) {
		return Receipt{}, err
	}
	if was, _ := l.Posted(t.Request); !was.sameAs(t) {
		return Receipt{}, fmt.Errorf("%w: %s was %s", ErrOtherRequest, t.Request, was)
	}
	return receipt, nil
}

// Posted returns the transfer that was posted for a request. It reads from a view,
// because a view shows committed rows only. After a disk error, when the outcome of a
// session is unknown, the store itself still shows the rows of that session.
func (l *Ledger) Posted(request string) (Transfer, bool) {
	return l.Transfers.View().ByRequest(request)
}

// do runs fn as one session under a key: all its writes are committed, or none.
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

// add adds an amount to one balance.
func (l *Ledger) add(name string, amount int64) error {
	if !l.Accounts.Has(name) {
		return fmt.Errorf("%w %s", ErrUnknownAccount, printable(name))
	}
	return l.Accounts.Update(name, func(a *Account) error {
		a.Balance += amount // fits: see MaxAmount
		return nil
	})
}

// balanced is a check that every session passes before it commits: its changes add up
// to zero, so that the sum of all balances stays zero. Its cost depends on the size
// of the session, not of the ledger. (An overflow on the way does not matter: the sum
// wraps around and still ends at zero.)
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

// Last returns the last session, and false if there is none.
func (l *Ledger) Last() (committer.Session, bool, error) { return l.committer.Last() }
