// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/event"
	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
	"github.com/nodeeni/provider-aws-eni/internal/controller/podnetwork"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
	"github.com/nodeeni/provider-aws-eni/internal/timings"
)

// A worldCloud is a fake EC2 whose instances a test changes.
type worldCloud struct {
	fakeCloud

	place     ec2.Place
	instances map[string]ec2types.InstanceStateName // returned by EC2
	fate      eni.Fate                              // of instances that EC2 does not return
	err       error                                 // of DescribeInstances
	enis      []ec2types.NetworkInterface           // in a list that may be old
	fresh     []ec2types.NetworkInterface           // as EC2 has them now
}

func (c *worldCloud) For(context.Context, *v1alpha1.NodeENI) (cloud, error) { return c, nil }

func (c *worldCloud) Place(context.Context) (ec2.Place, error) { return c.place, nil }

func (c *worldCloud) Instances(_ context.Context, ids, changing []string) (map[string]ec2.Instance, error) {
	out := map[string]ec2.Instance{}
	for _, id := range slices.Concat(ids, changing) {
		if state, ok := c.instances[id]; ok {
			out[id] = ec2.Instance{ID: id, State: state, VPCID: "vpc-1", AvailabilityZone: "a"}
		}
	}
	if c.err != nil {
		return nil, c.err
	}
	return out, nil
}

func (c *worldCloud) FateOfInstance(context.Context, string, string) (ec2.Absence, error) {
	return ec2.Absence{Fate: c.fate, RequeueAfter: time.Minute}, nil
}

func (c *worldCloud) NodeENINetworkInterfaces(context.Context, string, string) ([]ec2types.NetworkInterface, error) {
	return c.enis, nil
}

func (c *worldCloud) NetworkInterfaceFresh(_ context.Context, id string) (*ec2types.NetworkInterface, error) {
	for i := range c.fresh {
		if ptr.Deref(c.fresh[i].NetworkInterfaceId, "") == id {
			return &c.fresh[i], nil
		}
	}
	return nil, nil
}

// A laggingClient reads from a cache, and writes to the API server.
type laggingClient struct {
	client.WithWatch

	cache client.Reader
}

func (c laggingClient) Get(ctx context.Context, k client.ObjectKey, o client.Object, opts ...client.GetOption) error {
	return c.cache.Get(ctx, k, o, opts...)
}

func (c laggingClient) List(ctx context.Context, l client.ObjectList, opts ...client.ListOption) error {
	return c.cache.List(ctx, l, opts...)
}

// A world is a cluster with nodes and a reconciler of the NodeENI "data".
type world struct {
	*Reconciler

	t     *testing.T
	kube  client.WithWatch
	ec2   *worldCloud
	clock time.Time
	// deletes are the preconditions of deletions, by name.
	deletes map[string]metav1.Preconditions
}

// apiServer returns an API server with objects.
func apiServer(t *testing.T, faults interceptor.Funcs, objects ...client.Object) client.WithWatch {
	t.Helper()
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, coordinationv1.AddToScheme, v1alpha1.SchemeBuilder.AddToScheme, ec2v1alpha1.SchemeBuilder.AddToScheme} {
		if err := add(s); err != nil {
			t.Fatal(err)
		}
	}
	b := fake.NewClientBuilder().WithScheme(s).WithStatusSubresource(&v1alpha1.NodeENI{}).WithInterceptorFuncs(faults).WithObjects(objects...).
		WithIndex(&v1alpha1.NodeENI{}, metav1.ObjectNameField, func(o client.Object) []string { return []string{o.GetName()} })
	for _, o := range []client.Object{&ec2v1alpha1.NetworkInterface{}, &ec2v1alpha1.NetworkInterfaceAttachment{}, &v1alpha1.HostInterface{}} {
		b = b.WithIndex(o, indexNodeENI, byNodeENI)
	}
	b = b.WithIndex(&v1alpha1.HostInterface{}, indexNodeName, byNodeName)
	return b.WithIndex(&ec2v1alpha1.NetworkInterface{}, indexElasticIP, byElasticIP).Build()
}

func newWorld(t *testing.T, objects ...client.Object) *world {
	t.Helper()
	w := &world{t: t, clock: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), deletes: map[string]metav1.Preconditions{}}
	w.kube = apiServer(t, interceptor.Funcs{Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
		d := client.DeleteOptions{}
		d.ApplyOptions(opts)
		w.deletes[o.GetName()] = ptr.Deref(d.Preconditions, metav1.Preconditions{})
		return c.Delete(ctx, o, opts...)
	}}, objects...)
	w.ec2 = &worldCloud{
		fakeCloud: fakeCloud{subnets: []ec2.Subnet{{ID: "subnet-1", VPCID: "vpc-1", AvailabilityZone: "a", FreeAddresses: 100}}},
		place:     ec2.Place{AccountID: "111111111111", Region: "us-east-1"}, instances: map[string]ec2types.InstanceStateName{}, fate: eni.FateDoubtful,
	}
	w.Reconciler = &Reconciler{
		client: w.kube, uncached: w.kube, cloud: w.ec2, now: func() time.Time { return w.clock },
		o:       options.Options{Timings: timings.Default(), Namespace: "system", Cluster: "c", NodeGracePeriod: 10 * time.Minute, DefaultDeviceIndex: 1, MaxConcurrentCleanups: 1},
		missing: newMissingSince(), applied: newAppliedCache(), debounce: newDebounce(),
		agents: newAgents(w.kube, "system", time.Now), networks: podnetwork.New(w.kube, w.kube), tainted: newNameSet(), completed: newCompletedNodes(),
		log: logging.NewNopLogger(), record: event.NewNopRecorder(),
	}
	return w
}

