// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"slices"
	"testing"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

func retain(policy v1alpha1.ReclaimPolicy) func(n *v1alpha1.NodeENI) {
	return func(n *v1alpha1.NodeENI) {
		n.Spec.Retain = &v1alpha1.NodeENIRetain{Identity: v1alpha1.RetainIdentitySlot, MaxRetained: 2, ReclaimPolicy: policy}
	}
}

// retaining returns a world whose NodeENI has ENIs on nodes n1 to n3, and retains them.
func retaining(t *testing.T) *world {
	t.Helper()
	w := expanded(t, retain(v1alpha1.ReclaimDelete))
	for _, n := range []string{"n1", "n2", "n3"} {
		change(w, w.networkInterface(n), func(ni *ec2v1alpha1.NetworkInterface) {
			meta.SetExternalName(ni, "eni-"+n)
			ni.Spec.ForProvider.ElasticIPAllocationID = nil
		})
	}
	return w
}

// networkInterface returns the name of the first NetworkInterface of a node.
func (w *world) networkInterface(node string) *ec2v1alpha1.NetworkInterface {
	return &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: child(node)}}
}

// terminate terminates the instance of a node, and deletes the node.
func (w *world) terminate(node string) {
	w.t.Helper()
	w.ec2.instances[instanceID(node)] = ec2types.InstanceStateNameTerminated
	w.deleteNode(node)
}

// join adds a node.
func (w *world) join(node string) {
	w.t.Helper()
	w.ec2.instances[instanceID(node)] = ec2types.InstanceStateNameRunning
	if err := w.kube.Create(w.t.Context(), poolNode(node)); err != nil {
		w.t.Fatal(err)
	}
}

// detached removes the finalizers of an attachment, as its controllers do.
func (w *world) detached(node string) {
	w.t.Helper()
	w.attachment(node, func(a *ec2v1alpha1.NetworkInterfaceAttachment) { a.Finalizers = nil })
}

// A custody is the state of the NetworkInterface and the attachment of a child.
type custody struct {
	NI, NITo, Since, AttachmentTo string
}

// custody returns the state of the first child of a node.
func (w *world) custody(node string) custody {
	w.t.Helper()
	ni, at := w.networkInterface(node), &ec2v1alpha1.NetworkInterfaceAttachment{}
	var out custody
	if err := w.kube.Get(w.t.Context(), client.ObjectKeyFromObject(ni), ni); err == nil {
		out = custody{NI: meta.GetExternalName(ni), NITo: ni.GetAnnotations()[v1alpha1.AnnotationNodeUID], Since: ni.GetAnnotations()[v1alpha1.AnnotationRetainedSince]}
		if meta.WasDeleted(ni) {
			out.NI = "deleted"
		}
	}
	err := w.kube.Get(w.t.Context(), client.ObjectKeyFromObject(ni), at)
	switch {
	case kerrors.IsNotFound(err):
	case meta.WasDeleted(at):
		out.AttachmentTo = "deleted"
	default:
		out.AttachmentTo = ptr.Deref(at.Spec.ForProvider.NodeName, "")
	}
	return out
}

func (w *world) checkCustody(reason string, want custody) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.custody("n1")); diff != "" {
		w.t.Errorf("\n%s\n-want, +got:\n%s", reason, diff)
	}
}

