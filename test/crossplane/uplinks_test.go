// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package crossplane

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

const (
	uplinkAPI   = "network.example.org/v1alpha1"
	resourceAPI = "ec2.networking.k8s.aws/v1alpha1"
	hostAPI     = "networking.k8s.aws/v1alpha1"

	// uplinks are created at once, and ready within uplinksWithin at the default poll of ten
	// minutes.
	uplinks       = 20
	uplinksWithin = 30 * time.Second
	nodes         = 7 // of type m5.xlarge: three ENIs beside the primary one
)

func nodeName(i int) string { return "node-" + strconv.Itoa(i) }

// addNodes adds the nodes that the tests share.
func (e *environment) addNodes(t *testing.T) {
	t.Helper()
	for i := range nodes {
		if e.agents[nodeName(i)] == nil {
			e.node(t, nodeName(i), testbed.SubnetNodesA, "m5.xlarge")
		}
	}
}

// uplink returns an Uplink of examples/compositions/uplink.
func uplink(namespace string, i int) *unstructured.Unstructured {
	return object(uplinkAPI, "Uplink", namespace, "uplink-"+strconv.Itoa(i), map[string]any{
		"nodeName": nodeName(i % nodes), "subnetName": "my-subnet-name", "mtu": int64(9001),
	})
}

// defineUplinks installs the definition and the Composition of Uplinks.
func (e *environment) defineUplinks(t *testing.T) {
	t.Helper()
	e.apply(t, "examples/compositions/uplink/definition.yaml", "examples/compositions/uplink/composition.yaml")
	e.wait(t, 30*time.Second, func() error {
		_, err := e.kubectl(t.Context(), "wait", "xrd/uplinks.network.example.org", "--for=condition=Established", "--timeout=0")
		return err
	})
	e.wait(t, 30*time.Second, func() error { _, err := e.list(t.Context(), uplinkAPI, "Uplink", "default"); return err })
}

// testUplinks creates, updates and deletes Uplinks.
func testUplinks(t *testing.T) {
	e := installed(t)
	ctx := t.Context()
	e.addNodes(t)
	e.defineUplinks(t)
	e.namespaceFor(t, "team")

	started := time.Now()
	for i := range uplinks {
		if err := e.kube.Create(ctx, uplink("team", i)); err != nil {
			t.Fatal(err)
		}
	}
	e.wait(t, uplinksWithin, func() error { return e.allReady(t, uplinkAPI, "Uplink", "team", uplinks) })
	t.Logf("%d Uplinks Ready after %.1f s (at most %s)", uplinks, time.Since(started).Seconds(), uplinksWithin)
	e.checkLinks(t, uplinks, 9001)
	e.scrape(t)

	t.Log("update")
	e.patch(t, uplinkAPI, "Uplink", "team", "uplink-3", `{"spec":{"mtu":1400}}`)
	e.wait(t, uplinksWithin, func() error { return e.mtus(t, 1400, 1) })
	e.wait(t, uplinksWithin, func() error { return e.allReady(t, uplinkAPI, "Uplink", "team", uplinks) })

	t.Log("delete")
	for i := range uplinks / 2 {
		if err := e.kube.Delete(ctx, uplink("team", i)); err != nil {
			t.Fatal(err)
		}
	}
	e.wait(t, time.Minute, func() error {
		for _, kind := range []string{"NetworkInterface", "NetworkInterfaceAttachment"} {
			l, err := e.list(ctx, resourceAPI, kind, "team")
			if err != nil || len(l) != uplinks/2 {
				return fmt.Errorf("there are %d of kind %s, want %d: %w", len(l), kind, uplinks/2, err)
			}
		}
		if n := len(e.ours()); n != uplinks/2 {
			return fmt.Errorf("EC2 has %d ENIs of the provider, want %d", n, uplinks/2)
		}
		return nil
	})
}

// testNamespace deletes the namespace of the remaining Uplinks.
func testNamespace(t *testing.T) {
	e := installed(t)
	e.deleteNamespace(t, "team")
}