// instanceID returns the instance of a node n1 to n9.
func instanceID(node string) string { return "i-0000000000000000" + node[1:] }

func poolNode(name string, change ...func(n *corev1.Node)) *corev1.Node {
	n := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("uid-" + name), Labels: map[string]string{"pool": "a", corev1.LabelTopologyZone: "a"}},
		Spec:       corev1.NodeSpec{ProviderID: "aws:///a/" + instanceID(name)},
		Status:     corev1.NodeStatus{Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}},
	}
	for _, fn := range change {
		fn(n)
	}
	return n
}

func poolNodeENI(change ...func(n *v1alpha1.NodeENI)) *v1alpha1.NodeENI {
	n := nodeENI(v1alpha1.NodeENISpec{NodeSelector: map[string]string{"pool": "a"}, SubnetID: ptr.To(v1alpha1.SubnetID("subnet-1"))})
	for _, fn := range change {
		fn(n)
	}
	return n
}

// expanded returns a world whose NodeENI has its children on nodes n1 to n3.
func expanded(t *testing.T, change ...func(n *v1alpha1.NodeENI)) *world {
	t.Helper()
	w := newWorld(t, poolNodeENI(change...), poolNode("n1"), poolNode("n2"), poolNode("n3"))
	for _, n := range []string{"n1", "n2", "n3"} {
		w.ec2.instances[instanceID(n)] = ec2types.InstanceStateNameRunning
	}
	w.reconcile()
	if diff := cmp.Diff([]string{"n1", "n2", "n3"}, w.served()); diff != "" {
		t.Fatalf("the NodeENI was not expanded: -want, +got:\n%s", diff)
	}
	return w
}

func (w *world) reconcile() {
	w.t.Helper()
	if _, err := w.Reconcile(w.t.Context(), reconcile.Request{NamespacedName: types.NamespacedName{Name: "data"}}); err != nil {
		w.t.Fatal(err)
	}
}

// served returns the nodes that have children which are not being deleted.
func (w *world) served() []string {
	w.t.Helper()
	nis, ats := &ec2v1alpha1.NetworkInterfaceList{}, &ec2v1alpha1.NetworkInterfaceAttachmentList{}
	for _, l := range []client.ObjectList{nis, ats} {
		if err := w.kube.List(w.t.Context(), l); err != nil {
			w.t.Fatal(err)
		}
	}
	nodes := map[string]bool{}
	for i := range nis.Items {
		if !meta.WasDeleted(&nis.Items[i]) {
			nodes[nis.Items[i].GetLabels()[v1alpha1.LabelNode]] = true
		}
	}
	for i := range ats.Items {
		if !meta.WasDeleted(&ats.Items[i]) {
			nodes[ats.Items[i].GetLabels()[v1alpha1.LabelNode]] = true
		}
	}
	return slices.Sorted(maps.Keys(nodes))
}

// change updates an object in the API server.
func change[T client.Object](w *world, o T, fn func(o T)) {
	w.t.Helper()
	if err := w.kube.Get(w.t.Context(), client.ObjectKeyFromObject(o), o); err != nil {
		w.t.Fatal(err)
	}
	fn(o)
	if err := w.kube.Update(w.t.Context(), o); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) node(name string, fn func(n *corev1.Node)) {
	w.t.Helper()
	change(w, poolNode(name), fn)
}

func (w *world) deleteNode(name string) {
	w.t.Helper()
	if err := w.kube.Delete(w.t.Context(), poolNode(name)); err != nil {
		w.t.Fatal(err)
	}
}

// child returns the name of the child of a node.
func child(node string) string { return eni.ChildName("data", "uid-"+node, "subnet-1") }

func (w *world) attachment(node string, fn func(a *ec2v1alpha1.NetworkInterfaceAttachment)) {
	w.t.Helper()
	change(w, &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: child(node)}}, fn)
}

func deselect(n *corev1.Node) { n.Labels["pool"] = "b" }

