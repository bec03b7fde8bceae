package kvtest

import (
	"context"
	"strings"
	"testing"

	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/memkv"
)

// supports returns the optional methods that a KV supports.
func supports(store kv.KV) Methods {
	return methodsOf(kv.Resolve(context.Background(), store))
}

// careless is a wrapper whose Sync panics if the inner KV has none.
type careless struct{ kv.KV }

func (c careless) Sync(ctx context.Context) error { return c.KV.(kv.Syncer).Sync(ctx) }

func TestResolveReportsPanics(t *testing.T) {
	if has, err := resolve(careless{NewUnsynced()}); has != Sync || err != nil {
		t.Errorf("around a KV with Sync: %v, %v", has, err)
	}
	if _, err := resolve(careless{memkv.New()}); err == nil || !strings.Contains(err.Error(), "ErrUnsupported") {
		t.Errorf("around a KV without Sync: %v, want an error that names ErrUnsupported", err)
	}
}

func TestMethods(t *testing.T) {
	if got, want := supports(NewFault(memkv.New())).String(), "Batch+Create"; got != want {
		t.Errorf("a Fault around memkv supports %s, want %s", got, want)
	}
	if got, want := len(supports(memkv.New()).Subsets()), 4; got != want {
		t.Errorf("memkv has %d subsets, want %d", got, want)
	}
	if got, want := supports(Only(memkv.New(), Sync|MaxValue|Create)), Create; got != want {
		t.Errorf("Only kept %v, want %v", got, want)
	}
	if got, want := None.String(), "None"; got != want {
		t.Errorf("the empty set prints as %q, want %q", got, want)
	}
}
