// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"testing"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
)

func TestClaimedIn(t *testing.T) {
	here := ec2.Place{AccountID: "111122223333", Region: "us-east-1"}
	type args struct {
		place           ec2.Place
		account, region string
	}
	cases := map[string]struct {
		reason string
		args   args
		want   bool
	}{
		"Here":         {reason: "An object recorded in a place is claimed in it.", args: args{place: here, account: here.AccountID, region: here.Region}, want: true},
		"OtherAccount": {reason: "Not in another account.", args: args{place: here, account: "444455556666", region: here.Region}},
		"OtherRegion":  {reason: "It is not claimed in another region.", args: args{place: here, account: here.AccountID, region: "us-east-2"}},
		"NoAccount":    {reason: "In an unknown account the region decides.", args: args{place: ec2.Place{Region: here.Region}, account: here.AccountID, region: here.Region}, want: true},
		"NotRecorded":  {reason: "An object without a recorded place is claimed everywhere.", args: args{place: here}, want: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := claimedIn(tc.args.place, tc.args.account, tc.args.region); got != tc.want {
				t.Errorf("\n%s\nclaimedIn(...): want %t, got %t", tc.reason, tc.want, got)
			}
		})
	}
}