// TestNodes changes the nodes of a NodeENI, and their instances.
func TestNodes(t *testing.T) {
	confirm := func(id string) func(w *world) {
		return func(w *world) {
			w.attachment("n1", func(a *ec2v1alpha1.NetworkInterfaceAttachment) {
				meta.AddAnnotations(a, map[string]string{v1alpha1.AnnotationConfirmDeleted: id})
				a.Status.AtProvider.NetworkInterfaceID = "eni-1"
			})
		}
	}
	state := func(s ec2types.InstanceStateName) func(w *world) {
		return func(w *world) { w.ec2.instances[instanceID("n1")] = s }
	}
	notReturned := func(fate eni.Fate) func(w *world) {
		return func(w *world) {
			delete(w.ec2.instances, instanceID("n1"))
			w.ec2.fate = fate
		}
	}
	notReady := func(w *world) {
		n := poolNode("n1")
		n.Status.Conditions[0].Status = corev1.ConditionUnknown
		if err := w.kube.Status().Update(w.t.Context(), n); err != nil {
			w.t.Fatal(err)
		}
	}
	missing := func(w *world) { w.deleteNode("n1") }
	deselected := func(nodes ...string) func(w *world) {
		return func(w *world) {
			for _, n := range nodes {
				w.node(n, deselect)
			}
		}
	}
	draining := func(nodes ...string) func(w *world) {
		return func(w *world) {
			for _, name := range nodes {
				n := &corev1.Node{}
				if err := w.kube.Get(w.t.Context(), client.ObjectKey{Name: name}, n); err != nil {
					w.t.Fatal(err)
				}
				n.Finalizers = append(n.Finalizers, "example.org/drain")
				if err := errors.Join(w.kube.Update(w.t.Context(), n), w.kube.Delete(w.t.Context(), n)); err != nil {
					w.t.Fatal(err)
				}
			}
		}
	}
	rollout := func(m intstr.IntOrString) func(n *v1alpha1.NodeENI) {
		return func(n *v1alpha1.NodeENI) { n.Spec.Rollout = &v1alpha1.NodeENIRollout{MaxUnavailable: &m} }
	}
	after := func(d time.Duration) func(w *world) { return func(w *world) { w.clock = w.clock.Add(d) } }
	all, rest := []string{"n1", "n2", "n3"}, []string{"n2", "n3"}

	cases := map[string]struct {
		reason  string
		nodeENI []func(n *v1alpha1.NodeENI)
		steps   [][]func(w *world) // each followed by a reconcile
		want    []string           // nodes that keep their children
	}{
		"Running":            {reason: "A node that is not ready keeps its ENIs while its instance runs.", steps: [][]func(*world){{notReady}, {after(time.Hour)}}, want: all},
		"Terminated":         {reason: "A terminated instance frees its ENIs while its Node still exists.", steps: [][]func(*world){{notReady, state(ec2types.InstanceStateNameTerminated)}}, want: rest},
		"TerminatedJustNow":  {reason: "Also while the node is still ready.", steps: [][]func(*world){{state(ec2types.InstanceStateNameShuttingDown)}}, want: rest},
		"Stopping":           {reason: "An instance that is being stopped keeps its ENIs.", steps: [][]func(*world){{notReady, state(ec2types.InstanceStateNameStopping)}, {after(time.Hour)}}, want: all},
		"AbsentReady":        {reason: "An instance that EC2 does not return keeps its ENIs while its node is ready.", steps: [][]func(*world){{notReturned(eni.FateDeleted)}, {after(time.Hour)}}, want: all},
		"AbsentUnready":      {reason: "With its node not ready it does for the grace period.", steps: [][]func(*world){{notReady, notReturned(eni.FateDeleted)}, {after(9 * time.Minute)}}, want: all},
		"AbsentUnreadyLong":  {reason: "Then it is terminated, if EC2's answers prove it.", steps: [][]func(*world){{notReady, notReturned(eni.FateDeleted)}, {after(11 * time.Minute)}}, want: rest},
		"AbsentDoubtful":     {reason: "Without a proof it keeps its ENIs.", steps: [][]func(*world){{notReady, notReturned(eni.FateDoubtful)}, {after(time.Hour)}}, want: all},
		"AbsentOutage":       {reason: "It does in an outage of the view of EC2 too.", steps: [][]func(*world){{notReady, notReturned(eni.FateOutage)}, {after(time.Hour)}}, want: all},
		"AbsentConfirmed":    {reason: "The user may confirm that the instance is terminated.", steps: [][]func(*world){{notReady, notReturned(eni.FateOutage), confirm(instanceID("n1"))}, {after(time.Hour)}}, want: rest},
		"AbsentConfirmedENI": {reason: "The confirmed deletion of the ENI does not confirm the termination of its instance.", steps: [][]func(*world){{notReady, notReturned(eni.FateOutage), confirm("eni-1")}, {after(time.Hour)}}, want: all},

		"Missing":           {reason: "A node whose Node object was deleted keeps its ENIs for the grace period while its instance runs.", steps: [][]func(*world){{missing}, {after(9 * time.Minute)}}, want: all},
		"MissingLong":       {reason: "Then they are released.", steps: [][]func(*world){{missing}, {after(11 * time.Minute)}}, want: rest},
		"MissingTwice":      {reason: "The grace period begins again when the node is missing again.", steps: [][]func(*world){{missing}, {after(6 * time.Minute), func(w *world) { _ = w.kube.Create(w.t.Context(), poolNode("n1")) }}, {missing}, {after(6 * time.Minute)}}, want: all},
		"MissingTerminated": {reason: "If its instance is terminated there is no grace period.", steps: [][]func(*world){{missing, state(ec2types.InstanceStateNameTerminated)}}, want: rest},
		"MissingDeleted":    {reason: "Also if EC2's responses prove the termination.", steps: [][]func(*world){{missing, notReturned(eni.FateDeleted)}}, want: rest},
		"MissingDoubtful":   {reason: "Without a proof the ENIs are kept, however long.", steps: [][]func(*world){{missing, notReturned(eni.FateDoubtful)}, {after(24 * time.Hour)}}, want: all},

		"Draining":           {reason: "A Node that is being deleted keeps its ENIs while its pods are drained.", steps: [][]func(*world){{draining("n1")}, {after(time.Hour)}}, want: all},
		"DrainingAll":        {reason: "All draining nodes at once keep their ENIs, without a confirmation.", steps: [][]func(*world){{draining("n1", "n2", "n3")}, {after(time.Hour)}}, want: all},
		"DrainingTerminated": {reason: "When the instance is terminated they are released.", steps: [][]func(*world){{draining("n1"), state(ec2types.InstanceStateNameTerminated)}}, want: rest},
		"DrainingDeselected": {reason: "A draining node that no longer matches loses its ENIs.", steps: [][]func(*world){{deselected("n1"), draining("n1")}}, want: rest},

		"Deselected":        {reason: "A node that no longer matches loses its ENIs.", steps: [][]func(*world){{deselected("n1")}}, want: rest},
		"DeselectedMost":    {reason: "Most nodes at once do not, until the user confirms it.", steps: [][]func(*world){{deselected("n1", "n2")}, {after(time.Hour)}}, want: all},
		"DeselectedBounded": {reason: "A chosen maxUnavailable confirms it, and bounds it.", nodeENI: []func(*v1alpha1.NodeENI){rollout(intstr.FromString("25%"))}, steps: [][]func(*world){{deselected("n1", "n2", "n3")}}, want: rest},
		"DeselectedZero":    {reason: "A maxUnavailable of 0 is a bound: one node at a time.", nodeENI: []func(*v1alpha1.NodeENI){rollout(intstr.FromInt32(0))}, steps: [][]func(*world){{deselected("n1", "n2", "n3")}}, want: rest},
		"SubnetNotFound":    {reason: "A subnet that cannot be found may be found again: nothing is released.", steps: [][]func(*world){{func(w *world) { w.ec2.subnets = nil }}, {after(time.Hour)}}, want: all},

		"OtherAccount": {reason: "In another account nothing is released.", steps: [][]func(*world){{deselected("n1"), func(w *world) { w.ec2.place.AccountID = "222222222222" }}}, want: all},
		"OtherAccountOfChildren": {
			reason: "The children record the account where the NodeENI does not.",
			steps: [][]func(*world){{deselected("n1"), func(w *world) {
				w.ec2.place.AccountID = "222222222222"
				n := poolNodeENI()
				if err := w.kube.Get(w.t.Context(), client.ObjectKeyFromObject(n), n); err != nil {
					w.t.Fatal(err)
				}
				n.Status.AccountID, n.Status.Region = "", ""
				if err := w.kube.Status().Update(w.t.Context(), n); err != nil {
					w.t.Fatal(err)
				}
				change(w, &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: child("n2")}}, func(n *ec2v1alpha1.NetworkInterface) {
					n.Status.AtProvider.AccountID, n.Status.AtProvider.Region = "111111111111", "us-east-1"
				})
			}}},
			want: all,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := expanded(t, tc.nodeENI...)
			for _, step := range tc.steps {
				for _, fn := range step {
					fn(w)
				}
				w.reconcile()
			}
			if diff := cmp.Diff(tc.want, w.served()); diff != "" {
				t.Errorf("\n%s\nnodes that keep their ENIs: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestPlaceIsKept deselects every node of a NodeENI, whose ENIs are held.
func TestPlaceIsKept(t *testing.T) {
	w := expanded(t)
	for _, n := range []string{"n1", "n2", "n3"} {
		w.node(n, deselect)
	}
	w.reconcile()
	n := &v1alpha1.NodeENI{}
	if err := w.kube.Get(t.Context(), types.NamespacedName{Name: "data"}, n); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"111111111111", "us-east-1"}, []string{n.Status.AccountID, n.Status.Region}); diff != "" {
		t.Errorf("\nThe place of a NodeENI is recorded while it has ENIs there.\nstatus: -want, +got:\n%s", diff)
	}
}

// TestDescribeInstancesFails has EC2 return an error while a node is missing.
func TestDescribeInstancesFails(t *testing.T) {
	errBoom := errors.New("boom")
	w := expanded(t)
	w.deleteNode("n1")
	w.ec2.err, w.ec2.fate = errBoom, eni.FateDeleted
	_, err := w.Reconcile(t.Context(), reconcile.Request{NamespacedName: types.NamespacedName{Name: "data"}})
	if diff := cmp.Diff([]string{"n1", "n2", "n3"}, w.served()); diff != "" || !errors.Is(err, errBoom) {
		t.Errorf("\nAn error does not mean that no instance exists.\nReconcile(...): %v, nodes that keep their ENIs: -want, +got:\n%s", err, diff)
	}
}

// TestPausedDeletion deletes a paused NodeENI.
func TestPausedDeletion(t *testing.T) {
	w := expanded(t)
	n := &v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: "data"}}
	change(w, n, func(n *v1alpha1.NodeENI) {
		n.Annotations = map[string]string{meta.AnnotationKeyReconciliationPaused: "true"}
	})
	if err := w.kube.Delete(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	w.reconcile()
	if err := w.kube.Get(t.Context(), client.ObjectKeyFromObject(n), n); err != nil {
		t.Fatal(err)
	}
	c := n.GetCondition(xpv2.TypeReady)
	if diff := cmp.Diff([]string{"n1", "n2", "n3"}, w.served()); diff != "" || c.Reason != xpv2.ReasonDeleting || c.Message != v1alpha1.PausedMessage {
		t.Errorf("\nA paused NodeENI keeps its ENIs, and states that its deletion waits.\nReconcile(...): Ready is %s: %s, nodes that keep their ENIs: -want, +got:\n%s", c.Reason, c.Message, diff)
	}
}

