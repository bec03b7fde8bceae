package kvtest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Calls of something beside the KV share the numbers, the failures and the
// crash of the KV's calls.
func TestFaultCall(t *testing.T) {
	ctx := t.Context()
	errOwn := errors.New("its own error")
	for _, test := range []struct {
		name    string
		disturb func(f *Fault)
		effects int      // how many of three calls took effect
		want    [3]error // what they return
		set     error    // what Set returns afterwards
	}{
		{name: "nothing", disturb: func(*Fault) {}, effects: 3, want: [3]error{nil, errOwn, nil}},
		{name: "an error before", disturb: func(f *Fault) { f.FailAt(2, Before) }, effects: 2, want: [3]error{ErrInjected, errOwn, nil}},
		{name: "an error after", disturb: func(f *Fault) { f.FailAt(3, After) }, effects: 3, want: [3]error{nil, ErrInjected, nil}},
		{name: "a crash before", disturb: func(f *Fault) { f.CrashAt(3, Before) }, effects: 1, want: [3]error{nil, ErrCrashed, ErrCrashed}, set: ErrCrashed},
		{name: "a crash after", disturb: func(f *Fault) { f.CrashAt(3, After) }, effects: 2, want: [3]error{nil, ErrCrashed, ErrCrashed}, set: ErrCrashed},
		{name: "a failed Sync", disturb: func(f *Fault) { f.FailAt(1, Before) }, effects: 3, want: [3]error{nil, errOwn, nil}, set: ErrInjected},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := NewFault(NewUnsynced())
			test.disturb(f)
			_ = f.Sync(ctx)
			effects := 0
			for i, want := range test.want {
				err := f.Call("bank.Commit", []string{"k"}, func() error {
					effects++
					if i == 1 {
						return errOwn
					}
					return nil
				})
				if !errors.Is(err, want) || want == nil && err != nil {
					t.Errorf("call %d returned %v, want %v", i, err, want)
				}
			}
			if effects != test.effects {
				t.Errorf("%d calls took effect, want %d", effects, test.effects)
			}
			if err := f.Set(ctx, []byte("a"), nil); !errors.Is(err, test.set) || test.set == nil && err != nil {
				t.Errorf("Set returned %v, want %v", err, test.set)
			}
		})
	}
}

// A call may make other calls. They count after it, and a crash in one of them
// is a crash of both.
func TestFaultCallInACall(t *testing.T) {
	f := NewFault(NewUnsynced())
	f.CrashAt(3, After)
	err := f.Call("bank.Commit", nil, func() error {
		return errors.Join(
			f.Set(t.Context(), []byte("a"), nil),
			f.Call("engine.Commit", nil, func() error { return nil }),
		)
	})
	if !errors.Is(err, ErrCrashed) {
		t.Errorf("the outer call returned %v, want ErrCrashed", err)
	}
	var got []string
	for _, call := range f.Log() {
		got = append(got, call.Method)
	}
	if diff := cmp.Diff([]string{"bank.Commit", "Set", "engine.Commit"}, got); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}
