package gencode_test

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/gencommittable/gencommittable/committable/gencode"
)

// TestCheckStringLike passes what has passed, by where it is: what is not valid
// shows that it was not read.
func TestCheckStringLike(t *testing.T) {
	passed := label("a\xffb")
	if err := gencode.CheckStringLike("Owner", passed, passed); err != nil {
		t.Errorf("the string itself: %v", err)
	}
	for _, s := range []label{label(strings.Clone(string(passed))), passed[:2], passed[1:], "\xff"} {
		if err := gencode.CheckStringLike("Owner", s, passed); err == nil {
			t.Errorf("%q was not read", s)
		}
	}
	for _, s := range []label{"", "c", passed[:1]} {
		if err := gencode.CheckStringLike("Owner", s, passed); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestCheckLength(t *testing.T) {
	if err := gencode.CheckLength("Tags", 3, 3); err != nil {
		t.Error(err)
	}
	want := "codec: field Tags: length 4 is above the limit of 3; shorten the value, or raise max= in the field's tag"
	if err := gencode.CheckLength("Tags", 4, 3); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestNormalizeTimeKeys(t *testing.T) {
	at := time.Unix(5, 0)
	here, there := at.In(time.FixedZone("here", 3600)), at.UTC()
	m := map[time.Time]int{here: 1}
	if err := gencode.NormalizeTimeKeys("Seen", &m); err != nil || m[there] != 1 || len(m) != 1 {
		t.Errorf("got %v, %v", m, err)
	}
	m[here] = 2
	if err := gencode.NormalizeTimeKeys("Seen", &m); err == nil {
		t.Error("two keys became one without an error")
	}
}

// fickle loses what it holds in its encoding.
type fickle struct{ n int }

func (f fickle) MarshalBinary() ([]byte, error) { return []byte{byte(f.n)}, nil }
func (f *fickle) UnmarshalBinary([]byte) error  { *f = fickle{}; return nil }

func TestNormalizeMarshaled(t *testing.T) {
	sum := new(big.Int).Lsh(big.NewInt(1), 100)
	stored := *sum // shares the words of sum
	if err := gencode.NormalizeMarshaled("Sum", gencode.Text, &stored); err != nil {
		t.Fatal(err)
	}
	sum.SetBit(sum, 0, 1)
	if stored.Bit(0) != 0 {
		t.Error("the normalized value shares memory with what it was")
	}
	copied := gencode.CloneMarshaled(gencode.Text, &stored)
	stored.SetBit(&stored, 1, 1)
	if copied.Bit(1) != 0 {
		t.Error("the clone shares memory with its original")
	}
	want := "codec: field Lost: its encoding does not decode to the same value: codec: row at byte 0: the decoded *gencode_test.fickle has another encoding"
	if err := gencode.NormalizeMarshaled("Lost", gencode.Binary, &fickle{1}); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := gencode.NormalizeMarshaled("Lost", gencode.Text, &fickle{1}); err == nil {
		t.Error("a type without the method was marshaled")
	}
}
