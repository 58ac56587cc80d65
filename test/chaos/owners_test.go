// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// Other owners than the provider under test: tenants of the same cluster, another
// cluster in the same account, and the VPC CNI on the same instances.
const (
	tenantNamespace   = "tenant"
	tenantDescription = "taken over by a tenant"

	tagCNIInstance = "node.k8s.amazonaws.com/instance_id"

	// maxForeign is the maximum number of ENIs of other owners on one instance.
	maxForeign = 3
)

func ofTenant(k key) bool { return strings.HasPrefix(string(k), tenantNamespace+"/") }

// verifyOwner returns a violation if a mutating call refers to a resource that the
// provider did not create, or was made for a tenant's object.
func (w *world) verifyOwner(c ec2emulator.Call) []violation {
	if !ec2emulator.Mutating(c) {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.Committed || c.Repeated {
		for _, id := range c.ResourceIDs {
			switch {
			case c.Action == createAction && isENI(id), c.Action == "AttachNetworkInterface" && isAttachment(id):
				w.made[id] = true
			}
		}
	}
	ids := map[string]bool{}
	for _, id := range c.ResourceIDs {
		ids[id] = true
	}
	for _, v := range c.Parameters {
		ids[v] = true
		if c.Action != createAction && (v == tenantDescription || strings.HasPrefix(v, tenantNamespace+"/")) {
			return []violation{{checkForeign, fmt.Sprintf("call %d, %s of %v, was made for a tenant: %v", c.Sequence, c.Action, c.ResourceIDs, c.Parameters)}}
		}
	}
	for _, id := range sorted(ids) {
		if (isENI(id) || isAttachment(id)) && !w.made[id] {
			return []violation{{checkForeign, fmt.Sprintf("call %d, %s, refers to %s, which the provider did not create (%s)", c.Sequence, c.Action, id, w.foreign[id])}}
		}
	}
	return nil
}

func isAttachment(id string) bool { return strings.HasPrefix(id, "eni-attach-") }

func isENI(id string) bool { return strings.HasPrefix(id, "eni-") && !isAttachment(id) }

// otherOwners adds a step of another owner.
func (p *planner) otherOwners() {
	switch p.IntN(6) {
	case 0:
		p.vpcCNI()
	case 1, 2:
		p.anotherCluster()
	case 3, 4:
		p.tenants()
	default:
		p.add(step{what: "other owners delete their ENIs", do: func(ctx context.Context, w *world) error { w.removeForeign(ctx); return nil }}, nil)
	}
}

// vpcCNI attaches an ENI of the VPC CNI to an instance.
func (p *planner) vpcCNI() {
	name := pick(p.Rand, sorted(p.m.nodes))
	p.add(step{what: "the VPC CNI attaches an ENI to node " + name, do: func(_ context.Context, w *world) error {
		instance := w.instances[name]
		w.attachForeign(instance, ec2emulator.NetworkInterface{
			Description: "aws-K8S-" + instance, Tags: map[string]string{tagCNIInstance: instance, "node.k8s.amazonaws.com/createdAt": "2030-01-02T03:04:05Z"},
		}, "of the VPC CNI", 1)
		return nil
	}}, nil)
}

// anotherCluster creates an ENI of another cluster with objects of the same names, and
// attaches it to the same instance or to none.
func (p *planner) anotherCluster() {
	k, ok := p.child()
	if !ok {
		return
	}
	part := strings.Split(string(k), "/")
	on := p.IntN(2) == 0
	uid := fmt.Sprintf("00000000-0000-4000-8000-%012d", p.m.next())
	p.add(step{what: fmt.Sprintf("another cluster creates an ENI for its own %s; attached %t", k, on), do: func(_ context.Context, w *world) error {
		n := ec2emulator.NetworkInterface{SubnetID: part[2], Tags: map[string]string{
			tagCluster: otherCluster, tagUID: uid, tagObject: testbed.Namespace + "/" + part[0] + "-0123456789",
			tagNodeENI: part[0], tagNode: part[1], tagSlot: part[2],
		}}
		if on {
			w.attachForeign(w.instances[part[1]], n, "of another cluster", 4)
		} else {
			w.addForeign(n, "of another cluster")
		}
		return nil
	}}, nil)
}

// attachForeign adds an ENI of another owner to an instance, at the first free device
// index not below from.
func (w *world) attachForeign(instance string, n ec2emulator.NetworkInterface, owner string, from int) {
	i, ok := w.EC2.Instance(instance)
	if !ok || i.State != "running" {
		return
	}
	have := 0
	used := map[int]bool{}
	for _, e := range w.EC2.State().NetworkInterfaces {
		if e.Attachment == nil || e.Attachment.InstanceID != instance {
			continue
		}
		used[e.Attachment.DeviceIndex] = true
		if !ownedByProvider(e) {
			have++
		}
	}
	if have > maxForeign {
		return
	}
	for used[from] {
		from++
	}
	if n.SubnetID == "" {
		n.SubnetID = i.SubnetID
	}
	n.Attachment = &ec2emulator.Attachment{InstanceID: instance, DeviceIndex: from}
	w.addForeign(n, owner)
}

// addForeign adds an ENI of another owner, unless the provider used its device index
// first.
func (w *world) addForeign(n ec2emulator.NetworkInterface, owner string) {
	made, err := w.EC2.AddNetworkInterface(n)
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.foreign[made.ID] = owner
	if made.Attachment != nil {
		w.foreign[made.Attachment.ID] = owner
	}
}

// foreignENIs returns the existing ENIs of other owners, except for primary ENIs.
func (w *world) foreignENIs() []ec2emulator.NetworkInterface {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []ec2emulator.NetworkInterface
	for _, n := range w.EC2.State().NetworkInterfaces {
		if w.foreign[n.ID] != "" {
			out = append(out, n)
		}
	}
	return out
}

// removeForeign detaches attached ENIs of other owners and deletes available ones.
func (w *world) removeForeign(ctx context.Context) {
	for _, n := range w.foreignENIs() {
		w.remove(ctx, n)
	}
}

// tenants creates objects of a tenant that refer to ENIs and attachments of other owners.
func (p *planner) tenants() {
	k, ok := p.child()
	if !ok {
		return
	}
	pairs := sorted(p.m.pairs)
	serial := p.m.next()
	hold := p.IntN(2) == 0
	p.add(step{what: fmt.Sprintf("a tenant's objects refer to the ENIs of %s, of pairs %v and of other owners; deleted immediately %t", k, pairs, !hold), do: func(ctx context.Context, w *world) error {
		if err := w.createTenants(ctx, k, pairs, serial); err != nil {
			return err
		}
		if hold {
			return nil
		}
		return w.deleteTenantObjects(ctx)
	}}, nil)
}

func tenantMeta(what string, serial int) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: tenantNamespace, Name: fmt.Sprintf("%s-%d", what, serial)}
}

