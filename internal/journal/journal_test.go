package journal

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// read collects the entries of a journal up to the first error.
func read(journal []byte) (entries []Entry, err error) {
	for e, err := range Entries(journal) {
		if err != nil {
			return entries, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func write(entries []Entry) []byte {
	journal := []byte{}
	for _, e := range entries {
		journal = Append(journal, e)
	}
	return journal
}

func TestVectors(t *testing.T) {
	long := bytes.Repeat([]byte("x"), 128)
	vectors := []struct {
		name    string
		hex     string
		entries []Entry
	}{
		{"no change", "", nil},
		{"a put", "0103726f77", []Entry{{Put, []byte("row")}}},
		{"a delete", "00036b6579", []Entry{{Delete, []byte("key")}}},
		{"an empty row", "0100", []Entry{{Put, []byte{}}}},
		{"a length of two bytes", "018001" + strings.Repeat("78", 128), []Entry{{Put, long}}},
		{"several", "01016100016201026364", []Entry{{Put, []byte("a")}, {Delete, []byte("b")}, {Put, []byte("cd")}}},
	}
	for _, v := range vectors {
		if got := hex.EncodeToString(write(v.entries)); got != v.hex {
			t.Errorf("%s: wrote %s, want %s", v.name, got, v.hex)
		}
		b, _ := hex.DecodeString(v.hex)
		entries, err := read(b)
		if err != nil {
			t.Errorf("%s: %v", v.name, err)
		}
		if diff := gocmp.Diff(v.entries, entries); diff != "" {
			t.Errorf("%s: read (-want +got):\n%s", v.name, diff)
		}
	}
}

func TestMalformedJournals(t *testing.T) {
	for _, c := range []struct{ name, hex, want string }{
		{"unknown kind", "0200", "journal: entry 0: unknown kind 2"},
		{"unknown kind after an entry", "0100ff00", "journal: entry 1: unknown kind 255"},
		{"kind alone", "01", "journal: entry 0: the length is cut off or does not fit 64 bits"},
		{"length cut off", "0180", "journal: entry 0: the length is cut off or does not fit 64 bits"},
		{"length of 65 bits", "01ffffffffffffffffff02", "journal: entry 0: the length is cut off or does not fit 64 bits"},
		{"endless length", "01" + strings.Repeat("ff", 20), "journal: entry 0: the length is cut off or does not fit 64 bits"},
		{"length not shortest", "01810061", "journal: entry 0: the length does not have its shortest encoding"},
		{"payload cut off", "010261", "journal: entry 0: the payload is cut off"},
		{"huge length", "01ffffffffffffffffff01", "journal: entry 0: the payload is cut off"},
		{"second payload cut off", "0101610002", "journal: entry 1: the payload is cut off"},
	} {
		b, _ := hex.DecodeString(c.hex)
		if _, err := read(b); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

func TestEntriesStops(t *testing.T) {
	journal := write([]Entry{{Put, []byte("a")}, {Put, []byte("b")}})
	n := 0
	for range Entries(journal) {
		n++
		break
	}
	if n != 1 {
		t.Fatalf("the loop ran %d times", n)
	}
}

// Appending to a payload must not overwrite the entries after it.
func TestPayloadsAreCapped(t *testing.T) {
	journal := write([]Entry{{Put, []byte("a")}, {Put, []byte("b")}})
	before := bytes.Clone(journal)
	for e := range Entries(journal) {
		_ = append(e.Payload, "overwritten"...)
	}
	if !bytes.Equal(journal, before) {
		t.Fatal("appending to a payload changed the journal")
	}
}

// FuzzEntries reads any bytes. Accepted journals must encode to the same bytes.
func FuzzEntries(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x01\x03row\x00\x03key\x01\x00"))
	f.Add([]byte("\x01\x81\x00a"))
	f.Fuzz(func(t *testing.T, journal []byte) {
		entries, err := read(journal)
		if err != nil {
			return
		}
		if again := write(entries); !bytes.Equal(again, journal) {
			t.Fatalf("accepted %x, wrote %x", journal, again)
		}
	})
}

// FuzzFrame reads any bytes. An accepted frame must encode to the same bytes,
// and nothing may be lost after it.
func FuzzFrame(f *testing.F) {
	f.Add([]byte("\x03rowrest"))
	f.Add([]byte("\x80\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		payload, rest, err := CutFrame(b)
		if err != nil {
			return
		}
		if again := append(AppendFrame(nil, payload), rest...); !bytes.Equal(again, b) {
			t.Fatalf("accepted %x, wrote %x", b, again)
		}
	})
}
