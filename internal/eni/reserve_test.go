// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"strings"
	"testing"
)

func TestParseReserves(t *testing.T) {
	cases := map[string]struct {
		reason, text, want, err string
	}{
		"Empty":        {reason: "Without text nothing is reserved."},
		"All":          {reason: "A number is for all nodes.", text: "2", want: "2"},
		"InstanceType": {reason: "An instance type is a label.", text: " m5.large : 1 ; u-6tb1.56xlarge:0;", want: "node.kubernetes.io/instance-type=m5.large:1;node.kubernetes.io/instance-type=u-6tb1.56xlarge:0"},
		"Selector":     {reason: "A selector may have several requirements.", text: "role in (firewall, router),!spot: 1; 2", want: "role in (firewall,router),!spot:1;2"},
		"Prefix":       {reason: "A key with a prefix is no instance type.", text: "eks.amazonaws.com/nodegroup=a.b:3", want: "eks.amazonaws.com/nodegroup=a.b:3"},
		"Negative":     {reason: "A number is not negative.", text: "-1", err: `cannot parse "-1": use COUNT for all nodes, or SELECTOR:COUNT with a label selector or an instance type, such as m5.large:1: "-1" is not a number of ENIs`},
		"NoCount":      {reason: "A selector needs a number.", text: "role=firewall", err: `"role=firewall" is not a number of ENIs`},
		"NoSelector":   {reason: "A colon needs a selector.", text: ":1", err: "the selector is empty"},
		"BadSelector":  {reason: "The error of the selector is reported.", text: "a b:1", err: "found 'b'"},
		"TooMany":      {reason: "The number is bounded.", text: "4294967296", err: "is not a number of ENIs"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := ParseReserves(tc.text)
			if (err == nil) != (tc.err == "") || (err != nil && !strings.Contains(err.Error(), tc.err)) {
				t.Fatalf("\n%s\nerror %v, want %q", tc.reason, err, tc.err)
			}
			if got.String() != tc.want {
				t.Errorf("\n%s\ngot %s, want %s", tc.reason, got, tc.want)
			}
			if again, err := ParseReserves(got.String()); err != nil || again.String() != got.String() {
				t.Errorf("\nThe text of reserves is valid.\n%s: %v", got, err)
			}
		})
	}
}

func TestReservesFor(t *testing.T) {
	r, err := ParseReserves("role=firewall:0; m5.large:1; 2")
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		reason string
		labels map[string]string
		want   int32
	}{
		"First":  {reason: "The first reserve that selects the node applies.", labels: map[string]string{"role": "firewall", "node.kubernetes.io/instance-type": "m5.large"}, want: 0},
		"Second": {reason: "An instance type selects its nodes.", labels: map[string]string{"node.kubernetes.io/instance-type": "m5.large"}, want: 1},
		"All":    {reason: "A number selects all other nodes.", want: 2},
	}
	for name, tc := range cases {
		if got := r.For(tc.labels); got != tc.want {
			t.Errorf("%s: %s got %d, want %d", name, tc.reason, got, tc.want)
		}
	}
	if got := Reserves(nil).For(nil); got != 0 {
		t.Errorf("Without reserves nothing is reserved, got %d", got)
	}
}
