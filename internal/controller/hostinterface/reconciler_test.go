// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package hostinterface

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/event"
	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
	"github.com/nodeeni/provider-aws-eni/internal/timings"
)

// A fakeCloud is EC2 as a reconciler knows it.
type fakeCloud struct {
	link    *link
	linkErr error

	terminated bool   // EC2 returned a terminal state
	only       string // the terminated instance; all if empty
	absent     bool   // EC2 does not return the instance
	err        error
}

func (c fakeCloud) Link(context.Context, *ec2v1alpha1.NetworkInterfaceAttachment) (*link, error) {
	return c.link, c.linkErr
}

func (c fakeCloud) Terminated(_ context.Context, a *ec2v1alpha1.NetworkInterfaceAttachment, h *v1alpha1.HostInterface, unwell bool) (bool, error) {
	return c.terminated && (c.only == "" || c.only == instanceOf(a, h)) || (c.absent && unwell), c.err
}

// A recorder records the reasons of events.
type recorder struct{ reasons []event.Reason }

func (r *recorder) Event(_ runtime.Object, e event.Event)    { r.reasons = append(r.reasons, e.Reason) }
func (r *recorder) WithAnnotations(...string) event.Recorder { return r }

func onNode(name, instance string, ready corev1.ConditionStatus) *corev1.Node {
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       corev1.NodeSpec{ProviderID: "aws:///us-east-1a/" + instance},
		Status:     corev1.NodeStatus{Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: ready}}},
	}
}

// Instances of nodes: providerIDs hold ids of this length.
const (
	instance1 = "i-00000000000000001"
	instance2 = "i-00000000000000002"
)

// theLink is the ENI of attachment on instance1.
func theLink() *link {
	l := attachedLink()
	l.eni.Attachment.InstanceId = new(instance1)
	return l
}

func held(a *ec2v1alpha1.NetworkInterfaceAttachment) {
	a.Finalizers = append(a.Finalizers, v1alpha1.FinalizerHostRelease)
}

func deletedAt(a *ec2v1alpha1.NetworkInterfaceAttachment) {
	a.Finalizers = append(a.Finalizers, "finalizer.managedresource.crossplane.io")
	a.DeletionTimestamp = new(metav1.Now())
}

// onHost is the HostInterface of attachment, about which an agent has reported.
func onHost(change ...func(h *v1alpha1.HostInterface)) *v1alpha1.HostInterface {
	h := project(attachment(), "n1", theLink())
	h.UID = "host-uid"
	h.Status.ObservedGeneration = 1
	for _, fn := range change {
		fn(h)
	}
	return h
}

func leaseOf(node string, renewed time.Time) *coordinationv1.Lease {
	return &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: v1alpha1.AgentLeaseName(node)},
		Spec:       coordinationv1.LeaseSpec{HolderIdentity: &node, RenewTime: &metav1.MicroTime{Time: renewed}},
	}
}

// A harness is a reconciler with an API server and a clock.
type harness struct {
	kube   client.WithWatch // the API server
	cached client.WithWatch // the cache; the API server unless it lags
	clock  time.Time
	events *recorder
	r      *Reconciler
}

func newHarness(t *testing.T, cloud cloud, server, cache []client.Object, faults interceptor.Funcs) *harness {
	t.Helper()
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, coordinationv1.AddToScheme, ec2v1alpha1.SchemeBuilder.AddToScheme, v1alpha1.SchemeBuilder.AddToScheme} {
		if err := add(s); err != nil {
			t.Fatal(err)
		}
	}
	build := func(objects []client.Object) client.WithWatch {
		return fake.NewClientBuilder().WithScheme(s).WithObjects(objects...).WithInterceptorFuncs(faults).
			WithIndex(&corev1.Node{}, indexInstance, func(o client.Object) []string { return []string{eni.InstanceID(o.(*corev1.Node).Spec.ProviderID)} }).Build()
	}
	h := &harness{kube: build(server), clock: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), events: &recorder{}}
	h.cached = h.kube
	if cache != nil {
		h.cached = build(cache)
	}
	w := managedresource.NewStopwatch(func() time.Time { return h.clock })
	h.r = &Reconciler{
		client: h.cached, uncached: h.kube, cloud: cloud, namespace: "system", timings: timings.Default(), silence: 5 * time.Minute, grace: time.Minute,
		stopwatch: w, leases: managedresource.NewAgentLeases(h.kube, "system", w), log: logging.NewNopLogger(), record: h.events,
	}
	return h
}

