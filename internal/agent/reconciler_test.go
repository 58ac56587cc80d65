// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link/fake"
	"github.com/nodeeni/provider-aws-eni/internal/agent/sysfs"
)

// noSysctls is a kernel without sysctls.
type noSysctls struct{}

func (noSysctls) Get(sysfs.Sysctl) (string, bool, error)       { return "", false, nil }
func (noSysctls) Set(sysfs.Sysctl, string, func() error) error { return errors.New("not offered") }

// inMemory returns an agent on a host in memory with one link.
func inMemory(t *testing.T, objects ...client.Object) (*harness, *fake.Links, int) {
	t.Helper()
	m := newMachine(t)
	m.plug(6, mac1)
	return m.newHarness(objects...), m.links, m.indexOf("ens6")
}

func TestStatus(t *testing.T) {
	r, links, i := inMemory(t, hif("a", mac1, 1, mtu(9001), func(hi *v1alpha1.HostInterface) { hi.Generation = 3 }))
	r.reconcile("a")
	node := int32(1)
	want := v1alpha1.HostInterfaceStatus{
		ObservedGeneration: 3, InterfaceName: "ens6", AltNames: []string{"eni-a"}, PCIAddress: "0000:00:06.0", Driver: "ena", KernelDriver: "ena",
		MTU: 9001, OriginalMTU: 1500, NUMANode: &node, PCIeRoot: "pci0000:00", IOMMUGroup: "7", DriverVersion: "6.1", LinkSpeedMbps: new(int32(25000)), BootID: "boot-1",
	}
	want.SetConditions(v1alpha1.Ready(v1alpha1.ReasonConfigured, "link ens6 is configured"))
	ignore := cmpopts.IgnoreFields(xpv2.Condition{}, "LastTransitionTime")
	if diff := cmp.Diff(want, r.get("a").Status, ignore); diff != "" {
		t.Errorf("The status describes the device.\n-want, +got:\n%s", diff)
	}
	if n := r.writes.Load(); n != 1 {
		t.Errorf("The status is written once, not %d times.", n)
	}

	// A changed message is not a transition.
	old := metav1.NewTime(time.Unix(1000, 0))
	hi := r.get("a")
	hi.Status.Conditions[0].LastTransitionTime = old
	if err := r.client.Status().Update(t.Context(), hi); err != nil {
		t.Fatal(err)
	}
	r.tracker = newTracker()
	r.change("a", rename("data0"))
	r.reconcile("a")
	if c := r.get("a").GetCondition(xpv2.TypeReady); !c.LastTransitionTime.Equal(&old) || !strings.Contains(c.Message, "data0") {
		t.Errorf("lastTransitionTime changes with the status only: %v", c)
	}
	links.Remove(i)
	r.reconcile("a")
	if c := r.get("a").GetCondition(xpv2.TypeReady); c.LastTransitionTime.Equal(&old) || r.get("a").Status.InterfaceName != "" {
		t.Errorf("The status of a deleted link is cleared: %v", r.get("a").Status)
	}
}

func TestReasons(t *testing.T) {
	cases := map[string]struct {
		reason string
		change func(*v1alpha1.HostInterface)
		want   string
	}{
		"BadAddress": {
			reason: "A field that cannot be parsed is named.",
			change: func(hi *v1alpha1.HostInterface) { hi.Spec.PrivateIPs = []string{"10.0.1"} },
			want:   `False InvalidConfig: spec.privateIps: cannot parse "10.0.1"`,
		},
		"WrongFamily": {
			reason: "An IPv6 range is rejected as an IPv4 range.",
			change: func(hi *v1alpha1.HostInterface) { hi.Spec.SubnetCIDR = "2001:db8::/64" },
			want:   `False InvalidConfig: spec.subnetCidr: cannot parse "2001:db8::/64"`,
		},
		"NoSubnet": {
			reason: "Without the subnet the gateway is unknown.",
			change: func(hi *v1alpha1.HostInterface) {
				addressing(v1alpha1.AddressingPolicyRouted, "10.0.1.5")(hi)
				hi.Spec.SubnetCIDR = ""
			},
			want: "False InvalidConfig: spec.subnetCidr is empty: addressing PolicyRouted needs it to derive the gateway",
		},
		"NoTable": {
			reason: "A device index out of range has no table.",
			change: func(hi *v1alpha1.HostInterface) {
				addressing(v1alpha1.AddressingPolicyRouted, "10.0.1.5")(hi)
				hi.Spec.NetworkCardIndex = 10
			},
			want: "False InvalidConfig: device index 1 on network card 10 has no routing table: addressing PolicyRouted is for device indexes below 100 on network cards below 10; use Addresses or None",
		},
		"OtherNode": {
			reason: "A HostInterface of another node is ignored.",
			change: func(hi *v1alpha1.HostInterface) { hi.Spec.NodeName = "node-b" },
			want:   "Unknown : ",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Log(tc.reason)
			r, _, _ := inMemory(t, hif("a", mac1, 1, tc.change))
			r.reconcile("a")
			r.checkReady("a", tc.want)
			writes := r.writes.Load()
			r.reconcile("a")
			if n := r.writes.Load() - writes; n != 0 {
				t.Errorf("Nothing is written again in the steady state: %d writes", n)
			}
		})
	}
}

