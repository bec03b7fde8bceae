package generated

import "time"

// Appointment is keyed by a time.
//
//committable:store key=At
//committable:index name=ByEnd on=-End
//committable:index name=ByLength on=Length
type Appointment struct {
	At     time.Time
	End    time.Time
	Length time.Duration
	With   []string
}
