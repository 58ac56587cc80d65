// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package crossplane

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// testUpgrade upgrades the package and downgrades it, while Uplinks and a NodeENI exist. EC2
// gets no call that changes a resource.
func testUpgrade(t *testing.T) {
	e := installed(t)
	ctx := t.Context()
	if err := release(ctx, e.registry, version2); err != nil {
		t.Fatal(err)
	}
	e.addNodes(t)
	e.defineUplinks(t)
	const namespace = "upgrade"
	e.namespaceFor(t, namespace)
	for i := range nodes {
		if err := e.kube.Create(ctx, uplink(namespace, i)); err != nil {
			t.Fatal(err)
		}
	}
	e.wait(t, time.Minute, func() error { return e.allReady(t, uplinkAPI, "Uplink", namespace, nodes) })
	e.createNodeENI(t, "upgrade")
	mark := e.ec2.Mark()
	for _, version := range []string{version2, version1} {
		e.patch(t, "pkg.crossplane.io/v1", "Provider", "", "provider-aws-eni", `{"spec":{"package":"`+e.registry+`/provider-aws-eni-package:`+version+`"}}`)
		if err := e.healthy(ctx, version); err != nil {
			e.dump(t)
			t.Fatal(err)
		}
		// An observation of each object by the new version, which a user requests.
		at := version + time.Now().Format(time.RFC3339Nano)
		objects := e.requestReconcile(t, at)
		e.wait(t, 2*time.Minute, func() error { return e.handled(t, at, objects) })
		if err := e.allReady(t, uplinkAPI, "Uplink", namespace, nodes); err != nil {
			t.Error(err)
		}
		e.checkNodeENI(t, "upgrade")
		calls := e.ec2.Since(mark, ec2emulator.Mutating)
		t.Logf("%s runs: %d objects were observed, %d calls changed a resource", version, objects, len(calls))
		for _, c := range calls {
			t.Errorf("%s was called: %v", c.Action, c.Parameters)
		}
	}
	e.deleteNodeENI(t, "upgrade")
	e.deleteNamespace(t, namespace)
}

// createNodeENI creates a NodeENI for all nodes and waits until it is Ready.
func (e *environment) createNodeENI(t *testing.T, name string) {
	t.Helper()
	n := object(hostAPI, "NodeENI", "", name, map[string]any{
		"nodeSelector": map[string]any{"role": "edge"}, "subnetID": "subnet-0f59b4f14737be9ad", "securityGroupIDs": []any{"sg-05da196f3314d4af8"}, "mtu": int64(9001),
	})
	if err := e.kube.Create(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	e.wait(t, time.Minute, func() error { return e.nodeENIReady(t, name) })
}

func (e *environment) nodeENIReady(t *testing.T, name string) error {
	t.Helper()
	u, err := e.get(t.Context(), hostAPI, "NodeENI", "", name)
	if err != nil {
		return err
	}
	if status, reason, message := condition(u, "Ready"); status != "True" {
		return fmt.Errorf("NodeENI %s is not Ready: %s %s", name, reason, message)
	}
	return nil
}

func (e *environment) checkNodeENI(t *testing.T, name string) {
	t.Helper()
	if err := e.nodeENIReady(t, name); err != nil {
		t.Error(err)
	}
}

func (e *environment) deleteNodeENI(t *testing.T, name string) {
	t.Helper()
	if _, err := e.kubectl(t.Context(), "delete", "nodeeni", name, "--timeout=60s"); err != nil {
		e.dump(t)
		t.Fatal(err)
	}
}

// managed returns all objects of both kinds of managed resources.
func (e *environment) managed(t *testing.T) []unstructured.Unstructured {
	t.Helper()
	var out []unstructured.Unstructured
	for _, kind := range []string{"NetworkInterface", "NetworkInterfaceAttachment"} {
		l, err := e.list(t.Context(), resourceAPI, kind, "")
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, l...)
	}
	return out
}

