package codec_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/gencommittable/gencommittable/committable/codec"
	"pgregory.net/rapid"
)

func TestCheckString(t *testing.T) {
	for _, s := range []string{"", "plain", "\x00", "�", "日本"} {
		if err := codec.CheckString("Owner", s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
	for s, want := range map[string]string{
		"\xff":     "codec: field Owner: not valid UTF-8 at byte 0; hold such bytes in a []byte, or clean them with strings.ToValidUTF8",
		"�ab\xc0b": "codec: field Owner: not valid UTF-8 at byte 5; hold such bytes in a []byte, or clean them with strings.ToValidUTF8",
	} {
		err := codec.CheckString("Owner", name(s))
		if err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", s, err, want)
		}
		if e, ok := errors.AsType[*codec.ValueError](err); !ok || e.Field != "Owner" {
			t.Errorf("%q: got %#v, want a *ValueError for Owner", s, err)
		}
	}
}

// CheckTime accepts exactly the times that come back from both encodings.
func TestCheckTime(t *testing.T) {
	const last = math.MaxInt64 - 62135596800
	for _, sec := range []int64{math.MinInt64, -62135596800, 0, last} {
		at := time.Unix(sec, 0)
		if err := codec.CheckTime("Opened", at); err != nil {
			t.Errorf("%d: %v", sec, err)
		}
		r := codec.NewKeyReader(codec.AppendKeyTime(nil, at))
		if got := r.Time(); r.Close() != nil || !got.Equal(at) {
			t.Errorf("%d: came back from a key as %v, %v", sec, got, r.Err())
		}
	}
	for _, sec := range []int64{last + 1, math.MaxInt64} { // time.Unix wraps these around to before all other times
		at := time.Unix(sec, 0)
		want := "codec: field Opened: the time is out of range; use a time within 292 billion years of 1970"
		if err := codec.CheckTime("Opened", at); err == nil || err.Error() != want {
			t.Errorf("%d: got %v, want %s", sec, err, want)
		}
		var v reading
		if err := decodeReading(encodeReading(reading{Opened: at}), &v); err == nil {
			t.Errorf("%d: a row came back as %v", sec, v.Opened)
		}
	}
}

func TestNormalizeTime(t *testing.T) {
	if got := codec.NormalizeTime(time.Time{}.In(time.FixedZone("", 60))); got != (time.Time{}) {
		t.Errorf("the zero time became %#v", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		at := drawTime(t, "at")
		moved := at.In(time.FixedZone("somewhere", rapid.IntRange(-50000, 50000).Draw(t, "offset")))
		var back reading
		if err := decodeReading(encodeReading(reading{Opened: moved}), &back); err != nil {
			t.Fatal(err)
		}
		if got := codec.NormalizeTime(moved); got != at || got != back.Opened {
			t.Fatalf("normalized %#v, decoded %#v, want both == %#v", got, back.Opened, at)
		}
	})
}

// A monotonic reading, which only the clock gives, must not reach ==.
func TestNormalizeTimeDropsTheMonotonicReading(t *testing.T) {
	now := time.Now()
	var back reading
	if err := decodeReading(encodeReading(reading{Opened: now}), &back); err != nil {
		t.Fatal(err)
	}
	if got := codec.NormalizeTime(now); got != back.Opened {
		t.Errorf("normalized %#v, decoded %#v", got, back.Opened)
	}
}
