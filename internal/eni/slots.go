package eni

import (
	"fmt"
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

	// Coming is how many of those that Held counts are not attached yet.
	Coming int32

	// Taken names the ENI that has the pinned index.
	Taken string
}

// A SlotRequest describes the place that an ENI needs on a network card of an instance.
type SlotRequest struct {
	NetworkCardIndex int32
	// Pinned is the only index that will do, if it is not nil.
	Pinned *int32
	// Preferred is used if it is free; 0 is none.
	Preferred int32
	// Lowest is the lowest index to use.
	Lowest int32
	// Siblings are the device indexes that other ENIs of the same NodeENI, which have
	// none yet, get if they are free. The order in which they are attached makes no
	// difference.
	Siblings []int32
	// Ahead are the device indexes that ENIs get which are placed before this one's: one
	// element for each NodeENI, in their order.
	Ahead [][]int32
}

// FindSlot returns the device index at which to attach on a network card. A
// pinned index is taken or not; otherwise the preferred one is used if it is
// free, then the lowest index, and failing that the next free one. Indexes that ENIs
// ahead and siblings get are not free. Device index 0 of a card is the primary ENI's on
// card 0, and EC2's own numbering of further cards begins at 1, so 0 is never used.
func FindSlot(there []Occupant, limits Limits, r SlotRequest) Slot {
	card, pinned, lowest := r.NetworkCardIndex, r.Pinned, max(r.Lowest, 1)
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

// indexes are the device indexes of a network card that are taken.
type indexes map[int32]bool

// place takes indexes for the ENIs of one NodeENI: each index that is free, then, for
// those that are not, the next free ones. It returns the index that each gets.
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

// Usage describes how many ENIs an instance, or a network card, takes and has.
func (s Slot) Usage(what, instanceType string) string {
	out := fmt.Sprintf("%s, of type %s, takes %d network interfaces and has %d, %d made here and %d by others",
		what, instanceType, s.Limit, s.Held-s.Coming, s.Ours-s.Coming, s.Held-s.Ours)
	if s.Coming > 0 {
		out += fmt.Sprintf(", and %d to be attached first", s.Coming)
	}
	return out
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