func TestRetainENI(t *testing.T) {
	const since = "2030-01-02T03:04:05Z"
	w := retaining(t)
	w.terminate("n1")
	w.reconcile()
	w.checkCustody("The ENI of a terminated node is detached.", custody{NI: "eni-n1", NITo: "uid-n1", Since: since, AttachmentTo: "deleted"})

	w.join("n4")
	w.reconcile()
	w.checkCustody("A new node waits until it is detached.", custody{NI: "eni-n1", NITo: "uid-n1", Since: since, AttachmentTo: "deleted"})
	n := &v1alpha1.NodeENI{}
	if err := w.kube.Get(t.Context(), client.ObjectKey{Name: "data"}, n); err != nil {
		t.Fatal(err)
	}
	if c := n.GetCondition(v1alpha1.TypeNodesUsable); c.Reason != v1alpha1.ReasonWaitingForRetained || n.Status.Desired != 3 || n.Status.Retained != 1 {
		t.Errorf("\nThe NodeENI waits for the ENI.\ndesired %d, retained %d, %v", n.Status.Desired, n.Status.Retained, c)
	}
	if c := n.GetCondition(xpv2.TypeReady); c.Status == "True" {
		t.Errorf("\nIt is not Ready meanwhile.\n%v", c)
	}

	w.detached("n1")
	w.reconcile()
	w.checkCustody("Then the node takes it over.", custody{NI: "eni-n1", NITo: "uid-n4", AttachmentTo: "n4"})
	w.reconcile()
	w.checkCustody("And keeps it.", custody{NI: "eni-n1", NITo: "uid-n4", AttachmentTo: "n4"})
}

// TestRetainDeleteOnTermination overrides the provider's --default-delete-on-termination.
func TestRetainDeleteOnTermination(t *testing.T) {
	for reason, tc := range map[string]struct {
		change []func(n *v1alpha1.NodeENI)
		want   bool
	}{
		"EC2 deletes an ENI with its instance.":             {want: true},
		"It does not delete a retained ENI.":                {change: []func(n *v1alpha1.NodeENI){retain(v1alpha1.ReclaimDelete)}},
		"Nor does it if the NodeENI leaves its ENIs there.": {change: []func(n *v1alpha1.NodeENI){retain(v1alpha1.ReclaimRetain)}},
	} {
		a := attachment(poolNodeENI(tc.change...), eni.Child{}, defaults{deleteOnTermination: true}, nil)
		if got := *a.Spec.ForProvider.DeleteOnTermination; got != tc.want {
			t.Errorf("\n%s\ndeleteOnTermination is %t", reason, got)
		}
	}
}

// TestNotReadyNode observes the instance of a node that is not ready again: EC2 may return
// its termination late.
func TestNotReadyNode(t *testing.T) {
	w := expanded(t)
	if got := w.requeueAfter(); got <= w.o.Timings.MissingPoll+time.Second {
		t.Errorf("\nWhile all nodes are ready, only the poll observes them.\nrequeued after %s", got)
	}
	n := poolNode("n1")
	n.Status.Conditions[0].Status = corev1.ConditionUnknown
	if err := w.kube.Status().Update(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if got := w.requeueAfter(); got > w.o.Timings.MissingPoll+time.Second {
		t.Errorf("\nrequeued after %s, want at most %s", got, w.o.Timings.MissingPoll)
	}
}

// requeueAfter reconciles the NodeENI, and returns when it is reconciled again.
func (w *world) requeueAfter() time.Duration {
	w.t.Helper()
	w.o.PollInterval = 10 * time.Minute
	result, err := w.Reconcile(w.t.Context(), reconcile.Request{NamespacedName: types.NamespacedName{Name: "data"}})
	if err != nil {
		w.t.Fatal(err)
	}
	return result.RequeueAfter
}

// TestRetainCrash continues after a crash between two writes.
func TestRetainCrash(t *testing.T) {
	w := retaining(t)
	w.terminate("n1")
	if err := w.kube.Delete(t.Context(), &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: child("n1")}}); err != nil {
		t.Fatal(err)
	}
	w.detached("n1")
	w.reconcile()
	w.checkCustody("An ENI without an attachment and a node is retained.", custody{NI: "eni-n1", NITo: "uid-n1", Since: "2030-01-02T03:04:05Z"})

	w.join("n4")
	change(w, w.networkInterface("n1"), func(ni *ec2v1alpha1.NetworkInterface) {
		delete(ni.Annotations, v1alpha1.AnnotationRetainedSince)
		ni.Annotations[v1alpha1.AnnotationNodeUID], ni.Labels[v1alpha1.LabelNode] = "uid-n4", "n4"
	})
	w.reconcile()
	w.checkCustody("An ENI that a node has taken over is attached to it.", custody{NI: "eni-n1", NITo: "uid-n4", AttachmentTo: "n4"})
}

