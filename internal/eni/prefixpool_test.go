// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"testing"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

func TestPoolSize(t *testing.T) {
	cases := map[string]struct {
		reason                  string
		desired, assigned, idle int
		want                    int
	}{
		"New":      {reason: "The smallest size is the first.", want: 2},
		"Grow":     {reason: "The node needs one more.", desired: 3, assigned: 2, want: 3},
		"Bound":    {reason: "The largest size is a bound, whatever a node reports.", desired: 100, assigned: 4, want: 4},
		"Greedy":   {reason: "A node that needs more than the largest size gets the largest size.", desired: 100, assigned: 2, want: 4},
		"Shrink":   {reason: "An idle prefix is returned.", desired: 2, assigned: 3, idle: 1, want: 2},
		"NotBelow": {reason: "The smallest size is a bound, too.", desired: 0, assigned: 2, want: 2},
		"Replace":  {reason: "A node that needs more than its idle prefixes gets others first.", desired: 3, assigned: 3, idle: 1, want: 4},
		"NoRoom":   {reason: "At the largest size, idle prefixes are returned first.", desired: 4, assigned: 4, idle: 1, want: 3},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := eni.PoolSize(2, 4, tc.desired, tc.assigned, tc.idle); got != tc.want {
				t.Errorf("%s Want %d, got %d", tc.reason, tc.want, got)
			}
		})
	}
}
