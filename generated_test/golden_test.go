package generated

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"testing"
	"time"

	"github.com/gencommittable/gencommittable/committable"
)

// naiveRoot computes the change root from its definition: a sparse tree over
// the bits of H(K), in which a subtree with no leaf is zero and one with a
// single leaf is that leaf.
func naiveRoot(leaves map[[32]byte][32]byte, depth int) (root [32]byte) {
	if len(leaves) < 2 {
		for _, leaf := range leaves {
			return leaf
		}
		return root
	}
	halves := [2]map[[32]byte][32]byte{{}, {}}
	for path, leaf := range leaves {
		halves[path[depth/8]>>(7-depth%8)&1][path] = leaf
	}
	left, right := naiveRoot(halves[0], depth+1), naiveRoot(halves[1], depth+1)
	return sha256.Sum256(slices.Concat([]byte{1}, left[:], right[:]))
}

// naiveID computes the root over the net changes of a session from what the
// store says about them.
func naiveID[K comparable, V any](def committable.Definition[K, V], changes []committable.Change[K, V]) []byte {
	leaves := make(map[[32]byte][32]byte)
	for _, c := range changes {
		path := sha256.Sum256(def.AppendKey([]byte{1}, c.Key))
		value := []byte{0}
		if c.New != nil {
			value = def.AppendRow([]byte{1}, c.New)
		}
		hash := sha256.Sum256(value)
		leaves[path] = sha256.Sum256(slices.Concat([]byte{0}, path[:], hash[:]))
	}
	root := naiveRoot(leaves, 0)
	return root[:]
}

// script runs two sessions, of puts and then of a delete and the last row anew,
// and checks their IDs.
func script[K comparable, V any](t *testing.T, s store[K, V], def committable.Definition[K, V], rows, later []V, golden ...string) {
	t.Helper()
	t.Run(s.Name(), func(t *testing.T) {
		var changes []committable.Change[K, V]
		check := func(id []byte, want string) {
			t.Helper()
			same(t, hex.EncodeToString(id), want)
			if naive := naiveID(def, changes); !bytes.Equal(id, naive) {
				t.Errorf("the ID is %x, and %x by the definition", id, naive)
			}
		}
		id := in(t, s, "1", func() {
			for _, r := range rows {
				if err := s.Put(r); err != nil {
					t.Fatal(err)
				}
			}
			changes = slices.Collect(s.Changes())
		})
		check(id, golden[0])
		id = in(t, s, "2", func() {
			if _, err := s.Delete(def.Key(&rows[0])); err != nil {
				t.Fatal(err)
			}
			for _, r := range later {
				if err := s.Put(r); err != nil {
					t.Fatal(err)
				}
			}
			changes = slices.Collect(s.Changes())
		})
		check(id, golden[1])
	})
}

