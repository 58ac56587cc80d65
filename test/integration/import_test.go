// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// exampleID is the id of the existing ENI in the examples.
const exampleID = "eni-0123456789abcdef0"

// addExampleENI adds the existing ENI of the examples, attached to a node.
func (e *env) addExampleENI(node *corev1.Node) {
	e.t.Helper()
	if _, err := e.EC2.AddNetworkInterface(ec2emulator.NetworkInterface{
		ID: exampleID, SubnetID: dataSubnet, Description: "made elsewhere",
		Attachment: &ec2emulator.Attachment{InstanceID: instanceID(node), DeviceIndex: 2},
	}); err != nil {
		e.t.Fatal(err)
	}
}

// TestImportAndWiden imports an ENI and its attachment from the examples, which only
// observe them, and then lets the objects manage them.
func TestImportAndWiden(t *testing.T) {
	e := newEnv(t, options{noAgents: true})
	node := e.node("node-a")
	e.addExampleENI(node)
	mark := e.EC2.Mark()
	for _, path := range []string{"networkinterface/observe-only.yaml", "networkinterfaceattachment/import.yaml"} {
		raw, err := os.ReadFile(filepath.Join(testbed.RepositoryRoot(), "examples", path))
		if err != nil {
			t.Fatal(err)
		}
		e.apply(string(raw))
	}
	ni, at := e.only(&ec2v1alpha1.NetworkInterfaceList{}), e.only(&ec2v1alpha1.NetworkInterfaceAttachmentList{})
	e.eventually(settledWithin, e.eniReady(ni.GetName()))
	e.eventually(settledWithin, e.eniaReady(at.GetName()))
	for _, c := range e.EC2.Since(mark, ec2emulator.Mutating) {
		t.Errorf("%s was called while the objects only observe", c.Action)
	}

	t.Log("the objects manage the ENI and the attachment")
	all := `{"spec":{"managementPolicies":["*"],"writeConnectionSecretToRef":{"name":"%s"}}}`
	e.patch(ni, fmt.Sprintf(all, "of-eni"))
	e.patch(at, fmt.Sprintf(all, "of-attachment"))
	e.eventually(settledWithin, func() error {
		n, a := e.eni(ni.GetName()).Spec.ForProvider, e.enia(at.GetName()).Spec.ForProvider
		if n.SubnetID == nil || a.InstanceID == nil || *a.InstanceID != instanceID(node) || a.NetworkInterfaceID == nil || *a.NetworkInterfaceID != exampleID || a.DeviceIndex == nil || *a.DeviceIndex != 2 {
			return fmt.Errorf("the specs are not complete: subnet %v, attachment %+v", n.SubnetID, a)
		}
		return nil
	})
	e.eventually(settledWithin, e.eniReady(ni.GetName()))
	e.eventually(settledWithin, e.eniaReady(at.GetName()))
	e.eventually(settledWithin, func() error {
		s := &corev1.Secret{}
		if err := e.kube.Get(t.Context(), client.ObjectKey{Namespace: "default", Name: "of-attachment"}, s); err != nil {
			return err
		}
		if string(s.Data["networkInterfaceId"]) != exampleID || string(s.Data["deviceIndex"]) != "2" || string(s.Data["instanceId"]) != instanceID(node) || !strings.HasPrefix(string(s.Data["privateIp"]), "10.") {
			return fmt.Errorf("the connection secret has %s", s.Data)
		}
		return nil
	})
	for _, c := range e.EC2.Since(mark, ec2emulator.Mutating) {
		if c.Action != "CreateTags" {
			t.Errorf("%s was called: nothing differs from the spec but the ownership tags", c.Action)
		}
	}

	t.Log("the objects are deleted, and the ENI with them")
	e.delete(at)
	e.delete(ni)
	e.eventually(settledWithin, e.isDeleted(at))
	e.eventually(settledWithin, e.isDeleted(ni))
}

// only returns the only object of a list in the namespace of the examples.
func (e *env) only(l client.ObjectList) client.Object {
	e.t.Helper()
	if err := e.kube.List(e.t.Context(), l, client.InNamespace("default")); err != nil {
		e.t.Fatal(err)
	}
	switch l := l.(type) {
	case *ec2v1alpha1.NetworkInterfaceList:
		if len(l.Items) == 1 {
			return &l.Items[0]
		}
	case *ec2v1alpha1.NetworkInterfaceAttachmentList:
		if len(l.Items) == 1 {
			return &l.Items[0]
		}
	}
	e.t.Fatalf("want one object: %+v", l)
	return nil
}