func (h *harness) reconcile(ctx context.Context) (reconcile.Result, error) {
	return h.r.Reconcile(ctx, reconcile.Request{NamespacedName: types.NamespacedName{Namespace: "ns", Name: "at"}})
}

// An outcome is what a reconcile leaves in the cache's view.
type outcome struct {
	Hold     bool   // on the attachment
	Host     string // the node of the HostInterface; "" if there is none
	Deleting bool   // the HostInterface
	Agent    bool   // holds the HostInterface
	After    time.Duration
	Events   []event.Reason
	Error    error
}

func (h *harness) outcome(ctx context.Context, t *testing.T, result reconcile.Result, err error) outcome {
	t.Helper()
	o := outcome{After: result.RequeueAfter, Error: err, Events: h.events.reasons}
	a := &ec2v1alpha1.NetworkInterfaceAttachment{}
	if err := h.cached.Get(ctx, types.NamespacedName{Namespace: "ns", Name: "at"}, a); client.IgnoreNotFound(err) != nil {
		t.Fatal(err)
	}
	o.Hold = meta.FinalizerExists(a, v1alpha1.FinalizerHostRelease)
	hs := &v1alpha1.HostInterfaceList{}
	if err := h.kube.List(ctx, hs); err != nil {
		t.Fatal(err)
	}
	for i := range hs.Items {
		o.Host, o.Deleting, o.Agent = hs.Items[i].Spec.NodeName, meta.WasDeleted(&hs.Items[i]), meta.FinalizerExists(&hs.Items[i], v1alpha1.FinalizerAgent)
	}
	return o
}