// TestGoldenIDs pins the IDs of sessions: they must never change.
func TestGoldenIDs(t *testing.T) {
	order := fullOrder()
	order.Ship.parsed = false
	script(t, NewAccountStore(), defineAccount(),
		[]Account{{ID: "a", Owner: "o", IBAN: "1", Balance: 5, Opened: day(1)}, {ID: "b", IBAN: "2", Tags: []string{"x", ""}}, {ID: ""}},
		[]Account{{ID: "b", IBAN: "1"}},
		"35b961eed4588c368c10d5ac480417b3d9a4221fa96f02d0a9fa0ebdb5383586",
		"612237bd36c94589c4684654c8dcdd240b88bfcf9994e1c61f9821f2dbd8d25f")
	script(t, NewScalarStore(), defineScalar(),
		[]Scalar{
			{Int: -1},
			{
				Bool: true, Int: 1 << 40, Int8: -128, Int16: -2, Int32: 3, Int64: -1 << 63, Uint: 1<<64 - 1, Uint8: 255, Uint16: 6, Uint32: 7, Uint64: 8,
				String: "é", Bytes: []byte{0}, Hash: [4]byte{1}, Duration: -time.Second, Flag: true, Level: -1, Mask: 2, Label: "l", Blob: Blob{1},
				Digest: Digest{7: 1}, rune: 'r', byte: 'b',
			},
		},
		[]Scalar{{Int: 0, Uint8: 1}},
		"c42caaf0426d3dc5226fad898c4c0d4af7876238c63dc8388c876688b704ced2",
		"81869fce8da6f5c13c4bec21b649e6a3b751794ea85ce30b5875e085ba808139")
	script(t, NewFlatStore(), defineFlat(),
		[]Flat{{ID: 1}, {ID: 1 << 60, Amount: -1, Digest: Digest{1}, Inner: FlatInner{Levels: [3]Level{1}, On: true}}}, []Flat{{ID: 2}},
		"58e08460f336f4cd377adf54b56b37716b89380c51255bf64f39b31de96da75d",
		"d0f884ea4089974286eaa3a2ef798ba8e4c06e061cac540045d7aa297620b604")
	script(t, NewPositionStore(), definePosition(),
		[]Position{{Owner: "a", Asset: "b\x00", Market: 1, Amount: 9}, {Owner: "a", Asset: "b", Market: 1, Slot: [2]byte{1}}}, []Position{{Owner: "z"}},
		"185addeca44f77f8c3708f8f53ffe908cc230f627579319b37d347e6a93ad297",
		"b6a15a3526f142a21aaa915cfd43c2bbe5b02119c13636216c1abdf9cab38d55")
	script(t, NewEventLog(), defineEvent(),
		[]Event{{At: day(1), Device: [6]byte{1}, Kind: 2, Note: "n"}, {}}, []Event{{At: time.Unix(-1, 0).UTC()}},
		"a2d2f68f83fe9be66743197b7a37ad76947b8894f026b45a0828816a99724463",
		"9df541f857e7ec0282d9e90c7ca7023997ef4b0882974658b96ff6d5b03d8b9b")
	script(t, NewPairStore(), definePair(),
		[]Pair{{Left: true}, {Right: true, Weight: -1}}, []Pair{{Weight: 1}},
		"f4a5a7cf74b553ae285ba54f1720316cfc78b4d6a4973761eed4af884ac0e6b8",
		"5eb4d46356862f5a0b28c87ffa63a70a9b37916f00d89f815cd4c704acf95937")
	script(t, NewOrderStore(), defineOrder(), []Order{{ID: 1}, order, {}}, []Order{{ID: 7}},
		"843fb03300377b4c9728b15bbdee0ed9167ab15ed2316880d15d3b7717b02d85",
		"91b777ef64829de6e3c604e1fbf051e5cc3c770ef3f343bff1cdd58c47a388db")
	script(t, NewAppointmentStore(), defineAppointment(),
		[]Appointment{{At: day(2), End: day(3), Length: 1, With: []string{"w"}}, {}}, []Appointment{{End: day(1)}},
		"c5abd40fe107728a2bce56a9b2acfc200107cd239599c6a89430134d38c414ef",
		"e9df8ccfeb6ae1f41edb1a35503a93f38572ce5ab3b1fc88b0191ce793569d21")
	script(t, NewTransferStore(), defineTransfer(), []Transfer{{ID: 1, Amount: 1}}, []Transfer{{ID: 2, Amount: 1}},
		"460dc6eb6b131afc81c056103172fa5f58ac9929eae758cadabaf2cb2e7050df",
		"9c5c1676903cfd528e724400f6264238cd76e2c67897ed415b96d1cbb05dd393")
	script(t, NewLimitStore(), defineLimit(), []Limit{{Name: "n"}, {Name: "m", Max: 1}}, []Limit{{Name: "m"}},
		"e964be0ed2fab722cef6dfebb51c184fff71f1cc9ea786ad9e62c275ead11171",
		"e1f15a0b9033dd0bdf10755c7a59bd19623d67ee1a0fae31810a5dd0a3e346ac")
	script(t, NewProfileStore(), defineProfile(),
		[]Profile{{ID: "i", Email: "e"}, {ID: "j", Name: "n", Age: 3}}, []Profile{{ID: "j"}},
		"2382065323c7c0450cc520c4270a491a6b87669cac97c9fe78e20a5535c9c39a",
		"845c57c8d79b863011b18ef244fc0a8949e42b031b533e5f66b41ffd842a2ed9")
}
