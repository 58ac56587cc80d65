// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"bytes"
	"context"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/agenttest"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
)

const namespace = "provider-aws-eni-system"

// TestAPIServer runs an agent against a real API server, as
// a user with only the RBAC rules that it needs.
func TestAPIServer(t *testing.T) {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		t.Skip("this test needs kube-apiserver and etcd: set KUBEBUILDER_ASSETS to their directory")
	}
	h := agenttest.NewHost(t)
	h.PlugIn("eth1", mac1)
	admin, config := controlPlane(t)
	host, err := host.Open(host.Options{NetNS: h.NetNS(), StateDir: t.TempDir()})
	h.Do(err)
	t.Cleanup(func() { _ = host.Close() })
	host.CNI = cachePods(t, 3)
	withoutPermissions(t, config, host)
	start(t, config, host)

	elsewhere := hif("elsewhere", mac1, 2, func(hi *v1alpha1.HostInterface) { hi.Spec.NodeName = "node-b" })
	hi := hif("a", mac1, 1, mtu(9001), addressing(v1alpha1.AddressingPolicyRouted, "10.0.1.5", "2001:db8:1::5"), ofNodeENI, releasePolicy(v1alpha1.ReleaseImmediate, 0))
	for _, o := range []*v1alpha1.HostInterface{elsewhere, hi} {
		o.UID, o.CreationTimestamp = "", metav1.Time{}
		o.Spec.AttachmentRef = v1alpha1.AttachmentReference{Namespace: "default", Name: "a", UID: "u"}
		h.Do(admin.Create(t.Context(), o))
	}
	reason := func(name string) string {
		got := &v1alpha1.HostInterface{}
		h.Do(admin.Get(t.Context(), types.NamespacedName{Name: name}, got))
		return string(got.GetCondition("Ready").Reason)
	}
	until(t, "it is configured", func() bool { return reason("a") == "Configured" })
	if got := reason("elsewhere"); got != "" {
		t.Errorf("A HostInterface of another node is ignored: %s", got)
	}
	until(t, "its Lease is there", func() bool {
		l := &coordinationv1.Lease{}
		err := admin.Get(t.Context(), types.NamespacedName{Namespace: namespace, Name: v1alpha1.AgentLeaseName(node)}, l)
		return err == nil && l.Spec.RenewTime != nil
	})
	until(t, "an event is recorded", func() bool {
		l := &eventsv1.EventList{}
		h.Do(admin.List(t.Context(), l))
		for _, e := range l.Items {
			if e.Reason == "Configured" && e.Regarding.Name == "a" {
				return true
			}
		}
		return false
	})

	// A changed link is corrected without a write to the API server.
	before := &v1alpha1.HostInterface{}
	h.Do(admin.Get(t.Context(), client.ObjectKeyFromObject(hi), before))
	lines := h.Of("eth1")
	for range 20 {
		h.Do(h.Netlink.LinkSetDown(h.Link("eth1")))
		// Wait, so that the next change is not in the middle of the
		// same reconcile: after too many changes it reports a failure.
		since := time.Now()
		until(t, "the link stays configured", func() bool {
			if h.Of("eth1") != lines {
				since = time.Now()
			}
			return time.Since(since) > 100*time.Millisecond
		})
	}
	after := &v1alpha1.HostInterface{}
	h.Do(admin.Get(t.Context(), client.ObjectKeyFromObject(hi), after))
	if diff := cmp.Diff(before.ResourceVersion, after.ResourceVersion); diff != "" {
		t.Errorf("A correction within one reconcile is not reported.\n-want, +got:\n%s", diff)
	}

	stacks := make([]byte, 8<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for _, ticks := range []string{"updateUnfinishedWorkLoop", "waitingLoop", "priorityqueue"} {
		if bytes.Contains(stacks, []byte(ticks)) {
			t.Errorf("No timer of an idle agent fires more than twice a minute, but %s does.", ticks)
		}
	}

	// A pod that loses its interface gets an event in its own namespace.
	h.NewPod("veth3", podMAC).AddMacvlan("net1", "eth1", "0a:00:00:00:01:03")
	h.Do(admin.Delete(t.Context(), hi))
	until(t, "pod, HostInterface and NodeENI have an event", func() bool {
		l, about := &eventsv1.EventList{}, map[string]bool{}
		h.Do(admin.List(t.Context(), l))
		for _, e := range l.Items {
			if e.Reason == eventTaken {
				about[e.Regarding.Kind+" "+e.Namespace+"/"+e.Regarding.Name+" "+string(e.Regarding.UID)] = true
			}
		}
		return about["Pod apps/fw-3 u-3"] && about["HostInterface default/a "+string(hi.UID)] && about["NodeENI default/data "]
	})
	until(t, "it is released", func() bool {
		return kerrors.IsNotFound(admin.Get(t.Context(), client.ObjectKeyFromObject(hi), after))
	})
	if diff := cmp.Diff("ip link set dev eth1 address "+mac1+" mtu 1500 down", h.Of("eth1")); diff != "" {
		t.Errorf("The release restores the link.\n-want, +got:\n%s", diff)
	}
}

