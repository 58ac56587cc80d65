// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// TestReadLeases reads Leases in the namespace of the children.
func TestReadLeases(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 10, 0, 0, time.UTC)
	lease := func(namespace, name string, before time.Duration) *coordinationv1.Lease {
		return &coordinationv1.Lease{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
			Spec:       coordinationv1.LeaseSpec{RenewTime: &metav1.MicroTime{Time: now.Add(-before)}, LeaseDurationSeconds: new(int32(15))},
		}
	}
	const since = "2030-01-02T03:00:00Z"
	const deadAgent, deadProvider = "the agent has not renewed its Lease since " + since + ": check its pod on the node", "the provider has not renewed its Lease since " + since + ": check its Deployment"
	cases := map[string]struct {
		reason          string
		leases          []*coordinationv1.Lease
		err             error
		reported        string
		agent, provider string
		fails           bool
	}{
		"Renewed":   {reason: "Leases that are renewed are no failure.", leases: []*coordinationv1.Lease{lease("crossplane", "agent-n1", time.Second), lease("crossplane", providerLease, time.Minute)}},
		"Dead":      {reason: "Expired Leases are failures.", leases: []*coordinationv1.Lease{lease("crossplane", "agent-n1", 10*time.Minute), lease("crossplane", providerLease, 10*time.Minute)}, agent: deadAgent, provider: deadProvider},
		"NoAgent":   {reason: "A node without a Lease has never had an agent.", leases: []*coordinationv1.Lease{lease("crossplane", providerLease, time.Second)}, agent: "no agent has run on the node: check that its DaemonSet runs a pod there"},
		"None":      {reason: "Without Leases the namespace is not the provider's.", leases: []*coordinationv1.Lease{lease("other", "agent-n1", time.Hour)}},
		"Forbidden": {reason: "Without the permission the provider's message remains.", err: kerrors.NewForbidden(schema.GroupResource{Resource: "leases"}, "", errors.New("no")), reported: deadAgent, agent: deadAgent},
		"Recovered": {reason: "A Lease is newer than the provider's message.", leases: []*coordinationv1.Lease{lease("crossplane", "agent-n1", time.Second)}, reported: deadAgent},
		"Other":     {reason: "Other messages are not about the agent.", reported: "update in progress"},
		"Error":     {reason: "Other errors are returned.", err: errors.New("no connection"), fails: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := runtime.NewScheme()
			if err := coordinationv1.AddToScheme(s); err != nil {
				t.Fatal(err)
			}
			b := fake.NewClientBuilder().WithScheme(s).WithInterceptorFuncs(interceptor.Funcs{
				List: func(ctx context.Context, c client.WithWatch, l client.ObjectList, opts ...client.ListOption) error {
					if tc.err != nil {
						return tc.err
					}
					return c.List(ctx, l, opts...)
				},
			})
			for _, l := range tc.leases {
				b = b.WithObjects(l)
			}
			f := &Fleet{children: map[string][]Child{"data": {{NodeENI: "data", Namespace: "crossplane", Name: "c1", Node: "n1"}}}}
			f.report(&v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: "data"}, Status: v1alpha1.NodeENIStatus{Attachments: []v1alpha1.NodeENIAttachment{{Name: "c1", NodeID: "n1", Message: tc.reported}}}})
			err := f.ReadLeases(t.Context(), b.Build(), now)
			c := f.Children("data")[0]
			if (err != nil) != tc.fails || c.AgentFailure != tc.agent || c.ProviderFailure != tc.provider || f.ProviderFailure != tc.provider {
				t.Errorf("\n%s\ngot %q, %q, %v\nwant %q, %q", tc.reason, c.AgentFailure, c.ProviderFailure, err, tc.agent, tc.provider)
			}
		})
	}
}

// TestProviderFailure shows a provider that does not run for objects that wait for it.
func TestProviderFailure(t *testing.T) {
	const failure = "the provider has not renewed its Lease"
	ready := func() *Child {
		c := &Child{Name: "c1", NodeENI: "data", Node: "n1", ProviderFailure: failure, Interface: &ec2v1alpha1.NetworkInterface{}, Attachment: &ec2v1alpha1.NetworkInterfaceAttachment{}, Host: &v1alpha1.HostInterface{}}
		c.Interface.SetConditions(xpv2.ReconcileSuccess().WithObservedGeneration(1), xpv2.Available())
		c.Attachment.Status.AtProvider.Status = "attached"
		c.Attachment.SetConditions(xpv2.ReconcileSuccess().WithObservedGeneration(1), xpv2.Available())
		c.Host.SetConditions(v1alpha1.Ready(v1alpha1.ReasonConfigured, ""))
		return c
	}
	cases := map[string]struct {
		reason string
		change func(c *Child)
		want   string
	}{
		"Ready":   {reason: "A network interface that is ready waits for nothing.", change: func(*Child) {}},
		"Changed": {reason: "A change waits for the provider.", change: func(c *Child) { c.Interface.Generation = 2 }, want: failure},
		"Deleted": {
			reason: "A deletion waits for the provider.", want: "Deleting: " + failure,
			change: func(c *Child) { c.Interface.DeletionTimestamp = new(metav1.Now()) },
		},
		"Rejected": {
			reason: "The provider tries again after a correction.", want: "ReconcileError: denied; " + failure,
			change: func(c *Child) { c.Interface.SetConditions(xpv2.ReconcileError(errors.New("denied"))) },
		},
		"Host": {
			reason: "The host does not wait for the provider.", want: "NameTaken: eth1",
			change: func(c *Child) { c.Host.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonNameTaken, "eth1")) },
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := ready()
			tc.change(c)
			got := ""
			if p := c.Problem(); p != nil {
				got = p.String()
			}
			if got != tc.want {
				t.Errorf("\n%s\ngot %q, want %q", tc.reason, got, tc.want)
			}
		})
	}
}

