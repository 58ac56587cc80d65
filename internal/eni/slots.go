package eni

import (
	"slices"
)

// An Occupant is an ENI on an instance, one that is coming or going included.
type Occupant struct {
	NetworkInterfaceID string
	NetworkCardIndex   int32
	DeviceIndex        int32
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

	// Full says that the instance or network card takes no further ENI; then
	// Limit is how many it takes and Held how many it has.
	Full  bool
	Limit int32
	Held  int32

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
	if limits.Total > 0 && int32(len(there)) >= limits.Total { //nolint:gosec // an instance has at most a few hundred ENIs
		return Slot{Full: true, Limit: limits.Total, Held: int32(len(there))} //nolint:gosec // see above
	}
	if int(card) < len(limits.Cards) && limits.Cards[card] > 0 && int32(len(onCard)) >= limits.Cards[card] { //nolint:gosec // see above
		return Slot{Full: true, Limit: limits.Cards[card], Held: int32(len(onCard))} //nolint:gosec // see above
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