// withoutPermissions starts an agent that may not list HostInterfaces: it exits with the
// reason.
func withoutPermissions(t *testing.T, config *rest.Config, host *host.Host) {
	t.Helper()
	a, err := New(rest.AnonymousClientConfig(config), Options{NodeName: node, Namespace: namespace, Host: host})
	if err != nil {
		t.Fatal(err)
	}
	a.syncTimeout = 2 * time.Second
	err = a.Run(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "cannot list the node's HostInterfaces in 2s: ") || !strings.Contains(err.Error(), `User "system:anonymous" cannot list resource "hostinterfaces"`) {
		t.Errorf("The error names the missing permission: %v", err)
	}
	if a.Ready() {
		t.Error("It is not ready.")
	}
}

// controlPlane starts an API server, and returns a client with all
// permissions, and the configuration of a user with the agent's RBAC rules.
func controlPlane(t *testing.T) (client.Client, *rest.Config) {
	t.Helper()
	env := &envtest.Environment{
		CRDDirectoryPaths: []string{"../../package/crds"}, ErrorIfCRDPathMissing: true,
		// Other tests start servers at the same time.
		ControlPlaneStartTimeout: time.Minute, CRDInstallOptions: envtest.CRDInstallOptions{MaxTime: time.Minute},
	}
	config, err := env.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = env.Stop() })
	s, err := newScheme()
	if err != nil {
		t.Fatal(err)
	}
	for _, add := range []func() error{
		func() error { return rbacv1.AddToScheme(s) }, func() error { return eventsv1.AddToScheme(s) },
	} {
		if err := add(); err != nil {
			t.Fatal(err)
		}
	}
	admin, err := client.New(config, client.Options{Scheme: s})
	if err != nil {
		t.Fatal(err)
	}
	user, err := env.AddUser(envtest.User{Name: "agent"}, config)
	if err != nil {
		t.Fatal(err)
	}
	for _, obj := range []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}},
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "apps"}},
		&rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "agent"}, Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{v1alpha1.Group}, Resources: []string{"hostinterfaces"}, Verbs: []string{"get", "list", "watch", "patch"}},
			{APIGroups: []string{v1alpha1.Group}, Resources: []string{"hostinterfaces/status"}, Verbs: []string{"patch"}},
			{APIGroups: []string{"coordination.k8s.io"}, Resources: []string{"leases"}, Verbs: []string{"get", "create", "update"}},
			{APIGroups: []string{""}, Resources: []string{"events"}, Verbs: []string{"create"}},
		}},
		&rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "agent-events", Namespace: "default"}, Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{""}, Resources: []string{"events"}, Verbs: []string{"create", "patch"}},
		}},
		&rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: "agent-events", Namespace: "default"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "agent-events"},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "agent"}},
		},
		&rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: "agent"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "agent"},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "agent"}},
		},
	} {
		if err := admin.Create(t.Context(), obj); err != nil {
			t.Fatal(err)
		}
	}
	return admin, user.Config()
}

// start runs an agent until the end of the test.
func start(t *testing.T, config *rest.Config, host *host.Host) {
	t.Helper()
	a, err := New(config, Options{
		NodeName: node, Namespace: namespace, Host: host,
		Policy: desired.Policy{Kinds: []string{"veth"}}, Metrics: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// until polls a condition, for as long as a slow machine may need.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	begin := time.Now()
	for tick := time.NewTicker(time.Millisecond); !is(); <-tick.C {
		if time.Since(begin) > 30*time.Second {
			t.Fatalf("condition not met: %s", what)
		}
	}
}
