package sqlcommittable_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gencommittable/gencommittable/committable/sqlcommittable"
	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/docs/quickstart"
	"github.com/gencommittable/gencommittable/memkv"
)

// A deposit changes a generated store and a SQL database: both or neither. The
// second call with the same key does nothing and returns the same result.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "bank")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	if err := deposit(context.Background(), filepath.Join(dir, "bank.sqlite")); err != nil {
		fmt.Println(err)
	}
	// Output:
	// ran true, deposits 1
	// ran false, deposits 1
}

func deposit(ctx context.Context, file string) error {
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "CREATE TABLE deposits (id INTEGER PRIMARY KEY, amount INTEGER)"); err != nil {
		return err
	}
	bank, err := sqlcommittable.Open(ctx, db, "bank", sqlcommittable.SQLite)
	if err != nil {
		return err
	}
	accounts := quickstart.NewAccountStore()
	m := committer.NewCommitter(memkv.New(), map[string]committer.Committable{
		bank.Name():     bank,
		accounts.Name(): accounts,
	})
	for range 2 {
		_, ran, err := m.Do(ctx, []byte("deposit 17"), func(ctx context.Context) error {
			return errors.Join(
				accounts.Put(quickstart.Account{ID: "alice", Balance: 100}),
				bank.Exec(ctx, "INSERT INTO deposits (id, amount) VALUES (?, ?)", 17, 100),
			)
		})
		if err != nil {
			return err
		}
		var n int
		if err := db.QueryRowContext(ctx, "SELECT count(*) FROM deposits").Scan(&n); err != nil {
			return err
		}
		fmt.Printf("ran %v, deposits %d\n", ran, n)
	}
	return nil
}
