package chaos

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// tenantNamespace is that of somebody who names what is not his.
const tenantNamespace = "tenant"

// tagCluster is the tag of the cluster that an ENI belongs to.
const tagCluster = "networking.k8s.aws/cluster"

// foreign has a tenant name ENIs, attachments and instances of others. The model does
// not know of it: nothing must come of it.
func (p *planner) foreign() bool {
	kind := pick(p.Rand, []string{"interface", "imported attachment", "attachment", "reference", "primary interface", "interface of another cluster"})
	name, which, gone := fmt.Sprintf("t%d", p.m.next()), p.IntN(100), p.IntN(2) == 0
	p.add(step{what: fmt.Sprintf("a tenant names, as %s, an %s that is not his", name, kind), do: func(ctx context.Context, w *world) error {
		return w.claim(ctx, kind, name, which)
	}}, nil)
	if gone {
		p.add(step{what: "the tenant deletes " + name, do: func(ctx context.Context, w *world) error { return w.dropClaim(ctx, name) }}, nil)
	}
	return true
}

// claim creates the tenant's object.
func (w *world) claim(ctx context.Context, kind, name string, which int) error {
	live := slices.DeleteFunc(w.live(), func(n ec2emulator.NetworkInterface) bool { return n.Attachment == nil })
	if len(live) == 0 {
		return nil
	}
	n := live[which%len(live)]
	spec := xpv2.ManagedResourceSpec{ProviderConfigReference: &xpv2.ProviderConfigReference{Kind: v1alpha1.ClusterProviderConfigKind, Name: "default"}}
	eni := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: tenantNamespace, Name: name}}
	eni.Spec.ManagedResourceSpec = spec
	eni.Spec.ForProvider.SubnetID, eni.Spec.ForProvider.Description = new(ec2v1alpha1.SubnetID(n.SubnetID)), new("mine now")
	at := &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: metav1.ObjectMeta{Namespace: tenantNamespace, Name: name}}
	at.Spec.ManagedResourceSpec = spec
	at.Spec.ForProvider.NetworkInterfaceID, at.Spec.ForProvider.InstanceID = &n.ID, &n.Attachment.InstanceID
	at.Spec.ForProvider.DeleteOnTermination = new(!n.Attachment.DeleteOnTermination)
	switch kind {
	case "interface":
		meta.SetExternalName(eni, n.ID)
		return w.create(ctx, eni)
	case "imported attachment":
		meta.SetExternalName(at, n.Attachment.ID)
		return w.create(ctx, at)
	case "attachment":
		return w.create(ctx, at)
	case "reference":
		at.Spec.ForProvider.NetworkInterfaceID, at.Spec.ForProvider.NetworkInterfaceRef = nil, &xpv2.NamespacedReference{Namespace: "provider-aws-eni-system", Name: "any"}
		return w.create(ctx, at)
	case "primary interface":
		primary := w.primaries()[n.Attachment.InstanceID]
		meta.SetExternalName(eni, primary)
		at.Spec.ForProvider.NetworkInterfaceID = &primary
		if which%2 == 0 {
			return w.create(ctx, at)
		}
		return w.create(ctx, eni)
	default:
		other, err := w.EC2.AddNetworkInterface(ec2emulator.NetworkInterface{
			SubnetID: n.SubnetID, Description: "of another cluster",
			Tags: map[string]string{tagCluster: "another", "networking.k8s.aws/another": "true"},
		})
		if err != nil {
			return err
		}
		meta.SetExternalName(eni, other.ID)
		at.Spec.ForProvider.NetworkInterfaceID = &other.ID
		if which%2 == 0 {
			return w.create(ctx, at)
		}
		return w.create(ctx, eni)
	}
}

// primaries are the primary ENIs of instances.
func (w *world) primaries() map[string]string {
	out := map[string]string{}
	for _, n := range w.EC2.ENIs(ec2emulator.Exists) {
		if a := n.Attachment; a != nil && a.DeviceIndex == 0 {
			out[a.InstanceID] = n.ID
		}
	}
	return out
}

func (w *world) dropClaim(ctx context.Context, name string) error {
	for _, o := range []client.Object{&ec2v1alpha1.NetworkInterface{}, &ec2v1alpha1.NetworkInterfaceAttachment{}} {
		o.SetNamespace(tenantNamespace)
		o.SetName(name)
		if err := w.delete(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// dropClaims deletes all objects of the tenant. One of an ENI that AWS or the instance
// manages is dropped without Delete, as its condition says.
func (w *world) dropClaims(ctx context.Context) {
	enis, attachments := &ec2v1alpha1.NetworkInterfaceList{}, &ec2v1alpha1.NetworkInterfaceAttachmentList{}
	_ = w.kube.List(ctx, enis, client.InNamespace(tenantNamespace))
	_ = w.kube.List(ctx, attachments, client.InNamespace(tenantNamespace))
	for i := range enis.Items {
		o := &enis.Items[i]
		before := o.DeepCopy()
		o.Spec.ManagementPolicies = xpv2.ManagementPolicies{xpv2.ManagementActionObserve}
		_ = w.kube.Patch(ctx, o, client.MergeFrom(before))
		_ = w.kube.Delete(ctx, o)
	}
	for i := range attachments.Items {
		o := &attachments.Items[i]
		before := o.DeepCopy()
		o.Spec.ManagementPolicies = xpv2.ManagementPolicies{xpv2.ManagementActionObserve}
		_ = w.kube.Patch(ctx, o, client.MergeFrom(before))
		_ = w.kube.Delete(ctx, o)
	}
}

// judgeForeign finds calls of the provider that concern ENIs of others: it must not
// even try.
func (w *world) judgeForeign(mark ec2emulator.Mark) []violation {
	foreign := map[string]bool{}
	for _, id := range w.primaries() {
		foreign[id] = true
	}
	for _, n := range w.EC2.ENIs() {
		if n.Tags["networking.k8s.aws/another"] != "" {
			foreign[n.ID] = true
		}
	}
	var out []violation
	for _, c := range w.EC2.Since(mark, byProvider, ec2emulator.Mutating) {
		for _, id := range append(slices.Clone(c.ResourceIDs), c.Parameters["NetworkInterfaceId"]) {
			if foreign[id] {
				out = append(out, violation{checkForeign, fmt.Sprintf("call %d, %s, concerns %s, which is not ours", c.Sequence, c.Action, id)})
				break
			}
		}
	}
	return out
}

// addTenant creates the tenant's namespace.
func (w *world) addTenant(ctx context.Context) error {
	return w.create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: tenantNamespace}})
}
