// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// TestReattachedAndDeleted detaches an ENI, which the provider attaches again, and deletes its
// object before EC2 returns the new attachment: the status has the first attachment, and
// the new one must not be leaked.
func TestReattachedAndDeleted(t *testing.T) {
	cases := map[string]struct {
		reason string
		fault  ec2emulator.Fault
	}{
		"Answered":   {reason: "The attach was answered."},
		"Unanswered": {reason: "The attach was not answered, three times.", fault: ec2emulator.Fault{Action: "AttachNetworkInterface", LoseResponse: true, Count: thrice}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPair(t, ec2emulator.Options{VisibilityDelay: 15 * time.Second})
				defer p.close()
				p.makeENI(func(*ec2v1alpha1.NetworkInterfaceParameters) {})
				p.attach()
				attached := func(n ec2emulator.NetworkInterface) bool { return n.Attachment != nil }
				p.must(3*time.Minute, func() error { return p.well(attached) })
				time.Sleep(2 * time.Minute) // until EC2's responses are current
				m := p.ec2.Mark()
				if tc.fault.Action != "" {
					p.ec2.Inject(tc.fault)
				}
				p.unplug(p.ours()[0])
				p.must(15*time.Minute, func() error {
					if len(p.ec2.Since(m, ec2emulator.Committed, ec2emulator.ByAction("AttachNetworkInterface"))) == 0 {
						return errors.New("it is not attached again")
					}
					return nil
				})
				time.Sleep(time.Second)
				p.let(&ec2v1alpha1.NetworkInterfaceAttachment{})
				p.must(5*time.Minute, func() error { return p.absent(&ec2v1alpha1.NetworkInterfaceAttachment{}) })
				if n := p.ours()[0]; n.Attachment != nil && n.Attachment.Status == "attached" {
					t.Errorf("\n%s\nThe object is deleted, but the ENI is attached: %+v", tc.reason, n.Attachment)
				}
				time.Sleep(time.Minute)
				p.released()
			})
		})
	}
}
