// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// managedSpec refers to the default provider config.
func managedSpec() xpv2.ManagedResourceSpec {
	return xpv2.ManagedResourceSpec{
		ProviderConfigReference: &xpv2.ProviderConfigReference{Kind: v1alpha1.ClusterProviderConfigKind, Name: "default"},
		ManagementPolicies:      xpv2.ManagementPolicies{xpv2.ManagementActionAll},
	}
}

// eniNamed returns a NetworkInterface with an external name.
func eniNamed(namespace, name, id string) *ec2v1alpha1.NetworkInterface {
	n := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	n.Spec.ManagedResourceSpec = managedSpec()
	n.Spec.ForProvider.SubnetID = new(ec2v1alpha1.SubnetID(fleetSubnet1))
	if id != "" {
		meta.SetExternalName(n, id)
	}
	return n
}

// eniaOf returns an attachment of an ENI, by id, to an instance.
func eniaOf(namespace, name, eni, instance string) *ec2v1alpha1.NetworkInterfaceAttachment {
	a := &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	a.Spec.ManagedResourceSpec = managedSpec()
	a.Spec.ForProvider.NetworkInterfaceID = &eni
	a.Spec.ForProvider.InstanceID = &instance
	a.Spec.ForProvider.DeleteOnTermination = new(true)
	return a
}

// reasonOf returns the reason of an object's Ready condition.
func (s *simulatedCluster) reasonOf(o managedObject) xpv2.ConditionReason {
	s.t.Helper()
	if err := s.api.Get(s.t.Context(), client.ObjectKeyFromObject(o), o); err != nil {
		s.t.Fatal(err)
	}
	return o.GetCondition(xpv2.TypeReady).Reason
}

// ended reports an error while an object exists.
func (s *simulatedCluster) ended(o client.Object) error {
	if err := s.api.Get(s.t.Context(), client.ObjectKeyFromObject(o), o); err == nil {
		return errors.Errorf("%s is there still, with %v", o.GetName(), o.GetFinalizers())
	}
	return nil
}

// mutations fails the test if the provider, or anything else, has changed anything in
// EC2.
func (s *simulatedCluster) mutations(m ec2emulator.Mark, reason string) {
	s.t.Helper()
	for _, c := range s.ec2.Since(m, ec2emulator.Mutating) {
		s.t.Errorf("\n%s\n%s was called for %v", reason, c.Action, c.ResourceIDs)
	}
}

// TestForeignAttachment has tenants create attachments, in a namespace of theirs, for
// ENIs of a NodeENI, of the VPC CNI and of the instance itself.
func TestForeignAttachment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		s.addNodes("a", 1, 3)
		n := s.addNodeENI("a", fleetSubnet1)
		s.start()
		s.must(5*time.Minute, func() error { return s.wellWith(3) })
		instance := instanceOf("a", 1)
		ours := s.attachedOn(instance)
		attachment := ""
		for _, e := range s.ours() {
			if e.ID == ours {
				attachment = e.Attachment.ID
			}
		}
		primary := s.primaryOf(instance)
		cni := s.addCNI(instance)

		m := s.ec2.Mark()
		tenants := map[string]*ec2v1alpha1.NetworkInterfaceAttachment{
			"by the ENI's id":            eniaOf("tenant", "by-id", ours, instance),
			"imported by the attachment": eniaOf("tenant", "imported", ours, instance),
			"to another instance":        eniaOf("tenant", "elsewhere", ours, instanceOf("a", 2)),
			"of the primary ENI":         eniaOf("tenant", "primary", primary, instance),
			"of the VPC CNI":             eniaOf("tenant", "cni", cni, instance),
		}
		meta.SetExternalName(tenants["imported by the attachment"], attachment)
		for _, a := range tenants {
			s.create(a)
		}
		time.Sleep(time.Minute)
		for what, a := range tenants {
			if got := s.reasonOf(a); got != "NotOurs" {
				t.Errorf("\nAn attachment %s is not the tenant's: Ready has the reason %s", what, got)
			}
			if at := a.Status.AtProvider; at.AttachmentID != "" {
				t.Errorf("\nAn attachment %s is not shown as made: %+v", what, at)
			}
		}
		// While the NodeENI's own release waits for its host, the tenant deletes his.
		ctx := t.Context()
		s.runAgent(ctx, nodeOf("a", 1))
		s.runAgent(ctx, nodeOf("a", 2))
		s.runAgent(ctx, nodeOf("a", 3))
		s.delete(n)
		time.Sleep(time.Minute)
		for _, a := range tenants {
			s.delete(a)
		}
		time.Sleep(5 * time.Minute)
		s.mutations(m, "Nothing is changed for a tenant whose ENI it is not.")
		for _, what := range []string{"by the ENI's id", "imported by the attachment", "to another instance"} {
			if err := s.ended(tenants[what]); err != nil {
				t.Errorf("\nAn attachment %s is released: nothing of it exists. %v", what, err)
			}
		}
	})
}

