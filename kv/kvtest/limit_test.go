package kvtest

import (
	"testing"

	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/memkv"
)

func TestLimitOfLimits(t *testing.T) {
	for _, c := range []struct{ inner, outer, want int }{
		{100, 200, 100}, {200, 100, 100}, {100, 0, 1}, {-1, 100, 1},
	} {
		store := Limit(Limit(memkv.New(), c.inner), c.outer)
		if got := kv.MaxValue(store); got != c.want {
			t.Errorf("MaxValue of Limit(Limit(memkv, %d), %d) is %d, want %d", c.inner, c.outer, got, c.want)
		}
	}
}

// The Value of a delete is ignored, so Limit does not check it.
func TestLimitIgnoresTheValuesOfDeletes(t *testing.T) {
	store := Limit(memkv.New(), 1)
	if err := kv.Batch(t.Context(), store, []kv.Op{{Key: []byte("a"), Value: []byte("long"), Delete: true}}); err != nil {
		t.Error(err)
	}
}
