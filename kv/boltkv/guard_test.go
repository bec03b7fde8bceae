package boltkv

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
)

// An error of the operating system must not read as a method that the KV does
// not support.
func TestSystemErrorIsNotUnsupported(t *testing.T) {
	k := &KV{path: "test.db"}
	err := k.guard(func() error { return fmt.Errorf("sync: %w", syscall.ENOTSUP) })
	if errors.Is(err, errors.ErrUnsupported) || err == nil || !strings.Contains(err.Error(), syscall.ENOTSUP.Error()) {
		t.Errorf("guard returned %v, want the same message, but not as ErrUnsupported", err)
	}
	if err := k.guard(func() error { return syscall.EIO }); !errors.Is(err, syscall.EIO) {
		t.Errorf("guard returned %v, want %v", err, syscall.EIO)
	}
}
