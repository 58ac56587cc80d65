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

// An Unattached is an ENI of the cluster as the garbage collector sees it.
type Unattached struct {
	ID   string
	Tags map[string]string
	// Free says that the ENI is available, attached to nothing, and nobody's
	// but ours.
	Free bool
}

// Live are the NetworkInterfaces that exist: their UIDs, and the ids of the ENIs
// that they name.
type Live struct {
	UIDs map[string]bool
	IDs  map[string]bool
}

// Garbage returns the ids of the ENIs that no object stands for, sorted: marked
// as this cluster's, free, older than garbageAge, and not to be kept. An object
// that was restored from a backup has another UID than its ENI is marked with,
// which it does not mend while it is paused or only observes, but names it still.
func Garbage(enis []Unattached, live Live, now time.Time) []string {
	var ids []string
	for _, n := range enis {
		uid := n.Tags[TagUID]
		created, err := time.Parse(time.RFC3339, n.Tags[TagCreatedAt])
		if uid == "" || live.UIDs[uid] || live.IDs[n.ID] || !n.Free || n.Tags[TagKeep] != "" || err != nil || now.Sub(created) < garbageAge {
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
