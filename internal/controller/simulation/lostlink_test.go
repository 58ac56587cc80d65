// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// TestLostLink has an agent report that it does not find the link of a configured interface any more,
// because another client has detached or deleted the ENI. The next poll is ten minutes away, and
// the cached description of the ENI shows no change.
func TestLostLink(t *testing.T) {
	cases := map[string]struct {
		reason string
		change func(s *simulatedCluster, n ec2emulator.NetworkInterface)
		// reportedBefore is how long before the change in EC2 the agent reports the loss.
		reportedBefore time.Duration
		within         time.Duration
		check          func(s *simulatedCluster, n ec2emulator.NetworkInterface) error
	}{
		"Detached": {
			reason: "A detached ENI is attached again within seconds.",
			change: (*simulatedCluster).unplug,
			within: 10 * time.Second,
			check:  attachedAgain,
		},
		"DetachedLater": {
			reason:         "The host may lose the link seconds before EC2 returns the detach.",
			change:         (*simulatedCluster).unplug,
			reportedBefore: 6 * time.Second,
			within:         30 * time.Second,
			check:          attachedAgain,
		},
		"Deleted": {
			reason: "Both objects of a deleted ENI report at once that EC2 does not return it.",
			change: func(s *simulatedCluster, n ec2emulator.NetworkInterface) {
				s.unplug(n)
				s.must(time.Minute, func() error {
					_, err := s.otherClient().DeleteNetworkInterface(s.t.Context(), &awsec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &n.ID})
					return err
				})
			},
			within: 10 * time.Second,
			check:  reportedMissing,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newCluster(t, ec2emulator.Options{})
				defer s.close()
				s.addNodes("a", 1, 2) // the other node's ENI shows that EC2 returns ENIs
				s.addNodeENI("a", fleetSubnet1)
				s.start()
				s.must(5*time.Minute, func() error { return s.wellWith(2) })
				host := s.setHosts(nodeOf("a", 1), v1alpha1.Ready(v1alpha1.ReasonConfigured, ""))
				time.Sleep(2 * time.Minute)
				for i, a := range s.attachments() {
					// Another observation caches the descriptions of the ENIs.
					edit(s, &a, func(a *ec2v1alpha1.NetworkInterfaceAttachment) {
						meta.AddAnnotations(a, map[string]string{meta.AnnotationKeyReconcileRequestedAt: fmt.Sprint(i)})
					})
				}
				time.Sleep(10 * time.Second)
				var lost ec2emulator.NetworkInterface
				for _, n := range s.ours() {
					if n.ID == host.Spec.NetworkInterfaceID {
						lost = n
					}
				}
				if tc.reportedBefore == 0 {
					tc.change(s, lost)
				}
				s.setHosts(nodeOf("a", 1), v1alpha1.NotReady(v1alpha1.ReasonWaitingForDevice, "no link of this host has the MAC address yet"))
				if tc.reportedBefore > 0 {
					time.Sleep(tc.reportedBefore)
					tc.change(s, lost)
				}
				if err := s.within(tc.within, func() error { return tc.check(s, lost) }); err != nil {
					t.Errorf("\n%s\n%s after the link was lost: %v", tc.reason, tc.within, err)
				}
			})
		})
	}
}

// reportedMissing returns an error unless both objects of an ENI report that EC2 does not return it.
func reportedMissing(s *simulatedCluster, n ec2emulator.NetworkInterface) error {
	for _, o := range s.managed() {
		at := ""
		switch o := o.(type) {
		case *ec2v1alpha1.NetworkInterface:
			at = o.Status.AtProvider.ID
		case *ec2v1alpha1.NetworkInterfaceAttachment:
			at = o.Status.AtProvider.NetworkInterfaceID
		}
		if c := o.GetCondition(xpv2.TypeReady); at == n.ID && c.Reason != v1alpha1.ReasonMissingInEC2 {
			return errors.Errorf("%T is %s", o, c.Reason)
		}
	}
	return nil
}

// attachedAgain returns an error unless an ENI is attached, by another attachment.
func attachedAgain(s *simulatedCluster, before ec2emulator.NetworkInterface) error {
	for _, n := range s.ours() {
		if n.ID == before.ID && n.Attachment != nil && n.Attachment.ID != before.Attachment.ID && n.Attachment.Status == "attached" {
			return nil
		}
	}
	return errors.Errorf("%s is not attached again", before.ID)
}
