// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/kernelvm"
	"github.com/nodeeni/provider-aws-eni/test/kernelvm/wire"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

const (
	// managed is the NodeENI of the tests with network managers, with an MTU that no
	// manager has, and table the routing table of its ENI.
	managed      = "managed"
	managedMTU   = 8500
	managedTable = 20002

	// monitor is the process that records the kernel's netlink messages.
	monitor = "monitor"
	// settlesIn is the period without messages after which a disturbance is over. The
	// kernel adds an IPv6 address two seconds after a link is up.
	settlesIn = 3 * time.Second
	// quietFor is the period without messages and changes after that.
	quietFor = 3 * time.Second
)

// managers returns the file system with network managers, or skips the test without
// KERNELVM_MANAGERS.
func managers(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("KERNELVM_MANAGERS")
	if dir == "" {
		t.Skip("this test runs network managers in a virtual machine: run make e2e-managers, or set KERNELVM_MANAGERS to the directory that test/kernelvm/ensure-managers.sh prints")
	}
	return filepath.Join(dir, "usr.img")
}

// managersEnv boots a machine with systemd and udev whose ENIs have a router with a DHCP
// server, as in EC2.
func managersEnv(t *testing.T) *env {
	t.Helper()
	e := newEnv(t, kernelvm.Options{Usr: managers(t), Systemd: true})
	e.hardware.router = true
	e.sh("until [ -S /run/systemd/private ]; do sleep 0.1; done; systemctl is-system-running --wait")
	return e
}

// describe writes the instance metadata of an ENI below /run/metadata of the machine.
func (h *hardware) describe(ctx context.Context, e ec2emulator.Event) {
	addresses := ""
	for _, a := range e.PrivateIPAddresses {
		addresses += a.String() + "\n"
	}
	for name, value := range map[string]string{
		"device-number": fmt.Sprintln(e.DeviceIndex), "interface-id": e.NetworkInterfaceID + "\n",
		"local-ipv4s": addresses, "subnet-ipv4-cidr-block": e.SubnetCIDR.String() + "\n",
	} {
		if err := h.guest.Create(ctx, path.Join("/run/metadata", e.MAC, name), value); err != nil {
			h.t.Error(err)
		}
	}
}

// sh runs a shell script in the machine, and returns its output.
func (e *env) sh(script string) string {
	e.t.Helper()
	return e.tool("sh", "/bin/sh", "-ec", script)
}

// startMonitor records netlink messages from now on.
func (e *env) startMonitor() {
	e.t.Helper()
	_, err := e.guest.StartProcess(e.t.Context(), monitor, toolsEnv(), "/usr/bin/ip", "-o", "-ts", "monitor", "label", "link", "address", "route", "rule")
	e.must(err)
}

// activity is what happened since the monitor was started: the netlink messages that are
// not about the primary link, and the lines of the agent's log.
type activity struct{ Messages, Lines []string }

func (e *env) activity() activity {
	e.t.Helper()
	lines := func(name string, not string) []string {
		s, err := e.guest.Read(e.t.Context(), kernelvm.LogPath(name))
		e.must(err)
		return slices.DeleteFunc(slices.Collect(strings.Lines(s)), func(l string) bool { return not != "" && strings.Contains(l, not) })
	}
	return activity{Messages: lines(monitor, wire.PrimaryName), Lines: lines(agentProcess, "")}
}

// since returns the activity after an earlier one.
func (a activity) since(b activity) activity {
	return activity{Messages: a.Messages[len(b.Messages):], Lines: a.Lines[len(b.Lines):]}
}

// quiet fails if the kernel sends a message about the ENI, or the agent logs a line,
// during the period.
func (e *env) quiet(during time.Duration) {
	e.t.Helper()
	before := e.activity()
	time.Sleep(during)
	if got := e.activity().since(before); len(got.Messages)+len(got.Lines) > 0 {
		e.t.Errorf("%d messages and %d lines of the agent in %s without a change: %s%s", len(got.Messages), len(got.Lines), during, got.Messages, got.Lines)
	}
}

// settled waits until the ENI's link is configured, and checks that it stays so and that
// no program changes it any more.
func (e *env) settled() {
	e.t.Helper()
	e.eventually(within, e.isConfigured)
	e.eventually(within, func() error {
		before := e.activity()
		time.Sleep(settlesIn)
		if got := e.activity().since(before); len(got.Messages)+len(got.Lines) > 0 {
			return fmt.Errorf("the link does not settle: %s%s", got.Messages, got.Lines)
		}
		return nil
	})
	e.quiet(quietFor)
	e.must(e.isConfigured())
}

