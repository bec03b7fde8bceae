package committer_test

import (
	"errors"
	"strings"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committable/codec"
)

// account is the row of the store that these tests use. The definition of the
// store is written by hand, so that the tests do not depend on the generator.
type account struct {
	ID       string
	Owner    string
	Balance  int64
	Sequence uint64
}

type (
	accountStore = committable.Table[string, account]
	definition   = committable.Definition[string, account]
)

// newAccountStore returns an empty store of accounts with the index ByOwner.
func newAccountStore(opts ...committable.Option) *accountStore {
	return committable.NewTable(accountDefinition(), opts...)
}

func accountDefinition() definition {
	return definition{
		Name: "accounts",
		Schema: strings.Join([]string{
			"committable schema 1", "1 ID string", "2 Owner string", "3 Balance int64", "4 Sequence uint64",
			"key ID", "index ByOwner Owner", "",
		}, "\n"),
		Key:       func(a *account) string { return a.ID },
		AppendKey: codec.AppendKeyString[string],
		DecodeKey: func(b []byte) (string, error) {
			r := codec.NewKeyReader(b)
			id := r.String()
			return id, r.Close()
		},
		AppendRow: func(dst []byte, a *account) []byte {
			dst = codec.AppendString(dst, 1, a.ID)
			dst = codec.AppendString(dst, 2, a.Owner)
			dst = codec.AppendInt(dst, 3, a.Balance)
			return codec.AppendUint(dst, 4, a.Sequence)
		},
		DecodeRow: func(b []byte, a *account) error {
			d := codec.NewDecoder(b)
			for d.Next() {
				switch d.Field() {
				case 1:
					a.ID = d.String()
				case 2:
					a.Owner = d.String()
				case 3:
					a.Balance = d.Int64()
				case 4:
					a.Sequence = d.Uint64()
				default:
					d.Unknown()
				}
			}
			return d.Err()
		},
		Equal: func(a, b *account) bool { return *a == *b },
		Indexes: []committable.Index[account]{{
			Name:   "ByOwner",
			Append: func(dst []byte, a *account) []byte { return codec.AppendKeyString(dst, a.Owner) },
		}},
	}
}

// owned returns the definition with the schema text that the generator writes.
func owned() definition {
	d := accountDefinition()
	d.Schema = "committable schema 1\n1 ID string\n2 Owner string\n3 Balance int64\n4 Sequence uint64\nkey ID\nindex ByOwner on Owner\n"
	return d
}

// ownerless returns the definition after the field Owner and its index were
// deleted.
func ownerless() definition {
	d := accountDefinition()
	d.Schema = "committable schema 1\n1 ID string\n3 Balance int64\n4 Sequence uint64\nkey ID\nreserved 2\n"
	d.Indexes = nil
	whole := d.DecodeRow
	d.DecodeRow = func(b []byte, a *account) error {
		if err := whole(b, a); err != nil || a.Owner == "" {
			return err
		}
		return errors.New("the row has field 2, which is reserved")
	}
	d.Normalize = func(a, _ *account) error { a.Owner = ""; return nil }
	return d
}