// TestDeletionWithSilentAgent deletes a NodeENI while the agent of a node does not run.
func TestDeletionWithSilentAgent(t *testing.T) {
	w := expanded(t)
	at := &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: child("n1")}}
	change(w, at, func(a *ec2v1alpha1.NetworkInterfaceAttachment) { a.Status.AtProvider.Status = "attached" })
	h := &v1alpha1.HostInterface{
		ObjectMeta: metav1.ObjectMeta{Name: "system." + child("n1"), UID: "host", Generation: 2, Labels: map[string]string{v1alpha1.LabelNodeENI: "data"}},
		Spec:       v1alpha1.HostInterfaceSpec{NodeName: "n1", AttachmentRef: v1alpha1.AttachmentReference{Namespace: "system", Name: child("n1"), UID: string(at.UID)}},
	}
	if err := w.kube.Create(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	n := &v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: "data"}}
	if err := w.kube.Delete(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	w.agents.stopwatch = managedresource.NewStopwatch(func() time.Time { return w.clock })
	w.reconcile()
	w.clock = w.clock.Add(time.Minute)
	w.reconcile()
	if err := w.kube.Get(t.Context(), client.ObjectKeyFromObject(n), n); err != nil {
		t.Fatal(err)
	}
	want := "3 network interfaces being released; node n1: no agent has run on the node: check that its DaemonSet runs a pod there"
	if c := n.GetCondition(xpv2.TypeReady); c.Reason != xpv2.ReasonDeleting || c.Message != want {
		t.Errorf("\nA deletion that waits for an agent that does not run states it.\nReconcile(...): Ready is %s: %s", c.Reason, c.Message)
	}
}

