package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/gencommittable/gencommittable/kv/boltkv"
)

// use opens the ledger in a file, calls fn and closes it.
func use(ctx context.Context, file string, fn func(*Ledger) error) error {
	store, err := boltkv.Open(file, nil)
	if err != nil {
		return err
	}
	ledger := NewLedger(store)
	err = ledger.Load(ctx)
	if err == nil {
		err = fn(ledger)
	}
	return errors.Join(err, ledger.Close(), store.Close())
}

// useExisting is use for a file that must exist.
func (in *invocation) useExisting(ctx context.Context, fn func(*Ledger) error) error {
	if _, err := os.Stat(in.db); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no ledger %s; create one with the command open, or name another with -db", in.db)
	}
	return use(ctx, in.db, fn)
}

func openAccount(ctx context.Context, in *invocation) error {
	in.withDB()
	overdraft := int64(0)
	in.overdraftFlag("how far the balance may be below zero: minor `units`, or unlimited", func(n int64) { overdraft = n })
	if err := in.parse(1, 1); err != nil {
		return err
	}
	return use(ctx, in.db, func(l *Ledger) error {
		receipt, err := l.Open(ctx, in.args[0], overdraft)
		if err != nil {
			return err
		}
		return in.printReceipt("account "+in.args[0], receipt)
	})
}

// overdraftFlag adds the flag -overdraft, which passes its value to set.
func (in *invocation) overdraftFlag(about string, set func(int64)) {
	in.flags.Func("overdraft", about, func(text string) error {
		if text == "unlimited" {
			set(Unlimited)
			return nil
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return errors.New("must be a number of minor units or unlimited")
		}
		set(n)
		return nil
	})
}

func post(ctx context.Context, in *invocation) error {
	in.withDB()
	key := in.flags.String("key", "", "`key` of the request, which is posted once (default: a new key)")
	date := in.flags.String("date", "", "`day` of the transfer, such as 2026-03-31 (default: today)")
	if err := in.parse(3, 4); err != nil {
		return err
	}
	amount, err := parseAmount(in.args[2])
	if err != nil {
		return err
	}
	t := Transfer{Request: *key, From: in.args[0], To: in.args[1], Amount: amount}
	if len(in.args) == 4 {
		t.Note = in.args[3]
	}
	if *key == "" {
		t.Request = rand.Text()
		fmt.Fprintf(in.stderr, "request %s: if you get no answer, post it again with -key %s\n", t.Request, t.Request)
	}
	return in.useExisting(ctx, func(l *Ledger) error {
		if t.Date, err = dayOf(l, t.Request, *date); err != nil {
			return err
		}
		receipt, err := l.Post(ctx, t)
		if err != nil {
			return err
		}
		return in.printReceipt("request "+t.Request, receipt)
	})
}

// dayOf returns the day of a transfer: the given day; or the day on which the request
// was posted, so that it can be repeated after midnight; or today. The clock is read
// here, outside the session, because a session must have the same result whenever it
// runs.
func dayOf(l *Ledger, request, day string) (time.Time, error) {
	if day != "" {
		return parseDate(day)
	}
	if was, ok := l.Posted(request); ok {
		return was.Date, nil
	}
	return time.Now().UTC().Truncate(24 * time.Hour), nil
}

// printReceipt prints the session and the commit ID.
func (in *invocation) printReceipt(what string, r Receipt) error {
	what = printable(what)
	how := "committed"
	if !r.Ran {
		how = "was committed before"
	}
	if r.Session.Key == nil {
		_, err := fmt.Fprintf(in.stdout, "%s %s\n", what, how)
		return err
	}
	_, err := fmt.Fprintf(in.stdout, "%s %s\nsession    %d\ncommit_id  %s\n", what, how, r.Session.Seq, r.Session.ID)
	return err
}

func balance(ctx context.Context, in *invocation) error {
	in.withDB()
	if err := in.parse(0, 1); err != nil {
		return err
	}
	return in.useExisting(ctx, func(l *Ledger) error {
		accounts := l.Accounts.All()
		if len(in.args) == 1 {
			account, ok := l.Accounts.Get(in.args[0])
			if !ok {
				return fmt.Errorf("%w %s", ErrUnknownAccount, printable(in.args[0]))
			}
			accounts = func(yield func(string, Account) bool) { yield(account.Name, account) }
		}
		table := tabwriter.NewWriter(in.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprint(table, "account\tbalance\toverdraft\n") // Flush returns the errors
		for name, account := range accounts {
			overdraft := strconv.FormatInt(account.Overdraft, 10)
			if account.Overdraft == Unlimited {
				overdraft = "unlimited"
			}
			fmt.Fprintf(table, "%s\t%d\t%s\n", name, account.Balance, overdraft)
		}
		return table.Flush()
	})
}
