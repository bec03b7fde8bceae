package gencode_test

import (
	"bytes"
	"cmp"
	"math"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/gencommittable/gencommittable/committable/codec"
	"github.com/gencommittable/gencommittable/committable/gencode"
)

const encodingDoc = "../../docs/reference/encoding.md"

// account is the row that the page works out.
type account struct {
	ID      string
	Owner   string
	Balance int64
	Opened  time.Time
	Tags    []string
}

func appendAccount(dst []byte, v *account) []byte {
	dst = codec.AppendString(dst, 1, v.ID)
	dst = codec.AppendString(dst, 2, v.Owner)
	dst = codec.AppendInt(dst, 3, v.Balance)
	dst = codec.AppendTime(dst, 4, v.Opened)
	return gencode.AppendStrings(dst, 5, v.Tags)
}

// documented holds, for each example on the page, the encoding of its value.
func documented() map[string][]byte {
	epoch := time.Unix(0, 0)
	grid := [][]int{nil, {1, 2}}
	bob := codec.AppendKeyString(nil, "bob")
	return map[string][]byte{
		"account": appendAccount(nil, &account{
			ID:      "alice",
			Balance: -100,
			Opened:  time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC),
			Tags:    []string{"vip", ""},
		}),
		"uint":           codec.AppendUint(nil, 1, uint8(200)),
		"int 1":          codec.AppendInt(nil, 1, 1),
		"int -1":         codec.AppendInt(nil, 1, -1),
		"int min":        codec.AppendInt(nil, 1, int64(math.MinInt64)),
		"true":           codec.AppendBool(nil, 1, true),
		"string":         codec.AppendString(nil, 1, "hé"),
		"fixed":          codec.AppendFixed(nil, 1, []byte{0, 0, 0, 1}),
		"epoch":          codec.AppendTime(nil, 1, epoch),
		"times":          gencode.AppendTimes(nil, 1, []time.Time{{}, epoch.Add(-1)}),
		"packed":         gencode.AppendInts(nil, 1, []int{0, -1, 150}),
		"strings":        gencode.AppendStrings(nil, 1, []string{"a", "", "b"}),
		"array":          gencode.AppendIntArray(nil, 1, []int{0, 0, 1}),
		"string array":   gencode.AppendStringArray(nil, 1, []string{"", "a"}),
		"nested":         gencode.AppendMessages(nil, 1, grid, appendInts),
		"optional":       gencode.AppendPresentMessage(gencode.AppendPresentInt(nil, 1, 0), 2, &line{}, appendLine),
		"map":            gencode.AppendMap(nil, 1, map[string]int64{"b": 0, "a": 1}, cmp.Compare, appendStockEntry),
		"float64":        codec.AppendFloat(nil, 1, -2.5),
		"float32":        codec.AppendFloat(nil, 1, float32(1)),
		"key true":       codec.AppendKeyBool(nil, true),
		"key int8":       codec.AppendKeyInt8(nil, int8(-1)),
		"key int64":      codec.AppendKeyInt64(nil, int64(-1)),
		"key int":        codec.AppendKeyInt64(nil, 258),
		"key uint16":     codec.AppendKeyUint16(nil, uint16(258)),
		"key empty":      codec.AppendKeyString(nil, ""),
		"key string":     codec.AppendKeyString(nil, "ab"),
		"key zero byte":  codec.AppendKeyString(nil, "a\x00b"),
		"key fixed":      codec.AppendKeyFixed(nil, []byte{0, 1, 255}),
		"key time":       codec.AppendKeyTime(nil, epoch.Add(1500*time.Millisecond)),
		"key descending": codec.Descend(codec.AppendKeyTime(bob, epoch.Add(time.Second)), len(bob)),
	}
}

var (
	// ```hex name, then lines of bytes with comments, then ```
	hexBlock = regexp.MustCompile("(?ms)^```hex ([^\n]+)\n(.*?)^```$")
	// a cell of a table: `bytes` <!-- name -->
	hexCell  = regexp.MustCompile("`([0-9a-f ]+)` <!-- ([^>]+) -->")
	notBytes = regexp.MustCompile("#.*|[ \n]")
)

// The page's examples and the table above must be the same, none missing on either side.
func TestDocumentedBytes(t *testing.T) {
	page, err := os.ReadFile(encodingDoc)
	if err != nil {
		t.Fatal(err)
	}
	onPage := map[string]string{}
	for _, m := range hexBlock.FindAllStringSubmatch(string(page), -1) {
		onPage[m[1]] = notBytes.ReplaceAllString(m[2], "")
	}
	for _, m := range hexCell.FindAllStringSubmatch(string(page), -1) {
		onPage[m[2]] = notBytes.ReplaceAllString(m[1], "")
	}
	want := documented()
	for name, hex := range onPage {
		if _, ok := want[name]; !ok {
			t.Errorf("%q is on the page, but is not checked here", name)
		} else if got := unhex(hex); !bytes.Equal(got, want[name]) {
			t.Errorf("%q: the page says %x, the codec %x", name, got, want[name])
		}
	}
	for name := range want {
		if _, ok := onPage[name]; !ok {
			t.Errorf("%q is checked here, but is not on the page", name)
		}
	}
}
