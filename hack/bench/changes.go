// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// changeWithin is the target for a change of an existing NodeENI, with the provider's
// default poll interval.
const changeWithin = 3 * time.Second

const (
	changesName  = "bench-changes"
	changesNodes = 2
	changePoll   = 20 * time.Millisecond
)

// A changeResult is the time until a change was applied in EC2 and on the hosts.
type changeResult struct {
	what string
	took time.Duration
}

// A change is an edit of an existing NodeENI, with predicates for its effect.
type change struct {
	what string
	edit func(*v1alpha1.NodeENISpec)
	ec2  func(ec2emulator.NetworkInterface) bool
	host func(v1alpha1.HostInterfaceSpec) bool
}

func changes() []change {
	onAnyHost := func(v1alpha1.HostInterfaceSpec) bool { return true }
	return []change{
		{
			what: "security group",
			edit: func(s *v1alpha1.NodeENISpec) { s.SecurityGroupIDs = []v1alpha1.SecurityGroupID{groupID} },
			ec2:  func(n ec2emulator.NetworkInterface) bool { return slices.Equal(n.SecurityGroupIDs, []string{groupID}) }, host: onAnyHost,
		},
		{
			what: "tag", edit: func(s *v1alpha1.NodeENISpec) { s.Tags = map[string]string{"team": "bench"} },
			ec2: func(n ec2emulator.NetworkInterface) bool { return n.Tags["team"] == "bench" }, host: onAnyHost,
		},
		{
			what: "address count",
			edit: func(s *v1alpha1.NodeENISpec) {
				s.Addresses = &v1alpha1.NodeENIAddresses{SecondaryPrivateIPCount: new(int32(2))}
			},
			ec2:  func(n ec2emulator.NetworkInterface) bool { return len(n.PrivateIPAddresses) == 3 },
			host: func(s v1alpha1.HostInterfaceSpec) bool { return len(s.PrivateIPs) == 3 },
		},
		{
			what: "prefix count instead", edit: func(s *v1alpha1.NodeENISpec) {
				s.Addresses = &v1alpha1.NodeENIAddresses{IPv4PrefixCount: new(int32(1))}
			},
			ec2: func(n ec2emulator.NetworkInterface) bool {
				return len(n.PrivateIPAddresses) == 1 && len(n.IPv4Prefixes) == 1
			},
			host: func(s v1alpha1.HostInterfaceSpec) bool { return len(s.PrivateIPs) == 1 && len(s.IPv4Prefixes) == 1 },
		},
		{
			what: "MTU", edit: func(s *v1alpha1.NodeENISpec) { s.MTU = new(int32(1400)) },
			ec2:  func(ec2emulator.NetworkInterface) bool { return true },
			host: func(s v1alpha1.HostInterfaceSpec) bool { return s.Config.MTU != nil && *s.Config.MTU == 1400 },
		},
		{
			what: "deleteOnTermination", edit: func(s *v1alpha1.NodeENISpec) { s.DeleteOnTermination = new(false) },
			ec2: func(n ec2emulator.NetworkInterface) bool {
				return n.Attachment != nil && !n.Attachment.DeleteOnTermination
			}, host: onAnyHost,
		},
	}
}

// measureChanges changes an existing NodeENI of two nodes, one field at a time.
func (s *stage) measureChanges(ctx context.Context, r *results) error {
	s.logf("changing an existing NodeENI of %d nodes", changesNodes)
	for i := range changesNodes {
		if _, err := s.world.AddNode(ctx, fmt.Sprintf("%s-%d", changesName, i), nodesSubnet, "m5.xlarge", map[string]string{changesName: "true"}); err != nil {
			return err
		}
	}
	n := &v1alpha1.NodeENI{
		ObjectMeta: metav1.ObjectMeta{Name: changesName},
		Spec:       v1alpha1.NodeENISpec{NodeSelector: map[string]string{changesName: "true"}, SubnetIDs: []v1alpha1.SubnetID{v1alpha1.SubnetID(dataSubnet(0))}, MTU: new(int32(9001))},
	}
	if err := s.kube.Create(ctx, n); err != nil {
		return errors.Wrap(err, "cannot create a NodeENI")
	}
	if _, err := s.arrives(ctx, change{what: "creation", ec2: func(ec2emulator.NetworkInterface) bool { return true }, host: func(v1alpha1.HostInterfaceSpec) bool { return true }}); err != nil {
		return err
	}
	for _, c := range changes() {
		if err := s.kube.Get(ctx, client.ObjectKeyFromObject(n), n); err != nil {
			return errors.Wrap(err, "cannot get the NodeENI")
		}
		b := n.DeepCopy()
		c.edit(&n.Spec)
		if err := s.kube.Patch(ctx, n, client.MergeFrom(b)); err != nil {
			return errors.Wrapf(err, "cannot change the %s", c.what)
		}
		took, err := s.arrives(ctx, c)
		if err != nil {
			return err
		}
		r.changes = append(r.changes, changeResult{what: c.what, took: took})
	}
	return nil
}

// arrives waits until a change is applied in EC2 and on the hosts, and the NodeENI reports its
// current generation as Ready.
func (s *stage) arrives(ctx context.Context, c change) (time.Duration, error) {
	began := time.Now()
	for time.Since(began) < time.Minute {
		ok, err := s.arrived(ctx, c)
		if err != nil {
			return 0, err
		}
		if ok {
			return time.Since(began), nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(changePoll):
		}
	}
	return 0, errors.Errorf("a change of a NodeENI (%s) was not applied within a minute", c.what)
}

func (s *stage) arrived(ctx context.Context, c change) (bool, error) {
	n := &v1alpha1.NodeENI{}
	if err := s.kube.Get(ctx, client.ObjectKey{Name: changesName}, n); err != nil {
		return false, errors.Wrap(err, "cannot get the NodeENI")
	}
	for _, t := range []xpv2.ConditionType{xpv2.TypeReady, xpv2.TypeSynced} {
		if got := n.GetCondition(t); got.Status != corev1.ConditionTrue || got.ObservedGeneration != n.Generation {
			return false, nil
		}
	}
	if n.Status.Ready != changesNodes {
		return false, nil
	}
	for _, a := range n.Status.Attachments {
		if x, ok := s.world.EC2.NetworkInterface(a.ENIID); !ok || !c.ec2(x) {
			return false, nil
		}
	}
	l := &v1alpha1.HostInterfaceList{}
	if err := s.kube.List(ctx, l, client.MatchingLabels{v1alpha1.LabelNodeENI: changesName}); err != nil {
		return false, errors.Wrap(err, "cannot list HostInterfaces")
	}
	for i := range l.Items {
		if !c.host(l.Items[i].Spec) {
			return false, nil
		}
	}
	return len(l.Items) == changesNodes, nil
}

// changeRows returns the row of the changes.
func changeRows(r *results) []row {
	what, target := fmt.Sprintf("time from a change of an existing NodeENI of %d nodes to EC2, hosts and AllReady, slowest", changesNodes), "< "+seconds(changeWithin)
	if r.changes == nil {
		return []row{skipped(what, target, notInThisMode)}
	}
	slowest := slices.MaxFunc(r.changes, func(a, b changeResult) int { return int(a.took - b.took) })
	v := slowest.took.Seconds()
	return []row{{
		What: what, Target: target, Measured: fmt.Sprintf("%s (%s, of %d changes)", seconds(slowest.took), slowest.what, len(r.changes)),
		Bound: seconds(changeWithin), OK: evaluate(v, changeWithin.Seconds()), Value: &v, Unit: "s",
	}}
}
