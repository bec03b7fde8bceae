package committable

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"iter"
	"maps"
	"slices"
	"strings"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// rows is the model of a table: a map.
type rows map[partKey]part

// sorted returns the rows whose encoding by enc is in [from, to) and starts with the
// prefix, in the order of the encodings. An empty to is no limit.
func (m rows) sorted(enc func(part) string, prefix, from, to string) []part {
	var out []part
	for _, p := range m {
		if e := enc(p); strings.HasPrefix(e, prefix) && e >= from && (to == "" || e < to) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b part) int { return cmp.Compare(enc(a), enc(b)) })
	return out
}

func encKey(p part) string {
	return string(appendNo(appendText(nil, p.Org), p.No))
}

func encOwner(p part) string { return string(ownerOpened(nil, p.Owner, p.Opened)) + encKey(p) }

func encSerial(p part) string { return string(appendText(nil, p.Serial)) + encKey(p) }

// reader has the methods that tables and views share.
type reader interface {
	Get(k partKey) (part, bool)
	Has(k partKey) bool
	Len() int
	All() iter.Seq2[partKey, part]
	Backward() iter.Seq2[partKey, part]
	Range(from, to partKey) iter.Seq2[partKey, part]
	From(from partKey) iter.Seq2[partKey, part]
	Prefix(encoded []byte) iter.Seq2[partKey, part]
	IndexPrefix(index int, prefix []byte) iter.Seq2[partKey, part]
	IndexRange(index int, prefix, from, to []byte) iter.Seq2[partKey, part]
	IndexGet(index int, encoded []byte) (part, bool)
}

var (
	orgs    = []string{"", "a", "ab", "b"}
	numbers = []uint16{0, 1, 65535}
	owners  = []string{"", "x", "xy"}
	serials = []string{"1", "2", "3", "4", "5", "6", "11"}
	opened  = []int64{-1 << 63, -1, 0, 7}
	tags    = [][]string{nil, {}, {"t"}, {"t", ""}}
)

func drawKey(t *rapid.T) partKey {
	return partKey{rapid.SampledFrom(orgs).Draw(t, "org"), rapid.SampledFrom(numbers).Draw(t, "no")}
}

func drawPart(t *rapid.T) part {
	k := drawKey(t)
	return part{
		Org: k.Org, No: k.No,
		Owner:  rapid.SampledFrom(owners).Draw(t, "owner"),
		Serial: rapid.SampledFrom(serials).Draw(t, "serial"),
		Opened: rapid.SampledFrom(opened).Draw(t, "opened"),
		Amount: rapid.Int64Range(-1, 2).Draw(t, "amount"),
		Tags:   rapid.SampledFrom(tags).Draw(t, "tags"),
	}
}

// canonical returns a row in canonical form.
func canonical(p part) part {
	if len(p.Tags) == 0 {
		p.Tags = nil
	}
	return p
}

// scan is one way to loop over rows, in the table and in the model.
type scan struct {
	name string
	loop func(r reader) iter.Seq2[partKey, part]
	want func(m rows) []part
}

func drawScan(t *rapid.T) scan {
	from, to := drawKey(t), drawKey(t)
	low, high := encKey(part{Org: from.Org, No: from.No}), encKey(part{Org: to.Org, No: to.No})
	owner := string(appendText(nil, rapid.SampledFrom(owners).Draw(t, "owner")))
	since, until := descending(rapid.SampledFrom(opened).Draw(t, "since")), descending(rapid.SampledFrom(opened).Draw(t, "until"))
	within := func(s []part, low, high string) []part {
		if low >= high {
			return nil
		}
		return s
	}
	return rapid.SampledFrom([]scan{
		{
			"All",
			func(r reader) iter.Seq2[partKey, part] { return r.All() },
			func(m rows) []part { return m.sorted(encKey, "", "", "") },
		},
		{
			"Backward",
			func(r reader) iter.Seq2[partKey, part] { return r.Backward() },
			func(m rows) []part { s := m.sorted(encKey, "", "", ""); slices.Reverse(s); return s },
		},
		{
			"Range",
			func(r reader) iter.Seq2[partKey, part] { return r.Range(from, to) },
			func(m rows) []part { return within(m.sorted(encKey, "", low, high), low, high) },
		},
		{
			"From",
			func(r reader) iter.Seq2[partKey, part] { return r.From(from) },
			func(m rows) []part { return m.sorted(encKey, "", low, "") },
		},
		{
			"Prefix",
			func(r reader) iter.Seq2[partKey, part] { return r.Prefix(appendText(nil, from.Org)) },
			func(m rows) []part {
				return m.sorted(encKey, string(appendText(nil, from.Org)), "", "")
			},
		},
		{
			"ByOwner",
			func(r reader) iter.Seq2[partKey, part] { return r.IndexPrefix(byOwner, []byte(owner)) },
			func(m rows) []part { return m.sorted(encOwner, owner, "", "") },
		},
		{
			"ByOwnerRange",
			func(r reader) iter.Seq2[partKey, part] { return r.IndexRange(byOwner, []byte(owner), since, until) },
			func(m rows) []part {
				low, high := owner+string(since), owner+string(until)
				return within(m.sorted(encOwner, owner, low, high), low, high)
			},
		},
		{
			"BySerial",
			func(r reader) iter.Seq2[partKey, part] { return r.IndexPrefix(bySerial, nil) },
			func(m rows) []part { return m.sorted(encSerial, "", "", "") },
		},
	}).Draw(t, "scan")
}

