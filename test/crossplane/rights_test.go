// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package crossplane

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netns"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// A request is a line of the audit log.
type request struct {
	Verb string
	User struct{ Username string }

	ObjectRef *struct{ APIGroup, Resource, Subresource string }

	ResponseStatus struct{ Code int }
}

// permission returns the permission that a request needs.
func (r *request) permission() string {
	resource := r.ObjectRef.Resource
	if r.ObjectRef.Subresource != "" {
		resource += "/" + r.ObjectRef.Subresource
	}
	return permission(r.Verb, r.ObjectRef.APIGroup, resource)
}

func permission(verb, group, resource string) string {
	if group != "" {
		resource += "." + group
	}
	return verb + " " + resource
}

// elsewhere are permissions that no request of this suite needs, with the reason. Verbs
// come first, so that a prefix names several.
var elsewhere = map[string]string{
	"manage-all-nodes ": "the admission policies check it; no request has this verb",
	"update networkinterfaces/finalizers.ec2.networking.k8s.aws":           "the admission plugin OwnerReferencesPermissionEnforcement checks it",
	"update networkinterfaceattachments/finalizers.ec2.networking.k8s.aws": "the admission plugin OwnerReferencesPermissionEnforcement checks it",
	"update nodeenis/finalizers.networking.k8s.aws":                        "the admission plugin OwnerReferencesPermissionEnforcement checks it",
	"get nodeenis.networking.k8s.aws":                                      "an object whose NodeENI the cache lacks: test/integration, TestNodeENIWithoutFinalizer",
	"get networkinterfaces.ec2.networking.k8s.aws":                         "an ENI of another object that the cache lacks: test/integration, TestAdoption",
	"get networkinterfaceattachments.ec2.networking.k8s.aws":               "an ENI of another object that the cache lacks: test/integration, TestAdoption",
	"patch hostinterfaces.networking.k8s.aws":                              "the finalizer of an agent that does not run: test/integration, TestNodeLifecycle",
	"update providerconfigusages.networking.k8s.aws":                       "a resource that changes its provider config",
	"delete providerconfigusages.networking.k8s.aws":                       "a usage without an owner, of a backup",
	"get network-attachment-definitions.k8s.cni.cncf.io":                   "spec.network: test/integration, TestNetwork",
	"list network-attachment-definitions.k8s.cni.cncf.io":                  "spec.network: test/integration, TestNetwork",
	"watch network-attachment-definitions.k8s.cni.cncf.io":                 "spec.network: test/integration, TestNetwork",
	"create network-attachment-definitions.k8s.cni.cncf.io":                "spec.network: test/integration, TestNetwork",
	"update network-attachment-definitions.k8s.cni.cncf.io":                "spec.network: test/integration, TestNetwork",
	"delete network-attachment-definitions.k8s.cni.cncf.io":                "spec.network: test/integration, TestNetwork",
	"get configmaps":                                "the settings of Cilium: internal/controller/providerconfig, TestCNIConflict",
	"delete nodeeniplans.networking.k8s.aws":        "a plan after its TTL: test/integration, TestPlanObject",
	"update nodeeniplans/status.networking.k8s.aws": "a plan: test/integration, TestPlan",
	"get nodes":                         "spec.readiness: test/integration, TestReadiness",
	"patch nodes":                       "spec.readiness: test/integration, TestReadiness",
	"patch nodes/status":                "spec.readiness: test/integration, TestReadiness",
	"create leases.coordination.k8s.io": "the first leader of a cluster; here it was the provider of the package",
	"patch events":                      "an event that is repeated within minutes",
}

// unused returns the reason why a permission may not have been used, or "". Informers
// stream lists as watches, for which older API servers need list. Server-side apply checks
// create in addition to patch.
func unused(p string, used map[string]bool) string {
	for prefix, reason := range elsewhere {
		if strings.HasPrefix(p, prefix) {
			return reason
		}
	}
	if kind, ok := strings.CutPrefix(p, "list "); ok && used["watch "+kind] {
		return "streamed"
	}
	if kind, ok := strings.CutPrefix(p, "create "); ok && used["patch "+kind] {
		return "applied"
	}
	return ""
}

// testRights compares the permissions that each service account used since the start with
// those that our manifests grant it.
func testRights(t *testing.T) {
	e := installed(t)
	used, rejected := e.audit(t)
	for _, c := range []struct {
		account string
		files   []string
		all     bool // no other file grants permissions
	}{
		{"crossplane-system:provider-aws-eni", []string{"crossplane/rbac.yaml"}, false}, // Crossplane grants the others
		{testbed.Namespace + ":provider-aws-eni", []string{"provider.yaml"}, true},
		{testbed.Namespace + ":provider-aws-eni-agent", []string{"agent.yaml"}, true},
	} {
		granted := grantedBy(t, c.files)
		user := "system:serviceaccount:" + c.account
		t.Logf("%s used %d permissions; %v grant %d", c.account, len(used[user]), c.files, len(granted))
		for p := range granted {
			if !used[user][p] && unused(p, used[user]) == "" {
				t.Errorf("%s did not use the permission to %s", c.account, p)
			}
		}
		for p := range used[user] {
			if c.all && !granted[p] && !discovery(p) {
				t.Errorf("%s used a permission that is not granted by %v: %s", c.account, c.files, p)
			}
		}
		// Crossplane binds roles after it has created the Deployment, and removes the binding
		// for seconds at an upgrade.
		for p := range rejected[user] {
			if !used[user][p] {
				t.Errorf("%s was never allowed to %s", c.account, p)
			}
		}
	}
}

