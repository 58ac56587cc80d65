// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// TestPrefixPool grows and shrinks the pool of a node with the number of its pods: 0, 40, 0.
// The test writes host-local's files. The cool-down is one second, and the guard two seconds;
// prefixpool.TestNoAddressTwice uses the default guard.
func TestPrefixPool(t *testing.T) {
	e, hosts := newHostEnv(t, options{discard: true}) // the CRD of Multus is added
	if err := e.kube.Create(t.Context(), testbed.MultusCRD()); err != nil {
		t.Fatal(err)
	}
	n := e.node("node-a")
	ns, err := hosts.Add(t.Context(), n.Name, instanceID(n))
	if err != nil {
		t.Fatal(err)
	}
	dir, cni := t.TempDir(), t.TempDir()
	h, err := host.Open(host.Options{NetNS: ns, StateDir: t.TempDir(), MultusDir: dir, CNIDir: cni})
	if err != nil {
		t.Fatal(err)
	}
	e.runAgent(testbed.AgentServiceAccount, agent.Options{NodeName: n.Name, Host: h, Policy: desired.Policy{Kinds: []string{"device", "veth"}}, PrefixGuard: 2 * time.Second})
	e.apply(head("data") + "  subnetIDs: [" + dataSubnet + "]\n  network: {type: macvlan, namespaces: [default], ipam: {ipv4Prefixes: {min: 1, max: 3, coolDown: 1s}}}\n")
	e.eventually(40*time.Second, e.ready("data", 1))
	e.eventually(5*time.Second, func() error { return e.pool(1) })
	e.eventually(5*time.Second, func() error { return e.networkFile(dir, "data") })
	mark, version := e.EC2.Mark(), e.hostInterfaceVersion()

	t.Log("while a prefix has room, a pod costs no EC2 call and no write")
	pods := &podAddresses{t: t, dir: filepath.Join(cni, "networks", "data")}
	pods.start(e.prefixes(), 10)
	e.consistently(3*time.Second, func() error { return e.pool(1) })
	if calls, now := e.EC2.Since(mark), e.hostInterfaceVersion(); len(calls) > 0 || now != version {
		t.Errorf("There were the EC2 calls %v, and the HostInterface has version %s, before %s", calls, now, version)
	}

	t.Log("below the low-water mark, the pool grows")
	pods.start(e.prefixes(), 4)
	e.eventually(15*time.Second, func() error { return e.pool(2) })
	pods.start(e.prefixes(), 16)
	e.eventually(15*time.Second, func() error { return e.pool(3) })
	pods.start(e.prefixes(), 10)
	e.consistently(3*time.Second, func() error { return e.pool(3) })

	t.Log("without pods, the pool shrinks to its smallest size")
	pods.stop()
	e.eventually(30*time.Second, func() error { return e.pool(1) })
	e.eventually(15*time.Second, e.ready("data", 1))
	pods.start(e.prefixes(), 14)
	e.eventually(15*time.Second, func() error { return e.pool(2) })
}

// pool returns an error unless EC2 has assigned a number of prefixes to the only ENI, and
// the HostInterface has the same.
func (e *env) pool(want int) error {
	his := &v1alpha1.HostInterfaceList{}
	if err := e.kube.List(e.t.Context(), his); err != nil {
		return err
	}
	if len(his.Items) != 1 || len(his.Items[0].Spec.IPv4Prefixes) != want {
		return fmt.Errorf("the HostInterfaces are %v, want %d prefixes", his.Items, want)
	}
	for _, x := range e.live() {
		if x.ID == his.Items[0].Spec.NetworkInterfaceID && len(x.IPv4Prefixes) != want {
			return fmt.Errorf("EC2 has assigned %q, want %d prefixes", x.IPv4Prefixes, want)
		}
	}
	if s := his.Items[0].Status.Network; s == nil || s.DesiredIPv4Prefixes == nil || len(s.IdleIPv4Prefixes) > 0 {
		return fmt.Errorf("the status is %v", s)
	}
	return nil
}

// prefixes returns the prefixes of the only HostInterface.
func (e *env) prefixes() []netip.Prefix {
	e.t.Helper()
	his := &v1alpha1.HostInterfaceList{}
	if err := e.kube.List(e.t.Context(), his); err != nil || len(his.Items) != 1 {
		e.t.Fatal(err, len(his.Items))
	}
	var out []netip.Prefix
	for _, p := range his.Items[0].Spec.IPv4Prefixes {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

func (e *env) hostInterfaceVersion() string {
	e.t.Helper()
	his := &v1alpha1.HostInterfaceList{}
	if err := e.kube.List(e.t.Context(), his); err != nil || len(his.Items) != 1 {
		e.t.Fatal(err, len(his.Items))
	}
	return his.Items[0].ResourceVersion
}

// podAddresses are the files of host-local.
type podAddresses struct {
	t    *testing.T
	dir  string
	used []string
}

// start allocates addresses of prefixes, as host-local does.
func (p *podAddresses) start(prefixes []netip.Prefix, n int) {
	p.t.Helper()
	if err := os.MkdirAll(p.dir, 0o755); err != nil {
		p.t.Fatal(err)
	}
	for _, x := range prefixes {
		for a := x.Addr(); x.Contains(a) && n > 0; a = a.Next() {
			path := filepath.Join(p.dir, a.String())
			if _, err := os.Stat(path); err == nil {
				continue
			}
			if err := os.WriteFile(path, []byte(strings.Repeat("0", 64)+"\r\nnet1"), 0o600); err != nil {
				p.t.Fatal(err)
			}
			p.used = append(p.used, path)
			n--
		}
	}
	if n > 0 {
		p.t.Fatalf("%d pods get no address of %v", n, prefixes)
	}
}

// stop releases all addresses.
func (p *podAddresses) stop() {
	p.t.Helper()
	for _, path := range p.used {
		if err := os.Remove(path); err != nil {
			p.t.Fatal(err)
		}
	}
	p.used = nil
}