// TestFinalizerFirst has the API server reject the finalizer of a new NodeENI.
func TestFinalizerFirst(t *testing.T) {
	w := newWorld(t, poolNodeENI(), poolNode("n1"))
	w.ec2.instances[instanceID("n1")] = ec2types.InstanceStateNameRunning
	w.client = interceptor.NewClient(w.kube, interceptor.Funcs{Patch: func(context.Context, client.WithWatch, client.Object, client.Patch, ...client.PatchOption) error {
		return errors.New("no")
	}})
	_, err := w.Reconcile(t.Context(), reconcile.Request{NamespacedName: types.NamespacedName{Name: "data"}})
	if err == nil || len(w.served()) > 0 {
		t.Errorf("\nA NodeENI has no children before it has its finalizer.\nReconcile(...): %v, children of %v", err, w.served())
	}
}

// made returns both objects of a child of a node, as a NodeENI of a UID made them.
func made(node, uid string, change ...func(o client.Object)) []client.Object {
	n := poolNodeENI(func(n *v1alpha1.NodeENI) { n.UID = types.UID(uid) })
	c := eni.Child{Name: child(node), NodeName: node, NodeUID: "uid-" + node, InstanceID: instanceID(node), SubnetID: "subnet-1", MinDeviceIndex: 1}
	d := defaults{namespace: "system"}
	out := []client.Object{networkInterface(n, c, d, nil), attachment(n, c, d, nil)}
	for _, o := range out {
		meta.AddAnnotations(o, map[string]string{annotationApplied: "digest"})
		o.SetUID(types.UID("uid-of-" + o.GetName()))
		o.SetResourceVersion("")
		for _, fn := range change {
			fn(o)
		}
	}
	return out
}

func deletedWith(finalizers ...string) func(n *v1alpha1.NodeENI) {
	return func(n *v1alpha1.NodeENI) {
		n.Finalizers = append([]string{v1alpha1.FinalizerNodeENI}, finalizers...)
		n.DeletionTimestamp = new(metav1.Now())
	}
}

