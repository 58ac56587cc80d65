// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"fmt"
	"slices"
)

// An Occupant is an ENI of an instance, including ENIs being attached or detached.
type Occupant struct {
	NetworkInterfaceID string
	NetworkCardIndex   int32
	DeviceIndex        int32
	Ours               bool // created by this provider for this cluster
}

// Limits are the maximum numbers of ENIs of an instance and of its network cards. Zero
// means unknown; EC2 enforces the limit.
type Limits struct {
	Total int32
	Cards []int32

	// Reserved is how many ENIs of others are expected on network card 0, in addition to the
	// primary ENI. Their places are kept free until they are attached.
	Reserved int32
}

// kept returns how many places are kept free for ENIs of others.
func (l Limits) kept(occupants []Occupant) int32 {
	n := l.Reserved
	for _, o := range occupants {
		if !o.Ours && o.NetworkCardIndex == 0 && o.DeviceIndex != 0 {
			n--
		}
	}
	return max(0, n)
}

// A Slot is the result of FindSlot.
type Slot struct {
	// DeviceIndex is the free device index.
	DeviceIndex int32

	// Full is true if the instance, or its network card if OnCard is true, is at its
	// ENI limit. Limit is the limit, Held the number of its ENIs, and Ours the number
	// of these that this provider created.
	Full   bool
	OnCard bool
	Limit  int32
	Held   int32
	Ours   int32

	// Coming is how many of the ENIs in Held are not attached yet.
	Coming int32

	// Kept is how many places are kept free for ENIs of others, if Full is true.
	Kept int32

	// Taken is the id of the ENI at the pinned index, or empty.
	Taken string
}

// A SlotRequest is a request for a device index on a network card of an instance.
type SlotRequest struct {
	NetworkCardIndex int32
	// Pinned is the only acceptable index, if not nil.
	Pinned *int32
	// Preferred is used if it is free; 0 is no preference.
	Preferred int32
	// Lowest is the lowest acceptable index.
	Lowest int32
	// Siblings are the preferred device indexes of the other unattached ENIs of the
	// same NodeENI. The result does not depend on the order of attachment.
	Siblings []int32
	// Ahead are the preferred device indexes of the ENIs of earlier NodeENIs, one element
	// per NodeENI, in order of precedence.
	Ahead [][]int32
}

// FindSlot returns the device index at which to attach an ENI to a network card. A pinned
// index is used or reported as taken. Otherwise the preferred index is used if it is free,
// else the lowest index, else the next free index. Indexes assigned to siblings and to
// earlier NodeENIs are not free. Device index 0 is never used: on card 0 it is the primary
// ENI, and EC2 numbers the indexes of further cards from 1.
func FindSlot(occupants []Occupant, limits Limits, r SlotRequest) Slot {
	card, pinned, lowest := r.NetworkCardIndex, r.Pinned, max(r.Lowest, 1)
	var onCard []Occupant
	for _, o := range occupants {
		if o.NetworkCardIndex == card {
			onCard = append(onCard, o)
		}
	}
	kept := limits.kept(occupants)
	if s := checkLimit(occupants, limits.Total, kept); s.Full {
		return s
	}
	if card > 0 {
		kept = 0
	}
	if int(card) < len(limits.Cards) {
		if s := checkLimit(onCard, limits.Cards[card], kept); s.Full {
			s.OnCard = true
			return s
		}
	}
	holder := func(index int32) int {
		return slices.IndexFunc(onCard, func(o Occupant) bool { return o.DeviceIndex == index })
	}
	if pinned != nil {
		if i := holder(*pinned); i >= 0 {
			return Slot{DeviceIndex: *pinned, Taken: onCard[i].NetworkInterfaceID}
		}
		return Slot{DeviceIndex: *pinned}
	}
	taken := indexes{}
	for _, o := range onCard {
		taken[o.DeviceIndex] = true
	}
	if r.Preferred >= lowest && !taken[r.Preferred] {
		return Slot{DeviceIndex: r.Preferred}
	}
	for _, ahead := range r.Ahead {
		taken.place(ahead)
	}
	return Slot{DeviceIndex: taken.place(append([]int32{lowest}, r.Siblings...))[lowest]}
}

// indexes are the device indexes in use on a network card.
type indexes map[int32]bool

// place assigns indexes to the ENIs of one NodeENI: each desired index if it is free,
// then the next free index for each of the other ENIs. It returns the assigned index by
// desired index.
func (taken indexes) place(desired []int32) map[int32]int32 {
	placed := map[int32]int32{}
	for _, d := range desired {
		if !taken[d] {
			taken[d], placed[d] = true, d
		}
	}
	for _, d := range slices.Sorted(slices.Values(desired)) {
		if _, ok := placed[d]; ok {
			continue
		}
		next := d
		for taken[next] {
			next++
		}
		taken[next], placed[d] = true, next
	}
	return placed
}

// Usage describes the ENI limit of an instance, or of a network card, and its usage.
func (s Slot) Usage(what, instanceType string) string {
	out := fmt.Sprintf("%s, of type %s, supports %d network interfaces and has %d (%d of this provider, %d of others)",
		what, instanceType, s.Limit, s.Held-s.Coming, s.Ours-s.Coming, s.Held-s.Ours)
	if s.Coming > 0 {
		out += fmt.Sprintf(", and %d to be attached first", s.Coming)
	}
	if s.Kept > 0 {
		out += fmt.Sprintf("; %d are reserved for others (--reserved-enis)", s.Kept)
	}
	return out
}

// checkLimit returns a full Slot if the number of occupants is at the limit, or only places that
// are kept free are left. A limit of zero is unlimited.
func checkLimit(occupants []Occupant, limit, kept int32) Slot {
	held := int32(len(occupants)) //nolint:gosec // an instance has at most a few hundred ENIs
	if limit <= 0 || held+kept < limit {
		return Slot{}
	}
	s := Slot{Full: true, Limit: limit, Held: held, Kept: max(0, min(kept, limit-held))}
	for _, o := range occupants {
		if o.Ours {
			s.Ours++
		}
	}
	return s
}
