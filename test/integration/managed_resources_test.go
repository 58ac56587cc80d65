// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

func interfaceYAML(name, extra, forProvider string) string {
	return "apiVersion: ec2.networking.k8s.aws/v1alpha1\nkind: NetworkInterface\nmetadata:\n  namespace: default\n  name: " + name + "\n" + extra + forProvider
}

func attachmentYAML(name, extra, forProvider string) string {
	return "apiVersion: ec2.networking.k8s.aws/v1alpha1\nkind: NetworkInterfaceAttachment\nmetadata:\n  namespace: default\n  name: " + name + "\n" + extra + forProvider
}

const forProvider = "spec:\n  forProvider:\n"

func (e *env) eni(name string) *ec2v1alpha1.NetworkInterface {
	e.t.Helper()
	o := &ec2v1alpha1.NetworkInterface{}
	if err := e.kube.Get(e.t.Context(), client.ObjectKey{Namespace: "default", Name: name}, o); err != nil {
		e.t.Fatal(err)
	}
	return o
}

func (e *env) enia(name string) *ec2v1alpha1.NetworkInterfaceAttachment {
	e.t.Helper()
	o := &ec2v1alpha1.NetworkInterfaceAttachment{}
	if err := e.kube.Get(e.t.Context(), client.ObjectKey{Namespace: "default", Name: name}, o); err != nil {
		e.t.Fatal(err)
	}
	return o
}

// readyAndSynced returns an error unless a managed resource is Ready and Synced.
func readyAndSynced(conds func(string) corev1.ConditionStatus) error {
	if r, s := conds("Ready"), conds("Synced"); r != corev1.ConditionTrue || s != corev1.ConditionTrue {
		return fmt.Errorf("Ready is %q, Synced is %q", r, s)
	}
	return nil
}

func (e *env) eniReady(name string) func() error {
	return func() error {
		o := e.eni(name)
		return readyAndSynced(func(t string) corev1.ConditionStatus { return o.GetCondition(condition(t)).Status })
	}
}

func (e *env) eniaReady(name string) func() error {
	return func() error {
		o := e.enia(name)
		return readyAndSynced(func(t string) corev1.ConditionStatus { return o.GetCondition(condition(t)).Status })
	}
}

func (e *env) isDeleted(o client.Object) func() error {
	return func() error {
		err := e.kube.Get(e.t.Context(), client.ObjectKeyFromObject(o), o)
		if kerrors.IsNotFound(err) {
			return nil
		}
		if err == nil {
			err = errors.New("the object still exists")
		}
		return errors.Wrap(err, o.GetName())
	}
}