func TestReconcile(t *testing.T) {
	errBoom := errors.New("boom")
	well := onNode("n1", instance1, corev1.ConditionTrue)
	unready := onNode("n1", instance1, corev1.ConditionFalse)
	lease := leaseOf("n1", time.Date(2030, 1, 2, 3, 4, 0, 0, time.UTC))
	projected := fakeCloud{link: theLink()}

	cases := map[string]struct {
		reason     string
		attachment *ec2v1alpha1.NetworkInterfaceAttachment
		objects    []client.Object
		cache      []client.Object // nil: as the API server
		cloud      fakeCloud
		faults     interceptor.Funcs
		times      int // 0: once
		want       outcome
	}{
		"Prepare": {
			reason:     "An attached ENI is prepared on its node, and the attachment is held until the host has released it.",
			attachment: attachment(), objects: []client.Object{well}, cloud: projected,
			want: outcome{Hold: true, Host: "n1", Agent: true},
		},
		"NotHeld": {
			reason:     "Nothing is projected while the attachment cannot be held.",
			attachment: attachment(), objects: []client.Object{well}, cloud: projected,
			faults: interceptor.Funcs{Patch: func(context.Context, client.WithWatch, client.Object, client.Patch, ...client.PatchOption) error {
				return errBoom
			}},
			want: outcome{Error: errBoom},
		},
		"HeldAgain": {
			reason:     "A hold that was removed is added again.",
			attachment: attachment(), objects: []client.Object{well, onHost()}, cloud: projected,
			want: outcome{Hold: true, Host: "n1", Agent: true},
		},
		"Paused": {
			reason: "A paused attachment is left alone, even while it is deleted.",
			attachment: attachment(held, deletedAt, func(a *ec2v1alpha1.NetworkInterfaceAttachment) {
				a.Annotations = map[string]string{meta.AnnotationKeyReconciliationPaused: "true"}
			}),
			objects: []client.Object{well, onHost()}, cloud: fakeCloud{terminated: true},
			want: outcome{Hold: true, Host: "n1", Agent: true},
		},
		"Detached": {
			reason:     "The HostInterface is kept until the ENI is attached again or released.",
			attachment: attachment(held, func(a *ec2v1alpha1.NetworkInterfaceAttachment) { a.Status.AtProvider.Status = "" }),
			objects:    []client.Object{well, onHost()}, cloud: projected,
			want: outcome{Hold: true, Host: "n1", Agent: true},
		},
		"NotShown": {
			reason:     "If EC2 does not return the ENI as attached, it is observed again.",
			attachment: attachment(), objects: []client.Object{well},
			want: outcome{After: timings.Default().ReleasePoll},
		},
		"Throttled": {
			reason:     "An observation that is throttled is repeated when its token is due.",
			attachment: attachment(), objects: []client.Object{well}, cloud: fakeCloud{linkErr: &throttle.RateLimitError{Action: "Describe", After: time.Minute}},
			want: outcome{After: time.Minute},
		},
		"EC2Error": {
			reason:     "If EC2 returns an error, no HostInterface is created.",
			attachment: attachment(), objects: []client.Object{well}, cloud: fakeCloud{linkErr: errBoom},
			want: outcome{Error: errBoom},
		},
		"Refused": {
			reason:     "An ENI that the attachment may not use gets no HostInterface; an event has the reason.",
			attachment: attachment(), objects: []client.Object{well}, cloud: fakeCloud{linkErr: errors.Wrap(eni.Contested("eni-attach-1", "ns", "older"), "cannot prepare")},
			want: outcome{After: timings.Default().RefusedPoll, Events: []event.Reason{reasonRefused}},
		},
		"NoNode": {
			reason:     "An instance that is no node of the cluster has no host to prepare.",
			attachment: attachment(), objects: []client.Object{onNode("n2", instance2, corev1.ConditionTrue)}, cloud: projected,
			want: outcome{},
		},
		"OtherNodeNamed": {
			reason: "An attachment whose nodeName differs from the node in EC2 gets no HostInterface.",
			attachment: attachment(func(a *ec2v1alpha1.NetworkInterfaceAttachment) {
				a.Spec.ForProvider.NodeName, a.Status.AtProvider.NodeName = new("n2"), "n2"
			}),
			objects: []client.Object{well, onNode("n2", instance2, corev1.ConditionTrue)}, cloud: projected,
			want: outcome{},
		},
		"OtherInstanceInStatus": {
			reason: "The instance comes from EC2, not from the attachment's status.",
			attachment: attachment(func(a *ec2v1alpha1.NetworkInterfaceAttachment) {
				a.Status.AtProvider.InstanceID, a.Status.AtProvider.NodeName = instance2, "n2"
			}),
			objects: []client.Object{well, onNode("n2", instance2, corev1.ConditionTrue)}, cloud: projected,
			want: outcome{Hold: true, Host: "n1", Agent: true},
		},
		"OtherNode": {
			reason:     "A host interface that is on another node is released there first.",
			attachment: attachment(held),
			objects:    []client.Object{well, onNode("n2", instance2, corev1.ConditionTrue), onHost(func(h *v1alpha1.HostInterface) { h.Spec.NodeName = "n2" })}, cloud: projected,
			want: outcome{Hold: true, Host: "n2", Deleting: true, Agent: true, After: timings.Default().ReleasePoll},
		},
		"OtherUID": {
			reason:     "The host interface of an earlier attachment of the same name is released first.",
			attachment: attachment(held),
			objects:    []client.Object{well, lease, onHost(func(h *v1alpha1.HostInterface) { h.Spec.AttachmentRef.UID = "earlier" })}, cloud: projected,
			want: outcome{Hold: true, Host: "n1", Deleting: true, Agent: true, After: timings.Default().ReleasePoll},
		},
		"HostDeleting": {
			reason:     "A host interface that is being deleted is released before another is made.",
			attachment: attachment(held),
			objects:    []client.Object{well, lease, onHost(func(h *v1alpha1.HostInterface) { h.DeletionTimestamp = new(metav1.Now()) })}, cloud: projected,
			want: outcome{Hold: true, Host: "n1", Deleting: true, Agent: true, After: timings.Default().ReleasePoll},
		},
		"AttachmentDeleted": {
			reason:  "A host releases the interface of an attachment that no longer exists.",
			objects: []client.Object{well, lease, onHost()}, cloud: projected,
			want: outcome{Host: "n1", Deleting: true, Agent: true, After: timings.Default().ReleasePoll},
		},
		"Release": {
			reason:     "The release by the agent of a healthy node is waited for.",
			attachment: attachment(held, deletedAt), objects: []client.Object{well, lease, onHost()},
			want: outcome{Hold: true, Host: "n1", Deleting: true, Agent: true, After: timings.Default().ReleasePoll},
		},
		"HostUnset": {
			reason:     "It is released too if the attachment no longer configures a host interface.",
			attachment: attachment(held, func(a *ec2v1alpha1.NetworkInterfaceAttachment) { a.Spec.Host = nil }), objects: []client.Object{well, lease, onHost()},
			want: outcome{Hold: true, Host: "n1", Deleting: true, Agent: true, After: timings.Default().ReleasePoll},
		},
		"Released": {
			reason: "An attachment whose host interface is deleted is no longer held.",
			attachment: attachment(held, deletedAt, func(a *ec2v1alpha1.NetworkInterfaceAttachment) {
				a.Status.AtProvider.AttachmentID = "eni-attach-1"
			}), objects: []client.Object{well, lease, onHost(func(h *v1alpha1.HostInterface) { h.Finalizers = nil })}, times: 2,
			want: outcome{Events: []event.Reason{reasonReleased}},
		},
		"NeverPrepared": {
			reason:     "An attachment that never had a host interface is no longer held.",
			attachment: attachment(held, deletedAt), objects: []client.Object{well, lease},
			want: outcome{},
		},
		"StaleCache": {
			reason:     "A cache that does not show the host interface yet does not end the hold.",
			attachment: attachment(held, deletedAt), objects: []client.Object{well, lease, onHost()}, cache: []client.Object{well},
			want: outcome{Hold: true, Host: "n1", Deleting: true, Agent: true, After: timings.Default().ReleasePoll},
		},
		"Terminated": {
			reason:     "The host of a terminated instance is not waited for.",
			attachment: attachment(held, deletedAt), objects: []client.Object{well, lease, onHost()}, cloud: fakeCloud{terminated: true}, times: 3,
			want: outcome{Events: []event.Reason{reasonDropped}},
		},
		"OtherTerminated": {
			reason: "The status of an attachment does not end the wait for a healthy node by naming another instance, which is terminated.",
			attachment: attachment(held, deletedAt, func(a *ec2v1alpha1.NetworkInterfaceAttachment) {
				a.Status.AtProvider.InstanceID = instance2
			}),
			objects: []client.Object{well, lease, onHost()}, cloud: fakeCloud{terminated: true, only: instance2}, times: 3,
			want: outcome{Hold: true, Host: "n1", Deleting: true, Agent: true, After: timings.Default().ReleasePoll},
		},
		"OtherTerminatedEarlierVersion": {
			reason: "A HostInterface without instance is not released because of another instance than the Node's.",
			attachment: attachment(held, deletedAt, func(a *ec2v1alpha1.NetworkInterfaceAttachment) {
				a.Status.AtProvider.InstanceID = instance2
			}),
			objects: []client.Object{well, lease, onHost(func(h *v1alpha1.HostInterface) { h.Spec.InstanceID = "" })}, cloud: fakeCloud{terminated: true}, times: 3,
			want: outcome{Hold: true, Host: "n1", Deleting: true, Agent: true, After: timings.Default().ReleasePoll},
		},
		"TerminatedENIDeleted": {
			reason: "The instance is known after EC2 has deleted the ENI with it, when the attachment's status has neither.",
			attachment: attachment(held, deletedAt, func(a *ec2v1alpha1.NetworkInterfaceAttachment) {
				a.Status.AtProvider = ec2v1alpha1.NetworkInterfaceAttachmentObservation{}
			}),
			objects: []client.Object{lease, onHost()}, cloud: fakeCloud{terminated: true, only: instance1}, times: 3,
			want: outcome{Events: []event.Reason{reasonDropped}},
		},
		"TerminatedError": {
			reason:     "An error of EC2 does not prove that the instance is terminated.",
			attachment: attachment(held, deletedAt), objects: []client.Object{well, lease, onHost()}, cloud: fakeCloud{err: errBoom},
			want: outcome{Hold: true, Host: "n1", Deleting: true, Agent: true, After: timings.Default().ReleasePoll},
		},
		"AbsentHealthy": {
			reason:     "An instance that EC2 does not return is not terminated while its node is healthy.",
			attachment: attachment(held, deletedAt), objects: []client.Object{well, lease, onHost()}, cloud: fakeCloud{absent: true},
			want: outcome{Hold: true, Host: "n1", Deleting: true, Agent: true, After: timings.Default().ReleasePoll},
		},
		"AbsentJustUnready": {
			reason:     "Neither as soon as its node is not ready.",
			attachment: attachment(held, deletedAt), objects: []client.Object{unready, lease, onHost()}, cloud: fakeCloud{absent: true},
			want: outcome{Hold: true, Host: "n1", Deleting: true, Agent: true, After: timings.Default().ReleasePoll},
		},
		"AbsentNoNode": {
			reason:     "An instance that EC2 does not return, and whose node does not exist, may be terminated.",
			attachment: attachment(held, deletedAt), objects: []client.Object{lease, onHost()}, cloud: fakeCloud{absent: true}, times: 3,
			want: outcome{Events: []event.Reason{reasonDropped}},
		},
		"NoNodeAgentAlive": {
			reason:     "The agent of a node whose Node object was deleted is waited for.",
			attachment: attachment(held, deletedAt), objects: []client.Object{lease, onHost()},
			want: outcome{Hold: true, Host: "n1", Deleting: true, Agent: true, After: timings.Default().ReleasePoll},
		},
		"NoLeaseHealthy": {
			reason:     "An agent that has reported is waited for on a healthy node, though its Lease was deleted.",
			attachment: attachment(held, deletedAt), objects: []client.Object{well, onHost()},
			want: outcome{Hold: true, Host: "n1", Deleting: true, Agent: true, After: timings.Default().ReleasePoll},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			add := func(objects []client.Object) []client.Object {
				if objects == nil {
					return nil
				}
				objects = slices.Clone(objects)
				if tc.attachment != nil {
					objects = append(objects, tc.attachment)
				}
				for i := range objects {
					objects[i] = objects[i].DeepCopyObject().(client.Object)
				}
				return objects
			}
			h := newHarness(t, tc.cloud, add(tc.objects), add(tc.cache), tc.faults)
			if tc.cache != nil {
				h.r.client = reader{WithWatch: h.kube, cache: h.cached} // writes go to the API server
			}
			var result reconcile.Result
			var err error
			for range max(1, tc.times) {
				result, err = h.reconcile(t.Context())
			}
			if diff := cmp.Diff(tc.want, h.outcome(t.Context(), t, result, err), cmpopts.EquateErrors()); diff != "" {
				t.Errorf("\n%s\nReconcile(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// A reader reads from a cache that lags behind the API server.
type reader struct {
	client.WithWatch

	cache client.Reader
}

func (r reader) Get(ctx context.Context, k client.ObjectKey, o client.Object, opts ...client.GetOption) error {
	return r.cache.Get(ctx, k, o, opts...)
}

func (r reader) List(ctx context.Context, l client.ObjectList, opts ...client.ListOption) error {
	return r.cache.List(ctx, l, opts...)
}

// TestReconcileReadErrors has one read after another fail while an attachment is
// released.
func TestReconcileReadErrors(t *testing.T) {
	errBoom := errors.New("boom")
	cases := map[string]struct {
		reason string
		fails  func(o client.Object) bool
		cache  bool // the HostInterface is not in the cache
	}{
		"HostInterface": {reason: "The API server must confirm that there is no host interface.", fails: func(o client.Object) bool { _, ok := o.(*v1alpha1.HostInterface); return ok }, cache: true},
		"Node":          {reason: "A failed read of the node does not mean that it does not exist.", fails: func(o client.Object) bool { _, ok := o.(*corev1.Node); return ok }},
		"Lease":         {reason: "A failed read of the Lease does not mean that it does not exist.", fails: func(o client.Object) bool { _, ok := o.(*coordinationv1.Lease); return ok }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			failing := false
			faults := interceptor.Funcs{Get: func(ctx context.Context, c client.WithWatch, k client.ObjectKey, o client.Object, opts ...client.GetOption) error {
				if failing && tc.fails(o) {
					return errBoom
				}
				return c.Get(ctx, k, o, opts...)
			}}
			server := []client.Object{attachment(held, deletedAt), onNode("n1", instance1, corev1.ConditionFalse), onHost()}
			h := newHarness(t, fakeCloud{absent: true}, server, nil, faults)
			if tc.cache {
				empty := newHarness(t, nil, []client.Object{attachment(held, deletedAt)}, nil, interceptor.Funcs{})
				h.r.client = reader{WithWatch: h.kube, cache: empty.kube}
			}
			failing = true
			result, err := h.reconcile(t.Context())
			failing = false
			got := h.outcome(t.Context(), t, result, nil)
			if !errors.Is(err, errBoom) || !got.Hold || !got.Agent {
				t.Errorf("\n%s\nReconcile(...): %v, %+v", tc.reason, err, got)
			}
		})
	}
}

// TestAgentSilence releases the interface of a node that is not ready, whose agent
// renews its Lease by a clock of its own.
func TestAgentSilence(t *testing.T) {
	type step struct {
		after   time.Duration // on this process's clock
		renewed time.Duration // by the node's clock, from the start of this process's
	}
	cases := map[string]struct {
		reason string
		steps  []step
		want   bool // the agent's hold is dropped
	}{
		"Renewing":     {reason: "An agent that renews its Lease is waited for.", steps: []step{{0, 0}, {4 * time.Minute, 4 * time.Minute}, {4 * time.Minute, 8 * time.Minute}}},
		"SlowClock":    {reason: "The agent of a node whose clock is slow is waited for too.", steps: []step{{0, -time.Hour}, {4 * time.Minute, 4*time.Minute - time.Hour}, {4 * time.Minute, 8*time.Minute - time.Hour}}},
		"ClockSetBack": {reason: "The agent of a node is waited for too if its clock is set back.", steps: []step{{0, time.Hour}, {4 * time.Minute, -time.Hour}, {4 * time.Minute, 4*time.Minute - time.Hour}}},
		"JustRead":     {reason: "A Lease that was renewed long ago is silent only for as long as this process has read it.", steps: []step{{0, -24 * time.Hour}, {4 * time.Minute, -24 * time.Hour}}},
		"Silent":       {reason: "An agent that does not renew its Lease for longer than the bound is not waited for.", steps: []step{{0, 0}, {5*time.Minute + time.Second, 0}}, want: true},
		"FastClock":    {reason: "It is not waited for either if the node's clock is fast.", steps: []step{{0, time.Hour}, {5*time.Minute + time.Second, time.Hour}}, want: true},
		"AtTheBound":   {reason: "Silence as long as the bound is not longer than it.", steps: []step{{0, 0}, {5 * time.Minute, 0}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, fakeCloud{}, []client.Object{attachment(held, deletedAt), onNode("n1", instance1, corev1.ConditionFalse), onHost(), leaseOf("n1", time.Time{})}, nil, interceptor.Funcs{})
			start := h.clock
			var got outcome
			for _, s := range tc.steps {
				h.clock = h.clock.Add(s.after)
				l := &coordinationv1.Lease{}
				if err := h.kube.Get(t.Context(), client.ObjectKeyFromObject(leaseOf("n1", start)), l); err != nil {
					t.Fatal(err)
				}
				l.Spec.RenewTime = &metav1.MicroTime{Time: start.Add(s.renewed)}
				if err := h.kube.Update(t.Context(), l); err != nil {
					t.Fatal(err)
				}
				result, err := h.reconcile(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				got = h.outcome(t.Context(), t, result, err)
			}
			if diff := cmp.Diff(tc.want, !got.Agent); diff != "" {
				t.Errorf("\n%s\nReconcile(...): dropped the agent's hold: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestLongNotReady releases the interface of an instance that EC2 does not
// return, whose node is not ready for longer than the grace period.
func TestLongNotReady(t *testing.T) {
	h := newHarness(t, fakeCloud{absent: true}, []client.Object{attachment(held, deletedAt), onNode("n1", instance1, corev1.ConditionFalse), onHost(), leaseOf("n1", time.Now())}, nil, interceptor.Funcs{})
	var got []bool
	for range 3 {
		result, err := h.reconcile(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, h.outcome(t.Context(), t, result, err).Agent)
		h.clock = h.clock.Add(31 * time.Second)
	}
	if diff := cmp.Diff([]bool{true, true, false}, got); diff != "" {
		t.Errorf("\nAn absent instance is terminated once its node is not ready for the grace period.\nReconcile(...): agent holds: -want, +got:\n%s", diff)
	}
}

// TestFinalizersOfOthers has another controller add a finalizer in the moment in
// which this one changes its own.
func TestFinalizersOfOthers(t *testing.T) {
	const other = "example.org/other"
	cases := map[string]struct {
		reason     string
		attachment *ec2v1alpha1.NetworkInterfaceAttachment
		objects    []client.Object
		cloud      fakeCloud
		changed    client.Object
	}{
		"Hold": {
			reason:     "Holding an attachment keeps the finalizers of others.",
			attachment: attachment(), objects: []client.Object{onNode("n1", instance1, corev1.ConditionTrue)}, cloud: fakeCloud{link: theLink()},
			changed: &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "at"}},
		},
		"DropHold": {
			reason:     "Releasing an attachment keeps the finalizers of others.",
			attachment: attachment(held, deletedAt),
			changed:    &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "at"}},
		},
		"DropAgent": {
			reason:     "Not waiting for an agent keeps the finalizers of others.",
			attachment: attachment(held, deletedAt), objects: []client.Object{onHost()}, cloud: fakeCloud{terminated: true},
			changed: &v1alpha1.HostInterface{ObjectMeta: metav1.ObjectMeta{Name: "ns.at"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			once := false
			faults := interceptor.Funcs{Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
				if !once {
					once = true
					now := tc.changed.DeepCopyObject().(client.Object)
					if err := c.Get(ctx, client.ObjectKeyFromObject(tc.changed), now); err != nil {
						return err
					}
					now.SetFinalizers(append(now.GetFinalizers(), other))
					if err := c.Update(ctx, now); err != nil {
						return err
					}
				}
				return c.Patch(ctx, o, p, opts...)
			}}
			h := newHarness(t, tc.cloud, append(tc.objects, tc.attachment), nil, faults)
			for range 3 {
				if _, err := h.reconcile(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			now := tc.changed.DeepCopyObject().(client.Object)
			if err := h.kube.Get(t.Context(), client.ObjectKeyFromObject(tc.changed), now); err != nil || !once || !slices.Contains(now.GetFinalizers(), other) {
				t.Errorf("\n%s\nfinalizers: %v, error %v", tc.reason, now.GetFinalizers(), err)
			}
		})
	}
}

// TestDeleteOnlyReadVersion has the HostInterface be made again between the read and
// the deletion.
func TestDeleteOnlyReadVersion(t *testing.T) {
	var got []*types.UID
	faults := interceptor.Funcs{Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
		d := client.DeleteOptions{}
		d.ApplyOptions(opts)
		if d.Preconditions == nil {
			d.Preconditions = &metav1.Preconditions{}
		}
		got = append(got, d.Preconditions.UID)
		return c.Delete(ctx, o, opts...)
	}}
	h := newHarness(t, fakeCloud{}, []client.Object{onHost()}, nil, faults)
	if _, err := h.reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]*types.UID{new(types.UID("host-uid"))}, got); diff != "" {
		t.Errorf("\nOnly the host interface that was read is deleted.\nDelete(...): UIDs in preconditions: -want, +got:\n%s", diff)
	}
}

// TestAttachmentRemoved releases a HostInterface whose attachment no longer exists.
func TestAttachmentRemoved(t *testing.T) {
	cases := map[string]struct {
		reason string
		on     []client.Object
		after  time.Duration // between two reconciles
		want   outcome
	}{
		"Running": {
			reason: "The agent of a node that is ready is waited for.", after: time.Hour,
			on:   []client.Object{onNode("n1", instance1, corev1.ConditionTrue), leaseOf("n1", time.Time{})},
			want: outcome{Host: "n1", Deleting: true, Agent: true, After: timings.Default().ReleasePoll},
		},
		"JustSilent": {
			reason: "The controller waits for an agent that has just stopped renewing its Lease.", after: 5 * time.Minute,
			on:   []client.Object{onNode("n1", instance1, corev1.ConditionFalse), leaseOf("n1", time.Time{})},
			want: outcome{Host: "n1", Deleting: true, Agent: true, After: timings.Default().ReleasePoll},
		},
		"Silent": {
			reason: "A node that is not ready and whose agent is silent is not waited for.", after: 5*time.Minute + time.Second,
			on: []client.Object{onNode("n1", instance1, corev1.ConditionFalse), leaseOf("n1", time.Time{})},
		},
		"NodeDeleted": {
			reason: "A node that was deleted with its Lease is not waited for.",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, fakeCloud{}, append(tc.on, onHost()), nil, interceptor.Funcs{})
			if _, err := h.reconcile(t.Context()); err != nil {
				t.Fatal(err)
			}
			h.clock = h.clock.Add(tc.after)
			result, err := h.reconcile(t.Context())
			if diff := cmp.Diff(tc.want, h.outcome(t.Context(), t, result, err), cmpopts.EquateErrors()); diff != "" {
				t.Errorf("\n%s\nReconcile(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