// primaryOf returns the primary ENI of an instance.
func (s *simulatedCluster) primaryOf(instance string) string {
	s.t.Helper()
	for _, n := range s.ec2.ENIs(ec2emulator.Exists) {
		if n.Attachment != nil && n.Attachment.InstanceID == instance && n.Attachment.DeviceIndex == 0 {
			return n.ID
		}
	}
	s.t.Fatalf("instance %s has no primary ENI", instance)
	return ""
}

// addCNI attaches an ENI to an instance, as the VPC CNI does.
func (s *simulatedCluster) addCNI(instance string) string {
	s.t.Helper()
	const id = "eni-00000000000000c21"
	if _, err := s.ec2.AddNetworkInterface(ec2emulator.NetworkInterface{
		ID: id, SubnetID: "subnet-0", Description: "aws-K8S-" + instance,
		Tags:       map[string]string{"node.k8s.amazonaws.com/instance_id": instance, "node.k8s.amazonaws.com/createdAt": "2030-01-02T03:04:05Z"},
		Attachment: &ec2emulator.Attachment{InstanceID: instance, DeviceIndex: 2},
	}); err != nil {
		s.t.Fatal(err)
	}
	return id
}

// TestForeignNetworkInterface has tenants name ENIs that are not theirs.
func TestForeignNetworkInterface(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		s.addNodes("a", 1, 2)
		s.addNodeENI("a", fleetSubnet1)
		s.create(eniNamed("ns", "available", ""))
		s.start()
		s.must(5*time.Minute, func() error {
			if n := len(s.ours()); n != 3 {
				return errors.Errorf("%d ENIs", n)
			}
			return nil
		})
		time.Sleep(time.Minute)
		instance := instanceOf("a", 1)
		available := ""
		for _, e := range s.ours() {
			if e.Attachment == nil {
				available = e.ID
			}
		}
		m := s.ec2.Mark()
		foreign := map[string]*ec2v1alpha1.NetworkInterface{
			"attached ENI of a NodeENI": eniNamed("tenant", "attached", s.attachedOn(instance)),
			"available ENI of another":  eniNamed("ns", "second", available),
			"primary ENI":               eniNamed("tenant", "primary", s.primaryOf(instance)),
			"ENI of the VPC CNI":        eniNamed("tenant", "cni", s.addCNI(instance)),
		}
		for _, o := range foreign {
			o.Spec.ForProvider.Description = new("mine now")
			s.create(o)
		}
		time.Sleep(25 * time.Minute)
		for what, o := range foreign {
			if got := s.reasonOf(o); got != "NotOurs" {
				t.Errorf("\nThe %s is only observed: Ready has the reason %s", what, got)
			}
		}
		s.delete(foreign["attached ENI of a NodeENI"])
		s.delete(foreign["available ENI of another"])
		time.Sleep(5 * time.Minute)
		for _, what := range []string{"attached ENI of a NodeENI", "available ENI of another"} {
			if err := s.ended(foreign[what]); err != nil {
				t.Errorf("\nThe object of an %s is released, and the ENI stays: %v", what, err)
			}
		}
		s.mutations(m, "Nothing of another owner is changed or deleted.")
	})
}

// TestSecondAttachment creates a second attachment of one ENI in the same namespace,
// and deletes it.
func TestSecondAttachment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		s.addNodes("a", 1, 1)
		s.addPair("one", instanceOf("a", 1))
		s.start()
		s.must(5*time.Minute, func() error { return s.wellWith(1) })
		time.Sleep(time.Minute)
		m := s.ec2.Mark()
		second := eniaOf("ns", "second", s.attachedOn(instanceOf("a", 1)), instanceOf("a", 1))
		third := eniaOf("ns", "third", "", instanceOf("a", 1))
		third.Spec.ForProvider.NetworkInterfaceID, third.Spec.ForProvider.NetworkInterfaceRef = nil, &xpv2.NamespacedReference{Name: "one"}
		for _, a := range []*ec2v1alpha1.NetworkInterfaceAttachment{second, third} {
			s.create(a)
			time.Sleep(time.Minute)
			if got := s.reasonOf(a); got != "NotOurs" {
				t.Errorf("\nThe attachment belongs to the object that made it: %s has the reason %s", a.GetName(), got)
			}
			s.delete(a)
			time.Sleep(time.Minute)
			if err := s.ended(a); err != nil {
				t.Error(err)
			}
		}
		s.mutations(m, "A second object of an attachment neither changes nor ends it.")
	})
}

