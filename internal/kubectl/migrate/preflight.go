// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// A plan with which an ENI would not be adopted is computed again until planFresh after the
// start: the provider caches for 30 s which ENIs can be adopted, and EC2's responses may be
// older than a change of the last seconds.
const (
	planFresh = 36 * time.Second
	planRetry = 3 * time.Second
)

// A Report is what a migration would do to a NodeENI.
type Report struct {
	// NodeENI by name.
	NodeENI string `json:"nodeENI"` //nolint:tagliatelle // as in NodeENIPlan
	// Adopted is the number of ENIs that are taken over as they are.
	Adopted int `json:"adopted"`
	// Changes are settings of these ENIs that are changed in place, with their numbers.
	Changes []string `json:"changes,omitempty"`
	// Notes describe what differs afterwards.
	Notes []string `json:"notes,omitempty"`
	// Blockers prevent the migration.
	Blockers []string `json:"blockers,omitempty"`
}

// preflight returns the Report of a NodeENI, and the NodeENI as it is after the migration.
func (m *Migration) preflight(ctx context.Context, n *v1alpha1.NodeENI, nodes map[string]*corev1.Node) (*Report, *v1alpha1.NodeENI, error) {
	r := &Report{NodeENI: n.Name}
	if n.DeletionTimestamp != nil {
		r.blockf("it is being deleted: wait until aws-multi-eni-controller has deleted it")
		return r, nil, nil
	}
	after, err := m.migrated(n, nodes, r)
	if err != nil {
		return nil, nil, err
	}
	if err := m.Client.Update(ctx, after.DeepCopy(), client.DryRunAll); err != nil {
		r.blockf("this provider rejects its spec: %s", err)
		return r, after, nil
	}
	tick := time.NewTicker(planRetry)
	defer tick.Stop()
	if m.started.IsZero() {
		m.started = time.Now()
	}
	for {
		plan, err := m.Plan(ctx, v1alpha1.NodeENIPlanSpec{NodeENI: n.Name, Apply: &after.Spec})
		if err != nil {
			return nil, nil, err
		}
		compared := *r
		compared.compare(n, plan)
		if len(compared.Blockers) == len(r.Blockers) || time.Since(m.started) > planFresh {
			return &compared, after, nil
		}
		select {
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		case <-tick.C:
		}
	}
}

// compare compares a plan with the ENIs that the NodeENI has.
func (r *Report) compare(n *v1alpha1.NodeENI, plan *v1alpha1.NodeENIPlanStatus) {
	planned := map[string]v1alpha1.PlannedENI{}
	changes := map[string]int{}
	for _, e := range plan.ENIs {
		if e.ENIID != "" {
			planned[e.ENIID] = e
		}
		if e.Action == v1alpha1.PlanAdopt {
			for _, c := range e.Changes {
				changes[c]++
			}
		}
	}
	for what, count := range changes {
		r.Changes = append(r.Changes, fmt.Sprintf("%s of %d ENIs", what, count))
	}
	slices.Sort(r.Changes)
	for _, a := range n.Status.Attachments {
		p, ok := planned[a.ENIID]
		switch {
		case ok && p.Action == v1alpha1.PlanAdopt && p.Node == a.NodeID:
			r.Adopted++
		case ok:
			r.blockf("%s, which is attached to node %s, would not be adopted: the plan is %s on node %q. %s", a.ENIID, a.NodeID, p.Action, p.Node, p.Message)
		case plan.Truncated:
			r.blockf("the plan has more than %d ENIs, so that not all can be checked", len(plan.ENIs))
			return
		default:
			r.blockf("%s, which is attached to node %s, would not be adopted: the NodeENI does not need it there, or EC2 does not return it with the tag NodeENI=%s and attached to the node's instance", a.ENIID, a.NodeID, n.Name)
		}
	}
	if t := plan.Totals; t.Release > 0 {
		r.blockf("%d ENIs would be released", t.Release)
	} else if t.Create > 0 {
		r.notef("%d ENIs are created, on nodes where aws-multi-eni-controller has created none", t.Create)
	}
	for _, p := range plan.Problems {
		r.notef("%s", p)
	}
}

