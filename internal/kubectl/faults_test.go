// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"strings"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// A faultChange changes the objects of a network interface.
type faultChange = func(ni *ec2v1alpha1.NetworkInterface, at *ec2v1alpha1.NetworkInterfaceAttachment, h *v1alpha1.HostInterface)

var past = metav1.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)

// old returns a Lease that has expired.
func old(name string) *coordinationv1.Lease {
	return &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Namespace: system, Name: name},
		Spec:       coordinationv1.LeaseSpec{RenewTime: &metav1.MicroTime{Time: past.Time}, LeaseDurationSeconds: new(int32(90))},
	}
}

// deleting marks an object as being deleted.
func deleting(o client.Object) {
	o.SetDeletionTimestamp(&past)
	o.SetFinalizers([]string{"x"})
}

// faults returns the objects of situations that users have reported.
func faults() []client.Object {
	held := nodeENI("held", v1alpha1.NotReady(v1alpha1.ReasonRolloutHeld, "2 Ready nodes no longer match: held until they match again or spec.rollout.maxUnavailable is set, such as 25%"))
	paused := nodeENI("paused", xpv2.ReconcilePaused())
	deleting(paused)
	twin := nodeENI("twin", xpv2.ReconcileError(errors.New("1 of 2 network interfaces are not Synced; node t-b: NetworkInterface t-b is paused")),
		v1alpha1.NotReady(v1alpha1.ReasonProgressing, "1 of 2 interfaces are ready; node t-b: NetworkInterface t-b is paused"))
	zones := nodeENI("zones", v1alpha1.NodesNotUsable(v1alpha1.ReasonNoSubnetInZone, "no configured subnet is in the zone of: z-a (us-east-1b), z-b (us-east-1c); the subnets are in: us-east-1a"))
	slow := nodeENI("slow", xpv2.ReconcileSuccess())
	offline := node("s-change", "slow")
	offline.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionUnknown, LastTransitionTime: past}}
	out := []client.Object{
		held, paused, twin, zones, slow, nodeENI("full", xpv2.ReconcileSuccess()), offline,
		node("h-a", "hold"), node("p-a", "paused"), node("p-b", "paused"), node("t-a", "twin"), node("t-b", "twin"), node("z-a", "zones"), node("z-b", "zones"),
		node("s-release", "slow"), node("s-host", "slow"), node("s-recreate", "slow"), node("f-a", "full"),
		old("agent-s-change"), old("agent-s-release"), old("agent-s-host"), old("agent-s-recreate"),
	}
	for _, c := range []struct {
		nodeENI, node string
		change        faultChange
	}{
		{"held", "h-a", nil},
		{"paused", "p-a", nil},
		{"paused", "p-b", func(_ *ec2v1alpha1.NetworkInterface, at *ec2v1alpha1.NetworkInterfaceAttachment, h *v1alpha1.HostInterface) {
			deleting(at)
			h.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonWaitingForPods, "link ens7 is in use by link mv0"))
		}},
		{"twin", "t-a", nil},
		{"twin", "t-b", func(ni *ec2v1alpha1.NetworkInterface, _ *ec2v1alpha1.NetworkInterfaceAttachment, _ *v1alpha1.HostInterface) {
			ni.SetConditions(xpv2.ReconcilePaused())
		}},
		{"slow", "s-change", func(_ *ec2v1alpha1.NetworkInterface, _ *ec2v1alpha1.NetworkInterfaceAttachment, h *v1alpha1.HostInterface) {
			h.Generation = 2
		}},
		{"slow", "s-release", func(_ *ec2v1alpha1.NetworkInterface, at *ec2v1alpha1.NetworkInterfaceAttachment, _ *v1alpha1.HostInterface) {
			deleting(at)
		}},
		{"slow", "s-host", func(_ *ec2v1alpha1.NetworkInterface, _ *ec2v1alpha1.NetworkInterfaceAttachment, h *v1alpha1.HostInterface) {
			*h = v1alpha1.HostInterface{}
		}},
		{"slow", "s-recreate", func(_ *ec2v1alpha1.NetworkInterface, at *ec2v1alpha1.NetworkInterfaceAttachment, h *v1alpha1.HostInterface) {
			deleting(h)
			at.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonWaitingForHost, "the network interface is attached, and its host is not ready: node s-recreate is applying a change"))
		}},
		{"full", "f-a", func(ni *ec2v1alpha1.NetworkInterface, at *ec2v1alpha1.NetworkInterfaceAttachment, h *v1alpha1.HostInterface) {
			ni.Status.AtProvider.ID, ni.Annotations = "", nil
			ni.SetConditions(xpv2.ReconcileError(errors.New("cannot create the ENI: InsufficientFreeAddressesInSubnet")), v1alpha1.NotReady(v1alpha1.ReasonSubnetFull, "subnet-1 has no free address"))
			*at, *h = ec2v1alpha1.NetworkInterfaceAttachment{}, v1alpha1.HostInterface{}
		}},
	} {
		change := []faultChange{c.change}
		if c.change == nil {
			change = nil
		}
		out = append(out, child(c.nodeENI, c.node, c.node, 1, change...)...)
	}
	for name, change := range map[string]func(ni *ec2v1alpha1.NetworkInterface){
		"a-used": func(ni *ec2v1alpha1.NetworkInterface) { ni.Status.AtProvider.Status = "in-use" },
		"b-missing": func(ni *ec2v1alpha1.NetworkInterface) {
			ni.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonMissingInEC2, "EC2 did not return eni-b-missing"))
		},
		"c-foreign": func(ni *ec2v1alpha1.NetworkInterface) {
			ni.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonNotOurs, "another cluster owns it"))
		},
		"d-deleting": func(ni *ec2v1alpha1.NetworkInterface) { deleting(ni); ni.SetConditions(xpv2.Deleting()) },
	} {
		ni := child("", "", name, 0)[0].(*ec2v1alpha1.NetworkInterface)
		ni.Labels = nil
		change(ni)
		out = append(out, ni)
	}
	pin := child("", "", "pin", 2)[1]
	pin.SetLabels(nil)
	return append(out, pin)
}