// TestForgedClaim has a tenant claim the attachment of a NodeENI with an object that is
// older than the NodeENI's.
func TestForgedClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		s.addNodes("a", 1, 1)
		forged := eniaOf("tenant", "older", "eni-00000000000000bad", instanceOf("a", 1))
		s.create(forged)
		time.Sleep(time.Minute)
		n := s.addNodeENI("a", fleetSubnet1)
		s.start()
		s.must(5*time.Minute, func() error {
			if got := len(s.attachedTo("a")); got != 1 {
				return errors.Errorf("%d ENIs are attached", got)
			}
			return nil
		})
		time.Sleep(time.Minute)
		if err := s.api.Get(t.Context(), client.ObjectKeyFromObject(forged), forged); err != nil {
			t.Fatal(err)
		}
		for _, e := range s.ours() {
			meta.SetExternalName(forged, e.Attachment.ID)
		}
		if err := s.api.Update(t.Context(), forged); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		s.delete(n)
		s.must(2*time.Minute, func() error { return s.ended(n) })
		if left := s.ours(); len(left) > 0 {
			t.Errorf("\nA claim from another namespace keeps nothing from being released: %s is left", left[0].ID)
		}
	})
}

// TestReferenceIntoAnotherNamespace refers to a NetworkInterface of another
// namespace.
func TestReferenceIntoAnotherNamespace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		s.addNodes("a", 1, 1)
		n := eniNamed("ns", "one", "")
		n.Labels = map[string]string{"app": "x"}
		s.create(n)
		s.start()
		s.must(time.Minute, func() error {
			if len(s.ours()) != 1 {
				return errors.New("no ENI yet")
			}
			return nil
		})
		time.Sleep(time.Minute)
		m := s.ec2.Mark()
		byRef := eniaOf("tenant", "ref", "", instanceOf("a", 1))
		byRef.Spec.ForProvider.NetworkInterfaceID, byRef.Spec.ForProvider.NetworkInterfaceRef = nil, &xpv2.NamespacedReference{Namespace: "ns", Name: "one"}
		bySelector := eniaOf("tenant", "selector", "", instanceOf("a", 1))
		bySelector.Spec.ForProvider.NetworkInterfaceID = nil
		bySelector.Spec.ForProvider.NetworkInterfaceSelector = &xpv2.NamespacedSelector{Namespace: "ns", MatchLabels: map[string]string{"app": "x"}}
		for _, a := range []*ec2v1alpha1.NetworkInterfaceAttachment{byRef, bySelector} {
			s.create(a)
		}
		time.Sleep(5 * time.Minute)
		for _, a := range []*ec2v1alpha1.NetworkInterfaceAttachment{byRef, bySelector} {
			if got := s.reasonOf(a); got != "NotFound" {
				t.Errorf("\nA reference into another namespace is an error: %s has the reason %s: %s", a.GetName(), got, a.GetCondition(xpv2.TypeReady).Message)
			}
			s.delete(a)
		}
		time.Sleep(time.Minute)
		for _, a := range []*ec2v1alpha1.NetworkInterfaceAttachment{byRef, bySelector} {
			if err := s.ended(a); err != nil {
				t.Error(err)
			}
		}
		s.mutations(m, "An ENI of another namespace is not attached.")
	})
}

// TestTwinsOfChildren has objects elsewhere carry the label and the names of a
// NodeENI's children.
func TestTwinsOfChildren(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		s.addNodes("a", 1, 2)
		n := s.addNodeENI("a", fleetSubnet1)
		s.start()
		s.must(5*time.Minute, func() error { return s.wellWith(2) })
		var twins []*ec2v1alpha1.NetworkInterface
		for _, child := range s.interfaces() {
			for _, namespace := range []string{"tenant", s.settings.Namespace} {
				twin := eniNamed(namespace, child.GetName(), "")
				if namespace == s.settings.Namespace {
					twin.SetName("of-" + child.GetName())
				}
				twin.SetLabels(child.GetLabels())
				twin.SetAnnotations(map[string]string{"networking.k8s.aws/node-uid": child.GetAnnotations()["networking.k8s.aws/node-uid"]})
				s.create(twin)
				twins = append(twins, twin)
			}
		}
		time.Sleep(15 * time.Minute)
		s.delete(n)
		s.must(2*time.Minute, func() error { return s.ended(n) })
		time.Sleep(time.Minute)
		for _, twin := range twins {
			if err := s.api.Get(t.Context(), client.ObjectKeyFromObject(twin), twin); err != nil || twin.GetDeletionTimestamp() != nil {
				t.Errorf("\nAn object that the NodeENI does not control is not its child: %s/%s: %v", twin.GetNamespace(), twin.GetName(), err)
			}
		}
		if got := len(s.attachments()); got > 0 {
			t.Errorf("\nThe children are deleted: %d attachments are left", got)
		}
	})
}

