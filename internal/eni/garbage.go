// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"slices"
	"time"
)

const (
	// garbageAge is the minimum age of a leaked ENI: the object of a younger ENI may
	// not be in the cache yet.
	garbageAge = 10 * time.Minute

	// shrunkTo is the share of the previous number of objects below which the current
	// number is implausible.
	shrunkTo = 0.5
)

// Live are the UIDs and the external names of the existing NetworkInterface objects.
type Live struct {
	UIDs map[string]bool
	IDs  map[string]bool
}

// Garbage returns the sorted ids of the leaked ENIs, attached or not: the ENIs with the
// ownership tag of an object that no longer exists, unless the ENI is the external name
// of another object.
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

// Shrunk reports whether the number of objects has dropped implausibly. The ENIs of a
// cluster that was restored from a backup, or is only partially restored, must not be
// deleted.
func Shrunk(now, before int) bool {
	return before > 0 && float64(now) < shrunkTo*float64(before)
}