func TestClass(t *testing.T) {
	failed := xpv2.ReconcileError(errors.New("rejected"))
	cases := map[string]struct {
		reason string
		ready  xpv2.Condition
		want   xpv2.ConditionReason
	}{
		"Class":    {reason: "Ready has the class of the error.", ready: v1alpha1.NotReady(v1alpha1.ReasonSubnetFull, ""), want: v1alpha1.ReasonSubnetFull},
		"Creating": {reason: "A state is no class.", ready: xpv2.Creating(), want: xpv2.ReasonReconcileError},
		"Deleting": {reason: "A deletion is no class.", ready: xpv2.Deleting(), want: xpv2.ReasonReconcileError},
		"Ready":    {reason: "An ENI that is ready has no class.", ready: xpv2.Available(), want: xpv2.ReasonReconcileError},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			o := &ec2v1alpha1.NetworkInterface{}
			o.SetConditions(failed, tc.ready)
			if got := Class(o, &failed); got != tc.want {
				t.Errorf("\n%s\ngot %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}

// TestPlanProblem shows conditions of a NodeENI for the nodes that they concern.
func TestPlanProblem(t *testing.T) {
	node := func(name string) corev1.Node {
		return corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"role": "data"}}}
	}
	f := &Fleet{Nodes: []corev1.Node{node("node-1"), node("node-10"), node("node-2.example.org")}}
	zone := func(list string) xpv2.Condition {
		return v1alpha1.NodesNotUsable(v1alpha1.ReasonNoSubnetInZone, "no configured subnet is in the zone of: "+list+"; the subnets are in: us-east-1c")
	}
	cases := map[string]struct {
		reason    string
		condition xpv2.Condition
		node      string
		want      string
	}{
		"Named":   {reason: "Of the nodes in a message, only the node is kept.", condition: zone("node-1 (us-east-1a), node-10 (us-east-1b)"), node: "node-1", want: "no configured subnet is in the zone of: node-1 (us-east-1a); the subnets are in: us-east-1c"},
		"Dots":    {reason: "Names can have dots.", condition: zone("node-1 (us-east-1a), node-2.example.org (us-east-1b)"), node: "node-2.example.org", want: "no configured subnet is in the zone of: node-2.example.org (us-east-1b); the subnets are in: us-east-1c"},
		"Other":   {reason: "A message that names only other nodes does not concern the node.", condition: zone("node-10 (us-east-1b)"), node: "node-1"},
		"More":    {reason: "A message that does not name all nodes can concern the node.", condition: zone("node-10 (us-east-1b) and 7 more"), node: "node-1", want: "no configured subnet is in the zone of: node-10 (us-east-1b) and 7 more; the subnets are in: us-east-1c"},
		"Last":    {reason: "The number of other nodes is not kept.", condition: zone("node-1 (us-east-1a), node-10 (us-east-1b) and 7 more"), node: "node-10", want: "no configured subnet is in the zone of: node-10 (us-east-1b); the subnets are in: us-east-1c"},
		"All":     {reason: "A message without nodes concerns all.", condition: xpv2.ReconcileError(errors.New("cannot describe subnets")), node: "node-1", want: "cannot describe subnets"},
		"Held":    {reason: "A held rollout does not concern a node that is selected.", condition: v1alpha1.NodesNotUsable(v1alpha1.ReasonRolloutHeld, "2 Ready nodes no longer match"), node: "node-1"},
		"Nowhere": {reason: "Without a node, each condition is shown.", condition: zone("node-1 (us-east-1a)"), want: "no configured subnet is in the zone of: node-1 (us-east-1a); the subnets are in: us-east-1c"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			n := &v1alpha1.NodeENI{Spec: v1alpha1.NodeENISpec{NodeSelector: map[string]string{"role": "data"}}}
			n.SetConditions(tc.condition)
			got := ""
			if c := f.PlanProblem(n, tc.node); c != nil {
				got = c.Message
			}
			if got != tc.want {
				t.Errorf("\n%s\ngot  %q\nwant %q", tc.reason, got, tc.want)
			}
		})
	}
}
