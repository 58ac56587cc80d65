package eni

import (
	"slices"
)

// An Occupant is an ENI on an instance, one that is coming or going included.
type Occupant struct {
	NetworkInterfaceID string
	NetworkCardIndex   int32
	DeviceIndex        int32
	Ours               bool // made by this provider for this cluster
}

// Limits are how many ENIs an instance takes. Zero means not known, and is
// left for EC2 to enforce.
type Limits struct {
	Total int32
	Cards []int32
}

// A Slot is the result of looking for a place on an instance.
type Slot struct {
	// DeviceIndex that is free.
	DeviceIndex int32

	// Full says that the instance, or its network card where OnCard, takes no
	// further ENI; then Limit is how many it takes, Held how many it has, and
	// Ours how many of these are ours.
	Full   bool
	OnCard bool
	Limit  int32
	Held   int32
	Ours   int32

	// Taken names the ENI that has the pinned index.
	Taken string
}

// FindSlot returns the device index at which to attach on a network card. A
// pinned index is taken or not; otherwise the preferred one is used if it is
// free and, failing that, the lowest free one at or above lowest. Device index
// 0 of a card is the primary ENI's on card 0, and EC2's own numbering of
// further cards begins at 1, so 0 is never used.
func FindSlot(there []Occupant, limits Limits, card int32, pinned *int32, preferred, lowest int32) Slot {
	var onCard []Occupant
	for _, o := range there {
		if o.NetworkCardIndex == card {
			onCard = append(onCard, o)
		}
	}
	if s := full(there, limits.Total); s.Full {
		return s
	}
	if int(card) < len(limits.Cards) {
		if s := full(onCard, limits.Cards[card]); s.Full {
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
	if preferred >= max(lowest, 1) && holder(preferred) < 0 {
		return Slot{DeviceIndex: preferred}
	}
	for index := max(lowest, 1); ; index++ {
		if holder(index) < 0 {
			return Slot{DeviceIndex: index}
		}
	}
}

// full says whether as many are there as the limit allows. Zero is not known.
func full(there []Occupant, limit int32) Slot {
	held := int32(len(there)) //nolint:gosec // an instance has at most a few hundred ENIs
	if limit <= 0 || held < limit {
		return Slot{}
	}
	s := Slot{Full: true, Limit: limit, Held: held}
	for _, o := range there {
		if o.Ours {
			s.Ours++
		}
	}
	return s
}