// TestRetainHeals reconciles an ENI of a node that is marked as retained, as after an apply with
// a stale cache.
func TestRetainHeals(t *testing.T) {
	w := retaining(t)
	n, ni := &v1alpha1.NodeENI{}, w.networkInterface("n1")
	if err := errors.Join(w.kube.Get(t.Context(), client.ObjectKey{Name: "data"}, n), w.kube.Get(t.Context(), client.ObjectKeyFromObject(ni), ni)); err != nil {
		t.Fatal(err)
	}
	c := eni.Child{Name: child("n1"), NodeName: "n1", NodeUID: "uid-n1", SubnetID: "subnet-1", Retained: true, RetainedSince: "2030-01-01T00:00:00Z"}
	if _, err := w.applyIfChanged(t.Context(), n, networkInterface(n, c, w.defaults(), ni), ni); err != nil {
		t.Fatal(err)
	}
	w.checkCustody("It is marked as retained.", custody{NI: "eni-n1", NITo: "uid-n1", Since: c.RetainedSince, AttachmentTo: "n1"})
	w.reconcile()
	w.checkCustody("The ENI stays with its node.", custody{NI: "eni-n1", NITo: "uid-n1", AttachmentTo: "n1"})
}

func TestMayBeInPool(t *testing.T) {
	ids, tags := &v1alpha1.NodeENIElasticIP{AllocationIDs: []v1alpha1.ElasticIPAllocationID{"eipalloc-1"}}, &v1alpha1.NodeENIElasticIP{Tags: map[string]string{"a": "b"}}
	for reason, ok := range map[string]bool{
		"Without a pool a retained ENI has no Elastic IP.":  !mayBeInPool(nil, "eipalloc-1"),
		"It keeps an Elastic IP of the list.":               mayBeInPool(ids, "eipalloc-1"),
		"It loses an Elastic IP that left the list.":        !mayBeInPool(ids, "eipalloc-2"),
		"It keeps an Elastic IP that was selected by tags.": mayBeInPool(tags, "eipalloc-2"),
	} {
		if !ok {
			t.Error(reason)
		}
	}
}

// TestTakeOverStale reconciles with a cache that lacks the last changes: a retained ENI has
// been taken over, or its old attachment still exists.
func TestTakeOverStale(t *testing.T) {
	old := func() *world {
		w := retaining(t)
		w.terminate("n1")
		w.reconcile()
		w.detached("n1")
		w.join("n4")
		return w
	}
	snapshot := func(w *world) client.Reader {
		var objects []client.Object
		for _, l := range []client.ObjectList{&v1alpha1.NodeENIList{}, &ec2v1alpha1.NetworkInterfaceList{}, &ec2v1alpha1.NetworkInterfaceAttachmentList{}} {
			err := w.kube.List(t.Context(), l)
			if err == nil {
				err = apimeta.EachListItem(l, func(o runtime.Object) error {
					objects = append(objects, o.(client.Object))
					return nil
				})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, n := range []string{"n2", "n3", "n4"} {
			objects = append(objects, poolNode(n))
		}
		return apiServer(t, interceptor.Funcs{}, objects...)
	}
	t.Run("TakenOver", func(t *testing.T) {
		w := old()
		stale := snapshot(w)
		change(w, w.networkInterface("n1"), func(ni *ec2v1alpha1.NetworkInterface) {
			delete(ni.Annotations, v1alpha1.AnnotationRetainedSince)
			ni.Annotations[v1alpha1.AnnotationNodeUID] = "uid-n5"
		})
		w.client = laggingClient{WithWatch: w.kube, cache: stale}
		w.reconcile()
		w.checkCustody("An ENI that another node has taken over is not changed.", custody{NI: "eni-n1", NITo: "uid-n5"})
	})
	t.Run("Attached", func(t *testing.T) {
		w := old()
		stale := snapshot(w)
		at := &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: child("n1")}}
		at.Spec.ForProvider.NodeName = new("n1")
		if err := w.kube.Create(t.Context(), at); err != nil {
			t.Fatal(err)
		}
		w.client = laggingClient{WithWatch: w.kube, cache: stale}
		w.reconcile()
		w.checkCustody("A node does not take over an ENI while the old attachment exists.", custody{NI: "eni-n1", NITo: "uid-n1", Since: "2030-01-02T03:04:05Z", AttachmentTo: "n1"})
	})
}

