package kvtest

import (
	"testing"

	"github.com/gencommittable/gencommittable/memkv"
)

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
