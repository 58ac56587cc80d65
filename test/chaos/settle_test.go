// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// settleWithin is the time limit of convergence without faults, long enough for a busy
// machine. After an outage of the API server client-go may wait for most of a minute
// before it watches again.
const (
	settleWithin            = 2 * time.Minute
	settleWithinAfterOutage = 4 * time.Minute
)

// settle waits until the world matches the model. It returns the differences after the
// time limit, or earlier if hopeless returns true, and otherwise the last difference
// before the world converged.
func (w *world) settle(ctx context.Context, m *model, within time.Duration, hopeless func() bool) (wrong []string, last string) {
	deadline := time.Now().Add(within)
	for i := 1; ; i++ {
		wrong := w.compare(ctx, m)
		if ctx.Err() != nil || (len(wrong) == 0 && !w.removeConfirmations(ctx, m)) {
			return nil, last
		}
		if len(wrong) == 0 {
			wrong = []string{"the confirmation of a rollout was removed"}
		}
		if i%5 == 0 {
			w.followConditions(ctx, m)
		}
		if time.Now().After(deadline) || i%40 == 0 && hopeless() {
			return wrong, ""
		}
		last = wrong[0]
		sleep(ctx, 50*time.Millisecond)
	}
}

// A differ collects differences between the world and the model.
type differ struct{ wrong []string }

func (d *differ) addf(format string, args ...any) {
	d.wrong = append(d.wrong, fmt.Sprintf(format, args...))
}

// compare returns the differences between the world and the model.
func (w *world) compare(ctx context.Context, m *model) []string {
	d := &differ{}
	expected := m.expected()
	live := w.live()
	w.compareEC2(d, expected, live)
	if len(d.wrong) > 0 && len(d.wrong) < 3 {
		return d.wrong // the objects differ, too: do not list them all
	}
	byUID := map[string]ec2emulator.NetworkInterface{}
	for _, n := range live {
		byUID[n.Tags[tagUID]] = n
	}
	w.compareInterfaces(ctx, d, expected, byUID)
	w.compareAttachments(ctx, d, expected)
	w.compareHosts(ctx, d, expected)
	w.compareNodeENIs(ctx, d, m, expected)
	return d.wrong
}

func (w *world) compareEC2(d *differ, expected map[key]wanted, live []ec2emulator.NetworkInterface) {
	found := map[key]string{}
	for _, n := range live {
		k := keyOf(n)
		want, ok := expected[k]
		if other := found[k]; other != "" {
			d.addf("duplicate: ENIs %s and %s are both for %s", other, n.ID, k)
		}
		found[k] = n.ID
		if !ok {
			d.addf("leak: ENI %s for %s (%s) should not exist", n.ID, k, attachedTo(n))
			continue
		}
		if n.SubnetID != want.subnet {
			d.addf("ENI %s for %s is in subnet %s", n.ID, k, n.SubnetID)
		}
		w.compareEC2Attachment(d, k, want, n)
	}
	for _, k := range sorted(expected) {
		if found[k] == "" {
			d.addf("missing: no ENI exists for %s", k)
		}
	}
}

func (w *world) compareEC2Attachment(d *differ, k key, want wanted, n ec2emulator.NetworkInterface) {
	a := n.Attachment
	switch {
	case a == nil && !want.attached:
	case a == nil || !want.attached || a.Status != "attached" || a.InstanceID != w.instances[want.node]:
		d.addf("ENI %s for %s is %s, want attached %t to %s", n.ID, k, attachedTo(n), want.attached, w.instances[want.node])
	case a.DeleteOnTermination != want.deleteOnTermination:
		d.addf("ENI %s for %s has deleteOnTermination %t", n.ID, k, a.DeleteOnTermination)
	case a.DeviceIndex < want.minDeviceIndex:
		d.addf("ENI %s for %s is at device index %d, want %d or more", n.ID, k, a.DeviceIndex, want.minDeviceIndex)
	}
}

func attachedTo(n ec2emulator.NetworkInterface) string {
	if n.Attachment == nil {
		return "not attached"
	}
	return n.Attachment.Status + " to " + n.Attachment.InstanceID
}

// A managed is a managed resource.
type managed interface {
	client.Object
	GetCondition(t xpv2.ConditionType) xpv2.Condition
}

// compareManaged adds a difference if an object is being deleted, not Ready or not Synced.
func compareManaged(d *differ, kind string, o managed) {
	name := o.GetNamespace() + "/" + o.GetName()
	if o.GetDeletionTimestamp() != nil {
		d.addf("stuck: %s %s is being deleted since %s, finalizers %v, %s", kind, name, o.GetDeletionTimestamp().Format(time.TimeOnly), o.GetFinalizers(), conditions(o))
		return
	}
	if r, s := o.GetCondition(xpv2.TypeReady), o.GetCondition(xpv2.TypeSynced); r.Status != corev1.ConditionTrue || s.Status != corev1.ConditionTrue {
		d.addf("%s %s: %s", kind, name, conditions(o))
	}
}

func conditions(o managed) string {
	var s []string
	for _, t := range []xpv2.ConditionType{xpv2.TypeReady, xpv2.TypeSynced} {
		c := o.GetCondition(t)
		s = append(s, fmt.Sprintf("%s=%s %s %q", t, c.Status, c.Reason, c.Message))
	}
	return strings.Join(s, ", ")
}

