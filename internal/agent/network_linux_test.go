// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/multus"
)

// withNetwork configures a network for pods, and an IPv4 prefix.
func withNetwork(name string, prefixes ...string) func(*v1alpha1.HostInterface) {
	return func(hi *v1alpha1.HostInterface) {
		hi.Spec.IPv4Prefixes = prefixes
		hi.Spec.Config.AltNames = []string{"data-0"}
		hi.Spec.Config.Network = &v1alpha1.HostNetwork{Name: name, PodNetwork: v1alpha1.PodNetwork{Type: v1alpha1.NetworkTypeMACVLAN, IPAM: v1alpha1.PodIPAM{Source: v1alpha1.IPAMSourcePrefix}}}
	}
}

// networkHarness returns an agent with a directory of Multus.
func networkHarness(t *testing.T, objects ...client.Object) (*harness, string) {
	t.Helper()
	r := newHarness(t, objects...)
	dir := t.TempDir()
	r.host.Networks = multus.NewDir(dir)
	return r, dir
}

// networks returns the content of the files of Multus, by name.
func networks(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	out := map[string]string{}
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		must(t, err)
		out[e.Name()] = string(raw)
	}
	return out
}

// TestPodNetwork follows the file of a network from the first prefix to the release.
func TestPodNetwork(t *testing.T) {
	r, dir := networkHarness(t, hif("a", mac1, 1, withNetwork("data")))
	r.net.PlugIn("eth1", mac1)
	const file = "provider-aws-eni.eni-a.conflist"

	r.reconcile("a")
	r.checkReady("a", "False WaitingForAddresses: waiting for EC2 to assign addresses for pods (network.ipam.source Prefix) to eni-a")
	if got := networks(t, dir); len(got) != 0 {
		t.Errorf("Without a prefix there is no file, so that pods wait: %v", got)
	}

	r.change("a", withNetwork("data", "10.0.1.64/28"))
	r.reconcile("a")
	r.checkReady("a", "True Configured: link eth1 is configured")
	if got := networks(t, dir)[file]; !strings.Contains(got, `"rangeStart": "10.0.1.64"`) || !strings.Contains(got, `"master": "data-0"`) {
		t.Errorf("The file has the prefix, and the alternative name of the link: %s", got)
	}
	if got := r.get("a").Status.Network; got == nil || got.Name != "data" {
		t.Errorf("The status has the network: %v", got)
	}
	r.checkIdle("a")

	must(t, os.WriteFile(filepath.Join(dir, file), []byte("{"), 0o600))
	r.reconcile("a")
	if got := networks(t, dir)[file]; !strings.Contains(got, "10.0.1.64") {
		t.Errorf("A changed file is corrected: %s", got)
	}

	r.change("a", withNetwork("other", "10.0.1.64/28"))
	r.reconcile("a")
	if got := networks(t, dir); len(got) != 1 || !strings.Contains(got[file], `"name": "other"`) {
		t.Errorf("A renamed network keeps its file: %v", got)
	}

	if steps := r.stepsOfRelease("a"); len(steps) == 0 || !strings.HasPrefix(steps[0], "remove the configuration of network other") {
		t.Errorf("A release removes the network first, so that no further pod gets the link: %v", steps)
	}
	r.delete("a")
	r.reconcile("a")
	if got := networks(t, dir); len(got) != 0 {
		t.Errorf("A release removes the file: %v", got)
	}
}

// stepsOfRelease returns the steps of a release, without applying them.
func (r *harness) stepsOfRelease(name string) []string {
	r.t.Helper()
	r.delete(name)
	return stepStrings(r.plan(name).Plan.Steps)
}

// TestPodNetworkConflicts has foreign files, and two HostInterfaces with one network.
func TestPodNetworkConflicts(t *testing.T) {
	r, dir := networkHarness(t, hif("a", mac1, 1, withNetwork("data", "10.0.1.64/28")), hif("b", mac2, 2, withNetwork("data", "10.0.1.80/28"), func(hi *v1alpha1.HostInterface) {
		hi.Spec.Config.AltNames = nil
	}))
	r.net.PlugIn("eth1", mac1)
	r.net.PlugIn("eth2", mac2)
	foreign := filepath.Join(dir, "00-foreign.conf")
	must(t, os.WriteFile(foreign, []byte(`{"name": "data", "type": "bridge"}`), 0o600))

	r.reconcile("a")
	r.checkReady("a", "False NetworkNameTaken: the file 00-foreign.conf in the directory of Multus already configures a network data on this node: remove that file, or set another network.name")
	if got := networks(t, dir); len(got) != 1 {
		t.Errorf("A network whose name a foreign file has is not written: %v", got)
	}
	must(t, os.Remove(foreign))
	r.reconcile("a", "b")
	r.checkReady("a", "True Configured: link eth1 is configured")
	r.checkReady("b", "False NetworkNameTaken: the network data is on eni-a of this node: set another network.name")

	r.change("a", func(hi *v1alpha1.HostInterface) { hi.Spec.Config.Network = nil })
	r.reconcile("a", "b")
	r.checkReady("b", "True Configured: link eth2 is configured")
	if got := networks(t, dir); len(got) != 1 || got["provider-aws-eni.eni-b.conflist"] == "" {
		t.Errorf("The file of a removed network is removed, and its name is free: %v", got)
	}
}