func TestFaults(t *testing.T) {
	for name, args := range map[string][]string{
		"faults-status.txt": {"status"}, "faults-status-wide.txt": {"status", "-o", "wide"},
		"faults-held.txt": {"explain", "nodeeni", "held"}, "faults-paused.txt": {"explain", "neni/paused"}, "faults-twin.txt": {"explain", "neni/twin"},
		"faults-slow.txt": {"explain", "neni/slow"}, "faults-full.txt": {"explain", "node", "f-a"}, "faults-pin.txt": {"explain", "eni/pin"},
		"faults-missing.txt": {"explain", "eni/b-missing"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := run(t, t.Context(), faults(), args...)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name, got)
		})
	}
}

// TestForbiddenLeases verifies that the commands work without the permission to list Leases.
func TestForbiddenLeases(t *testing.T) {
	s, err := newScheme()
	if err != nil {
		t.Fatal(err)
	}
	api := fake.NewClientBuilder().WithScheme(s).WithObjects(faults()...).WithInterceptorFuncs(interceptor.Funcs{
		List: func(ctx context.Context, c client.WithWatch, l client.ObjectList, opts ...client.ListOption) error {
			if _, ok := l.(*coordinationv1.LeaseList); ok {
				return kerrors.NewForbidden(schema.GroupResource{Resource: "leases"}, "", errors.New("no"))
			}
			return c.List(ctx, l, opts...)
		},
	}).Build()
	got, err := runWith(t.Context(), api, "", "status", "slow")
	if err != nil || strings.Contains(got, "Lease") || !strings.Contains(got, "the agent has not applied generation 2 yet, but 1") {
		t.Errorf("%v\n%s", err, got)
	}
}
