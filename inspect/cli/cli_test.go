package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committable/codec"
	"github.com/gencommittable/gencommittable/committable/schema"
	"github.com/gencommittable/gencommittable/committer"
	generated "github.com/gencommittable/gencommittable/generated_test"
	"github.com/gencommittable/gencommittable/inspect"
	"github.com/gencommittable/gencommittable/inspect/internal/dynamic"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/memkv"
)

// memory is an open memkv. If it was opened read-only, a write fails the test.
type memory struct {
	kv.KV
	t        *testing.T
	readOnly bool
}

func (m memory) Set(ctx context.Context, key, value []byte) error {
	if m.readOnly {
		m.t.Errorf("%s is written to a read-only database", key)
	}
	return m.KV.Set(ctx, key, value)
}

func (m memory) Delete(ctx context.Context, key []byte) error {
	if m.readOnly {
		m.t.Errorf("%s is deleted from a read-only database", key)
	}
	return m.KV.Delete(ctx, key)
}

func (memory) Close() error { return nil }

// runOn runs the command. Every path is that of one memkv.
func runOn(t *testing.T, db kv.KV, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	return runWith(t.Context(), t, strings.NewReader(""), db, args...)
}

// runWith runs the command with a context and a standard input.
func runWith(ctx context.Context, t *testing.T, stdin io.Reader, db kv.KV, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	opener := Opener{Kind: "memory", Open: func(_ string, readOnly bool) (KV, error) { return memory{db, t, readOnly}, nil }}
	status = run(ctx, opener, args, stdin, &out, &errs)
	return status, out.String(), errs.String()
}

// failing is an external whose Commit fails, so that its session stays decided.
type failing struct{}

func (failing) Begin(context.Context, []byte) error         { return nil }
func (failing) BeginRecovery(context.Context, []byte) error { return nil }
func (failing) Cancel(context.Context) error                { return nil }
func (failing) Commit(context.Context, []byte) ([]byte, error) {
	return nil, errors.New("no mail today")
}

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: -want +got\n%s", what, diff)
	}
}

// TestDecidedSession inspects a database whose last session was not finished,
// because the Commit of an external committable failed.
func TestDecidedSession(t *testing.T) {
	db := memkv.New()
	pairs := generated.NewPairStore()
	m := committer.NewCommitter(db, map[string]committer.Committable{"pairs": pairs, "mail": failing{}})
	if _, _, err := m.Do(t.Context(), []byte("a b"), func(context.Context) error { return pairs.Put(generated.Pair{Weight: 5}) }); err == nil {
		t.Fatal("the session was finished")
	}
	status, out, _ := runOn(t, db, "log", "DB")
	want(t, "log", fmt.Sprint(status, out), "0pending: \"a b\" (decided, not finished)\nno sessions\n")
	status, out, _ = runOn(t, db, "show", "DB", "0")
	want(t, "show", fmt.Sprint(status, out), "0session 0\nkey     \"a b\"\nstate   decided, not finished\n\nmail (external)\n  id 0x\n\npairs\n  put false, false\n    Weight: 5\n")
	status, out, _ = runOn(t, db, "verify", "DB")
	want(t, "verify", fmt.Sprint(status, out), "0no faults: 0 sessions, 2 committables\n")
	status, _, errs := runOn(t, db, "rollback", "-yes", "DB", "0")
	want(t, "rollback", fmt.Sprint(status, errs), "2committable: \"mail\" keeps its state outside DB; nothing was changed: "+committer.ErrExternal.Error()+"\n")
}

// TestSchemaOfItsOwn inspects a store whose schema is not in the language of
// package schema.
func TestSchemaOfItsOwn(t *testing.T) {
	db := memkv.New()
	table := committable.NewTable(committable.Definition[string, string]{
		Name: "words", Schema: "words",
		Key:       func(v *string) string { return *v },
		AppendKey: func(dst []byte, k string) []byte { return append(append(dst, k...), 0) },
		DecodeKey: func(b []byte) (string, error) { return string(bytes.TrimSuffix(b, []byte{0})), nil },
		AppendRow: func(dst []byte, v *string) []byte { return append(dst, *v...) },
		DecodeRow: func(b []byte, v *string) error { *v = string(b); return nil },
		Equal:     func(a, b *string) bool { return *a == *b },
	})
	m := committer.NewCommitter(db, map[string]committer.Committable{"words": table})
	if _, _, err := m.Do(t.Context(), []byte("1"), func(context.Context) error { return table.Put("hi") }); err != nil {
		t.Fatal(err)
	}
	status, out, _ := runOn(t, db, "show", "DB", "last")
	if status != 0 || !strings.HasSuffix(out, "\nwords (schema cannot be read)\n  journal 0x01026869\n") {
		t.Errorf("show: %d %s", status, out)
	}
	status, out, _ = runOn(t, db, "show", "-json", "DB", "last")
	if status != 0 || !strings.HasSuffix(out, "\n{\"store\":\"words\",\"journal\":{\"hex\":\"01026869\"}}\n") {
		t.Errorf("show -json: %d %s", status, out)
	}
	status, _, errs := runOn(t, db, "verify", "DB")
	want(t, "verify", fmt.Sprint(status, errs), "2committable: inspect: rows cannot be decoded: the schema of store \"words\": schema: line 1: a schema must begin with the line \"committable schema 1\"\n")
}