// keepExternal are management policies without Create and Delete.
var keepExternal = xpv2.ManagementPolicies{xpv2.ManagementActionObserve, xpv2.ManagementActionUpdate, xpv2.ManagementActionLateInitialize}

func tenantInterface(what string, serial int, id string) *ec2v1alpha1.NetworkInterface {
	o := &ec2v1alpha1.NetworkInterface{ObjectMeta: tenantMeta(what, serial)}
	o.Annotations = map[string]string{"crossplane.io/external-name": id}
	o.Spec.ForProvider.SubnetID = new(ec2v1alpha1.SubnetID(subnets[0].id))
	o.Spec.ForProvider.SecurityGroups = []ec2v1alpha1.SecurityGroupID{testbed.Group}
	o.Spec.ForProvider.Description = new(tenantDescription)
	return o
}

func tenantAttachment(what string, serial int, eni, instance string) *ec2v1alpha1.NetworkInterfaceAttachment {
	o := &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: tenantMeta(what, serial)}
	o.Spec.ForProvider.NetworkInterfaceID = &eni
	o.Spec.ForProvider.InstanceID = &instance
	o.Spec.ForProvider.DeleteOnTermination = new(true)
	return o
}

// createTenants creates a tenant's objects for the existing resources.
func (w *world) createTenants(ctx context.Context, k key, pairs []string, serial int) error {
	if err := w.create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: tenantNamespace}}); err != nil {
		return err
	}
	node := strings.Split(string(k), "/")[1]
	instance := w.instances[node]
	var all []client.Object
	if n, ok := w.find(k); ok && w.hasOwner(ctx, n) {
		all = append(all, tenantInterface("ours", serial, n.ID), tenantAttachment("by-id", serial, n.ID, instance))
		if n.Attachment != nil {
			imported := tenantAttachment("imported", serial, n.ID, instance)
			imported.Annotations = map[string]string{"crossplane.io/external-name": n.Attachment.ID}
			all = append(all, imported)
		}
		for _, other := range sorted(w.instances) {
			if other != node {
				all = append(all, tenantAttachment("elsewhere", serial, n.ID, w.instances[other]))
				break
			}
		}
	}
	for _, pair := range pairs {
		o := tenantAttachment("ref-"+pair, serial, "", instance)
		o.Spec.ForProvider.NetworkInterfaceID, o.Spec.ForProvider.NetworkInterfaceRef = nil, &xpv2.NamespacedReference{Namespace: pairNamespace, Name: pair}
		all = append(all, o)
	}
	for i, n := range w.foreignENIs() {
		o := tenantInterface(fmt.Sprintf("foreign-%d", i), serial, n.ID)
		o.Spec.ManagementPolicies = keepExternal
		all = append(all, o)
		if n.Attachment != nil && i < 3 {
			a := tenantAttachment(fmt.Sprintf("foreign-%d", i), serial, n.ID, n.Attachment.InstanceID)
			a.Spec.ManagementPolicies = keepExternal
			all = append(all, a)
		}
	}
	for _, n := range w.EC2.State().NetworkInterfaces {
		if n.Attachment != nil && n.Attachment.InstanceID == instance && n.Attachment.DeviceIndex == 0 {
			o := tenantInterface("primary", serial, n.ID)
			o.Spec.ManagementPolicies = keepExternal
			a := tenantAttachment("primary", serial, n.ID, instance)
			a.Spec.ManagementPolicies = keepExternal
			all = append(all, o, a)
		}
	}
	for _, o := range all {
		if err := w.create(ctx, o); err != nil && !kerrors.IsInvalid(err) {
			return err
		}
	}
	return nil
}

// hasOwner reports whether the object that created an ENI exists. Otherwise any object
// may adopt the ENI by its external name.
func (w *world) hasOwner(ctx context.Context, n ec2emulator.NetworkInterface) bool {
	l := &ec2v1alpha1.NetworkInterfaceList{}
	return w.kube.List(ctx, l) == nil && slices.ContainsFunc(l.Items, func(o ec2v1alpha1.NetworkInterface) bool {
		return string(o.GetUID()) == n.Tags[tagUID]
	})
}

// deleteTenantObjects deletes all objects of the tenant.
func (w *world) deleteTenantObjects(ctx context.Context) error {
	var all []client.Object
	err := w.eventually(ctx, "list the objects of the tenant", func() error {
		all = nil
		for _, empty := range []func() client.ObjectList{networkInterfaces, attachments} {
			l := empty()
			if err := w.kube.List(ctx, l, client.InNamespace(tenantNamespace)); err != nil {
				return err
			}
			all = append(all, objects(l)...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.Reverse(all) // attachments first
	for _, o := range all {
		if err := w.delete(ctx, o); err != nil {
			return err
		}
	}
	return nil
}
