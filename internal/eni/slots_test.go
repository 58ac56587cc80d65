// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

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
			reason: "The lowest free device index is used.",
			args:   args{there: []eni.Occupant{primary}, lowest: 1},
			want:   eni.Slot{DeviceIndex: 1},
		},
		"NeverZero": {
			reason: "Device index 0 is never used, even if free.",
			args:   args{},
			want:   eni.Slot{DeviceIndex: 1},
		},
		"Gap": {
			reason: "A gap between other ENIs is used.",
			args:   args{there: []eni.Occupant{primary, at(1), at(3)}, lowest: 1},
			want:   eni.Slot{DeviceIndex: 2},
		},
		"Lowest": {
			reason: "An index below the lowest acceptable index is not used.",
			args:   args{there: []eni.Occupant{primary}, lowest: 4},
			want:   eni.Slot{DeviceIndex: 4},
		},
		"NextAboveLowest": {
			reason: "If the lowest acceptable index is taken, the next free index is used.",
			args:   args{there: []eni.Occupant{primary, at(2), at(3)}, lowest: 2},
			want:   eni.Slot{DeviceIndex: 4},
		},
		"Preferred": {
			reason: "The preferred index is used.",
			args:   args{there: []eni.Occupant{primary}, preferred: 3, lowest: 1},
			want:   eni.Slot{DeviceIndex: 3},
		},
		"PreferredTaken": {
			reason: "If the preferred index is taken, the lowest free index is used.",
			args:   args{there: []eni.Occupant{primary, at(3)}, preferred: 3, lowest: 1},
			want:   eni.Slot{DeviceIndex: 1},
		},
		"PreferredTooLow": {
			reason: "A preferred index below the lowest acceptable index is not used.",
			args:   args{there: []eni.Occupant{primary}, preferred: 1, lowest: 2},
			want:   eni.Slot{DeviceIndex: 2},
		},
		"SiblingsIndex": {
			reason: "If the index is taken, an index assigned to a sibling is skipped.",
			args:   args{there: []eni.Occupant{primary, at(1)}, lowest: 1, siblings: []int32{2, 3}},
			want:   eni.Slot{DeviceIndex: 4},
		},
		"SiblingBefore": {
			reason: "An earlier sibling whose index is also taken gets the next index.",
			args:   args{there: []eni.Occupant{primary, at(1), at(2)}, lowest: 2, siblings: []int32{1, 3}},
			want:   eni.Slot{DeviceIndex: 5},
		},
		"SiblingAfter": {
			reason: "A later sibling gets a remaining index.",
			args:   args{there: []eni.Occupant{primary, at(1), at(2)}, lowest: 1, siblings: []int32{2, 3}},
			want:   eni.Slot{DeviceIndex: 4},
		},
		"SiblingsDoNotMatter": {
			reason: "A free index is not reserved for siblings.",
			args:   args{there: []eni.Occupant{primary, at(1)}, lowest: 2, siblings: []int32{1, 3}},
			want:   eni.Slot{DeviceIndex: 2},
		},
		"Ahead": {
			reason: "A free index assigned to an ENI of an earlier NodeENI is skipped.",
			args:   args{there: []eni.Occupant{primary}, lowest: 1, ahead: [][]int32{{1, 2}}},
			want:   eni.Slot{DeviceIndex: 3},
		},
		"AheadInOrder": {
			reason: "Indexes are assigned NodeENI by NodeENI, to all ENIs of each.",
			args:   args{there: []eni.Occupant{primary, at(1)}, lowest: 2, ahead: [][]int32{{1}, {1, 3}}, siblings: []int32{3}},
			want:   eni.Slot{DeviceIndex: 5}, // 1 is taken, the first gets 2, the second 4 and 3
		},
		"AheadElsewhere": {
			reason: "An ENI of an earlier NodeENI with another index has no effect.",
			args:   args{there: []eni.Occupant{primary}, lowest: 1, ahead: [][]int32{{2}}},
			want:   eni.Slot{DeviceIndex: 1},
		},
		"Pinned": {
			reason: "A pinned index is used, even if a lower index is free.",
			args:   args{there: []eni.Occupant{primary}, pinned: new(int32(5)), lowest: 1},
			want:   eni.Slot{DeviceIndex: 5},
		},
		"PinnedTaken": {
			reason: "A taken pinned index is reported with its ENI, and no other index is used.",
			args:   args{there: []eni.Occupant{primary, at(5)}, pinned: new(int32(5)), lowest: 1},
			want:   eni.Slot{DeviceIndex: 5, Taken: "eni-other"},
		},
		"InstanceFull": {
			reason: "An instance at the ENI limit of its type is full.",
			args:   args{there: []eni.Occupant{primary, at(1)}, limits: eni.Limits{Total: 2}, lowest: 1},
			want:   eni.Slot{Full: true, Limit: 2, Held: 2},
		},
		"InstanceFullPinned": {
			reason: "A full instance is reported for a pinned index, too.",
			args:   args{there: []eni.Occupant{primary, at(1)}, limits: eni.Limits{Total: 2}, pinned: new(int32(2))},
			want:   eni.Slot{Full: true, Limit: 2, Held: 2},
		},
		"Reserved": {
			reason: "The places of ENIs that others have not attached yet are kept free.",
			args:   args{there: []eni.Occupant{primary, {DeviceIndex: 1, Ours: true}}, limits: eni.Limits{Total: 3, Reserved: 1}, lowest: 1},
			want:   eni.Slot{Full: true, Limit: 3, Held: 2, Ours: 1, Kept: 1},
		},
		"ReservedPinned": {
			reason: "A pinned index does not use a place that is kept free.",
			args:   args{there: []eni.Occupant{primary, {DeviceIndex: 1, Ours: true}}, limits: eni.Limits{Total: 3, Reserved: 1}, pinned: new(int32(2))},
			want:   eni.Slot{Full: true, Limit: 3, Held: 2, Ours: 1, Kept: 1},
		},
		"ReservedAttached": {
			reason: "An ENI of others takes a place that was kept for it.",
			args:   args{there: []eni.Occupant{primary, at(1)}, limits: eni.Limits{Total: 3, Reserved: 1}, lowest: 1},
			want:   eni.Slot{DeviceIndex: 2},
		},
		"ReservedTooMany": {
			reason: "More are reserved than there are places.",
			args:   args{there: []eni.Occupant{primary, {DeviceIndex: 1, Ours: true}}, limits: eni.Limits{Total: 2, Reserved: 5}, lowest: 1},
			want:   eni.Slot{Full: true, Limit: 2, Held: 2, Ours: 1},
		},
		"ReservedOnCard": {
			reason: "Places are kept on network card 0.",
			args:   args{there: []eni.Occupant{primary}, limits: eni.Limits{Total: 4, Cards: []int32{2, 2}, Reserved: 1}, lowest: 1},
			want:   eni.Slot{Full: true, OnCard: true, Limit: 2, Held: 1, Kept: 1},
		},
		"ReservedOtherCard": {
			reason: "ENIs on another network card take no place that is kept, nor are places kept there.",
			args:   args{there: []eni.Occupant{primary, {NetworkCardIndex: 1, DeviceIndex: 1}}, limits: eni.Limits{Total: 4, Cards: []int32{2, 2}, Reserved: 1}, card: 1, lowest: 1},
			want:   eni.Slot{DeviceIndex: 2},
		},
		"CardFull": {
			reason: "A network card has its own limit.",
			args: args{
				there:  []eni.Occupant{primary, {NetworkCardIndex: 1, DeviceIndex: 1}},
				limits: eni.Limits{Total: 8, Cards: []int32{7, 1}}, card: 1, lowest: 1,
			},
			want: eni.Slot{Full: true, OnCard: true, Limit: 1, Held: 1},
		},
		"OtherCard": {
			reason: "Device indexes are separate for each card.",
			args: args{
				there:  []eni.Occupant{primary, at(1)},
				limits: eni.Limits{Total: 8, Cards: []int32{7, 7}}, card: 1, lowest: 1,
			},
			want: eni.Slot{DeviceIndex: 1},
		},
		"UnknownLimits": {
			reason: "Unknown limits are enforced by EC2.",
			args:   args{there: []eni.Occupant{primary, at(1), at(2), at(3)}, lowest: 1},
			want:   eni.Slot{DeviceIndex: 4},
		},
		"UnknownCard": {
			reason: "An unknown network card is rejected by EC2.",
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
