package committable_test

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/memkv"
)

// mailbox stands for a database: a transaction changes a copy of the state, and
// Commit installs the copy. A real database also makes it durable.
type mailbox struct{ state, next *mails }

// mails is the state, with the key and the id of the last session.
type mails struct {
	bySubject map[string]string
	key, id   string
}

func (b *mailbox) Begin(context.Context) error {
	next := *b.state
	next.bySubject = maps.Clone(b.state.bySubject)
	b.next = &next
	return nil
}

func (b *mailbox) Last(context.Context) (key, id []byte, err error) {
	return []byte(b.next.key), []byte(b.next.id), nil
}

func (b *mailbox) SetLast(_ context.Context, key, id []byte) error {
	b.next.key, b.next.id = string(key), string(id)
	return nil
}

func (b *mailbox) Commit(context.Context) error {
	if b.next == nil {
		return errors.New("no transaction is open")
	}
	b.state, b.next = b.next, nil
	return nil
}

func (b *mailbox) Rollback(context.Context) error {
	b.next = nil
	return nil
}

// An engine becomes an external committable and takes part in a session. When the
// session is recovered, its code runs again, but writes nothing twice.
func ExampleNew() {
	ctx := context.Background()
	box := &mailbox{state: &mails{bySubject: make(map[string]string)}}
	mail := committable.NewExternal("mail", box)
	m := committer.NewCommitter(memkv.New(), map[string]committer.Committable{mail.Name(): mail})

	key := []byte("order 1")
	var ids [2][]byte
	for i := range ids { // the second time it is a recovery
		if err := m.Begin(ctx, key); err != nil {
			fmt.Println(err)
			return
		}
		err := mail.Apply(ctx, []byte("thanks: to Ada"), func(context.Context) error {
			if _, there := box.next.bySubject["thanks"]; there {
				return errors.New("a second mail")
			}
			box.next.bySubject["thanks"] = "to Ada"
			return nil
		})
		if err != nil {
			fmt.Println(err, m.Cancel(ctx))
			return
		}
		fmt.Println("replaying:", mail.Replaying())
		if ids[i], err = m.Commit(ctx, key); err != nil {
			fmt.Println(err, m.Cancel(ctx))
			return
		}
	}
	fmt.Println(box.state.bySubject, "same ID:", string(ids[0]) == string(ids[1]))
	// Output:
	// replaying: false
	// replaying: true
	// map[thanks:to Ada] same ID: true
}