// discovery reports whether every user has a permission.
func discovery(p string) bool { return strings.Contains(p, "selfsubject") }

// audit returns the permissions that requests used, and those that they lacked, by user.
func (e *environment) audit(t *testing.T) (used, rejected map[string]map[string]bool) {
	t.Helper()
	f, err := os.Open(e.auditLog())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	used, rejected = map[string]map[string]bool{}, map[string]map[string]bool{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		r := request{}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil || r.ObjectRef == nil || r.ObjectRef.Resource == "" {
			continue // the last line may be incomplete; others are of discovery
		}
		in := used
		if r.ResponseStatus.Code == http.StatusForbidden {
			in = rejected
		}
		if in[r.User.Username] == nil {
			in[r.User.Username] = map[string]bool{}
		}
		in[r.User.Username][r.permission()] = true
	}
	return used, rejected
}

// grantedBy returns the permissions of the roles in files of cluster/manifests.
func grantedBy(t *testing.T, files []string) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, f := range files {
		raw, err := os.ReadFile(filepath.Join(root, "cluster/manifests", f))
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range documents(raw) {
			if u.GetKind() != "ClusterRole" && u.GetKind() != "Role" {
				continue
			}
			role := rbacv1.ClusterRole{}
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, &role); err != nil {
				t.Fatal(err)
			}
			for _, rule := range role.Rules {
				for _, g := range rule.APIGroups {
					for _, r := range rule.Resources {
						for _, v := range rule.Verbs {
							out[permission(v, g, r)] = true
						}
					}
				}
			}
		}
	}
	return out
}

// testSecrets searches the logs of all programs, the audit log, the events and all objects
// but Secrets for the credentials of the tests.
func testSecrets(t *testing.T) {
	e := installed(t)
	secrets := []string{secretKey, podIdentityToken, "projected-token"}
	searched := map[string]int{}
	search := func(name string, content []byte) {
		searched[name] = len(content)
		for _, s := range secrets {
			if bytes.Contains(content, []byte(s)) {
				t.Errorf("%s contains %q", name, s)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(e.dir, "*.log"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		search(filepath.Base(f), content)
	}
	for _, kind := range []string{"events", "eni", "enia", "neni", "hif", "clusterproviderconfigs.networking.k8s.aws", "providerconfigs.networking.k8s.aws", "providerconfigusages.networking.k8s.aws", "leases", "configmaps", "deployments"} {
		out, err := e.kubectl(t.Context(), "get", kind, "-A", "-o", "yaml")
		if err != nil {
			t.Error(err)
		}
		search(kind, []byte(out))
	}
	total := 0
	for _, n := range slices.Collect(maps.Values(searched)) {
		total += n
	}
	t.Logf("%d KiB in %d logs and lists contain no secret", total>>10, len(searched))
}

// scrape requests the metrics of each replica of the provider with the token of a service
// account that may not read them.
func (e *environment) scrape(t *testing.T) {
	t.Helper()
	e.pods.mu.Lock()
	var networks []string
	for _, w := range e.pods.running {
		for _, p := range w.replicas {
			if p.namespace != "" {
				networks = append(networks, p.namespace)
			}
		}
	}
	e.pods.mu.Unlock()
	if len(networks) != 2 {
		t.Fatalf("the provider has %d replicas, want 2", len(networks))
	}
	for _, n := range networks {
		c := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // as docs/install.md: the certificate is self-signed
			DialContext:     func(ctx context.Context, _, address string) (net.Conn, error) { return dialIn(ctx, n, address) },
		}}
		e.wait(t, 30*time.Second, func() error { return e.scrapeOnce(t, c) })
	}
}

func (e *environment) scrapeOnce(t *testing.T, c *http.Client) error {
	t.Helper()
	tr := &authenticationv1.TokenRequest{}
	if err := e.kube.SubResource("token").Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "default"}}, tr); err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://127.0.0.1:8443/metrics", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+tr.Status.Token)
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // read only
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusForbidden {
		return fmt.Errorf("the response to a token without permission is %s", resp.Status)
	}
	return nil
}

// dialIn connects in a network namespace.
func dialIn(ctx context.Context, namespace, address string) (net.Conn, error) {
	type result struct {
		conn net.Conn
		err  error
	}
	c := make(chan result)
	go func() {
		goruntime.LockOSThread() // not unlocked: the thread ends in the other namespace
		h, err := netns.GetFromName(namespace)
		if err == nil {
			err = netns.Set(h)
			_ = h.Close()
		}
		if err != nil {
			c <- result{err: err}
			return
		}
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		c <- result{conn, err}
	}()
	r := <-c
	return r.conn, r.err
}
