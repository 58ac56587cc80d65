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

// TestAPIServer runs an agent as a program would, against a real API server, as
// a user with no right but those it needs.
func TestAPIServer(t *testing.T) {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		t.Skip("this test needs kube-apiserver and etcd: set KUBEBUILDER_ASSETS to the folder that has them")
	}
	h := agenttest.NewHost(t)
	h.PlugIn("eth1", mac1)
	admin, config := controlPlane(t)
	host, err := host.Open(host.Options{NetNS: h.NetNS(), StateDir: t.TempDir()})
	h.Do(err)
	t.Cleanup(func() { _ = host.Close() })
	withoutRights(t, config, host)
	start(t, config, host)

	elsewhere := hif("elsewhere", mac1, 2, func(hi *v1alpha1.HostInterface) { hi.Spec.NodeName = "node-b" })
	hi := hif("a", mac1, 1, mtu(9001), addressing(v1alpha1.AddressingPolicyRouted, "10.0.1.5", "2001:db8:1::5"))
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
		t.Errorf("The HostInterface of another node is left alone: %s", got)
	}
	until(t, "its Lease is there", func() bool {
		l := &coordinationv1.Lease{}
		err := admin.Get(t.Context(), types.NamespacedName{Namespace: namespace, Name: v1alpha1.AgentLeaseName(node)}, l)
		return err == nil && l.Spec.RenewTime != nil
	})
	until(t, "an event tells of it", func() bool {
		l := &eventsv1.EventList{}
		h.Do(admin.List(t.Context(), l))
		for _, e := range l.Items {
			if e.Reason == "Configured" && e.Regarding.Name == "a" {
				return true
			}
		}
		return false
	})

	// A link that somebody disturbs is put right without a write.
	before := &v1alpha1.HostInterface{}
	h.Do(admin.Get(t.Context(), client.ObjectKeyFromObject(hi), before))
	lines := h.Of("eth1")
	for range 20 {
		h.Do(h.Netlink.LinkSetDown(h.Link("eth1")))
		// For a while, so that the next disturbance is not in the middle of the
		// same reconcile: disturbed often enough, that one gives up and says so.
		since := time.Now()
		until(t, "the link stays as it was", func() bool {
			if h.Of("eth1") != lines {
				since = time.Now()
			}
			return time.Since(since) > 100*time.Millisecond
		})
	}
	after := &v1alpha1.HostInterface{}
	h.Do(admin.Get(t.Context(), client.ObjectKeyFromObject(hi), after))
	if diff := cmp.Diff(before.ResourceVersion, after.ResourceVersion); diff != "" {
		t.Errorf("What was put right within the same reconcile is not reported.\n-want, +got:\n%s", diff)
	}

	stacks := make([]byte, 8<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for _, ticks := range []string{"updateUnfinishedWorkLoop", "waitingLoop", "priorityqueue"} {
		if bytes.Contains(stacks, []byte(ticks)) {
			t.Errorf("Nothing wakes an agent at rest more than twice a minute, and %s does.", ticks)
		}
	}

	h.Do(admin.Delete(t.Context(), hi))
	until(t, "it is released", func() bool {
		return kerrors.IsNotFound(admin.Get(t.Context(), client.ObjectKeyFromObject(hi), after))
	})
	if diff := cmp.Diff("ip link set dev eth1 address "+mac1+" mtu 1500 down", h.String()); diff != "" {
		t.Errorf("After release the link is as it came.\n-want, +got:\n%s", diff)
	}
}

// withoutRights starts an agent that may not list HostInterfaces, which ends, and
// says why.
func withoutRights(t *testing.T, config *rest.Config, host *host.Host) {
	t.Helper()
	a, err := New(rest.AnonymousClientConfig(config), Options{NodeName: node, Namespace: namespace, Host: host})
	if err != nil {
		t.Fatal(err)
	}
	a.syncTimeout = 2 * time.Second
	err = a.Run(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "cannot list the node's HostInterfaces in 2s: ") || !strings.Contains(err.Error(), `User "system:anonymous" cannot list resource "hostinterfaces"`) {
		t.Errorf("An agent without its rights says which: %v", err)
	}
	if a.Ready() {
		t.Error("It is not ready.")
	}
}

// controlPlane starts an API server and returns a client that may do
// everything, and the configuration of a user that may do what an agent must.
func controlPlane(t *testing.T) (client.Client, *rest.Config) {
	t.Helper()
	env := &envtest.Environment{CRDDirectoryPaths: []string{"../../package/crds"}, ErrorIfCRDPathMissing: true}
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
		&rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "agent"}, Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{v1alpha1.Group}, Resources: []string{"hostinterfaces"}, Verbs: []string{"get", "list", "watch", "patch"}},
			{APIGroups: []string{v1alpha1.Group}, Resources: []string{"hostinterfaces/status"}, Verbs: []string{"patch"}},
			{APIGroups: []string{"coordination.k8s.io"}, Resources: []string{"leases"}, Verbs: []string{"get", "create", "update"}},
			{APIGroups: []string{""}, Resources: []string{"events"}, Verbs: []string{"create", "patch"}},
		}},
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

// start starts an agent that ends with the test.
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

// until asks until it is so, for as long as a slow machine may need.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	begin := time.Now()
	for tick := time.NewTicker(time.Millisecond); !is(); <-tick.C {
		if time.Since(begin) > 30*time.Second {
			t.Fatalf("it never came to be that %s", what)
		}
	}
}