// requestReconcile requests a reconciliation of each object, and returns their number.
func (e *environment) requestReconcile(t *testing.T, at string) int {
	t.Helper()
	all := e.managed(t)
	for _, u := range all {
		e.patch(t, u.GetAPIVersion(), u.GetKind(), u.GetNamespace(), u.GetName(), `{"metadata":{"annotations":{"crossplane.io/reconcile-requested-at":"`+at+`"}}}`)
	}
	return len(all)
}

// handled returns an error unless all objects have been reconciled since a request.
func (e *environment) handled(t *testing.T, at string, n int) error {
	t.Helper()
	all := e.managed(t)
	var errs []error
	for i := range all {
		if got, _, _ := unstructured.NestedString(all[i].Object, "status", "lastHandledReconcileAt"); got != at {
			errs = append(errs, fmt.Errorf("%s %s was last reconciled for %q, not %q", all[i].GetKind(), all[i].GetName(), got, at))
		}
	}
	if len(all) != n {
		errs = append(errs, fmt.Errorf("there are %d objects, not %d", len(all), n))
	}
	return errors.Join(errs...)
}

// testProviderConfigInNamespace deletes a namespace that contains an Uplink's objects, the
// ProviderConfig that they use, and its Secret.
func testProviderConfigInNamespace(t *testing.T) {
	e := installed(t)
	ctx := t.Context()
	const namespace = "tenant"
	e.namespaceFor(t, namespace)
	if err := e.kube.Create(ctx, awsKeys(namespace, "keys", "AKIATENANTKEY0000001")); err != nil {
		t.Fatal(err)
	}
	config := object(hostAPI, "ProviderConfig", namespace, "own", map[string]any{
		"credentials": map[string]any{"source": "Secret", "secretRef": map[string]any{"namespace": namespace, "name": "keys", "key": "credentials"}},
		"endpoint":    map[string]any{"url": map[string]any{"type": "Static", "static": e.ec2URL}},
	})
	if err := e.kube.Create(ctx, config); err != nil {
		t.Fatal(err)
	}
	var instances []string
	for i := range 3 {
		in, err := e.ec2.AddInstance(ec2emulator.Instance{SubnetID: "subnet-nodes-a", Type: "m5.xlarge"})
		if err != nil {
			t.Fatal(err)
		}
		instances = append(instances, in.ID)
		name := fmt.Sprintf("eni-%d", i)
		ref := map[string]any{"kind": "ProviderConfig", "name": "own"}
		for _, u := range []*unstructured.Unstructured{
			object(resourceAPI, "NetworkInterface", namespace, name, map[string]any{"providerConfigRef": ref, "forProvider": map[string]any{"subnetId": "subnet-0f59b4f14737be9ad"}}),
			object(resourceAPI, "NetworkInterfaceAttachment", namespace, name, map[string]any{"providerConfigRef": ref, "forProvider": map[string]any{
				"networkInterfaceRef": map[string]any{"name": name}, "instanceId": in.ID, "deviceIndex": int64(1),
			}}),
		} {
			if err := e.kube.Create(ctx, u); err != nil {
				t.Fatal(err)
			}
		}
	}
	e.wait(t, time.Minute, func() error { return e.allReady(t, resourceAPI, "NetworkInterfaceAttachment", namespace, 3) })
	e.deleteNamespace(t, namespace)
	if left := e.ec2.ENIs(ec2emulator.Exists, func(n ec2emulator.NetworkInterface) bool {
		return n.Attachment != nil && slices.Contains(instances, n.Attachment.InstanceID) && n.Attachment.DeviceIndex > 0
	}); len(left) > 0 {
		t.Errorf("ENIs are attached: %v", left)
	}
}

const (
	// compositeLimit bounds the time until a composite resource is Ready. Its ENIs are Ready within seconds.
	compositeLimit = 30 * time.Second

	// maxEvents bounds the events of two ENIs and their attachments until they are Ready: of each, one when
	// it is created, and its changes. After many events in a short time, Crossplane observes the resources of
	// a composite resource only periodically (Responsive is False with reason WatchCircuitOpen), and notices
	// a minute later that they are Ready.
	maxEvents = 40
)