// isConfigured returns an error if the link of the managed ENI differs from its
// HostInterface. The link may have more addresses and alternative names.
func (e *env) isConfigured() error {
	h, err := e.host(managed)
	if err != nil {
		return err
	}
	l := e.link(h.Spec.MACAddress)
	if l == nil {
		return fmt.Errorf("no link has the MAC address %s", h.Spec.MACAddress)
	}
	if l.MTU != managedMTU || !l.Up || !slices.Contains(l.AltNames, h.Spec.NetworkInterfaceID) || !slices.Contains(l.AltNames, managed+"-0") {
		return fmt.Errorf("the link is not configured: %+v", l)
	}
	if want := h.Spec.Config.InterfaceName; want != nil && l.Name != *want {
		return fmt.Errorf("the link has the name %s, want %s", l.Name, *want)
	}
	if h.Spec.Config.Addressing != v1alpha1.AddressingPolicyRouted {
		return nil
	}
	want, got := desiredNetwork(l.Name, h), managedNetwork(l.Name, h, e.network())
	if d := cmp.Diff(want, got); d != "" {
		return fmt.Errorf("addresses, routes or rules of the link, -want, +got:\n%s", d)
	}
	return nil
}

// desiredNetwork returns the addresses, routes and rules of a HostInterface.
func desiredNetwork(name string, h *v1alpha1.HostInterface) wire.Network {
	subnet := netip.MustParsePrefix(h.Spec.SubnetCIDR)
	n := wire.Network{Routes: []wire.Route{
		{Table: managedTable, Link: name, Destination: "0.0.0.0/0", Gateway: subnet.Addr().Next().String(), Protocol: 200},
		{Table: managedTable, Link: name, Destination: subnet.String(), Protocol: 200},
	}}
	for _, a := range h.Spec.PrivateIPs {
		n.Addresses = append(n.Addresses, wire.Address{Link: name, Prefix: a + "/32"})
		n.Rules = append(n.Rules, wire.Rule{Priority: managedTable, Source: a + "/32", Table: managedTable, Protocol: 200})
	}
	return n
}

// managedNetwork returns what desiredNetwork returns, from the observed network.
func managedNetwork(name string, h *v1alpha1.HostInterface, n wire.Network) wire.Network {
	return wire.Network{
		Addresses: slices.DeleteFunc(n.Addresses, func(a wire.Address) bool {
			ip, single := strings.CutSuffix(a.Prefix, "/32")
			return !single || a.Link != name || !slices.Contains(h.Spec.PrivateIPs, ip)
		}),
		Routes: slices.SortedFunc(slices.Values(slices.DeleteFunc(n.Routes, func(r wire.Route) bool { return r.Protocol != 200 })),
			func(a, b wire.Route) int { return strings.Compare(a.Destination, b.Destination) }),
		Rules: slices.DeleteFunc(n.Rules, func(r wire.Rule) bool { return r.Protocol != 200 }),
	}
}

// staysReady fails the test if a HostInterface that is Ready is not Ready at any later time
// before the returned function is called.
func (e *env) staysReady(nodeENI string) func() {
	e.t.Helper()
	h := e.awaitReady(nodeENI, corev1.ConditionTrue, v1alpha1.ReasonConfigured)
	w, err := e.kube.Watch(e.t.Context(), &v1alpha1.HostInterfaceList{}, client.MatchingLabels{v1alpha1.LabelNodeENI: nodeENI})
	e.must(err)
	var all sync.WaitGroup
	var lost []xpv2.Condition
	all.Go(func() {
		for event := range w.ResultChan() {
			now, ok := event.Object.(*v1alpha1.HostInterface)
			if event.Type == watch.Deleted || !ok {
				return
			}
			if c := now.GetCondition(xpv2.TypeReady); c.Status != corev1.ConditionTrue {
				lost = append(lost, c)
			}
		}
	})
	return func() {
		e.t.Helper()
		w.Stop()
		all.Wait()
		if len(lost) > 0 {
			e.t.Errorf("HostInterface %s was not Ready: %+v", h.Name, lost)
		}
	}
}

var documentedFile = regexp.MustCompile("(?m)^```[a-z]*\n# (/etc/\\S+)\n((?:[^`].*\n|\n)*)```$")

// documented returns the files that docs/host-network.md gives for a host, by path. The
// machine has another driver than an EC2 instance, and its primary link another path.
func documented(t *testing.T) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(testbed.RepositoryRoot(), "docs", "host-network.md"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, m := range documentedFile.FindAllStringSubmatch(string(raw), -1) {
		out[m[1]] = strings.NewReplacer("ena", "virtio_net", "pci-0000:00:05.0", "pci-0000:00:02.0").Replace(m[2])
	}
	return out
}

// writeDocumented writes the documented files below a directory to the machine, and fails if
// there are fewer than want.
func (e *env) writeDocumented(dir string, want int) {
	e.t.Helper()
	n := 0
	for name, content := range documented(e.t) {
		if strings.HasPrefix(name, dir) {
			e.must(e.guest.Create(context.WithoutCancel(e.t.Context()), name, content))
			n++
		}
	}
	if n < want {
		e.t.Fatalf("docs/host-network.md has %d files below %s, want %d", n, dir, want)
	}
}