// TestFinalize deletes a NodeENI.
func TestFinalize(t *testing.T) {
	type want struct {
		Ends   bool // the NodeENI has no finalizer of ours
		Served []string
	}
	foreign := func(o client.Object) {
		o.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: "v1", Kind: "Other", Name: "data", UID: "other", Controller: new(true)}})
	}
	cases := map[string]struct {
		reason  string
		nodeENI *v1alpha1.NodeENI
		objects []client.Object
		hidden  bool // objects are not in the cache
		account string
		want    want
	}{
		"NoChildren":   {reason: "A NodeENI without children ends.", nodeENI: poolNodeENI(deletedWith()), want: want{Ends: true}},
		"Children":     {reason: "A NodeENI stays until its children are deleted.", nodeENI: poolNodeENI(deletedWith()), objects: made("n1", "uid"), want: want{}},
		"StaleCache":   {reason: "The API server, not a cache, proves that none is left.", nodeENI: poolNodeENI(deletedWith()), objects: made("n1", "uid"), hidden: true, want: want{Served: []string{"n1"}}},
		"LastHalf":     {reason: "It is not deleted while one object of a child is left.", nodeENI: poolNodeENI(deletedWith()), objects: made("n1", "uid")[:1], hidden: true, want: want{Served: []string{"n1"}}},
		"Orphan":       {reason: "kubectl delete --cascade=orphan leaves the children.", nodeENI: poolNodeENI(deletedWith(metav1.FinalizerOrphanDependents)), objects: made("n1", "uid"), want: want{Ends: true, Served: []string{"n1"}}},
		"Foreground":   {reason: "kubectl delete --cascade=foreground deletes them.", nodeENI: poolNodeENI(deletedWith(metav1.FinalizerDeleteDependents)), objects: made("n1", "uid"), want: want{}},
		"Foreign":      {reason: "An object of another controller with the NodeENI's label is left alone, and is not waited for.", nodeENI: poolNodeENI(deletedWith()), objects: made("n1", "uid", foreign), want: want{Ends: true, Served: []string{"n1"}}},
		"OtherAccount": {reason: "In another account nothing is deleted.", nodeENI: poolNodeENI(deletedWith(), func(n *v1alpha1.NodeENI) { n.Status.AccountID, n.Status.Region = "222222222222", "us-east-1" }), objects: made("n1", "uid"), want: want{Served: []string{"n1"}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, append([]client.Object{tc.nodeENI}, tc.objects...)...)
			if tc.hidden {
				w.client = laggingClient{WithWatch: w.kube, cache: apiServer(t, interceptor.Funcs{}, tc.nodeENI.DeepCopy())}
			}
			w.reconcile()
			now := &v1alpha1.NodeENI{}
			err := w.kube.Get(t.Context(), types.NamespacedName{Name: "data"}, now)
			if client.IgnoreNotFound(err) != nil {
				t.Fatal(err)
			}
			got := want{Ends: !meta.FinalizerExists(now, v1alpha1.FinalizerNodeENI), Served: w.served()}
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("\n%s\nReconcile(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestStaleChildren reconciles a NodeENI that does not exist, or that has replaced
// another one of its name.
func TestStaleChildren(t *testing.T) {
	with := slices.Concat[[]client.Object]
	other := func(o client.Object) {
		o.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: v1alpha1.SchemeGroupVersion.String(), Kind: "Other", Name: "data", UID: "old", Controller: new(true)}})
	}
	free := func(o client.Object) { o.SetOwnerReferences(nil) }
	finalized := func(n *v1alpha1.NodeENI) { n.Finalizers = []string{v1alpha1.FinalizerNodeENI} }
	cases := map[string]struct {
		reason string
		server []client.Object
		cache  []client.Object // nil: as the API server
		want   []string        // nodes that keep their children
	}{
		"Orphans":    {reason: "The children of a NodeENI that was deleted by force are deleted.", server: made("n1", "old")},
		"StaleCache": {reason: "A NodeENI that the cache does not show yet keeps its children.", server: with(made("n1", "old"), []client.Object{poolNodeENI(finalized)}), cache: made("n1", "old"), want: []string{"n1"}},
		"OtherKind":  {reason: "Children of an owner of another kind are kept.", server: with(made("n1", "old"), made("n2", "old", other)), want: []string{"n2"}},
		"Released":   {reason: "Objects without an owner reference are kept.", server: with(made("n1", "old"), made("n2", "old", free)), want: []string{"n2"}},
		"Replaced":   {reason: "The children of an earlier NodeENI of the name are deleted, and the children of this one are kept.", server: with(made("n1", "old"), made("n2", "uid"), []client.Object{poolNodeENI(finalized), poolNode("n1"), poolNode("n2")}), want: []string{"n2"}},
		"ReplacedMeanwhile": {
			reason: "A NodeENI that was replaced itself, which the cache does not show yet, deletes nothing.",
			server: with(made("n1", "new"), []client.Object{poolNodeENI(finalized, func(n *v1alpha1.NodeENI) { n.UID = "new" })}),
			cache:  with(made("n1", "new"), []client.Object{poolNodeENI(finalized), poolNode("n1")}), want: []string{"n1"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tc.server...)
			w.ec2.instances[instanceID("n1")], w.ec2.instances[instanceID("n2")] = ec2types.InstanceStateNameRunning, ec2types.InstanceStateNameRunning
			if tc.cache != nil {
				w.client = laggingClient{WithWatch: w.kube, cache: apiServer(t, interceptor.Funcs{}, tc.cache...)}
			}
			_, err := w.Reconcile(t.Context(), reconcile.Request{NamespacedName: types.NamespacedName{Name: "data"}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, w.served(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("\n%s\nnodes that keep their ENIs: -want, +got:\n%s", tc.reason, diff)
			}
			// Nothing is applied over a child of an earlier NodeENI.
			for _, o := range tc.server {
				ni, ok := o.(*ec2v1alpha1.NetworkInterface)
				if !ok {
					continue
				}
				now := &ec2v1alpha1.NetworkInterface{}
				if err := w.kube.Get(t.Context(), client.ObjectKeyFromObject(ni), now); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(ni.GetOwnerReferences(), now.GetOwnerReferences()); diff != "" {
					t.Errorf("\n%s\nowners: -want, +got:\n%s", tc.reason, diff)
				}
			}
		})
	}
}

// TestDeletePreconditions checks that an object is deleted only in the version read.
func TestDeletePreconditions(t *testing.T) {
	uid := types.UID("uid-of-" + child("n1"))
	released := newWorld(t, append(made("n1", "uid"), poolNodeENI(deletedWith()))...)
	released.reconcile()
	if diff := cmp.Diff(map[string]metav1.Preconditions{child("n1"): {UID: &uid}}, released.deletes); diff != "" {
		t.Errorf("\nA child that was made again meanwhile is not deleted.\npreconditions: -want, +got:\n%s", diff)
	}
	orphans := newWorld(t, made("n1", "old")...)
	orphans.reconcile()
	if p := orphans.deletes[child("n1")]; ptr.Deref(p.UID, "") != uid || ptr.Deref(p.ResourceVersion, "") == "" {
		t.Errorf("\nAn orphan whose owner reference was changed since the read is not deleted.\npreconditions: %+v", p)
	}
}

// TestReleaseAllOfOthers releases objects that the NodeENI does not control.
func TestReleaseAllOfOthers(t *testing.T) {
	objects := made("n1", "another")
	w := newWorld(t, objects...)
	s := &state{
		interfaces:  map[string]*ec2v1alpha1.NetworkInterface{child("n1"): objects[0].(*ec2v1alpha1.NetworkInterface)},
		attachments: map[string]*ec2v1alpha1.NetworkInterfaceAttachment{child("n1"): objects[1].(*ec2v1alpha1.NetworkInterfaceAttachment)},
	}
	if err := w.releaseAll(t.Context(), poolNodeENI(), s, []string{child("n1")}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"n1"}, w.served()); diff != "" {
		t.Errorf("\nWhat the NodeENI does not control is not deleted.\nreleaseAll(...): -want, +got:\n%s", diff)
	}
}

