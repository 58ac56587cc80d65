// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/kernelvm"
	"github.com/nodeeni/provider-aws-eni/test/kernelvm/wire"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// Files of the agent in the machine. The disk keeps them over a reboot.
const (
	agentProgram    = "/var/lib/agent/agent"
	agentKubeconfig = "/var/lib/agent/kubeconfig"
	agentProcess    = "agent"
)

// boot boots the machine, creates its Node, and plugs the ENIs that EC2 attaches.
func (e *env) boot(k *kernelvm.Kit, o kernelvm.Options, agent string) {
	e.t.Helper()
	files := map[string]string{agentProgram: agent}
	maps.Copy(files, o.Files)
	o.Files = files
	ctx := context.WithoutCancel(e.t.Context())
	g, err := k.Start(ctx, o)
	e.must(err)
	e.guest, e.hardware = g, &hardware{t: e.t, guest: g}
	e.t.Cleanup(func() {
		if err := g.Close(); err != nil {
			e.t.Error(err)
		}
	})
	e.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if e.t.Failed() || *debug {
			e.t.Logf("the agent's log:\n%s", e.tail(ctx, kernelvm.LogPath(agentProcess)))
		}
		if e.t.Failed() {
			e.dump(ctx)
			e.t.Logf("console:\n%s", g.Console())
		}
	})
	e.must(g.Create(ctx, agentKubeconfig, e.kubeconfig()))

	n, err := e.AddNode(ctx, nodeName, testbed.SubnetNodesA, "", map[string]string{"ng": "multi-eni"})
	e.must(err)
	e.hardware.instance = path.Base(n.Spec.ProviderID)
	e.t.Cleanup(e.EC2.OnAttachment(func(event ec2emulator.Event) { e.hardware.notice(ctx, event) }))
}

// kubeconfig returns the agent's kubeconfig, with the RBAC rules of its manifests,
// for use inside the machine.
func (e *env) kubeconfig() string {
	e.t.Helper()
	file, err := e.cp.Kubeconfig(e.t.Context(), e.kube, e.account, e.t.TempDir())
	e.must(err)
	cfg, err := clientcmd.LoadFromFile(file)
	e.must(err)
	for _, c := range cfg.Clusters {
		u, err := url.Parse(c.Server)
		e.must(err)
		// The certificate is for the name outside the machine.
		c.TLSServerName = u.Hostname()
		u.Host = kernelvm.HostAddress + ":" + u.Port()
		c.Server = u.String()
	}
	raw, err := clientcmd.Write(*cfg)
	e.must(err)
	return string(raw)
}

// startAgent starts the agent in the machine with additional flags, and
// waits until it has renewed its Lease.
func (e *env) startAgent(flags ...string) {
	e.t.Helper()
	e.start(func(argv []string) error {
		_, err := e.guest.StartProcess(e.t.Context(), agentProcess, nil, argv...)
		return err
	}, flags...)
}

func (e *env) start(process func(argv []string) error, flags ...string) {
	e.t.Helper()
	before, err := e.renewed()
	e.must(err)
	argv := append([]string{
		agentProgram, "--node-name", nodeName, "--namespace", testbed.Namespace, "--kubeconfig", agentKubeconfig, "--debug",
		"--metrics-bind-address", "0", "--health-probe-bind-address", "0",
	}, flags...)
	e.must(process(argv))
	e.eventually(within, func() error {
		p, err := e.guest.Process(e.t.Context(), agentProcess)
		if err != nil || !p.Running {
			e.t.Fatalf("the agent does not run: %+v, %v", p, err)
		}
		at, err := e.renewed()
		if err == nil && at.Equal(&before) {
			return fmt.Errorf("the agent has not renewed its Lease since %s", before)
		}
		return err
	})
}

// renewed returns when the agent's Lease was renewed.
func (e *env) renewed() (metav1.MicroTime, error) {
	l := &coordinationv1.Lease{}
	err := e.kube.Get(e.t.Context(), client.ObjectKey{Namespace: testbed.Namespace, Name: v1alpha1.AgentLeaseName(nodeName)}, l)
	if kerrors.IsNotFound(err) || err == nil && l.Spec.RenewTime == nil {
		return metav1.MicroTime{}, nil
	}
	if err != nil {
		return metav1.MicroTime{}, err
	}
	return *l.Spec.RenewTime, nil
}