func TestNoDatabase(t *testing.T) {
	status, _, errs := runOn(t, memkv.New(), "log", "DB")
	want(t, "log", fmt.Sprint(status, errs), "2committable: DB has no database of a MultiCommitter; the first Load creates one\n")
}

// checkpointed reports whether the checkpoint, which is written in the
// background, includes that many sessions.
func checkpointed(t *testing.T, db kv.KV, sessions uint64) bool {
	t.Helper()
	i, err := inspect.Open(t.Context(), db)
	if errors.Is(err, committer.ErrCorrupt) {
		return false // a checkpoint replaced values while they were read
	}
	if err != nil {
		t.Fatal(err)
	}
	next, ok := i.Checkpoint()
	return ok && next >= sessions
}

// TestVerifyListsAllFaults damages two records that Load does not read.
func TestVerifyListsAllFaults(t *testing.T) {
	db := memkv.New()
	pairs := generated.NewPairStore()
	m := committer.NewCommitter(db, map[string]committer.Committable{"pairs": pairs}, committer.WithCheckpoint(committer.CheckpointPolicy{MinBytes: 1, Growth: 0.001}))
	for i := 0; !checkpointed(t, db, 4); i++ {
		if _, _, err := m.Do(t.Context(), fmt.Append(nil, i), func(context.Context) error { return pairs.Put(generated.Pair{Weight: int32(i + 1)}) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	for _, seq := range []int{1, 3} {
		key := fmt.Appendf(nil, "mc/session/%010d/%020d", 0, seq)
		value, err := db.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		value[len(value)-1] ^= 1
		if err := db.Set(t.Context(), key, value); err != nil {
			t.Fatal(err)
		}
	}
	status, out, _ := runOn(t, db, "verify", "DB")
	if lines := strings.Split(out, "\n"); status != 1 || len(lines) != 3 || !strings.Contains(lines[0], "0001 is damaged") || !strings.HasPrefix(lines[1], "fault: ") || !strings.Contains(lines[1], "0003 is damaged") {
		t.Errorf("verify: %d %s", status, out)
	}
}

// TestVerifyAfterACrash has a pending entry of the last session. A crash can leave
// it, and Load deletes it. Commands that only read must keep it.
func TestVerifyAfterACrash(t *testing.T) {
	db := memkv.New()
	pairs := generated.NewPairStore()
	m := committer.NewCommitter(db, map[string]committer.Committable{"pairs": pairs})
	var pending []byte
	_, _, err := m.Do(t.Context(), []byte("1"), func(ctx context.Context) (err error) {
		pending, err = db.Get(ctx, []byte("mc/pending"))
		return err
	})
	if err == nil {
		err = db.Set(t.Context(), []byte("mc/pending"), pending)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"log", "DB"}, {"show", "DB", "0"}, {"verify", "DB"}, {"export", "DB", "-"}} {
		if status, out, errs := runOn(t, db, args...); status != 0 {
			t.Errorf("%s: %d %s%s", args[0], status, out, errs)
		}
	}
	if value, err := db.Get(t.Context(), []byte("mc/pending")); err != nil || !bytes.Equal(value, pending) {
		t.Errorf("the pending entry is %q, %v", value, err)
	}
}

// TestImportChecksUniqueIndexes imports rows that violate a unique index. They come
// from a version of the program without that index.
func TestImportChecksUniqueIndexes(t *testing.T) {
	text := bytes.Replace(generated.NewAccountStore().Schema(), []byte(" on IBAN unique"), []byte(" on IBAN"), 1)
	before, err := schema.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	definition := dynamic.Definition("accounts", before)
	old := committable.NewTable(definition)
	m := committer.NewCommitter(memkv.New(), map[string]committer.Committable{"accounts": old})
	_, _, err = m.Do(t.Context(), []byte("1"), func(context.Context) error {
		for _, id := range []string{"a", "b"} {
			var row dynamic.Row
			encoded := codec.AppendString(codec.AppendString(nil, 1, id), 3, "the same")
			if err := errors.Join(definition.DecodeRow(encoded, &row), old.Put(row)); err != nil {
				return err
			}
		}
		return nil
	})
	var stream bytes.Buffer
	if err := errors.Join(err, m.Export(t.Context(), &stream)); err != nil {
		t.Fatal(err)
	}

	db := memkv.New()
	load := func() error {
		m := committer.NewCommitter(db, map[string]committer.Committable{"accounts": generated.NewAccountStore()})
		return errors.Join(m.Load(t.Context()), m.Close())
	}
	if err := load(); err != nil {
		t.Fatal(err)
	}
	if status, _, errs := runWith(t.Context(), t, &stream, db, "import", "-yes", "DB", "-"); status != 2 || !strings.Contains(errs, "ByIBAN") {
		t.Errorf("import: %d %s", status, errs)
	}
	if err := load(); err != nil {
		t.Errorf("the program cannot load its database: %v", err)
	}
}

var errFull = errors.New("the disk is full")

// full is a file on a full disk.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// TestOutputThatCannotBeWritten runs each command that prints something, with an
// output that fails.
func TestOutputThatCannotBeWritten(t *testing.T) {
	dbs := make(map[string]kv.KV)
	for i, name := range []string{"empty", "one", "two"} {
		db, pairs := memkv.New(), generated.NewPairStore()
		m := committer.NewCommitter(db, map[string]committer.Committable{"pairs": pairs})
		err := m.Load(t.Context())
		for n := range i {
			_, _, failed := m.Do(t.Context(), fmt.Append(nil, n), func(context.Context) error { return pairs.Put(generated.Pair{Weight: int32(n + 1)}) })
			err = errors.Join(err, failed)
		}
		if err := errors.Join(err, m.Close()); err != nil {
			t.Fatal(err)
		}
		dbs[name] = db
	}
	opener := Opener{Kind: "memory", Open: func(path string, readOnly bool) (KV, error) { return memory{dbs[path], t, readOnly}, nil }}
	for _, args := range []string{
		"log empty", "log one", "log -json one", "show one 0", "show -json one 0", "verify one", "verify -json one",
		"diff one one", "diff -json one one", "diff one two", "diff -json one two", "rows one pairs", "rows -json one pairs", "rollback -yes two 1", "rollback -json -yes two 0",
	} {
		var errs bytes.Buffer
		status := run(t.Context(), opener, strings.Fields(args), strings.NewReader(""), full{}, &errs)
		if status != 2 || !strings.Contains(errs.String(), errFull.Error()) {
			t.Errorf("%s: %d %s", args, status, errs.String())
		}
	}
}

// silent is an input that never answers. The user presses Ctrl-C while a command
// reads it.
type silent struct {
	interrupt func()
	ended     <-chan struct{}
}

func (s silent) Read([]byte) (int, error) {
	s.interrupt()
	<-s.ended
	return 0, io.EOF
}

// TestInterrupt ends the context while a command waits for input.
func TestInterrupt(t *testing.T) {
	db, pairs := memkv.New(), generated.NewPairStore()
	m := committer.NewCommitter(db, map[string]committer.Committable{"pairs": pairs})
	_, _, err := m.Do(t.Context(), []byte("1"), func(context.Context) error { return pairs.Put(generated.Pair{Weight: 1}) })
	if err := errors.Join(err, m.Close()); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if status, _, errs := runOn(t, db, "export", "DB", file); status != 0 {
		t.Fatal(errs)
	}
	for _, args := range [][]string{{"rollback", "DB", "0"}, {"import", "DB", file}, {"import", "-yes", "DB", "-"}} {
		ctx, interrupt := context.WithCancel(t.Context())
		status, out, errs := runWith(ctx, t, silent{interrupt, t.Context().Done()}, db, args...)
		if status != 2 || out != "" || !strings.Contains(errs, context.Canceled.Error()) {
			t.Errorf("%s: %d %s%s", args[0], status, out, errs)
		}
	}
	if status, out, _ := runOn(t, db, "verify", "DB"); status != 0 || !strings.Contains(out, "1 session,") {
		t.Errorf("verify: %d %s", status, out)
	}
}