// TestApplyOverDeleting applies a child of which one half is being deleted.
func TestApplyOverDeleting(t *testing.T) {
	ni := made("n1", "uid", func(o client.Object) { o.SetDeletionTimestamp(new(metav1.Now())) })[0]
	w := newWorld(t, ni, poolNodeENI(func(n *v1alpha1.NodeENI) { n.Finalizers = []string{v1alpha1.FinalizerNodeENI} }), poolNode("n1"))
	w.ec2.instances[instanceID("n1")] = ec2types.InstanceStateNameRunning
	w.reconcile()
	if got := w.served(); len(got) > 0 {
		t.Errorf("\nNo attachment is made for an ENI that is being deleted.\nReconcile(...): children of %v", got)
	}
}

// TestChildren reads the objects with a NodeENI's label.
func TestChildren(t *testing.T) {
	unapplied := func(o client.Object) {
		o.SetOwnerReferences(nil)
		meta.RemoveAnnotations(o, annotationApplied)
	}
	left := func(o client.Object) { o.SetOwnerReferences(nil) }
	elsewhere := func(o client.Object) { o.SetNamespace("tenant") }
	cases := map[string]struct {
		reason string
		args   []client.Object
		want   []string
	}{
		"Own":    {reason: "An object that the NodeENI controls is its child.", args: made("n1", "uid"), want: []string{child("n1")}},
		"Left":   {reason: "Also a child that an earlier NodeENI of the name left without an owner.", args: made("n1", "uid", left), want: []string{child("n1")}},
		"Users":  {reason: "An object that a user made with the label is not.", args: made("n1", "uid", unapplied)},
		"Tenant": {reason: "An object of another namespace is not a child.", args: made("n1", "uid", elsewhere)},
		"Stale":  {reason: "Neither is the child of an earlier NodeENI of the name.", args: made("n1", "old")},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tc.args...)
			s, err := w.children(t.Context(), "data", "uid")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range s.found {
				got = append(got, e.Name)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nchildren(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestOrphanedENIs finds the ENIs that a restored NodeENI adopts over.
func TestOrphanedENIs(t *testing.T) {
	tags := func(kv ...string) []ec2types.Tag {
		t := map[string]string{eni.TagCluster: "c", eni.TagUID: "uid-ni", eni.TagObject: "system/ni", eni.TagNode: "n1", eni.TagSlot: "subnet-1"}
		for i := 0; i < len(kv); i += 2 {
			t[kv[i]] = kv[i+1]
		}
		var out []ec2types.Tag
		for k, v := range t {
			out = append(out, ec2types.Tag{Key: &k, Value: &v})
		}
		return out
	}
	owner := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "ni", UID: "uid-ni"}}
	cases := map[string]struct {
		reason  string
		eni     ec2types.NetworkInterface
		now     func(n ec2types.NetworkInterface) []ec2types.NetworkInterface // nil: as listed
		objects []client.Object
		want    int
	}{
		"Orphan":       {reason: "An ENI of this cluster whose object no longer exists is taken over.", eni: ec2types.NetworkInterface{TagSet: tags()}, want: 1},
		"Living":       {reason: "An ENI whose object exists is not.", eni: ec2types.NetworkInterface{TagSet: tags()}, objects: []client.Object{owner}},
		"Service":      {reason: "An ENI of an AWS service is not.", eni: ec2types.NetworkInterface{TagSet: tags(), RequesterManaged: new(true)}},
		"OtherCluster": {reason: "An ENI of another cluster is not.", eni: ec2types.NetworkInterface{TagSet: tags(eni.TagCluster, "d")}},
		"Retagged": {
			reason: "An ENI that an object has adopted since it was listed is not.", eni: ec2types.NetworkInterface{TagSet: tags()},
			now: func(n ec2types.NetworkInterface) []ec2types.NetworkInterface {
				n.TagSet = tags(eni.TagUID, "another")
				return []ec2types.NetworkInterface{n}
			},
		},
		"Deleted": {
			reason: "An ENI that was deleted since it was listed is not.", eni: ec2types.NetworkInterface{TagSet: tags()},
			now: func(ec2types.NetworkInterface) []ec2types.NetworkInterface { return nil },
		},
		"OtherNode": {reason: "An ENI that was made for another node is not.", eni: ec2types.NetworkInterface{TagSet: tags(eni.TagNode, "n2")}},
		"OtherSlot": {reason: "An ENI that was made for another slot is not.", eni: ec2types.NetworkInterface{TagSet: tags(eni.TagSlot, "subnet-2")}},
		"Second":    {reason: "The second ENI of a subnet is taken over for its slot.", eni: ec2types.NetworkInterface{TagSet: tags(eni.TagSlot, "subnet-1.1")}, want: 1},
		"Third":     {reason: "An ENI for whose slot there is no child is not.", eni: ec2types.NetworkInterface{TagSet: tags(eni.TagSlot, "subnet-1.2")}},
		"Moved":     {reason: "An ENI whose slot names another subnet than its own is not.", eni: ec2types.NetworkInterface{TagSet: tags(eni.TagSlot, "subnet-3")}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tc.objects...)
			tc.eni.NetworkInterfaceId, tc.eni.SubnetId = new("eni-1"), new("subnet-1")
			w.ec2.enis = []ec2types.NetworkInterface{tc.eni}
			w.ec2.fresh = w.ec2.enis
			if tc.now != nil {
				w.ec2.fresh = tc.now(tc.eni)
			}
			s := &state{plan: eni.Plan{Apply: []eni.Child{
				{Name: child("n1"), NodeName: "n1", SubnetID: "subnet-1"}, {Name: "second", NodeName: "n1", SubnetID: "subnet-1", Position: 1}, {Name: "other", NodeName: "n1", SubnetID: "subnet-3"},
			}}}
			got, err := w.orphanedENIs(t.Context(), w.ec2, poolNodeENI(), s, func(string) bool { return false })
			if err != nil || len(got) != tc.want {
				t.Errorf("\n%s\norphanedENIs(...): %v, %v", tc.reason, got, err)
			}
		})
	}
}

func TestAdopted(t *testing.T) {
	standsFor := func(adopted, id string) *ec2v1alpha1.NetworkInterface {
		n := &ec2v1alpha1.NetworkInterface{}
		meta.AddAnnotations(n, map[string]string{v1alpha1.AnnotationAdopted: adopted})
		meta.SetExternalName(n, id)
		return n
	}
	cases := map[string]struct {
		reason string
		have   *ec2v1alpha1.NetworkInterface
		want   string
	}{
		"New":      {reason: "A child that has no object yet takes over the ENI that was found for it.", want: "eni-found"},
		"Adopted":  {reason: "An object keeps the ENI that it has taken over.", have: standsFor("eni-1", "eni-1"), want: "eni-1"},
		"Replaced": {reason: "The id of an ENI that was deleted does not overwrite its replacement.", have: standsFor("eni-1", "eni-2")},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, adopted(eni.Child{Adopt: "eni-found"}, tc.have)); diff != "" {
				t.Errorf("\n%s\nadopted(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
