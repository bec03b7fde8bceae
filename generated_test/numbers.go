package generated

import "sync"

// Profile has numbers of its own, gaps where fields were, and fields that are
// not stored.
//
//committable:store key=ID
//committable:reserved 2,5
type Profile struct {
	Email string `committable:"7"`
	ID    string `committable:"1"`
	Name  string `committable:"16,max=8"`
	Age   uint8  `committable:"3"`

	Marks [2]Mark `committable:"17"`
	Older []Mark  `committable:"18"`

	_       struct{}
	store   *ProfileStore               `committable:"-"`
	cache   map[string][]*Address       `committable:"-"`
	once    *sync.Once                  `committable:"-"`
	notify  func(a, b int) <-chan error `committable:"-"`
	Scratch struct{ N [2 + 1]any }      `committable:"-"`
}

// Mark has a field that is not stored and that == does not compare.
type Mark struct {
	N     int
	cache map[string]int `committable:"-"`
}
