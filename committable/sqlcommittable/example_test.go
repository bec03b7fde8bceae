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
	generated "github.com/gencommittable/gencommittable/generated_test"
	"github.com/gencommittable/gencommittable/memkv"
)

// A payment goes to a generated store and to a SQL database, in both or in
// none. Asked for again, it is answered and not done again.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "bank")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	if err := pay(context.Background(), filepath.Join(dir, "bank.sqlite")); err != nil {
		fmt.Println(err)
	}
	// Output:
	// ran true, payments 1
	// ran false, payments 1
}

func pay(ctx context.Context, file string) error {
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "CREATE TABLE payments (id INTEGER PRIMARY KEY, amount INTEGER)"); err != nil {
		return err
	}
	bank, err := sqlcommittable.Open(ctx, db, "bank", sqlcommittable.SQLite)
	if err != nil {
		return err
	}
	transfers := generated.NewTransferStore()
	m := committer.NewCommitter(memkv.New(), map[string]committer.Committable{
		bank.Name():      bank,
		transfers.Name(): transfers,
	})
	for range 2 {
		_, ran, err := m.Do(ctx, []byte("payment 17"), func(ctx context.Context) error {
			return errors.Join(
				transfers.Put(generated.Transfer{ID: 17, Amount: 100}),
				bank.Exec(ctx, "INSERT INTO payments (id, amount) VALUES (?, ?)", 17, 100),
			)
		})
		if err != nil {
			return err
		}
		var n int
		if err := db.QueryRowContext(ctx, "SELECT count(*) FROM payments").Scan(&n); err != nil {
			return err
		}
		fmt.Printf("ran %v, payments %d\n", ran, n)
	}
	return nil
}