// countEvents returns a function that returns the number of events of managed resources in a
// namespace since the call of countEvents.
func (e *environment) countEvents(t *testing.T, namespace string) func() int {
	t.Helper()
	var n atomic.Int64
	for _, kind := range []string{"NetworkInterface", "NetworkInterfaceAttachment"} {
		l := &unstructured.UnstructuredList{}
		l.SetGroupVersionKind(schema.FromAPIVersionAndKind(resourceAPI, kind+"List"))
		w, err := e.kube.Watch(t.Context(), l, client.InNamespace(namespace))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(w.Stop)
		go func() {
			for range w.ResultChan() {
				n.Add(1)
			}
		}()
	}
	return func() int { return int(n.Load()) }
}

// checkResponsive verifies that Crossplane reconciles a composite resource at each event.
func (e *environment) checkResponsive(t *testing.T, kind, namespace, name string) {
	t.Helper()
	xr, err := e.get(t.Context(), uplinkAPI, kind, namespace, name)
	if err != nil {
		t.Fatal(err)
	}
	conditions, _, _ := unstructured.NestedSlice(xr.Object, "status", "conditions")
	for _, c := range conditions {
		if m, ok := c.(map[string]any); ok && m["type"] == "Responsive" && m["status"] == "False" {
			t.Errorf("%s %s: %v: %v", kind, name, m["reason"], m["message"])
		}
	}
}

// testCompositions creates the composite resource of each example, and deletes it.
func testCompositions(t *testing.T) {
	e := installed(t)
	ctx := t.Context()
	e.addNodes(t)
	if _, err := e.kubectl(ctx, "apply", "-f", "testdata/networkattachmentdefinition.yaml"); err != nil {
		t.Fatal(err)
	}
	in, err := e.ec2.AddInstance(ec2emulator.Instance{SubnetID: "subnet-nodes-a", Type: "m5.xlarge"})
	if err != nil {
		t.Fatal(err)
	}
	// The ids that a user changes in each example.
	ids := strings.NewReplacer(
		"ip-10-0-128-10.ec2.internal", nodeName(0), "ip-10-0-144-11.ec2.internal", nodeName(1), "i-0123456789abcdef0", in.ID,
		"subnet-0c1a2b3d4e5f60718", "subnet-abcdef1234567890", "sg-0a1b2c3d4e5f60718", "sg-0a000000000000001", "ng: multi-eni", "role: edge",
	)
	for _, c := range []struct{ dir, kind, namespace, name string }{
		{"secondary-network", "SecondaryNetwork", "default", "storage"},
		{"appliance", "Appliance", "default", "firewall"},
		{"node-network", "NodeNetwork", "", "storage-pods"},
	} {
		t.Run(c.kind, func(t *testing.T) {
			events := e.countEvents(t, c.namespace)
			e.applyExample(t, c.dir, ids)
			e.wait(t, compositeLimit, func() error { return e.allReady(t, uplinkAPI, c.kind, c.namespace, 1) })
			e.checkResponsive(t, c.kind, c.namespace, c.name)
			n := events()
			t.Logf("%d events of managed resources", n)
			if c.kind == "Appliance" && n > maxEvents {
				t.Errorf("two ENIs with attachments make %d events, more than %d", n, maxEvents)
			}
			if c.kind == "Appliance" {
				s, err := e.get(ctx, "v1", "Secret", "default", "firewall-connection")
				if data, _, _ := unstructured.NestedMap(s.Object, "data"); err != nil || data["external-privateIp"] == nil || data["internal-deviceIndex"] == nil {
					t.Errorf("the connection Secret has %d keys: %v", len(data), err)
				}
			}
			if _, err := e.kubectl(ctx, "delete", strings.ToLower(c.kind), c.name, "--timeout=60s"); err != nil {
				e.dump(t)
				t.Fatal(err)
			}
			e.wait(t, time.Minute, func() error {
				if n := e.ours(); len(n) > 0 {
					return fmt.Errorf("EC2 has %d ENIs of the provider", len(n))
				}
				return nil
			})
		})
	}
}
