// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// readyLabel is the value of a node's readiness label.
const readyLabel = "true"

const (
	// defaultCapacity is the default of the CRD.
	defaultCapacity = 250

	// maxInterfaces is the maximum of the CRD. No instance has as many ENIs.
	maxInterfaces = 1024
)

// A nodeReadiness is whether the interfaces of a NodeENI are ready on a node.
type nodeReadiness struct {
	ready   bool
	reason  string
	message string
}

// applyReadiness sets the label and the condition of the NodeENI's nodes, and removes startup
// taints. It writes only differences: a repeated reconcile writes nothing.
//
// The label comes before the taint: the label of every NodeENI that selects the node is the
// condition for the removal of a taint, and the change of a label enqueues them all.
func (r *Reconciler) applyReadiness(ctx context.Context, n *v1alpha1.NodeENI, s *state) error {
	desired, undecided := map[string]nodeReadiness{}, map[string]bool{}
	if n.Spec.Readiness != nil {
		if !s.resolution.complete() {
			return nil // EC2 did not return some subnets: the plan lacks nodes
		}
		desired, undecided = s.readiness(), s.undecided()
	}
	var errs []error
	for _, node := range s.cluster {
		w, selected := desired[node.GetName()]
		if undecided[node.GetName()] || !selected && !hasReadiness(node, n.GetName()) {
			continue
		}
		err := r.setReadiness(ctx, n.GetName(), node, w, selected)
		if err == nil && w.ready && node.GetLabels()[v1alpha1.ReadinessKey(n.GetName())] == readyLabel {
			err = r.removeStartupTaint(ctx, n, node)
		}
		if client.IgnoreNotFound(err) != nil && !kerrors.IsConflict(err) { // the change of the node enqueues the NodeENI
			errs = append(errs, errors.Wrapf(err, "cannot update the readiness of node %q", node.GetName()))
		}
	}
	return aggregate(errs...)
}

// clearReadiness removes the label and the condition of a NodeENI that is being deleted.
func (r *Reconciler) clearReadiness(ctx context.Context, n *v1alpha1.NodeENI, s *state) error {
	return r.applyReadiness(ctx, &v1alpha1.NodeENI{ObjectMeta: n.ObjectMeta}, s)
}

// readiness returns the readiness of each node that has or gets ENIs.
func (s *state) readiness() map[string]nodeReadiness {
	boots := map[string]string{}
	for _, node := range s.cluster {
		boots[node.GetName()] = node.Status.NodeInfo.BootID
	}
	out := map[string]nodeReadiness{}
	for _, c := range s.plan.Apply {
		w, seen := out[c.NodeName]
		if !seen {
			w = nodeReadiness{ready: true, reason: string(v1alpha1.ReasonAllReady), message: "every network interface is ready"}
		}
		if reason, message := s.unready(c.Name, boots[c.NodeName]); reason != "" && w.ready {
			w = nodeReadiness{reason: reason, message: message}
		}
		out[c.NodeName] = w
	}
	for _, name := range s.plan.Waiting {
		out[name] = nodeReadiness{reason: string(v1alpha1.ReasonWaitingForRetained), message: "a network interface of a terminated node is being detached first"}
	}
	for reason, names := range map[xpv2.ConditionReason][]string{
		v1alpha1.ReasonNoSubnetInZone: s.plan.WithoutSubnet, v1alpha1.ReasonWaitingForProviderID: s.plan.WithoutProviderID,
		v1alpha1.ReasonNotEC2Instance: s.plan.NotEC2, v1alpha1.ReasonNodeInOtherRegion: s.plan.OtherRegion,
	} {
		for _, name := range names {
			out[name] = nodeReadiness{reason: string(reason), message: "the node gets no network interface: see the condition NodesUsable of the NodeENI"}
		}
	}
	return out
}

// undecided returns the nodes whose instance is not known to exist. Their readiness is kept.
func (s *state) undecided() map[string]bool {
	out := map[string]bool{}
	for _, n := range s.nodes {
		out[n.Name] = n.Missing
	}
	return out
}

// unready returns the reason why pods cannot use a child's interface on a node with a boot id,
// or "". A change of the spec that the host has not applied yet is none: the interface remains
// usable meanwhile.
func (s *state) unready(child, boot string) (reason, message string) {
	at, h := s.attachments[child], s.hosts[child]
	switch {
	case at == nil || at.Status.AtProvider.Status != "attached" || meta.WasDeleted(at):
		return "NotAttached", "network interface " + child + " is not attached"
	case h == nil:
		return "NotConfigured", "the node has not configured network interface " + child + " yet"
	case boot != "" && h.Status.BootID != "" && h.Status.BootID != boot:
		return "Rebooted", "the node has not configured network interface " + child + " since its boot"
	}
	for _, t := range []string{"Ready", string(v1alpha1.TypeOffered), string(v1alpha1.TypeResourceAdvertised)} {
		for _, c := range h.Status.Conditions {
			if string(c.Type) == t && c.Status != corev1.ConditionTrue {
				return string(c.Reason), c.Message
			}
		}
	}
	if h.Status.ObservedGeneration == 0 {
		return "NotConfigured", "the node has not configured network interface " + child + " yet"
	}
	return "", ""
}

