package main

// targets compares rates in the table with each other. It returns only the
// comparisons that have a target and whose contenders were both measured.
func targets(cells []cell) []measurement {
	var all []measurement
	for _, group := range byWorkload(cells) {
		w := group[0].workload
		if w.accounts < 100_000 || w.transfers < 1_000 {
			continue
		}
		ofFloor := 0.6
		if w.transfers >= 10_000 {
			ofFloor = 0.8
		}
		if memory, ok := find(group, "memkv"); ok {
			all = append(all, measurement{name: w.String() + ": memkv of the floor", value: memory.toFloor(), target: atLeast(ofFloor)})
		}
		if w.transfers != 1_000 {
			continue
		}
		for _, compared := range []struct {
			name, contender, peer string
			least                 float64
		}{
			{"memkv, 3 stores, times rootmulti", "memkv, 3 stores", rootmultiName, 25},
			{"Pebble, synced, of memkv", "Pebble, synced", "memkv", 0.75},
			{"Pebble, synced, times raw Pebble", "Pebble, synced", "raw Pebble, synced", 3},
		} {
			c, measured := find(group, compared.contender)
			peer, peerMeasured := find(group, compared.peer)
			if measured && peerMeasured {
				all = append(all, measurement{name: w.String() + ": " + compared.name, value: c.median() / peer.median(), target: atLeast(compared.least)})
			}
		}
	}
	return all
}