// TestReplacedNodeENI removes the finalizer of a NodeENI by force, deletes it and
// creates another one of the same name.
func TestReplacedNodeENI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		s.addNodes("a", 1, 2)
		n := s.addNodeENI("a", fleetSubnet1)
		s.start()
		s.must(5*time.Minute, func() error { return s.wellWith(2) })
		s.stop()
		if err := s.api.Get(t.Context(), client.ObjectKeyFromObject(n), n); err != nil {
			t.Fatal(err)
		}
		s.lose(n)
		s.addNodeENI("a", fleetSubnet1)
		s.start()
		s.must(5*time.Minute, func() error {
			for _, o := range s.managed() {
				if c := metav1.GetControllerOf(o); c == nil || c.UID == n.GetUID() {
					return errors.Errorf("%s is controlled by %v", o.GetName(), c)
				}
			}
			return s.wellWith(2)
		})
	})
}

// TestForgedProjection forges the status of a tenant's attachment so that it names an ENI of
// a NodeENI, and configures its host interface.
func TestForgedProjection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		s.addNodes("a", 1, 2)
		s.addNodeENI("a", fleetSubnet1)
		s.start()
		s.must(5*time.Minute, func() error { return s.wellWith(2) })
		hosts := func() int {
			l := &v1alpha1.HostInterfaceList{}
			if err := s.api.List(t.Context(), l); err != nil {
				t.Fatal(err)
			}
			return len(l.Items)
		}
		if n := hosts(); n != 2 {
			t.Fatalf("%d HostInterfaces", n)
		}
		var victim ec2v1alpha1.NetworkInterfaceAttachment
		for _, a := range s.attachments() {
			victim = a
		}
		forged := eniaOf("tenant", "forged", victim.Status.AtProvider.NetworkInterfaceID, victim.Status.AtProvider.InstanceID)
		forged.Spec.ForProvider.InstanceID, forged.Spec.ForProvider.NodeName = nil, victim.Spec.ForProvider.NodeName
		forged.Spec.Host = &v1alpha1.HostConfig{Addressing: v1alpha1.AddressingPolicyRouted}
		meta.SetExternalName(forged, meta.GetExternalName(&victim))
		s.create(forged)
		for range 10 {
			if err := s.api.Get(t.Context(), client.ObjectKeyFromObject(forged), forged); err != nil {
				t.Fatal(err)
			}
			forged.Status.AtProvider = victim.Status.AtProvider
			forged.Status.AtProvider.PrivateIPs, forged.Status.AtProvider.IPv4Prefixes = []string{"10.0.0.1"}, []string{"0.0.0.0/0"}
			if err := s.api.Status().Update(t.Context(), forged); err != nil {
				t.Fatal(err)
			}
			time.Sleep(7 * time.Second)
		}
		if n := hosts(); n != 2 {
			t.Errorf("\nA status that a tenant wrote commands no node: %d HostInterfaces", n)
		}
	})
}

// TestNodeOfAnotherInstance names a node that is another instance than the ENI is attached
// to.
func TestNodeOfAnotherInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		s.addNodes("a", 1, 2)
		s.addPair("one", instanceOf("a", 1))
		s.start()
		s.must(5*time.Minute, func() error { return s.wellWith(1) })
		// The node of the instance is registered again, under a name of another one.
		a := s.attachments()[0]
		before := a.DeepCopy()
		a.Spec.Host, a.Spec.ForProvider.NodeName = &v1alpha1.HostConfig{}, new(nodeOf("a", 2))
		if err := s.api.Patch(t.Context(), &a, client.MergeFrom(before)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		l := &v1alpha1.HostInterfaceList{}
		if err := s.api.List(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if n := len(l.Items); n != 0 {
			t.Errorf("\nAn ENI is prepared only on the node whose providerID is the instance that EC2 returns: %s", l.Items[0].Spec.NodeName)
		}
	})
}