// TestPodNetworkWithoutDirectory runs an agent without access to Multus.
func TestPodNetworkWithoutDirectory(t *testing.T) {
	r := newHarness(t, hif("a", mac1, 1, withNetwork("data", "10.0.1.64/28")))
	r.net.PlugIn("eth1", mac1)
	r.reconcile("a")
	r.checkReady("a", "False NoNetworkDirectory: the agent cannot configure network data: it has no access to the directory of Multus; set --multus-dir of the agent (Helm value agent.multus.enabled)")
}

// TestStalePodNetworks leaves files whose HostInterface was deleted by force.
func TestStalePodNetworks(t *testing.T) {
	r, dir := networkHarness(t, hif("a", mac1, 1, withNetwork("data", "10.0.1.64/28")))
	r.net.PlugIn("eth1", mac1)
	for _, name := range []string{"provider-aws-eni.eni-old.conflist", "foreign.conf"} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(`{"name": "x"}`), 0o600))
	}
	r.reconcile("a", "")
	var names []string
	for n := range networks(t, dir) {
		names = append(names, n)
	}
	slices.Sort(names)
	if want := []string{"foreign.conf", "provider-aws-eni.eni-a.conflist"}; !slices.Equal(names, want) {
		t.Errorf("Files of ENIs without a HostInterface are removed, foreign files are not: %q, want %q", names, want)
	}
}

// TestPodNetworkWithoutMultus has a node whose pods start without Multus at first.
func TestPodNetworkWithoutMultus(t *testing.T) {
	r, dir := networkHarness(t, hif("a", mac1, 1, withNetwork("data", "10.0.1.64/28")), hif("b", mac2, 2))
	config := t.TempDir()
	r.host.CNIConfigDir = config
	r.net.PlugIn("eth1", mac1)
	r.net.PlugIn("eth2", mac2)
	r.reconcile("a", "b")
	r.checkReady("a", "False MultusNotReady: the node has no CNI configuration: pods would have no interface in network data; if this persists, check the pod of Multus on the node")
	r.checkReady("b", "True Configured: link eth2 is configured")
	if got := networks(t, dir); len(got) != 1 {
		t.Errorf("The network is configured before Multus runs: %v", got)
	}

	primary, shim := filepath.Join(config, "10-aws.conflist"), filepath.Join(config, "00-multus.conf")
	must(t, os.WriteFile(primary, []byte(`{"name": "aws-cni", "plugins": [{"type": "aws-cni"}]}`), 0o600))
	r.reconcile("a")
	r.checkReady("a", "False MultusNotReady: the node starts pods with the CNI configuration 10-aws.conflist, which does not run Multus: pods would have no interface in network data; if this persists, check the pod of Multus on the node")
	must(t, os.WriteFile(shim, []byte(`{"name": "multus-cni-network", "type": "multus-shim"}`), 0o600))
	r.reconcile("a")
	r.checkReady("a", "True Configured: link eth1 is configured")

	t.Log("a configuration that cannot be read is not checked")
	must(t, os.Remove(shim))
	must(t, os.Symlink("/nonexistent/multus.conf", shim))
	r.reconcile("a")
	r.checkReady("a", "True Configured: link eth1 is configured")
	must(t, os.Remove(shim))
	r.reconcile("a")
	r.checkReady("a", "False MultusNotReady: the node starts pods with the CNI configuration 10-aws.conflist, which does not run Multus: pods would have no interface in network data; if this persists, check the pod of Multus on the node")
}

// TestWatchPrimary changes the CNI configuration of a node.
func TestWatchPrimary(t *testing.T) {
	r, _ := networkHarness(t, hif("a", mac1, 1, withNetwork("data", "10.0.1.64/28")))
	r.reconcile("a")
	q := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
	t.Cleanup(q.ShutDown)
	dir := t.TempDir()
	go watchPrimary(t.Context(), dir, q, r.tracker)
	enqueued := func(why string) {
		t.Helper()
		got, _ := q.Get() // the test's timeout limits it
		q.Done(got)
		check(t, why, "a", got.Name)
	}
	enqueued("Changes before the watch")
	file := filepath.Join(dir, "00-multus.conf")
	must(t, os.WriteFile(file, []byte(`{}`), 0o600))
	enqueued("A new file")
	must(t, os.Rename(file, filepath.Join(dir, "05-multus.conf")))
	enqueued("A renamed file")
	must(t, os.Remove(filepath.Join(dir, "05-multus.conf")))
	enqueued("A removed file")
}
