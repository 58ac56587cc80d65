// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/record"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/agenttest"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/extendedresource"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/offer"
	"github.com/nodeeni/provider-aws-eni/internal/agent/plan"
)

func TestMain(m *testing.M) { os.Exit(agenttest.Main(m)) }

const (
	node = "node-a"
	mac1 = "02:00:00:00:00:01"
	mac2 = "02:00:00:00:00:02"
	mac9 = "02:00:00:00:00:99"
)

// A harness is an agent with its own network namespace and an API server in memory.
type harness struct {
	*Reconciler

	t      *testing.T
	net    *agenttest.Host
	client client.Client
	// pods is the client for the device plugin's pods.
	pods   *podClient
	events *record.FakeRecorder
	// writes is the number of writes to the API server.
	writes *atomic.Int64
}

// newHarness returns an agent on a host with a primary interface that must not be
// changed: eth0, with an address and a default route.
func newHarness(t *testing.T, objects ...client.Object) *harness {
	t.Helper()
	h := agenttest.NewHost(t)
	h.PlugIn("eth0", mac9)
	h.Do(h.Netlink.LinkSetMTU(h.Link("eth0"), 9001))
	h.Do(h.Netlink.AddrAdd(h.Link("eth0"), h.Address("10.0.1.2/24")))
	h.Do(h.Netlink.LinkSetUp(h.Link("eth0")))
	h.Default("eth0", "10.0.1.1", 512)

	host, err := host.Open(host.Options{NetNS: h.NetNS(), StateDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Close() })
	r := newHarnessOn(t, host, objects...)
	r.net = h
	return r
}

