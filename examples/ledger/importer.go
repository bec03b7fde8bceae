package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"
)

// importFile is the command import. It posts the lines of a file, a batch of lines in
// each session. It can be interrupted at any moment and started again: the key of
// a line is made of the file name and the line number, and no key is posted twice.
func importFile(ctx context.Context, in *invocation) error {
	in.withDB()
	im := importer{}
	in.flags.IntVar(&im.batch, "batch", 100, "`lines` in a session, which is posted as a whole or not at all")
	in.flags.StringVar(&im.name, "name", "", "`name` under which the ledger remembers the file (default: its file name)")
	in.overdraftFlag("open unknown accounts with this overdraft: minor `units`, or unlimited (default: an unknown account is an error)",
		func(n int64) { im.overdraft = &n })
	if err := in.parse(1, 1); err != nil {
		return err
	}
	if im.batch < 1 {
		return in.wrong("-batch is %d; it must be at least 1", im.batch)
	}
	im.file = in.args[0]
	if im.name == "" {
		im.name = filepath.Base(im.file)
	}
	file, err := os.Open(im.file)
	if err != nil {
		return err
	}
	defer file.Close()
	rows, err := readRows(im.file, file)
	if err != nil {
		return err
	}
	enter := in.useExisting
	if im.overdraft != nil {
		enter = func(ctx context.Context, fn func(*Ledger) error) error { return use(ctx, in.db, fn) }
	}
	return enter(ctx, func(l *Ledger) error {
		step, stop := showProgress(in.stderr, len(rows))
		report, err := im.post(ctx, l, rows, step)
		stop()
		if err != nil {
			return err
		}
		return in.printImport(l, report)
	})
}

// importer posts rows.
type importer struct {
	file, name string
	batch      int
	overdraft  *int64 // of the accounts to open; nil: open none
}

// imported is the result of an import.
type imported struct {
	posted, skipped, sessions int // skipped: posted by an earlier import
}

// post posts the new rows in their order. Sessions that are committed before an error
// stay.
func (im *importer) post(ctx context.Context, l *Ledger, rows []row, step func()) (imported, error) {
	var done imported
	var batch []row
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		if err := im.postBatch(ctx, l, batch); err != nil {
			return err
		}
		for range batch {
			step()
		}
		done.posted += len(batch)
		done.sessions++
		batch = batch[:0]
		return nil
	}
	for _, r := range rows {
		r.transfer.Request = fmt.Sprintf("%s:%d", im.name, r.line)
		if was, ok := l.Posted(r.transfer.Request); ok {
			if !was.sameAs(r.transfer) {
				return done, fmt.Errorf("%s:%d: was %s when this line was imported before; if this is another file, give it a -name", im.file, r.line, was)
			}
			done.skipped++
			step()
			continue
		}
		if batch = append(batch, r); len(batch) == im.batch {
			if err := flush(); err != nil {
				return done, err
			}
		}
	}
	return done, flush()
}

// postBatch posts rows in one session.
func (im *importer) postBatch(ctx context.Context, l *Ledger, batch []row) error {
	first, last := batch[0].line, batch[len(batch)-1].line
	key := fmt.Sprintf("import/%s:%d-%d", im.name, first, last)
	_, err := l.do(ctx, key, func() error {
		for _, r := range batch {
			if err := im.openNew(l, r.transfer.From, r.transfer.To); err != nil {
				return fmt.Errorf("%s:%d: %w", im.file, r.line, err)
			}
			if err := l.post(r.transfer); err != nil {
				return fmt.Errorf("%s:%d: %w", im.file, r.line, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%w\nlines %d to %d are one session, and none of them is posted; the lines before them are posted", err, first, last)
	}
	return nil
}

// openNew opens the unknown ones of these accounts, if im.overdraft is set.
func (im *importer) openNew(l *Ledger, names ...string) error {
	if im.overdraft == nil {
		return nil
	}
	for _, name := range names {
		if l.Accounts.Has(name) {
			continue
		}
		if err := l.Accounts.Insert(Account{Name: name, Overdraft: *im.overdraft}); err != nil {
			return err
		}
	}
	return nil
}

func (in *invocation) printImport(l *Ledger, done imported) error {
	last, _, err := l.Last()
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(in.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "posted\t%d\nskipped\t%d\nsessions\t%d\ncommit_id\t%s\n", done.posted, done.skipped, done.sessions, last.ID)
	return table.Flush()
}