// hostReadiness returns the extended resource of a child's node, or nil.
func hostReadiness(n *v1alpha1.NodeENI, c eni.Child) *v1alpha1.HostReadiness {
	if n.Spec.Readiness == nil || n.Spec.Readiness.Resource == nil {
		return nil
	}
	return &v1alpha1.HostReadiness{
		Resource:   v1alpha1.ReadinessResource(n.GetName()),
		Capacity:   cmp.Or(n.Spec.Readiness.Resource.Capacity, defaultCapacity),
		Interfaces: int32(min(max(c.Siblings, 1), maxInterfaces)),
	}
}

// hasReadiness reports whether a node has the label or the condition of a NodeENI.
func hasReadiness(node *corev1.Node, nodeENI string) bool {
	_, ok := node.GetLabels()[v1alpha1.ReadinessKey(nodeENI)]
	return ok || readinessCondition(node, nodeENI) != nil
}

// readinessConditions returns the readiness conditions of a node.
func readinessConditions(node *corev1.Node) []corev1.NodeCondition {
	return slices.DeleteFunc(slices.Clone(node.Status.Conditions), func(c corev1.NodeCondition) bool { return !v1alpha1.IsReadinessKey(string(c.Type)) })
}

// startupTaints returns the taints of a node that the provider may remove.
func startupTaints(node *corev1.Node) []corev1.Taint {
	return slices.DeleteFunc(slices.Clone(node.Spec.Taints), func(t corev1.Taint) bool { return !strings.HasPrefix(t.Key, v1alpha1.TaintPrefix) })
}

func readinessCondition(node *corev1.Node, nodeENI string) *corev1.NodeCondition {
	i := slices.IndexFunc(node.Status.Conditions, func(c corev1.NodeCondition) bool { return string(c.Type) == v1alpha1.ReadinessKey(nodeENI) })
	if i < 0 {
		return nil
	}
	return &node.Status.Conditions[i]
}

// setReadiness sets the condition and the label of a node, or removes them if the NodeENI does
// not select the node.
func (r *Reconciler) setReadiness(ctx context.Context, nodeENI string, node *corev1.Node, w nodeReadiness, selected bool) error {
	key := v1alpha1.ReadinessKey(nodeENI)
	name := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: node.GetName(), UID: node.GetUID()}}
	if patch := conditionPatch(key, readinessCondition(node, nodeENI), w, selected, r.now()); patch != nil {
		if err := r.patchNode(ctx, name, types.StrategicMergePatchType, map[string]any{"status": map[string]any{"conditions": []any{patch}}}, true); err != nil {
			return err
		}
	}
	value, ok := node.GetLabels()[key]
	if w.ready && value == readyLabel || !w.ready && !ok {
		return nil
	}
	var label any // null removes it
	if w.ready {
		label = readyLabel
	}
	return r.patchNode(ctx, name, types.MergePatchType, map[string]any{"metadata": map[string]any{"labels": map[string]any{key: label}, "uid": node.GetUID()}}, false)
}

// conditionPatch returns the change of a node's condition, or nil. The message alone is no
// reason for a write.
func conditionPatch(key string, have *corev1.NodeCondition, w nodeReadiness, selected bool, now time.Time) map[string]any {
	if !selected {
		if have == nil {
			return nil
		}
		return map[string]any{"$patch": "delete", "type": key}
	}
	status := corev1.ConditionFalse
	if w.ready {
		status = corev1.ConditionTrue
	}
	if have != nil && have.Status == status && have.Reason == w.reason {
		return nil
	}
	at := metav1.NewTime(now)
	c := map[string]any{"type": key, "status": string(status), "reason": w.reason, "message": w.message, "lastHeartbeatTime": at, "lastTransitionTime": at}
	if have != nil && have.Status == status && !have.LastTransitionTime.IsZero() {
		c["lastTransitionTime"] = have.LastTransitionTime
	}
	return c
}

// patchNode patches a node, or its status.
func (r *Reconciler) patchNode(ctx context.Context, node *corev1.Node, kind types.PatchType, content map[string]any, status bool) error {
	raw, err := json.Marshal(content)
	if err != nil {
		return err
	}
	p := client.RawPatch(kind, raw)
	if status {
		return r.client.Status().Patch(ctx, node, p)
	}
	return r.client.Patch(ctx, node, p)
}

// removeStartupTaint removes the NodeENI's startup taint from a node if every NodeENI that
// selects the node and has the taint is ready on it.
func (r *Reconciler) removeStartupTaint(ctx context.Context, n *v1alpha1.NodeENI, node *corev1.Node) error {
	key := ptr.Deref(n.Spec.Readiness.StartupTaint, "")
	tainted := func(t corev1.Taint) bool { return t.Key == key }
	if key == "" || !slices.ContainsFunc(node.Spec.Taints, tainted) {
		return nil
	}
	l := &v1alpha1.NodeENIList{}
	if err := r.client.List(ctx, l, client.UnsafeDisableDeepCopy); err != nil {
		return errors.Wrap(err, "cannot list NodeENIs")
	}
	for i := range l.Items {
		o := &l.Items[i]
		if o.Spec.Readiness == nil || ptr.Deref(o.Spec.Readiness.StartupTaint, "") != key || o.GetDeletionTimestamp() != nil || !eni.Selects(&o.Spec, node.GetLabels()) {
			continue
		}
		if node.GetLabels()[v1alpha1.ReadinessKey(o.GetName())] != readyLabel {
			return nil
		}
	}
	return r.changeTaints(ctx, node, func(ts []corev1.Taint) []corev1.Taint { return slices.DeleteFunc(ts, tainted) })
}
