package eni

import (
	"time"
)

// A Fate is what is known of an object of EC2 that an answer did not contain.
type Fate string

const (
	// FateDoubtful means: EC2 returned nothing, which proves nothing yet.
	FateDoubtful Fate = "Doubtful"

	// FateUnwitnessed means: EC2 returned nothing, and nothing else of this cluster
	// either. The answer may come from another place.
	FateUnwitnessed Fate = "Unwitnessed"

	// FateOutage means: many objects are missing at once, which is taken for a fault of
	// the view of EC2, not for their deletion.
	FateOutage Fate = "Outage"

	// FateDeleted means: the object no longer exists.
	FateDeleted Fate = "Deleted"

	// FatePresent means: a later answer contains the object.
	FatePresent Fate = "Present"
)

const (
	// DefaultAbsencePeriod is the least time between the two answers of EC2 that
	// together confirm an object's absence. EC2's describe actions are eventually
	// consistent within seconds; faults of a view last longer.
	DefaultAbsencePeriod = time.Minute

	// OutageShare is the share of the known objects beyond which missing objects
	// are an outage, if they are more than one.
	OutageShare = 0.2
)

// A Sample is one answer of EC2 about several objects that are known to exist:
// the missing one and others of this cluster.
type Sample struct {
	// Asked is how many objects were asked about, the missing one included, and
	// Returned how many of them the answer contained.
	Asked    int
	Returned int

	// Found is true if the answer contained the missing object after all.
	Found bool

	// Witnessed is true if something else that belongs to the object was
	// returned at the same time, such as its subnet. It counts only where no
	// other object of this cluster is known.
	Witnessed bool
}

// Outage reports whether a sample misses so many objects that their deletion is
// not believed.
func (s Sample) Outage() bool {
	missing := s.Asked - s.Returned
	return missing > 1 && float64(missing) > OutageShare*float64(s.Asked)
}

// DecideAbsence decides the fate of an object of EC2 after an answer without it.
// first and last are when EC2 was asked for the first and the last of the answers
// without the object; sample is called only when everything else is met.
func DecideAbsence(first, last time.Time, period time.Duration, sample func() (Sample, error)) (Fate, error) {
	if last.Sub(first) <= period {
		return FateDoubtful, nil
	}
	s, err := sample()
	if err != nil {
		return FateDoubtful, err
	}
	switch {
	case s.Found:
		return FatePresent, nil
	case s.Outage():
		return FateOutage, nil
	case s.Returned == 0 && (s.Asked > 1 || !s.Witnessed):
		return FateUnwitnessed, nil
	default:
		return FateDeleted, nil
	}
}