func TestManagedResources(t *testing.T) {
	e := newEnv(t, options{core: true})
	a, b := e.node("node-a"), e.node("node-b")

	t.Log("by instance id, at a pinned device index, with a connection secret")
	e.apply(interfaceYAML("one", "", "spec:\n  writeConnectionSecretToRef: {name: one-details}\n  forProvider:\n    region: us-east-1\n    subnetId: subnet-0f59b4f14737be9ad\n    securityGroups: [sg-05da196f3314d4af8]\n    description: manual\n    privateIps: [10.0.1.20, 10.0.1.21]\n    tags: {team: blue}\n"))
	e.apply(attachmentYAML("one", "", forProvider+"    region: us-east-1\n    networkInterfaceRef: {name: one}\n    instanceId: "+instanceID(a)+"\n    deviceIndex: 2\n"))
	e.eventually(15*time.Second, e.eniReady("one"))
	e.eventually(15*time.Second, e.eniaReady("one"))
	x := e.attachedTo(a)[2]
	if x.PrivateIPAddresses[0] != "10.0.1.20" || len(x.PrivateIPAddresses) != 2 || x.Tags["team"] != "blue" || x.Attachment.DeleteOnTermination {
		t.Errorf("ENI differs from the spec: %+v", x)
	}
	e.eventually(15*time.Second, func() error {
		s := &corev1.Secret{}
		if err := e.kube.Get(t.Context(), client.ObjectKey{Namespace: "default", Name: "one-details"}, s); err != nil {
			return err
		}
		if string(s.Data["networkInterfaceId"]) != x.ID || string(s.Data["gateway"]) != "10.0.1.1" || string(s.Data["subnetCidr"]) != "10.0.1.0/24" {
			return fmt.Errorf("connection secret is %s", s.Data)
		}
		return nil
	})

	t.Log("by selector and node name, at the lowest available device index from a minimum")
	e.apply(interfaceYAML("two", "  labels: {pick: me}\n", forProvider+"    subnetSelector: {name: my-subnet-name}\n    securityGroupSelector: {names: [multus-test-sg], tags: {role: firewall}}\n"))
	e.apply(attachmentYAML("two", "", forProvider+"    networkInterfaceSelector: {matchLabels: {pick: me}}\n    nodeName: node-a\n    minDeviceIndex: 2\n"))
	e.eventually(15*time.Second, e.eniaReady("two"))
	if y, ok := e.attachedTo(a)[3]; !ok || y.SubnetID != "subnet-0a000000000000001" || len(y.SecurityGroupIDs) != 2 {
		t.Errorf("at index 3 is %+v", y)
	}
	if got := *e.enia("two").Spec.ForProvider.DeviceIndex; got != 3 {
		t.Errorf("deviceIndex was initialised to %d, want 3", got)
	}

	t.Log("a device index in use is reported, and EC2 is not called")
	mark := e.EC2.Mark()
	e.apply(interfaceYAML("three", "", forProvider+"    subnetId: subnet-0f59b4f14737be9ad\n"))
	e.apply(attachmentYAML("three", "", forProvider+"    networkInterfaceRef: {name: three}\n    nodeName: node-a\n    deviceIndex: 2\n"))
	e.eventually(15*time.Second, e.hasReason("three", "DeviceIndexTaken"))
	if n := e.mutations(func() []callRecord { return e.EC2.Since(mark) })["AttachNetworkInterface"]; n != 0 {
		t.Errorf("AttachNetworkInterface was called %d times", n)
	}

	t.Log("the ENI limit of an instance is reported with numbers, and EC2 is not called")
	e.apply(interfaceYAML("four", "", forProvider+"    subnetId: subnet-0f59b4f14737be9ad\n"))
	e.apply(attachmentYAML("four", "", forProvider+"    networkInterfaceRef: {name: four}\n    nodeName: node-a\n"))
	e.eventually(15*time.Second, e.eniaReady("four")) // index 1: the instance reaches its limit
	e.apply(interfaceYAML("five", "", forProvider+"    subnetId: subnet-0f59b4f14737be9ad\n"))
	e.apply(attachmentYAML("five", "", forProvider+"    networkInterfaceRef: {name: five}\n    nodeName: node-a\n"))
	e.eventually(15*time.Second, e.hasReason("five", "InstanceENILimit"))
	if c := e.enia("five").GetCondition("Ready"); !strings.Contains(c.Message, "supports 4 network interfaces and has 4 (3 of this provider, 1 of others)") {
		t.Errorf("a full instance is reported as %q", c.Message)
	}

	// It would compete for the attachment position that is released below.
	for _, o := range []client.Object{e.enia("five"), e.eni("five")} {
		e.delete(o)
		e.eventually(10*time.Second, e.isDeleted(o))
	}

	t.Log("a deleted NetworkInterface waits for its attachment without errors, and is deleted right after it")
	e.delete(e.eni("one"))
	e.consistently(10*time.Second, func() error {
		o := e.eni("one")
		if c := o.GetCondition("Synced"); c.Status != corev1.ConditionTrue {
			return fmt.Errorf("Synced is %+v", c)
		}
		return nil
	})
	if c := e.eni("one").GetCondition("Ready"); c.Reason != "Deleting" || !strings.Contains(c.Message, "is attached to instance "+instanceID(a)+" by attachment "+x.Attachment.ID) {
		t.Errorf("what the deletion waits for is reported as %+v", c)
	}
	one := e.eni("one")
	e.delete(e.enia("one"))
	e.eventually(30*time.Second, e.isDeleted(one)) // long before the next poll
	if _, ok := e.EC2.NetworkInterface(x.ID); ok {
		if n, _ := e.EC2.NetworkInterface(x.ID); ec2emulator.Exists(n) {
			t.Errorf("ENI %s is left", x.ID)
		}
	}

	t.Log("the attachment that waited for the device index uses it")
	e.eventually(15*time.Second, e.eniaReady("three"))
	_ = b
}

