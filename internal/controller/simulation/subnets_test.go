// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// TestSubnetTemporarilyMissing has EC2 not return the subnets of a NodeENI, as when they
// are created together with it.
func TestSubnetTemporarilyMissing(t *testing.T) {
	cases := map[string]struct {
		reason string
		fault  ec2emulator.Fault
	}{
		"EmptyAnswer": {reason: "A subnet that a response does not contain is resolved again long before the next poll.", fault: ec2emulator.Fault{Action: "DescribeSubnets", Omit: 1}},
		"NotFound":    {reason: "A subnet for which EC2 returns an error is resolved again too.", fault: ec2emulator.Fault{Action: "DescribeSubnets", Code: "InvalidSubnetID.NotFound"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newCluster(t, ec2emulator.Options{})
				defer s.close()
				s.addNodes("a", 1, 3)
				s.start()
				h := s.ec2.Inject(tc.fault)
				s.addNodeENI("a", fleetSubnet1)
				time.Sleep(20 * time.Second)
				if n := len(s.ours()); n != 0 {
					t.Fatalf("%d ENIs were created in a subnet that EC2 does not return", n)
				}
				h.Remove()
				if err := s.within(time.Minute, func() error { return s.wellWith(3) }); err != nil {
					t.Errorf("\n%s\n%v", tc.reason, err)
				}
			})
		})
	}
}
