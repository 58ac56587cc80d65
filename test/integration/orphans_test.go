// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// TestNodeENIWithoutFinalizer deletes a NodeENI after the removal of its finalizer: the
// provider must release and delete its children in order. No Kubernetes garbage collector
// runs here.
func TestNodeENIWithoutFinalizer(t *testing.T) {
	e := newEnv(t, options{})
	e.node("node-a")
	e.node("node-b")
	e.apply(basic)
	e.eventually(20*time.Second, e.ready("multus-eni-config", 2))

	n := e.nodeENI("multus-eni-config")
	e.patchMeta(n, `{"annotations":{"crossplane.io/paused":"true"}}`) // prevents the normal release
	e.delete(n)
	e.patchMeta(n, `{"finalizers":[]}`)
	e.eventually(30*time.Second, e.allDeleted)
}

// TestNodeENIKeepsChildren deletes a NodeENI with --cascade=orphan: its ENIs stay
// attached, and a new NodeENI of the same name adopts them.
func TestNodeENIKeepsChildren(t *testing.T) {
	e := newEnv(t, options{})
	a := e.node("node-a")
	e.apply(basic)
	e.eventually(20*time.Second, e.ready("multus-eni-config", 1))
	before := e.attachedTo(a)[2].ID
	mark := e.EC2.Mark()

	n := e.nodeENI("multus-eni-config")
	if err := e.kube.Delete(t.Context(), n, client.PropagationPolicy(metav1.DeletePropagationOrphan)); err != nil {
		t.Fatal(err)
	}
	e.eventually(10*time.Second, func() error {
		n := e.nodeENI("multus-eni-config")
		if f := n.GetFinalizers(); len(f) != 1 || f[0] != metav1.FinalizerOrphanDependents {
			return fmt.Errorf("NodeENI has finalizers %v", f)
		}
		return nil
	})
	// The work of the Kubernetes garbage collector.
	for _, l := range []client.ObjectList{&ec2v1alpha1.NetworkInterfaceList{}, &ec2v1alpha1.NetworkInterfaceAttachmentList{}} {
		if err := e.kube.List(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		_ = meta.EachListItem(l, func(o runtime.Object) error {
			e.patchMeta(o.(client.Object), `{"ownerReferences":[]}`)
			return nil
		})
	}
	e.patchMeta(n, `{"finalizers":[]}`)

	kept := func() error {
		if now := e.attachedTo(a)[2]; now.ID != before || now.Attachment.Status != "attached" {
			return fmt.Errorf("node-a has %+v at device index 2, want %s", now, before)
		}
		for _, c := range e.EC2.Since(mark) {
			if ec2emulator.Mutating(c) {
				return fmt.Errorf("%s was called for %v", c.Action, c.ResourceIDs)
			}
		}
		return nil
	}
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if err := kept(); err != nil {
			t.Fatal(err)
		}
	}
	e.apply(basic)
	e.eventually(20*time.Second, e.ready("multus-eni-config", 1))
	if err := kept(); err != nil {
		t.Error(err)
	}

	e.delete(&v1alpha1.NodeENI{ObjectMeta: named("multus-eni-config")})
	e.eventually(30*time.Second, e.allDeleted)
}

// patchMeta changes metadata of an object.
func (e *env) patchMeta(o client.Object, text string) {
	e.t.Helper()
	if err := e.kube.Patch(e.t.Context(), o, client.RawPatch(types.MergePatchType, []byte(`{"metadata":`+text+`}`))); err != nil {
		e.t.Fatal(err)
	}
}