// killAgent kills the agent, as the kernel's OOM killer does.
func (e *env) killAgent() {
	e.t.Helper()
	p, err := e.guest.Signal(e.t.Context(), agentProcess, syscall.SIGKILL)
	e.must(err)
	if p.Signal != int(syscall.SIGKILL) {
		e.t.Fatalf("the agent had ended before: %+v", p)
	}
}

// reboot shuts down and boots the machine. No agent runs in it then. A Reset
// without it loses the writes of the last seconds.
func (e *env) reboot() {
	e.t.Helper()
	e.must(e.guest.Sync(e.t.Context()))
	e.must(e.guest.Reset(e.t.Context()))
}

// read returns the trimmed content of a file of the machine.
func (e *env) read(name string) string {
	e.t.Helper()
	s, err := e.guest.Read(e.t.Context(), name)
	e.must(err)
	return strings.TrimSpace(s)
}

// driverOf returns the driver that a PCI device has, or "".
func (e *env) driverOf(address string) string {
	e.t.Helper()
	l, err := e.guest.Readlink(e.t.Context(), "/sys/bus/pci/devices/"+address+"/driver")
	if errors.Is(err, syscall.ENOENT) {
		return ""
	}
	e.must(err)
	return path.Base(l)
}

// network returns the output of ip in the machine.
func (e *env) network() wire.Network {
	e.t.Helper()
	n, err := e.guest.Network(e.t.Context())
	e.must(err)
	return n
}

// link returns the link of the machine with a MAC address, or nil.
func (e *env) link(mac string) *wire.Link {
	e.t.Helper()
	for _, l := range e.network().Links {
		if l.MAC == mac {
			return &l
		}
	}
	return nil
}

// tail returns the end of a file of the machine.
func (e *env) tail(ctx context.Context, name string) string {
	const most = 30_000
	s, err := e.guest.Read(ctx, name)
	if err != nil {
		return err.Error()
	}
	return s[max(0, len(s)-most):]
}

// hardware is the slots of the machine: an attached ENI is a card in
// one of them.
type hardware struct {
	t        *testing.T
	guest    *kernelvm.Guest
	instance string

	mu sync.Mutex
	// next is the model of the next cards.
	next string
	// router connects the next cards to a router with a DHCP server, as EC2 does.
	router  bool
	plugged map[string]card // by id of the ENI
}

// A card is the device of an ENI in the machine.
type card struct {
	attachment, address, mac string
}

// notice plugs and unplugs cards for attached and detached ENIs.
func (h *hardware) notice(ctx context.Context, e ec2emulator.Event) {
	if e.InstanceID != h.instance || e.DeviceIndex == 0 && e.NetworkCardIndex == 0 {
		return
	}
	if e.Type == ec2emulator.Detached {
		if err := h.guest.Unplug(ctx, e.AttachmentID); err != nil {
			h.t.Error(err)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.plugged, e.NetworkInterfaceID)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	n := kernelvm.NIC{ID: e.AttachmentID, MAC: e.MAC, Driver: h.next}
	if h.router {
		h.describe(ctx, e)
		n.Subnet, n.Address = e.SubnetCIDR, e.PrivateIPAddresses[0]
		if len(e.IPv6Addresses) > 0 {
			n.IPv6Subnet = netip.PrefixFrom(e.IPv6Addresses[0], 64).Masked()
		}
	}
	address, err := h.guest.Plug(ctx, n)
	if err != nil {
		h.t.Error(err)
		return
	}
	if h.plugged == nil {
		h.plugged = map[string]card{}
	}
	h.plugged[e.NetworkInterfaceID] = card{attachment: e.AttachmentID, address: address, mac: e.MAC}
}

// plugs sets the model of the next cards, such as kernelvm.VMXNet3.
func (h *hardware) plugs(kind string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.next = kind
}

// card returns the card of an ENI.
func (h *hardware) card(eni string) card {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	c, ok := h.plugged[eni]
	if !ok {
		h.t.Fatalf("ENI %s is not plugged", eni)
	}
	return c
}

func (h *hardware) empty() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.plugged) > 0 {
		return fmt.Errorf("cards are still plugged: %v", h.plugged)
	}
	return nil
}
