package kvtest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gencommittable/gencommittable/kv"
)

// copiedIn checks that a KV neither keeps nor changes the slices that it is given
// (rule 6).
func copiedIn(ctx context.Context, s *subject) error {
	writes := []struct {
		method string
		needs  Methods
		write  func(key, value []byte) error
	}{
		{"Set", None, func(key, value []byte) error { return s.Set(ctx, key, value) }},
		{"Batch", Batch, func(key, value []byte) error { return s.batch(ctx, kv.Op{Key: key, Value: value}) }},
		{"Create", Create, func(key, value []byte) error { return s.create(ctx, key, value) }},
	}
	for _, w := range writes {
		if !s.has.Has(w.needs) {
			continue
		}
		key, value := []byte("key of "+w.method), []byte("value of "+w.method)
		wantKey, wantValue := string(key), string(value)
		if err := w.write(key, value); err != nil {
			return fmt.Errorf("%s: %w", w.method, err)
		}
		if string(key) != wantKey || string(value) != wantValue {
			return fmt.Errorf("%s changed the bytes that it was given, to %q and %q", w.method, key, value)
		}
		key[0], value[0] = 'X', 'X'
		if err := errors.Join(s.want(ctx, wantKey, wantValue), s.wantAbsent(ctx, string(key))); err != nil {
			return fmt.Errorf("%s kept a slice of the caller: %w", w.method, err)
		}
	}
	return nil
}

// copiedOut checks that the caller may change the slice that Get returned, and
// that the KV never changes it (rule 6).
func copiedOut(ctx context.Context, s *subject) error {
	if err := s.set(ctx, "a", "value"); err != nil {
		return err
	}
	first, err := s.Get(ctx, []byte("a"))
	if err != nil {
		return fmt.Errorf("Get: %w", err)
	}
	for i := range first {
		first[i] = 'X'
	}
	if err := s.want(ctx, "a", "value"); err != nil {
		return fmt.Errorf("Get returned a slice of the KV: %w", err)
	}
	kept, err := s.Get(ctx, []byte("a"))
	if err != nil {
		return fmt.Errorf("Get: %w", err)
	}
	if err := errors.Join(s.set(ctx, "a", "other"), s.del(ctx, "a"), s.set(ctx, "b", "third")); err != nil {
		return err
	}
	if string(kept) != "value" {
		return fmt.Errorf("a slice that Get had returned changed with later writes, from %q to %q", "value", kept)
	}
	return nil
}

// emptyValues checks that empty values are values (rule 8).
func emptyValues(ctx context.Context, s *subject) error {
	if err := s.Set(ctx, []byte("nil"), nil); err != nil {
		return fmt.Errorf("Set of a nil value: %w", err)
	}
	keys := []string{"nil", "empty", "emptied"}
	if err := errors.Join(s.set(ctx, "empty", ""), s.set(ctx, "emptied", "full"), s.set(ctx, "emptied", "")); err != nil {
		return err
	}
	if s.has.Has(Batch) {
		keys = append(keys, "batch")
		if err := s.batch(ctx, kv.Op{Key: []byte("batch")}); err != nil {
			return fmt.Errorf("Batch with a nil value: %w", err)
		}
	}
	if s.has.Has(Create) {
		keys = append(keys, "create")
		if err := s.create(ctx, []byte("create"), nil); err != nil {
			return fmt.Errorf("Create with a nil value: %w", err)
		}
		if err := s.create(ctx, []byte("empty"), []byte("full")); !errors.Is(err, kv.ErrExists) {
			return fmt.Errorf("Create of a key with an empty value returned %v, want ErrExists", err)
		}
	}
	if s.reopen != nil {
		s.reopen()
	}
	for _, key := range keys {
		if err := s.want(ctx, key, ""); err != nil {
			return err
		}
	}
	return nil
}

// absentKeys checks Get and Delete of absent keys, also if a present key is a
// prefix of the absent one or the other way round (rule 9).
func absentKeys(ctx context.Context, s *subject) error {
	return errors.Join(
		s.wantAbsent(ctx, "abc"),
		s.del(ctx, "abc"), s.wantAbsent(ctx, "abc"),
		s.set(ctx, "abc", "1"), s.wantAbsent(ctx, "ab"), s.wantAbsent(ctx, "abcd"),
		s.del(ctx, "ab"), s.del(ctx, "abcd"), s.want(ctx, "abc", "1"),
		s.del(ctx, "abc"), s.del(ctx, "abc"), s.wantAbsent(ctx, "abc"),
	)
}

// keysAreBytes checks keys that an implementation could confuse: prefixes of each
// other, keys with NULs, invalid UTF-8, paths, and long keys (rule 10).
func keysAreBytes(ctx context.Context, s *subject) error {
	long := strings.Repeat("k", 511)
	keys := []string{
		"\x00", "\x00\x00", "a", "a\x00", "a\x00b", "ab", "abc", "A", " a", "a ", "\xff", "\xff\xff", "\x80\xfe",
		"\u00e9", "e\u0301", "a/b", "a//b", "a/../a", "/", "%00", "'", "*", "a\nb", long, long + "k", long + "l",
	}
	value := func(i int) string { return fmt.Sprintf("value %d", i) }
	for i, key := range keys {
		if err := errors.Join(s.wantAbsent(ctx, key), s.set(ctx, key, value(i))); err != nil {
			return err
		}
	}
	if s.reopen != nil {
		s.reopen()
	}
	for i, key := range keys {
		if err := s.want(ctx, key, value(i)); err != nil {
			return err
		}
	}
	for i := 0; i < len(keys); i += 2 {
		if err := s.del(ctx, keys[i]); err != nil {
			return err
		}
	}
	for i, key := range keys {
		err := s.wantAbsent(ctx, key)
		if i%2 == 1 {
			err = s.want(ctx, key, value(i))
		}
		if err != nil {
			return fmt.Errorf("after deleting every other key: %w", err)
		}
	}
	return nil
}

// emptyKey checks that every method refuses the empty key (rule 10).
func emptyKey(ctx context.Context, s *subject) error {
	for _, key := range [][]byte{nil, {}} {
		_, err := s.Get(ctx, key)
		results := []error{err, s.Set(ctx, key, []byte("x")), s.Delete(ctx, key)}
		methods := []string{"Get", "Set", "Delete"}
		if s.has.Has(Batch) {
			methods = append(methods, "Batch")
			results = append(results, s.batch(ctx, kv.Op{Key: key, Value: []byte("x")}))
		}
		if s.has.Has(Create) {
			methods = append(methods, "Create")
			results = append(results, s.create(ctx, key, []byte("x")))
		}
		for i, err := range results {
			if err == nil || errors.Is(err, kv.ErrNotFound) {
				return fmt.Errorf("%s with the empty key returned %v, want an error other than ErrNotFound", methods[i], err)
			}
		}
	}
	return nil
}