func TestStepFails(t *testing.T) {
	r, links, _ := inMemory(t, hif("a", mac1, 1, mtu(9216)))
	refused := errors.New("operation not permitted")
	links.Fault = func(method string) error {
		if method == "SetMTU" {
			return refused
		}
		return nil
	}
	_, err := r.Reconcile(t.Context(), request("a"))
	if diff := cmp.Diff(refused, err, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("A failed step is retried with backoff.\n-want, +got:\n%s", diff)
	}
	r.checkReady("a", `False KernelRefused: cannot apply "ip link set dev ens6 mtu 9216": operation not permitted`)
	if got := r.get("a").Status; got.MTU != 1500 || got.InterfaceName != "ens6" {
		t.Errorf("The status describes the host after the failure: %v", got)
	}

	r.delete("a")
	links.Fault = func(method string) error { return refused }
	if s, _ := links.Snapshot(); s.Links[0].Up {
		t.Fatal("Steps after the failed one are not applied.")
	}
	r.reconcile("a") // No step was applied, so no step is left.
	if err := r.client.Get(t.Context(), request("a").NamespacedName, &v1alpha1.HostInterface{}); err == nil {
		t.Error("A HostInterface without a configuration is released.")
	}
}

func TestStepFailsOnce(t *testing.T) {
	r, links, _ := inMemory(t, hif("a", mac1, 1))
	first := true
	links.Fault = func(string) error {
		defer func() { first = false }()
		if first {
			return syscall.ENETDOWN
		}
		return nil
	}
	r.reconcile("a")
	r.checkReady("a", "True Configured: link ens6 is configured")
}

func TestReleaseFails(t *testing.T) {
	r, links, _ := inMemory(t, hif("a", mac1, 1))
	r.reconcile("a")
	r.delete("a")
	links.Fault = func(method string) error {
		if method == "DelAltName" {
			return errors.New("operation not permitted")
		}
		return nil
	}
	if _, err := r.Reconcile(t.Context(), request("a")); err == nil {
		t.Error("A failed release is retried.")
	}
	r.checkReady("a", `False KernelRefused: cannot apply "ip link property del dev ens6 altname eni-a": operation not permitted`)
	links.Fault = nil
	r.reconcile("a")
	if err := r.client.Get(t.Context(), request("a").NamespacedName, &v1alpha1.HostInterface{}); err == nil {
		t.Error("A released HostInterface is deleted.")
	}
}

func TestNoEffect(t *testing.T) {
	r, links, _ := inMemory(t, hif("a", mac1, 1))
	r.host.Links = noopLinks{links}
	if _, err := r.Reconcile(t.Context(), request("a")); err == nil {
		t.Error("A step without effect is retried.")
	}
	r.checkReady("a", `False KernelRefused: "ip link set dev ens6 up" has no effect`)
}

// noopLinks returns success without a change.
type noopLinks struct{ *fake.Links }

func (noopLinks) SetUp(int, bool) error         { return nil }
func (noopLinks) AddAltName(int, string) error  { return nil }
func (noopLinks) SetMTU(int, int) error         { return nil }
func (noopLinks) AddAddress(link.Address) error { return nil }

func TestFinalizer(t *testing.T) {
	r, links, _ := inMemory(t, hif("a", mac1, 1, func(hi *v1alpha1.HostInterface) { hi.Finalizers = []string{"example.org/other"} }))
	links.Fault = func(string) error {
		if diff := cmp.Diff([]string{"example.org/other", v1alpha1.FinalizerAgent}, r.get("a").Finalizers); diff != "" {
			t.Errorf("The finalizer is added before the first change.\n-want, +got:\n%s", diff)
		}
		return nil
	}
	r.reconcile("a")
	r.delete("a")
	r.reconcile("a")
	if diff := cmp.Diff([]string{"example.org/other"}, r.get("a").Finalizers); diff != "" {
		t.Errorf("Foreign finalizers are kept.\n-want, +got:\n%s", diff)
	}
	var event string
	for len(r.events.Events) > 0 {
		event = <-r.events.Events
	}
	check(t, "The event of the release", "Normal Released Released the interface with MAC address "+mac1+" on node "+node, event)
	writes := r.writes.Load()
	r.reconcile("a")
	if r.writes.Load() != writes {
		t.Error("A released HostInterface is not written again.")
	}
}

// TestStaleCache returns the object before the agent's last write, as a stale cache
// does.
func TestStaleCache(t *testing.T) {
	r, _, _ := inMemory(t, hif("a", mac1, 1))
	stale := r.get("a")
	r.reconcile("a")
	writes := r.writes.Load()
	r.Reconciler.client = staleReader{Client: r.client, object: stale}
	r.reconcile("a")
	if n := r.writes.Load() - writes; n != 0 {
		t.Errorf("A stale object does not repeat the write: %d writes", n)
	}
}

type staleReader struct {
	client.Client

	object *v1alpha1.HostInterface
}

func (s staleReader) Get(_ context.Context, _ client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
	s.object.DeepCopyInto(obj.(*v1alpha1.HostInterface))
	return nil
}