// newHarnessOn returns an agent on a host.
func newHarnessOn(t *testing.T, host *host.Host, objects ...client.Object) *harness {
	t.Helper()
	s, err := newScheme()
	if err != nil {
		t.Fatal(err)
	}
	r := &harness{t: t, writes: &atomic.Int64{}, events: record.NewFakeRecorder(1000)}
	count := func() { r.writes.Add(1) }
	r.client = fake.NewClientBuilder().WithScheme(s).WithObjects(objects...).
		WithStatusSubresource(&v1alpha1.HostInterface{}).
		WithIndex(&corev1.Pod{}, "spec.nodeName", func(o client.Object) []string { return []string{o.(*corev1.Pod).Spec.NodeName} }).
		WithInterceptorFuncs(interceptor.Funcs{
			Patch: func(ctx context.Context, c client.WithWatch, obj client.Object, p client.Patch, opts ...client.PatchOption) error {
				count()
				return c.Patch(ctx, obj, p, opts...)
			},
			SubResourcePatch: func(ctx context.Context, c client.Client, sub string, obj client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
				count()
				return c.SubResource(sub).Patch(ctx, obj, p, opts...)
			},
		}).Build()
	r.pods = &podClient{Client: r.client}
	m, err := NewMetrics(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	r.Reconciler = &Reconciler{
		client: r.client, recorder: r.events, host: host, policy: desired.Policy{Kinds: []string{"veth", "device"}},
		nodeName: node, resync: time.Minute, now: time.Now, metrics: m, tracker: newTracker(), resources: extendedresource.New("", time.Now),
	}
	r.offers, err = offer.New(offer.DevicePlugin{}, r.client, node, host)
	must(t, err)
	return r
}

// A podClient deletes no pods while err is set.
type podClient struct {
	client.Client

	err error
}

// Delete implements client.Client.
func (c *podClient) Delete(ctx context.Context, o client.Object, opts ...client.DeleteOption) error {
	if c.err != nil {
		return c.err
	}
	return c.Client.Delete(ctx, o, opts...)
}

// hif returns a HostInterface of the node, with changes.
func hif(name, mac string, index int32, change ...func(*v1alpha1.HostInterface)) *v1alpha1.HostInterface {
	hi := &v1alpha1.HostInterface{
		ObjectMeta: metav1.ObjectMeta{Name: name, Finalizers: []string{v1alpha1.FinalizerAgent}, CreationTimestamp: metav1.Unix(int64(index), 0), UID: "uid-" + "1"},
		Spec: v1alpha1.HostInterfaceSpec{
			NodeName: node, NetworkInterfaceID: "eni-" + name, MACAddress: mac, DeviceIndex: index,
			SubnetCIDR: "10.0.1.0/24", SubnetIPv6CIDRs: []string{"2001:db8:1::/64"},
			Config: v1alpha1.HostConfig{Driver: v1alpha1.DriverKernel, Addressing: v1alpha1.AddressingNone},
		},
	}
	for _, c := range change {
		c(hi)
	}
	return hi
}

func addressing(m v1alpha1.AddressingMode, addresses ...string) func(*v1alpha1.HostInterface) {
	return func(hi *v1alpha1.HostInterface) {
		hi.Spec.Config.Addressing = m
		hi.Spec.PrivateIPs, hi.Spec.IPv6Addresses = nil, nil
		for _, a := range addresses {
			if strings.Contains(a, ":") {
				hi.Spec.IPv6Addresses = append(hi.Spec.IPv6Addresses, a)
			} else {
				hi.Spec.PrivateIPs = append(hi.Spec.PrivateIPs, a)
			}
		}
	}
}

func mtu(m int32) func(*v1alpha1.HostInterface) {
	return func(hi *v1alpha1.HostInterface) { hi.Spec.Config.MTU = &m }
}

func altNames(names ...string) func(*v1alpha1.HostInterface) {
	return func(hi *v1alpha1.HostInterface) { hi.Spec.Config.AltNames = names }
}

func rename(name string) func(*v1alpha1.HostInterface) {
	return func(hi *v1alpha1.HostInterface) { hi.Spec.Config.InterfaceName = new(name) }
}

// reconcile reconciles HostInterfaces once.
func (r *harness) reconcile(names ...string) {
	r.t.Helper()
	for _, n := range names {
		if _, err := r.Reconcile(r.t.Context(), request(n)); err != nil {
			r.t.Fatalf("cannot reconcile %q: %v", n, err)
		}
	}
}

func (r *harness) get(name string) *v1alpha1.HostInterface {
	r.t.Helper()
	hi := &v1alpha1.HostInterface{}
	if err := r.client.Get(r.t.Context(), request(name).NamespacedName, hi); err != nil {
		r.t.Fatal(err)
	}
	return hi
}

// change updates a HostInterface and its generation.
func (r *harness) change(name string, change ...func(*v1alpha1.HostInterface)) {
	r.t.Helper()
	hi := r.get(name)
	for _, c := range change {
		c(hi)
	}
	hi.Generation++
	if err := r.client.Update(r.t.Context(), hi); err != nil {
		r.t.Fatal(err)
	}
}

func (r *harness) delete(name string) {
	r.t.Helper()
	if err := r.client.Delete(r.t.Context(), r.get(name)); err != nil {
		r.t.Fatal(err)
	}
}

// checkReady checks the condition Ready.
func (r *harness) checkReady(name, want string) {
	r.t.Helper()
	c := r.get(name).GetCondition("Ready")
	got := string(c.Status) + " " + string(c.Reason) + ": " + c.Message
	if diff := cmp.Diff(want, got); diff != "" {
		r.t.Errorf("HostInterface %s, Ready: -want, +got:\n%s", name, diff)
	}
}

// becomesReady waits for the condition Ready: a running agent reports it
// after the link is configured.
func (r *harness) becomesReady(name, want string) {
	r.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		if c := r.get(name).GetCondition("Ready"); string(c.Status)+" "+string(c.Reason)+": "+c.Message == want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	r.checkReady(name, want)
}

// checkHost compares the state of the host with lines.
func (r *harness) checkHost(reason, got string, want ...string) {
	r.t.Helper()
	slices.Sort(want)
	if diff := cmp.Diff(want, strings.Split(got, "\n")); diff != "" {
		r.t.Errorf("%s\n-want, +got:\n%s", reason, diff)
	}
}

// checkIdle checks that another reconcile changes neither the host nor the API server.
func (r *harness) checkIdle(names ...string) {
	r.t.Helper()
	before, writes := r.net.String(), r.writes.Load()
	for _, n := range names {
		o := r.plan(n)
		if len(o.Plan.Steps) != 0 {
			r.t.Errorf("HostInterface %s has steps in the steady state: %v", n, o.Plan.Steps)
		}
	}
	r.reconcile(names...)
	if diff := cmp.Diff(before, r.net.String()); diff != "" {
		r.t.Errorf("The steady state is not changed.\n-before, +after:\n%s", diff)
	}
	if n := r.writes.Load() - writes; n != 0 {
		r.t.Errorf("Nothing is written in the steady state: %d writes", n)
	}
}

// plan plans without applying.
func (r *harness) plan(name string) Outcome {
	r.t.Helper()
	hi := r.get(name)
	w, _ := desired.Parse(hi)
	all := &v1alpha1.HostInterfaceList{}
	if err := r.client.List(r.t.Context(), all); err != nil {
		r.t.Fatal(err)
	}
	_ = desired.FindConflict(hi, all.Items, &w)
	o, err := host.Observe(r.t.Context(), r.host, w, r.policy)
	if err != nil {
		r.t.Fatal(err)
	}
	return Outcome{Plan: plan.Make(w, r.policy, o), Observed: o}
}

func sorted(lines []string) []string { return slices.Sorted(slices.Values(lines)) }