func collect(t failer, loop iter.Seq2[partKey, part]) (all []part) {
	for k, p := range loop {
		if k != (partKey{p.Org, p.No}) {
			t.Fatalf("loop gave row %v under key %v", p, k)
		}
		all = append(all, p)
	}
	return all
}

// checkReads compares the results of all reading methods with the model.
func checkReads(t *rapid.T, who string, r reader, want rows) {
	t.Helper()
	if r.Len() != len(want) {
		t.Fatalf("%s: Len %d, want %d", who, r.Len(), len(want))
	}
	for _, org := range orgs {
		for _, no := range numbers {
			k := partKey{org, no}
			p, ok := want[k]
			got, has := r.Get(partKey{strings.ToUpper(org), no})
			if has != ok || r.Has(k) != ok || gocmp.Diff(p, got) != "" {
				t.Fatalf("%s: Get(%v) = %v, %v; want %v, %v", who, k, got, has, p, ok)
			}
		}
	}
	for _, serial := range serials {
		var one []part
		if p, ok := r.IndexGet(bySerial, appendText(nil, serial)); ok {
			one = []part{p}
		}
		if diff := gocmp.Diff(want.sorted(encSerial, string(appendText(nil, serial)), "", ""), one); diff != "" {
			t.Fatalf("%s: IndexGet(%s): %s", who, serial, diff)
		}
	}
	for range 3 {
		s := drawScan(t)
		if diff := gocmp.Diff(s.want(want), collect(t, s.loop(r))); diff != "" {
			t.Fatalf("%s: %s: (-want +got)\n%s", who, s.name, diff)
		}
	}
}

// checkIndexes compares every order with the entries that the rows must have.
func checkIndexes(t *rapid.T, table *Table[partKey, part], want rows) {
	t.Helper()
	for order, enc := range []func(part) string{encKey, encOwner, encSerial} {
		var wantEntries, got []entry[partKey]
		for _, p := range want.sorted(enc, "", "", "") {
			wantEntries = append(wantEntries, entry[partKey]{enc: enc(p), key: partKey{p.Org, p.No}})
		}
		table.order(order).Scan(func(e entry[partKey]) bool {
			got = append(got, e)
			return true
		})
		if !slices.Equal(wantEntries, got) {
			t.Fatalf("order %d: got %v, want %v", order, got, wantEntries)
		}
	}
}

// inUniqueWay returns another row with the same serial.
func (m rows) inUniqueWay(p part) bool {
	for k, other := range m {
		if k != (partKey{p.Org, p.No}) && other.Serial == p.Serial {
			return true
		}
	}
	return false
}

// netChange is a difference between two states; nil means no row.
type netChange struct {
	key      partKey
	old, new *part
}

func difference(before, after rows) (changes []netChange) {
	keys := maps.Clone(before)
	maps.Copy(keys, after)
	for k := range keys {
		c := netChange{key: k}
		if p, ok := before[k]; ok {
			c.old = &p
		}
		if p, ok := after[k]; ok {
			c.new = &p
		}
		if gocmp.Diff(c.old, c.new) != "" {
			changes = append(changes, c)
		}
	}
	slices.SortFunc(changes, func(a, b netChange) int {
		return bytes.Compare(appendNo(appendText(nil, a.key.Org), a.key.No), appendNo(appendText(nil, b.key.Org), b.key.No))
	})
	return changes
}

// firstDifference returns the first difference, in the order of paths, between a
// recorded session and its replay.
func firstDifference(start, recorded, replayed rows) (*DivergenceError, bool) {
	type effect struct{ recorded, replayed *netChange }
	effects := map[partKey]effect{}
	for _, c := range difference(start, recorded) {
		effects[c.key] = effect{recorded: &c}
	}
	for _, c := range difference(start, replayed) {
		effects[c.key] = effect{effects[c.key].recorded, &c}
	}
	path := func(k partKey) [32]byte {
		return sha256.Sum256(append([]byte{1}, appendNo(appendText(nil, k.Org), k.No)...))
	}
	keys := slices.SortedFunc(maps.Keys(effects), func(a, b partKey) int {
		x, y := path(a), path(b)
		return bytes.Compare(x[:], y[:])
	})
	encoded := func(c *netChange) []byte {
		if c == nil || c.new == nil {
			return nil
		}
		return appendPart(nil, c.new)
	}
	for _, k := range keys {
		e := effects[k]
		if gocmp.Diff(e.recorded, e.replayed, gocmp.AllowUnexported(netChange{})) != "" {
			return &DivergenceError{
				Store: "parts", Key: appendNo(appendText(nil, k.Org), k.No),
				Recorded: encoded(e.recorded), Replayed: encoded(e.replayed),
			}, true
		}
	}
	return nil, false
}
