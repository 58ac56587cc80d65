// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/controller/podnetwork"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// TestNetwork follows the network for pods of a NodeENI from a cluster without Multus to its
// removal, with a real agent.
func TestNetwork(t *testing.T) {
	e, hosts := newHostEnv(t, options{discard: true}) // the CRD of Multus is added
	n := e.node("node-a")
	ns, err := hosts.Add(t.Context(), n.Name, instanceID(n))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	h, err := host.Open(host.Options{NetNS: ns, StateDir: t.TempDir(), MultusDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	e.runAgent(testbed.AgentServiceAccount, agent.Options{NodeName: n.Name, Host: h, Policy: desired.Policy{Kinds: []string{"device", "veth"}}})
	e.apply(head("data") + "  subnetIDs: [" + dataSubnet + "]\n  network: {type: macvlan, namespaces: [default, late], namespaceSelector: {matchLabels: {team: x}}}\n")

	t.Log("without Multus, the NodeENI names the cause")
	e.eventually(40*time.Second, e.networkCondition("data", v1alpha1.ReasonMultusNotInstalled))
	if c := e.nodeENI("data").GetCondition("Ready"); c.Status == corev1.ConditionTrue {
		t.Errorf("A NodeENI whose network does not exist is not Ready: %v", c)
	}

	t.Log("with Multus, namespaces get definitions; a listed namespace is missing")
	if err := e.kube.Create(t.Context(), testbed.MultusCRD()); err != nil {
		t.Fatal(err)
	}
	e.eventually(30*time.Second, e.networkCondition("data", v1alpha1.ReasonNamespaceNotFound))
	for _, name := range []string{"late", "selected"} {
		o := &corev1.Namespace{}
		o.Name, o.Labels = name, map[string]string{"team": map[string]string{"late": "y", "selected": "x"}[name]}
		if err := e.kube.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	e.eventually(15*time.Second, e.ready("data", 1))
	e.eventually(15*time.Second, e.definitions("default/data", "late/data", "selected/data"))

	t.Log("the node has the configuration, with the ENI's own prefix")
	e.eventually(15*time.Second, func() error { return e.networkFile(dir, "data") })

	t.Log("changes of a definition are reverted")
	d := podnetwork.Object()
	if err := e.kube.Get(t.Context(), client.ObjectKey{Namespace: "default", Name: "data"}, d); err != nil {
		t.Fatal(err)
	}
	d.Object["spec"] = map[string]any{"config": `{"type": "bridge"}`}
	if err := e.kube.Update(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	e.eventually(15*time.Second, e.definitions("default/data", "late/data", "selected/data"))

	t.Log("a foreign definition is not changed")
	foreign := podnetwork.Object()
	foreign.SetNamespace("default")
	foreign.SetName("other")
	foreign.Object["spec"] = map[string]any{"config": `{"type": "foreign"}`}
	if err := e.kube.Create(t.Context(), foreign); err != nil {
		t.Fatal(err)
	}
	e.change("data", func(s *v1alpha1.NodeENISpec) { s.Network.Name = new("other") })
	e.eventually(15*time.Second, e.networkCondition("data", v1alpha1.ReasonNetworkNameTaken))
	e.eventually(15*time.Second, e.definitions("default/other foreign", "late/other", "selected/other"))
	e.eventually(15*time.Second, func() error { return e.networkFile(dir, "other") })
	if err := e.kube.Delete(t.Context(), foreign); err != nil {
		t.Fatal(err)
	}
	e.eventually(15*time.Second, e.ready("data", 1))
	e.eventually(15*time.Second, e.definitions("default/other", "late/other", "selected/other"))

	t.Log("the network is removed, and the NodeENI keeps its ENI")
	enis := len(e.live())
	e.change("data", func(s *v1alpha1.NodeENISpec) { s.Network = nil })
	e.eventually(15*time.Second, e.definitions())
	e.eventually(15*time.Second, func() error { return e.networkFile(dir, "") })
	e.eventually(15*time.Second, e.ready("data", 1))
	if now := len(e.live()); now != enis {
		t.Errorf("there are %d ENIs, want %d", now, enis)
	}

	t.Log("a deleted NodeENI leaves neither definitions nor files")
	e.change("data", func(s *v1alpha1.NodeENISpec) {
		s.Network = &v1alpha1.NodeENINetwork{Namespaces: []string{"default"}, PodNetwork: v1alpha1.PodNetwork{IPAM: v1alpha1.PodIPAM{Source: v1alpha1.IPAMSourceRange, Range: "192.168.0.0/16"}}}
	})
	e.eventually(15*time.Second, e.definitions("default/data"))
	e.eventually(15*time.Second, func() error { return e.networkFile(dir, "data") })
	e.delete(e.nodeENI("data"))
	e.eventually(30*time.Second, e.allDeleted)
	if err := e.definitions()(); err != nil {
		t.Error(err)
	}
	if err := e.networkFile(dir, ""); err != nil {
		t.Error(err)
	}
}

// networkCondition returns a check that a NodeENI's network is not defined for a reason.
func (e *env) networkCondition(name string, reason any) func() error {
	return func() error {
		if c := e.nodeENI(name).GetCondition(v1alpha1.TypeNetworkDefined); string(c.Reason) != fmt.Sprint(reason) {
			return fmt.Errorf("NetworkDefined is %s, %s: %s; want reason %s", c.Status, c.Reason, c.Message, reason)
		}
		return nil
	}
}

// definitions returns a check of the NetworkAttachmentDefinitions, each of them without a
// configuration, or with a foreign one.
func (e *env) definitions(want ...string) func() error {
	return func() error {
		l := &unstructured.UnstructuredList{}
		l.SetGroupVersionKind(podnetwork.GroupVersionKind().GroupVersion().WithKind("NetworkAttachmentDefinitionList"))
		if err := e.kube.List(e.t.Context(), l); err != nil {
			return err
		}
		var got []string
		for i := range l.Items {
			text := client.ObjectKeyFromObject(&l.Items[i]).String()
			switch config, _, _ := unstructured.NestedString(l.Items[i].Object, "spec", "config"); config {
			case "":
			case `{"type": "foreign"}`:
				text += " foreign"
			default:
				text += " " + config
			}
			got = append(got, text)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			return fmt.Errorf("the NetworkAttachmentDefinitions are %q, want %q", got, want)
		}
		return nil
	}
}

// networkFile returns an error unless the directory of Multus has exactly one file, with a
// network, and the HostInterface reports it. The file of a network with prefixes has the
// addresses of the ENI's prefix, and the short name of the link.
func (e *env) networkFile(dir, network string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return err
	}
	if network == "" {
		if len(files) != 0 {
			return fmt.Errorf("the directory of Multus has %q", files)
		}
		return nil
	}
	if len(files) != 1 {
		return fmt.Errorf("the directory of Multus has %q, want one file", files)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		return err
	}
	c := struct {
		Name    string
		Plugins []struct {
			Master string
			IPAM   struct {
				Ranges [][]struct{ Subnet, RangeStart string }
			}
		}
	}{}
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	his := &v1alpha1.HostInterfaceList{}
	if err := e.kube.List(e.t.Context(), his); err != nil {
		return err
	}
	if c.Name != network || c.Plugins[0].Master != "data-0" || len(c.Plugins[0].IPAM.Ranges) != 1 || len(his.Items) != 1 || his.Items[0].Status.Network == nil || his.Items[0].Status.Network.Name != network {
		return fmt.Errorf("the file is %s, and the HostInterfaces are %v", raw, his.Items)
	}
	r := c.Plugins[0].IPAM.Ranges[0][0]
	if r.RangeStart == "" {
		if r.Subnet != "192.168.0.0/24" {
			return fmt.Errorf("the node's part of the range is %s", r.Subnet)
		}
		return nil
	}
	if p := his.Items[0].Spec.IPv4Prefixes; len(p) != 1 || !strings.HasPrefix(p[0], r.RangeStart+"/") {
		return fmt.Errorf("the range begins at %s, and the ENI's prefixes are %q", r.RangeStart, p)
	}
	return nil
}