// TestLeaveENIs deletes a NodeENI with reclaimPolicy Retain, which its children do not know yet.
func TestLeaveENIs(t *testing.T) {
	w := retaining(t)
	n := &v1alpha1.NodeENI{}
	if err := w.kube.Get(t.Context(), client.ObjectKey{Name: "data"}, n); err != nil {
		t.Fatal(err)
	}
	retain(v1alpha1.ReclaimRetain)(n)
	if err := w.kube.Update(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if err := w.kube.Delete(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	w.reconcile()
	l := &ec2v1alpha1.NetworkInterfaceList{}
	if err := w.kube.List(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if len(l.Items) != 3 {
		t.Fatalf("%d NetworkInterfaces exist, want 3 with finalizers", len(l.Items))
	}
	for i := range l.Items {
		p := l.Items[i].Spec.ManagementPolicies
		if !meta.WasDeleted(&l.Items[i]) || slices.Contains(p, xpv2.ManagementActionDelete) || slices.Contains(p, xpv2.ManagementActionAll) || len(p) == 0 {
			t.Errorf("\nThe ENI outlives its object.\ndeleted: %t, management policies %v", meta.WasDeleted(&l.Items[i]), p)
		}
	}
}

func TestWithoutDelete(t *testing.T) {
	some := xpv2.ManagementPolicies{xpv2.ManagementActionObserve, xpv2.ManagementActionCreate, xpv2.ManagementActionUpdate, xpv2.ManagementActionLateInitialize}
	cases := map[string]struct {
		reason     string
		args, want xpv2.ManagementPolicies
	}{
		"All":     {reason: "All actions are all but Delete.", args: xpv2.ManagementPolicies{xpv2.ManagementActionAll}, want: some},
		"Default": {reason: "The default is all actions.", want: some},
		"Some":    {reason: "Delete is removed.", args: xpv2.ManagementPolicies{xpv2.ManagementActionObserve, xpv2.ManagementActionDelete}, want: xpv2.ManagementPolicies{xpv2.ManagementActionObserve}},
		"None":    {reason: "Without Delete nothing is changed.", args: some, want: some},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, withoutDelete(tc.args)); diff != "" {
				t.Errorf("\n%s\nwithoutDelete(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestDeletedNode deletes a Node whose instance runs: the status states until when its ENIs are kept.
func TestDeletedNode(t *testing.T) {
	w := expanded(t)
	if err := w.kube.Delete(t.Context(), poolNode("n1")); err != nil {
		t.Fatal(err)
	}
	w.reconcile()
	n := &v1alpha1.NodeENI{}
	if err := w.kube.Get(t.Context(), types.NamespacedName{Name: "data"}, n); err != nil {
		t.Fatal(err)
	}
	want := keptMessage(instanceID("n1"), w.now().Add(w.o.NodeGracePeriod))
	for _, a := range n.Status.Attachments {
		if got := a.Message == want; got != (a.NodeID == "n1") {
			t.Errorf("\nOnly the ENIs of the deleted node have the time of their release.\nnode %s: %q, want %q", a.NodeID, a.Message, want)
		}
	}
}
