package eni_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

func TestFindSlot(t *testing.T) {
	primary := eni.Occupant{NetworkInterfaceID: "eni-primary"}
	at := func(index int32) eni.Occupant {
		return eni.Occupant{NetworkInterfaceID: "eni-other", DeviceIndex: index}
	}

	type args struct {
		there     []eni.Occupant
		limits    eni.Limits
		card      int32
		pinned    *int32
		preferred int32
		lowest    int32
		siblings  []int32
		ahead     [][]int32
	}
	cases := map[string]struct {
		reason string
		args   args
		want   eni.Slot
	}{
		"First": {
			reason: "The lowest free device index is taken.",
			args:   args{there: []eni.Occupant{primary}, lowest: 1},
			want:   eni.Slot{DeviceIndex: 1},
		},
		"NeverZero": {
			reason: "Device index 0 is never used, not even where it looks free.",
			args:   args{},
			want:   eni.Slot{DeviceIndex: 1},
		},
		"Gap": {
			reason: "A gap between other ENIs is used.",
			args:   args{there: []eni.Occupant{primary, at(1), at(3)}, lowest: 1},
			want:   eni.Slot{DeviceIndex: 2},
		},
		"Lowest": {
			reason: "Nothing below the lowest index allowed is used.",
			args:   args{there: []eni.Occupant{primary}, lowest: 4},
			want:   eni.Slot{DeviceIndex: 4},
		},
		"NextAboveLowest": {
			reason: "If the lowest index allowed is taken the next free one is used.",
			args:   args{there: []eni.Occupant{primary, at(2), at(3)}, lowest: 2},
			want:   eni.Slot{DeviceIndex: 4},
		},
		"Preferred": {
			reason: "The index held before is preferred.",
			args:   args{there: []eni.Occupant{primary}, preferred: 3, lowest: 1},
			want:   eni.Slot{DeviceIndex: 3},
		},
		"PreferredTaken": {
			reason: "If the index held before is taken the lowest free one is used.",
			args:   args{there: []eni.Occupant{primary, at(3)}, preferred: 3, lowest: 1},
			want:   eni.Slot{DeviceIndex: 1},
		},
		"PreferredTooLow": {
			reason: "An index held before that is not allowed any more is not used.",
			args:   args{there: []eni.Occupant{primary}, preferred: 1, lowest: 2},
			want:   eni.Slot{DeviceIndex: 2},
		},
		"SiblingsIndex": {
			reason: "If the index is taken, one that a sibling gets is passed over.",
			args:   args{there: []eni.Occupant{primary, at(1)}, lowest: 1, siblings: []int32{2, 3}},
			want:   eni.Slot{DeviceIndex: 4},
		},
		"SiblingBefore": {
			reason: "A sibling that comes first, and whose index is taken too, gets the next one.",
			args:   args{there: []eni.Occupant{primary, at(1), at(2)}, lowest: 2, siblings: []int32{1, 3}},
			want:   eni.Slot{DeviceIndex: 5},
		},
		"SiblingAfter": {
			reason: "A sibling that comes later gets what is left.",
			args:   args{there: []eni.Occupant{primary, at(1), at(2)}, lowest: 1, siblings: []int32{2, 3}},
			want:   eni.Slot{DeviceIndex: 4},
		},
		"SiblingsDoNotMatter": {
			reason: "An index that is free is not left to siblings.",
			args:   args{there: []eni.Occupant{primary, at(1)}, lowest: 2, siblings: []int32{1, 3}},
			want:   eni.Slot{DeviceIndex: 2},
		},
		"Ahead": {
			reason: "An index that an ENI of an earlier NodeENI gets is passed over, though it is free.",
			args:   args{there: []eni.Occupant{primary}, lowest: 1, ahead: [][]int32{{1, 2}}},
			want:   eni.Slot{DeviceIndex: 3},
		},
		"AheadInOrder": {
			reason: "NodeENIs are placed one after the other, each with all of its ENIs.",
			args:   args{there: []eni.Occupant{primary, at(1)}, lowest: 2, ahead: [][]int32{{1}, {1, 3}}, siblings: []int32{3}},
			want:   eni.Slot{DeviceIndex: 5}, // 1 is taken, the first gets 2, the second 4 and 3
		},
		"AheadElsewhere": {
			reason: "An ENI of an earlier NodeENI that gets another index does not matter.",
			args:   args{there: []eni.Occupant{primary}, lowest: 1, ahead: [][]int32{{2}}},
			want:   eni.Slot{DeviceIndex: 1},
		},
		"Pinned": {
			reason: "A pinned index is used, whatever else is free.",
			args:   args{there: []eni.Occupant{primary}, pinned: new(int32(5)), lowest: 1},
			want:   eni.Slot{DeviceIndex: 5},
		},
		"PinnedTaken": {
			reason: "A pinned index that is taken is reported with its holder, and no other is tried.",
			args:   args{there: []eni.Occupant{primary, at(5)}, pinned: new(int32(5)), lowest: 1},
			want:   eni.Slot{DeviceIndex: 5, Taken: "eni-other"},
		},
		"InstanceFull": {
			reason: "An instance that holds as many ENIs as its type allows takes no more.",
			args:   args{there: []eni.Occupant{primary, at(1)}, limits: eni.Limits{Total: 2}, lowest: 1},
			want:   eni.Slot{Full: true, Limit: 2, Held: 2},
		},
		"InstanceFullPinned": {
			reason: "A full instance takes no ENI at a pinned index either.",
			args:   args{there: []eni.Occupant{primary, at(1)}, limits: eni.Limits{Total: 2}, pinned: new(int32(2))},
			want:   eni.Slot{Full: true, Limit: 2, Held: 2},
		},
		"CardFull": {
			reason: "A network card has a limit of its own.",
			args: args{
				there:  []eni.Occupant{primary, {NetworkCardIndex: 1, DeviceIndex: 1}},
				limits: eni.Limits{Total: 8, Cards: []int32{7, 1}}, card: 1, lowest: 1,
			},
			want: eni.Slot{Full: true, OnCard: true, Limit: 1, Held: 1},
		},
		"OtherCard": {
			reason: "Device indexes are counted on each card.",
			args: args{
				there:  []eni.Occupant{primary, at(1)},
				limits: eni.Limits{Total: 8, Cards: []int32{7, 7}}, card: 1, lowest: 1,
			},
			want: eni.Slot{DeviceIndex: 1},
		},
		"UnknownLimits": {
			reason: "Where limits are not known EC2 enforces them.",
			args:   args{there: []eni.Occupant{primary, at(1), at(2), at(3)}, lowest: 1},
			want:   eni.Slot{DeviceIndex: 4},
		},
		"UnknownCard": {
			reason: "A card that the type does not list is EC2's to refuse.",
			args:   args{there: []eni.Occupant{primary}, limits: eni.Limits{Total: 8, Cards: []int32{7}}, card: 3, lowest: 1},
			want:   eni.Slot{DeviceIndex: 1},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := eni.FindSlot(tc.args.there, tc.args.limits, eni.SlotRequest{
				NetworkCardIndex: tc.args.card, Pinned: tc.args.pinned, Preferred: tc.args.preferred, Lowest: tc.args.lowest, Siblings: tc.args.siblings, Ahead: tc.args.ahead,
			})
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nFindSlot(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