// migrated returns the NodeENI as it is after the migration, and reports what differs.
func (m *Migration) migrated(n *v1alpha1.NodeENI, nodes map[string]*corev1.Node, r *Report) (*v1alpha1.NodeENI, error) {
	after := n.DeepCopy()
	meta.RemoveFinalizer(after, v1alpha1.FinalizerMultiENIController)
	delete(after.Annotations, annotationCleanup)
	annotate(after, v1alpha1.AnnotationMigratedFrom, v1alpha1.MultiENIController)
	taken := takeOvers(n, nodes, r)
	if len(taken) == 0 {
		return after, nil
	}
	text, err := encode(taken)
	if err != nil {
		return nil, err
	}
	annotate(after, v1alpha1.AnnotationTakeOver, text)
	setResource(after, n)
	m.allowNoIOMMU(after, n, nodes, r)
	return after, nil
}

// setResource sets the resource under which aws-multi-eni-controller advertises the devices,
// if the spec has none: its default differs from this provider's.
func setResource(after, n *v1alpha1.NodeENI) {
	if after.Spec.DPDKResourceName != nil || after.Spec.Host != nil && after.Spec.Host.ResourceName != nil {
		return
	}
	for _, a := range n.Status.Attachments {
		if a.DPDKResourceName != "" {
			after.Spec.DPDKResourceName = new(v1alpha1.ResourceName(a.DPDKResourceName))
			return
		}
	}
}

// allowNoIOMMU permits devices without an IOMMU, which aws-multi-eni-controller enables on
// every node, if the administrator has allowed it.
func (m *Migration) allowNoIOMMU(after, n *v1alpha1.NodeENI, nodes map[string]*corev1.Node, r *Report) {
	if h := n.Spec.Host; h != nil && h.DPDK != nil && h.DPDK.AllowNoIOMMU {
		return
	}
	var without []string
	for _, a := range n.Status.Attachments {
		if node := nodes[a.NodeID]; bound(a) && node != nil && !strings.Contains(node.Labels[corev1.LabelInstanceTypeStable], "metal") {
			without = append(without, a.NodeID)
		}
	}
	switch {
	case len(without) == 0:
	case !m.AllowNoIOMMU:
		r.blockf("%d devices that are bound to a userspace driver have no IOMMU, such as one on node %s: a program that uses such a device can access all of the node's memory. aws-multi-eni-controller allows this without a setting; to allow it in this provider, repeat the command with --allow-no-iommu", len(without), without[0])
	default:
		if after.Spec.Host == nil {
			after.Spec.Host = &v1alpha1.HostConfig{}
		}
		if after.Spec.Host.DPDK == nil {
			after.Spec.Host.DPDK = &v1alpha1.DPDKConfig{}
		}
		after.Spec.Host.DPDK.AllowNoIOMMU = true
		// A driver in host is allowed only with the same value as the short field.
		after.Spec.Host.Driver = v1alpha1.DriverDPDK
		after.Spec.Host.DPDK.Driver = ptr.Deref(n.Spec.DPDKDriver, "")
		r.notef("host.dpdk.allowNoIOMMU is set")
	}
}

func (r *Report) blockf(format string, args ...any) {
	r.Blockers = append(r.Blockers, strings.TrimSpace(fmt.Sprintf(format, args...)))
}

func (r *Report) notef(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// bound reports whether the device of an ENI is bound to a userspace driver.
func bound(a v1alpha1.NodeENIAttachment) bool { return a.DPDKBound }

// nodesByName returns the nodes of the cluster.
func (m *Migration) nodesByName(ctx context.Context) (map[string]*corev1.Node, error) {
	l := &corev1.NodeList{}
	if err := m.Client.List(ctx, l); err != nil {
		return nil, errors.Wrap(err, "cannot list nodes")
	}
	out := map[string]*corev1.Node{}
	for i := range l.Items {
		out[l.Items[i].Name] = &l.Items[i]
	}
	return out, nil
}
