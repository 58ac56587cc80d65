package eni

import (
	"slices"
	"time"
)

const (
	// garbageAge is how old an ENI must be to count as left behind: a new one
	// may be that of an object which the API server has not shown yet.
	garbageAge = 10 * time.Minute

	// shrunkTo is the share of the objects there were below which their number
	// is not believed.
	shrunkTo = 0.5
)

// Live are the NetworkInterface objects there are: their UIDs, and the ids of the
// ENIs that they name.
type Live struct {
	UIDs map[string]bool
	IDs  map[string]bool
}

// Garbage returns the ids, sorted, of the ENIs that carry the ownership tag of an
// object that no longer exists and that is named by no other object, attached or
// not.
func Garbage(enis []Interface, live Live, now time.Time) []string {
	var ids []string
	for _, n := range enis {
		uid := n.Tags[TagUID]
		created, err := time.Parse(time.RFC3339, n.Tags[TagCreatedAt])
		if uid == "" || live.UIDs[uid] || live.IDs[n.ID] || n.Tags[TagKeep] != "" || err != nil || now.Sub(created) < garbageAge || Protected(n) != nil {
			continue
		}
		ids = append(ids, n.ID)
	}
	slices.Sort(ids)
	return ids
}

// Shrunk says that there are suspiciously fewer objects than there were: a
// cluster restored from a backup, or one that is only half there, must not cost
// the ENIs of what it does not know.
func Shrunk(now, before int) bool {
	return before > 0 && float64(now) < shrunkTo*float64(before)
}