func (w *world) compareInterfaces(ctx context.Context, d *differ, expected map[key]wanted, byUID map[string]ec2emulator.NetworkInterface) {
	l := &ec2v1alpha1.NetworkInterfaceList{}
	if err := w.kube.List(ctx, l); err != nil {
		d.addf("cannot list NetworkInterfaces: %v", err)
		return
	}
	for i := range l.Items {
		o := &l.Items[i]
		compareManaged(d, "NetworkInterface", o)
		n, ok := byUID[string(o.GetUID())]
		if !ok {
			d.addf("NetworkInterface %s/%s has no ENI", o.GetNamespace(), o.GetName())
		} else if id := o.GetAnnotations()["crossplane.io/external-name"]; id != n.ID || o.Status.AtProvider.ID != n.ID {
			d.addf("NetworkInterface %s/%s has the external name %s, and its ENI is %s", o.GetNamespace(), o.GetName(), id, n.ID)
		}
		delete(byUID, string(o.GetUID()))
	}
	for uid, n := range byUID {
		d.addf("leak: ENI %s for %s is of object %s, which does not exist", n.ID, keyOf(n), uid)
	}
	if len(l.Items) != len(expected) {
		d.addf("%d NetworkInterfaces, want %d", len(l.Items), len(expected))
	}
}

func (w *world) compareAttachments(ctx context.Context, d *differ, expected map[key]wanted) {
	l := &ec2v1alpha1.NetworkInterfaceAttachmentList{}
	if err := w.kube.List(ctx, l); err != nil {
		d.addf("cannot list NetworkInterfaceAttachments: %v", err)
		return
	}
	for i := range l.Items {
		compareManaged(d, "NetworkInterfaceAttachment", &l.Items[i])
	}
	if want := count(expected, func(x wanted) bool { return x.attached }); len(l.Items) != want {
		d.addf("%d NetworkInterfaceAttachments, want %d", len(l.Items), want)
	}
}

func (w *world) compareHosts(ctx context.Context, d *differ, expected map[key]wanted) {
	l := &v1alpha1.HostInterfaceList{}
	if err := w.kube.List(ctx, l); err != nil {
		d.addf("cannot list HostInterfaces: %v", err)
		return
	}
	for i := range l.Items {
		o := &l.Items[i]
		if c := o.GetCondition(xpv2.TypeReady); o.GetDeletionTimestamp() != nil || c.Status != corev1.ConditionTrue || o.Status.ObservedGeneration != o.GetGeneration() {
			d.addf("HostInterface %s: deleted %v, finalizers %v, Ready=%s %s", o.GetName(), o.GetDeletionTimestamp(), o.GetFinalizers(), c.Status, c.Reason)
		}
		n, ok := w.EC2.NetworkInterface(o.Spec.NetworkInterfaceID)
		if !ok || n.Attachment == nil || n.Attachment.InstanceID != w.instances[o.Spec.NodeName] || n.Attachment.DeviceIndex != int(o.Spec.DeviceIndex) || n.MACAddress != o.Spec.MACAddress {
			d.addf("HostInterface %s has node %s, ENI %s (%s) and device index %d, which differ from EC2", o.GetName(), o.Spec.NodeName, o.Spec.NetworkInterfaceID, o.Spec.MACAddress, o.Spec.DeviceIndex)
		}
	}
	if want := count(expected, func(x wanted) bool { return x.attached && x.host }); len(l.Items) != want {
		d.addf("%d HostInterfaces, want %d", len(l.Items), want)
	}
}

func (w *world) compareNodeENIs(ctx context.Context, d *differ, m *model, expected map[key]wanted) {
	l := &v1alpha1.NodeENIList{}
	if err := w.kube.List(ctx, l); err != nil {
		d.addf("cannot list NodeENIs: %v", err)
		return
	}
	var names []string
	for i := range l.Items {
		o := &l.Items[i]
		names = append(names, o.GetName())
		e := m.nodeENIs[o.GetName()]
		if e == nil {
			d.addf("stuck: NodeENI %s should not exist, finalizers %v, Ready %q", o.GetName(), o.GetFinalizers(), o.GetCondition(xpv2.TypeReady).Message)
			continue
		}
		want := count(expected, func(x wanted) bool { return x.nodeENI == e.name })
		// The NodeENI is not Ready if none of its selected nodes is in a zone of its
		// subnets.
		ready := corev1.ConditionTrue
		if want == 0 && m.matching(e) > 0 {
			ready = corev1.ConditionFalse
		}
		s := o.Status
		if r, y := o.GetCondition(xpv2.TypeReady), o.GetCondition(xpv2.TypeSynced); r.Status != ready || y.Status != corev1.ConditionTrue ||
			int(s.Desired) != want || int(s.Ready) != want || int(s.Attached) != want || len(s.Attachments) != want || s.ObservedGeneration != o.GetGeneration() {
			d.addf("NodeENI %s: desired %d, ready %d, attached %d, %d listed, want %d; Ready=%s %s %q, want %s; Synced=%s %q",
				e.name, s.Desired, s.Ready, s.Attached, len(s.Attachments), want, r.Status, r.Reason, r.Message, ready, y.Status, y.Message)
		}
	}
	for _, name := range sorted(m.nodeENIs) {
		if !slices.Contains(names, name) {
			d.addf("missing: NodeENI %s does not exist", name)
		}
	}
}

func count(expected map[key]wanted, of func(wanted) bool) int {
	n := 0
	for _, x := range expected {
		if of(x) {
			n++
		}
	}
	return n
}
