// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"cmp"
	"context"
	"time"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// decide observes nodes, subnets and Elastic IPs, and computes the plan of a NodeENI. It
// writes nothing.
func (r *Reconciler) decide(ctx context.Context, n *v1alpha1.NodeENI, c cloud, s *state) error {
	if err := r.gatherNodes(ctx, n, c, s); err != nil {
		return err
	}
	var err error
	if s.resolution, err = resolve(ctx, c, &n.Spec, s.vpcs(), s.usedSubnets()); err != nil {
		return err
	}
	s.plan = eni.PlanChildren(eni.Request{
		NodeENI: n.GetName(), Subnets: s.resolution.subnets,
		OnePerZone:     n.Spec.SubnetPolicy == v1alpha1.SubnetPolicyOnePerZone,
		PerSubnet:      perSubnet(&n.Spec),
		BaseIndex:      cmp.Or(ptr.Deref(n.Spec.DeviceIndex, 0), r.o.DefaultDeviceIndex),
		MaxUnavailable: maxUnavailable(n, len(s.nodes)),
		Confirmed:      n.Spec.Rollout != nil && n.Spec.Rollout.MaxUnavailable != nil,
		Held:           n.Status.Unconfirmed > 0,
		Incomplete:     !s.resolution.complete(),
		Retain:         maxRetained(n),
		Now:            r.now().UTC().Format(time.RFC3339),
	}, s.nodes, s.found)

	if err := assignRanges(n, s); err != nil {
		return err
	}
	sizePools(n, s)
	completeRetained(n, s)
	if err := r.assignElasticIPs(ctx, n, c, s); err != nil {
		return err
	}
	return r.adopt(ctx, c, n, s)
}

// defaultMaxUnavailable is the default of spec.rollout.maxUnavailable: the share of a
// NodeENI's nodes that may lose ENIs at the same time.
const defaultMaxUnavailable = "25%"

func maxUnavailable(n *v1alpha1.NodeENI, nodes int) int {
	bound := new(intstr.FromString(defaultMaxUnavailable))
	if n.Spec.Rollout != nil && n.Spec.Rollout.MaxUnavailable != nil {
		bound = n.Spec.Rollout.MaxUnavailable
	}
	v, err := intstr.GetScaledValueFromIntOrPercent(bound, nodes, true)
	if err != nil {
		return 1 // the CRD rejects such a value; one node is the safe default
	}
	return max(1, v)
}
