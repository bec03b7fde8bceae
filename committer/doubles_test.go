package committer_test

import (
	"context"
	"slices"
	"sync"

	"github.com/gencommittable/gencommittable/committer"
)

// spy is an external that only records the calls of its methods.
type spy struct {
	id     []byte           // the result of Commit
	errs   map[string]error // the error that each method returns
	inside func(method string, ctx context.Context)

	mu    sync.Mutex
	calls []string
}

func (s *spy) called(ctx context.Context, method string, key []byte) error {
	s.mu.Lock()
	call := method
	if key != nil {
		call += " " + string(key)
	}
	s.calls = append(s.calls, call)
	s.mu.Unlock()
	if s.inside != nil {
		s.inside(method, ctx)
	}
	return s.errs[method]
}

// taken returns the calls since the previous taken.
func (s *spy) taken() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := slices.Clone(s.calls)
	s.calls = nil
	return calls
}

func (s *spy) Begin(ctx context.Context, key []byte) error { return s.called(ctx, "Begin", key) }

func (s *spy) BeginRecovery(ctx context.Context, key []byte) error {
	return s.called(ctx, "BeginRecovery", key)
}

func (s *spy) Commit(ctx context.Context, key []byte) ([]byte, error) {
	if err := s.called(ctx, "Commit", key); err != nil {
		return nil, err
	}
	return s.id, nil
}

func (s *spy) Cancel(ctx context.Context) error { return s.called(ctx, "Cancel", nil) }

// brittleStore is a store whose Stage returns fail, if fail is not nil.
type brittleStore struct {
	*accountStore
	fail error
}

func (s *brittleStore) Stage(ctx context.Context, key []byte) (id, journal []byte, err error) {
	if s.fail != nil {
		return nil, nil, s.fail
	}
	return s.accountStore.Stage(ctx, key)
}

// brittleSavepoints is a store whose savepoints return fail from Rollback, if
// fail is not nil.
type brittleSavepoints struct {
	*accountStore
	fail error
}

func (s *brittleSavepoints) Savepoint(ctx context.Context) (committer.Savepoint, error) {
	sp, err := s.accountStore.Savepoint(ctx)
	return &brittleSavepoint{sp, s}, err
}

type brittleSavepoint struct {
	committer.Savepoint
	store *brittleSavepoints
}

func (sp *brittleSavepoint) Rollback(ctx context.Context) error {
	if sp.store.fail != nil {
		return sp.store.fail
	}
	return sp.Savepoint.Rollback(ctx)
}

// members returns the committables for NewCommitter. The list alternates names
// and committables.
func members(list ...any) map[string]committer.Committable {
	m := make(map[string]committer.Committable)
	for i := 0; i < len(list); i += 2 {
		m[list[i].(string)] = list[i+1].(committer.Committable)
	}
	return m
}