func (e *env) hasReason(name, reason string) func() error {
	return func() error {
		if c := e.enia(name).GetCondition("Ready"); string(c.Reason) != reason || c.Message == "" {
			return fmt.Errorf("attachment %s is %+v, want reason %s", name, c, reason)
		}
		return nil
	}
}

func TestImportObserveOrphanPause(t *testing.T) {
	e := newEnv(t, options{core: true})
	a := e.node("node-a")
	foreign, err := e.EC2.AddNetworkInterface(ec2emulator.NetworkInterface{
		SubnetID: "subnet-0f59b4f14737be9ad", SecurityGroupIDs: []string{"sg-tenant-a"}, Description: "made elsewhere", Tags: map[string]string{"Name": "theirs"},
		Attachment: &ec2emulator.Attachment{InstanceID: instanceID(a), DeviceIndex: 1, DeleteOnTermination: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	mark := e.EC2.Mark()

	t.Log("Observe: the status is updated and nothing is changed")
	imported := "  annotations: {crossplane.io/external-name: " + foreign.ID + "}\n"
	e.apply(interfaceYAML("theirs", imported, "spec:\n  managementPolicies: [Observe]\n  forProvider: {}\n"))
	e.apply(attachmentYAML("theirs", imported, "spec:\n  managementPolicies: [Observe]\n  forProvider: {}\n"))
	e.eventually(15*time.Second, e.eniReady("theirs"))
	e.eventually(15*time.Second, e.eniaReady("theirs"))
	if o := e.eni("theirs").Status.AtProvider; o.Description != "made elsewhere" || o.Attachment == nil || o.MACAddress != foreign.MACAddress {
		t.Errorf("status is %+v", o)
	}
	if o := e.enia("theirs").Status.AtProvider; o.AttachmentID != foreign.Attachment.ID || *o.DeviceIndex != 1 {
		t.Errorf("status is %+v", o)
	}
	if m := e.mutations(func() []callRecord { return e.EC2.Since(mark) }); len(m) != 0 {
		t.Errorf("EC2 was changed: %v", m)
	}

	t.Log("adoption: with more management policies the ENI is updated and stays attached")
	n := e.eni("theirs")
	base := n.DeepCopy()
	n.Spec.ManagementPolicies = nil
	n.Spec.ForProvider.SubnetID = new(ec2v1alpha1.SubnetID)
	*n.Spec.ForProvider.SubnetID = "subnet-0f59b4f14737be9ad"
	n.Spec.ForProvider.SecurityGroups = []ec2v1alpha1.SecurityGroupID{"sg-05da196f3314d4af8"}
	if err := e.kube.Patch(t.Context(), n, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
	e.eventually(15*time.Second, func() error {
		got, _ := e.EC2.NetworkInterface(foreign.ID)
		if got.SecurityGroupIDs[0] != "sg-05da196f3314d4af8" || got.Tags["networking.k8s.aws/mr-uid"] == "" {
			return fmt.Errorf("ENI is %+v", got)
		}
		if got.Attachment == nil || got.Attachment.ID != foreign.Attachment.ID {
			return fmt.Errorf("the ENI was detached")
		}
		return nil
	})
	if c := e.mutations(func() []callRecord { return e.EC2.Since(mark) }); c["CreateNetworkInterface"]+c["DetachNetworkInterface"] != 0 {
		t.Errorf("adoption made EC2 calls: %v", c)
	}

	t.Log("orphaned: without the Delete policy the ENI is kept after its objects")
	e.apply(interfaceYAML("kept", "", "spec:\n  managementPolicies: [Observe, Create, Update, LateInitialize]\n  forProvider:\n    subnetId: subnet-0f59b4f14737be9ad\n"))
	e.apply(attachmentYAML("kept", "", "spec:\n  managementPolicies: [Observe, Create, Update, LateInitialize]\n  forProvider:\n    networkInterfaceRef: {name: kept}\n    nodeName: node-a\n    deviceIndex: 2\n  host: {}\n"))
	e.eventually(15*time.Second, e.eniaReady("kept"))
	kept := e.attachedTo(a)[2]
	for _, o := range []client.Object{e.enia("kept"), e.eni("kept")} {
		e.delete(o)
		e.eventually(15*time.Second, e.isDeleted(o))
	}
	if got, ok := e.attachedTo(a)[2]; !ok || got.ID != kept.ID {
		t.Errorf("the orphaned ENI has changed: %+v", got)
	}

	t.Log("orphaned just after the change of the policies: the ENI has the tag that excludes it from garbage collection")
	e.apply(interfaceYAML("late", "", forProvider+"    subnetId: subnet-0f59b4f14737be9ad\n"))
	e.eventually(15*time.Second, e.eniReady("late"))
	late := e.eni("late")
	lateID := late.Status.AtProvider.ID
	late.Spec.ManagementPolicies = xpv2.ManagementPolicies{xpv2.ManagementActionObserve, xpv2.ManagementActionUpdate}
	if err := e.kube.Update(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	e.delete(late)
	e.eventually(15*time.Second, e.isDeleted(late))
	if got, ok := e.EC2.NetworkInterface(lateID); !ok || got.Tags["networking.k8s.aws/keep"] != "true" {
		t.Errorf("the orphaned ENI exists: %t, with tags %v", ok, got.Tags)
	}

	t.Log("paused: the object is not reconciled until the annotation is removed")
	mark = e.EC2.Mark()
	e.apply(interfaceYAML("paused", "  annotations: {crossplane.io/paused: \"true\"}\n", forProvider+"    subnetId: subnet-0f59b4f14737be9ad\n"))
	e.consistently(2*time.Second, func() error {
		if m := e.mutations(func() []callRecord { return e.EC2.Since(mark) }); len(m) != 0 {
			return fmt.Errorf("EC2 was changed: %v", m)
		}
		return nil
	})
	if c := e.eni("paused").GetCondition("Synced"); c.Reason != "ReconcilePaused" {
		t.Errorf("Synced is %+v", c)
	}
	p := e.eni("paused")
	base = p.DeepCopy()
	meta.RemoveAnnotations(p, "crossplane.io/paused")
	if err := e.kube.Patch(t.Context(), p, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
	e.eventually(15*time.Second, e.eniReady("paused"))
}

func TestDeletionOrder(t *testing.T) {
	e := newEnv(t, options{core: true, noAgents: true})
	a := e.node("node-a")
	if err := e.lease(a.Name); err != nil {
		t.Fatal(err)
	}
	e.apply(basic)
	e.eventually(15*time.Second, func() error { return e.hasENIs(1, map[*corev1.Node]int{a: 1})() })
	host := func() *v1alpha1.HostInterface {
		l := &v1alpha1.HostInterfaceList{}
		if err := e.kube.List(t.Context(), l); err != nil || len(l.Items) != 1 {
			return nil
		}
		return &l.Items[0]
	}
	e.eventually(10*time.Second, func() error {
		if host() == nil {
			return fmt.Errorf("no HostInterface")
		}
		return nil
	})

	t.Log("without an agent on a Ready node nothing is detached")
	e.deleteAllNodeENIs()
	e.consistently(6*time.Second, e.hasENIs(1, map[*corev1.Node]int{a: 1}))
	if h := host(); h == nil || h.DeletionTimestamp == nil {
		t.Fatalf("the HostInterface was not deleted: %+v", h)
	}

	t.Log("after the agent releases the interface, the ENI is detached and deleted")
	if e.EC2.Count(ec2emulator.ByAction("DetachNetworkInterface")) != 0 {
		t.Error("the ENI was detached before the host released it")
	}
	h := host()
	base := h.DeepCopy()
	meta.RemoveFinalizer(h, v1alpha1.FinalizerAgent)
	if err := e.kube.Patch(t.Context(), h, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
	e.eventually(15*time.Second, e.allDeleted)
	order := ""
	for _, c := range e.EC2.Calls() {
		if c.Mutating && c.Committed {
			order += c.Action + " "
		}
	}
	if want := "CreateNetworkInterface AttachNetworkInterface ModifyNetworkInterfaceAttribute DetachNetworkInterface DeleteNetworkInterface "; order != want {
		t.Errorf("calls were %s, want %s", order, want)
	}

	t.Log("on a NotReady node without an agent the release is not waited for")
	e.apply(basic)
	e.eventually(15*time.Second, func() error {
		if host() == nil {
			return fmt.Errorf("no HostInterface")
		}
		return e.hasENIs(1, map[*corev1.Node]int{a: 1})()
	})
	if err := e.SetNodeReady(t.Context(), a.Name, corev1.ConditionUnknown); err != nil {
		t.Fatal(err)
	}
	e.deleteAllNodeENIs()
	e.eventually(30*time.Second, e.allDeleted)
	e.neverForced()
}