// deleteNamespace deletes a namespace, and waits until it does not exist and EC2 has no ENI
// of the provider.
func (e *environment) deleteNamespace(t *testing.T, name string) {
	t.Helper()
	if _, err := e.kubectl(t.Context(), "delete", "namespace", name, "--wait=false"); err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	e.wait(t, time.Minute, func() error {
		n, err := e.get(t.Context(), "v1", "Namespace", "", name)
		if kerrors.IsNotFound(err) {
			return nil
		}
		var left []string
		for _, u := range e.managed(t) {
			if u.GetNamespace() == name {
				_, _, synced := condition(&u, "Synced")
				_, _, ready := condition(&u, "Ready")
				left = append(left, fmt.Sprintf("%s %s: %s; %s", u.GetKind(), u.GetName(), synced, ready))
			}
		}
		_, _, remaining := condition(n, "NamespaceContentRemaining")
		return errors.Join(err, fmt.Errorf("namespace %s exists: %s: %s", name, remaining, strings.Join(left, "\n")))
	})
	if n := e.ours(); len(n) > 0 {
		t.Errorf("EC2 has %d ENIs of the provider, want none: %v", len(n), n)
	}
	t.Logf("namespace %s ended after %.1f s", name, time.Since(started).Seconds())
}

// allReady returns an error unless a namespace has n objects of a kind, and all are Ready
// and Synced.
func (e *environment) allReady(t *testing.T, apiVersion, kind, namespace string, n int) error {
	t.Helper()
	l, err := e.list(t.Context(), apiVersion, kind, namespace)
	if err != nil {
		return err
	}
	if len(l) != n {
		return fmt.Errorf("there are %d of kind %s, want %d", len(l), kind, n)
	}
	var errs []error
	for i := range l {
		for _, c := range []string{"Synced", "Ready"} {
			if status, reason, message := condition(&l[i], c); status != "True" {
				errs = append(errs, fmt.Errorf("%s %s is not %s: %s %s", kind, l[i].GetName(), c, reason, message))
			}
		}
	}
	return errors.Join(errs...)
}

// condition returns the status, reason and message of a condition.
func condition(u *unstructured.Unstructured, kind string) (status, reason, message string) {
	conditions, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	for _, c := range conditions {
		m, _ := c.(map[string]any)
		if m["type"] != kind {
			continue
		}
		status, _ = m["status"].(string)
		reason, _ = m["reason"].(string)
		message, _ = m["message"].(string)
	}
	return status, reason, message
}

// ours returns the ids of the ENIs in EC2 that have a tag of the provider.
func (e *environment) ours() []string {
	var out []string
	for _, n := range e.ec2.ENIs(ec2emulator.Exists) {
		if n.Tags["networking.k8s.aws/cluster"] != "" {
			out = append(out, n.ID)
		}
	}
	return out
}

// checkLinks fails the test unless n links of all nodes have an MTU.
func (e *environment) checkLinks(t *testing.T, n, mtu int) {
	t.Helper()
	if err := e.mtus(t, mtu, n); err != nil {
		t.Error(err)
	}
}

// mtus returns an error unless n links of all nodes have an MTU.
func (e *environment) mtus(t *testing.T, mtu, n int) error {
	t.Helper()
	got := 0
	for i := range nodes {
		out, err := e.ip(t, nodeName(i), "-o", "link", "show", "up")
		if err != nil {
			return err
		}
		for _, l := range strings.Split(out, "\n") {
			if strings.Contains(l, fmt.Sprintf(" mtu %d ", mtu)) {
				got++
			}
		}
	}
	if got != n {
		return fmt.Errorf("%d links have MTU %d, want %d", got, mtu, n)
	}
	return nil
}

func (e *environment) patch(t *testing.T, apiVersion, kind, namespace, name, patch string) {
	t.Helper()
	o := object(apiVersion, kind, namespace, name, nil)
	if err := e.kube.Patch(t.Context(), o, client.RawPatch("application/merge-patch+json", []byte(patch))); err != nil {
		t.Fatal(err)
	}
}
