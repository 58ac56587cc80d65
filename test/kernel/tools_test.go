// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/test/kernelvm"
)

const (
	testpmd = "testpmd" // name of the process
	// sendFor is the minimum time of sending.
	sendFor = 2 * time.Second
	// hugePages is the number of huge pages of 2 MiB; testpmd uses 64 MiB.
	hugePages = 80
)

// tools returns the file system with DPDK's tools, or skips the test
// without KERNELVM_DPDK.
func tools(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("KERNELVM_DPDK")
	if folder == "" {
		t.Skip("this test runs DPDK's tools in a virtual machine: run make e2e-kernel, or set KERNELVM_DPDK to the directory that test/kernelvm/ensure-dpdk.sh prints")
	}
	return filepath.Join(folder, "usr.img")
}

// TestDPDKTools runs DPDK's tools with a device with a userspace driver: the list of
// dpdk-devbind, and sending with dpdk-testpmd.
func TestDPDKTools(t *testing.T) {
	usr := tools(t)
	cases := map[string]struct {
		options kernelvm.Options
		lines   []string
	}{
		"IOMMU":   {options: kernelvm.Options{IOMMU: true}},
		"NoIOMMU": {options: kernelvm.Options{NoIOMMUModule: true}, lines: []string{"  dpdk: {allowNoIOMMU: true}"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			o := tc.options
			o.Usr, o.HugePages = usr, hugePages
			e := dpdkEnv(t, o)
			e.apply(dpdk("fast", 2, tc.lines...))
			e.apply(strings.Replace(nodeENI("peer"), "deviceIndex: 2", "deviceIndex: 3", 1))
			run(e, step{"Bound", (*env).devbindListsDPDK}, step{"Sends", (*env).testpmdSends}, step{"Back", (*env).devbindListsKernel})
		})
	}
}

// devbindListsDPDK: dpdk-devbind lists one of two devices as DPDK-compatible.
func (e *env) devbindListsDPDK() {
	h, c := e.bound("fast", "vfio-pci")
	if u := h.GetCondition(v1alpha1.TypeUserspaceUsable); u.Status != corev1.ConditionTrue {
		e.t.Errorf("the device is not usable: %+v", u)
	}
	peer := e.awaitReady("peer", corev1.ConditionTrue, v1alpha1.ReasonConfigured)
	e.checkDevbind(map[string]seen{
		c.address: {Section: "DPDK-compatible", Driver: h.Status.Driver},
		e.hardware.card(peer.Spec.NetworkInterfaceID).address: {Section: "kernel", Driver: peer.Status.Driver, Interface: peer.Status.InterfaceName},
	})
}

// devbindListsKernel: dpdk-devbind lists both devices with kernel drivers.
func (e *env) devbindListsKernel() {
	want := map[string]seen{}
	for _, name := range []string{"fast", "peer"} {
		h := e.awaitReady(name, corev1.ConditionTrue, v1alpha1.ReasonConfigured)
		want[e.hardware.card(h.Spec.NetworkInterfaceID).address] = seen{Section: "kernel", Driver: h.Status.Driver, Interface: h.Status.InterfaceName}
	}
	e.checkDevbind(want)
}

// seen is a device in the output of dpdk-devbind.
type seen struct{ Section, Driver, Interface string }

var (
	devbindSection = regexp.MustCompile(`^Network devices using (\S+) driver$`)
	devbindDevice  = regexp.MustCompile(`^(\S+:\S+:\S+\.\d) '.*' (?:if=(\S*) )?drv=(\S+) `)
)

// checkDevbind checks the output of dpdk-devbind for some of the network devices.
func (e *env) checkDevbind(want map[string]seen) {
	e.t.Helper()
	text := e.tool("devbind", "/usr/bin/dpdk-devbind.py", "--status-dev", "net")
	got, section := map[string]seen{}, ""
	for l := range strings.Lines(text) {
		l = strings.TrimSpace(l)
		if m := devbindSection.FindStringSubmatch(l); m != nil {
			section = m[1]
		}
		if m := devbindDevice.FindStringSubmatch(l + " "); m != nil {
			if _, ok := want[m[1]]; ok {
				got[m[1]] = seen{Section: section, Interface: m[2], Driver: m[3]}
			}
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		e.t.Errorf("dpdk-devbind differs from the HostInterfaces, -want, +got:\n%s\nIts output:\n%s", d, text)
	}
}

// tool runs a program, and returns its output.
func (e *env) tool(name string, argv ...string) string {
	e.t.Helper()
	log := kernelvm.LogPath(name)
	e.must(e.guest.Create(e.t.Context(), log, ""))
	began := time.Now()
	_, err := e.guest.StartProcess(e.t.Context(), name, toolsEnv(), argv...)
	e.must(err)
	e.ended(name)
	e.t.Logf("%s took %s", argv[0], time.Since(began).Round(10*time.Millisecond))
	return e.read(log)
}

func toolsEnv() []string { return []string{"PATH=/usr/bin:/usr/sbin", "HOME=/"} }

// ended waits until a program has ended successfully.
func (e *env) ended(name string) {
	e.t.Helper()
	e.eventually(within, func() error {
		p, err := e.guest.Process(e.t.Context(), name)
		e.must(err)
		if p.Running {
			return fmt.Errorf("%s is still running; its output:\n%s", name, e.read(kernelvm.LogPath(name)))
		}
		if p.ExitCode != 0 {
			e.t.Fatalf("%s ended with %d, signal %d; its output:\n%s", name, p.ExitCode, p.Signal, e.read(kernelvm.LogPath(name)))
		}
		return nil
	})
}

var (
	testpmdPort = regexp.MustCompile(`(?m)^Port 0: ([0-9A-Fa-f:]{17})\s*$`)
	testpmdSent = regexp.MustCompile(`Forward statistics for port 0[ -]*\n\s*RX-.*\n\s*TX-packets: (\d+)`)
)

// testpmdSends: packets of testpmd arrive at the other card. While testpmd runs the
// device is not unbound.
func (e *env) testpmdSends() {
	h, c := e.bound("fast", "vfio-pci")
	peer := e.awaitReady("peer", corev1.ConditionTrue, v1alpha1.ReasonConfigured)
	began, before := time.Now(), e.received(peer)
	// Two lcores, because one is the main lcore, on the only CPU. It
	// has no terminal: without a period it would exit at the end of stdin.
	_, err := e.guest.StartProcess(e.t.Context(), testpmd, toolsEnv(), "/usr/bin/dpdk-testpmd",
		"--lcores", "0@0,1@0", "-m", "64", "-a", c.address, "--no-telemetry", "--",
		"--nb-cores=1", "--total-num-mbufs=4096", "--rxd=256", "--txd=256", "--forward-mode=txonly", "--stats-period=1", "--eth-peer=0,"+peer.Spec.MACAddress)
	e.must(err)
	e.eventually(within, func() error {
		p, err := e.guest.Process(e.t.Context(), testpmd)
		e.must(err)
		says := e.read(kernelvm.LogPath(testpmd))
		if !p.Running {
			e.t.Fatalf("testpmd ended with %d, signal %d; its output:\n%s", p.ExitCode, p.Signal, says)
		}
		if e.received(peer) == before {
			return fmt.Errorf("nothing has arrived at %s; output of testpmd:\n%s", peer.Status.InterfaceName, says)
		}
		return nil
	})
	e.t.Logf("the first packet arrived after %s", time.Since(began).Round(10*time.Millisecond))

	first := time.Now()
	e.change("fast", func(s *v1alpha1.NodeENISpec) { s.Host.Driver, s.Host.DPDK = v1alpha1.DriverKernel, nil })
	e.awaitReady("fast", corev1.ConditionFalse, v1alpha1.ReasonDeviceInUse)
	time.Sleep(sendFor - time.Since(first))
	_, err = e.guest.Signal(e.t.Context(), testpmd, syscall.SIGINT)
	e.must(err)
	e.ended(testpmd)
	says := e.read(kernelvm.LogPath(testpmd))
	mac, sent := testpmdPort.FindStringSubmatch(says), testpmdSent.FindStringSubmatch(says)
	if mac == nil || sent == nil {
		e.t.Fatalf("testpmd did not print its device and its statistics:\n%s", says)
	}
	if !strings.EqualFold(mac[1], h.Spec.MACAddress) {
		e.t.Errorf("testpmd used a card with the MAC address %s, the ENI has %s", mac[1], h.Spec.MACAddress)
	}
	n, err := strconv.Atoi(sent[1])
	e.must(err)
	if n == 0 {
		e.t.Errorf("testpmd sent nothing:\n%s", says)
	}
	e.t.Logf("testpmd sent %d packets in %s", n, time.Since(first).Round(10*time.Millisecond))
	// Packets may still be queued. The network of the virtual machine drops some when the
	// machine that runs it is loaded.
	const most = 95 // per cent
	e.eventually(within, func() error {
		if arrived := e.received(peer) - before; arrived < n*most/100 {
			return fmt.Errorf("of %d packets %d have arrived", n, arrived)
		}
		return nil
	})
	e.back("fast")
}

// received returns the number of packets that the link of a HostInterface has received.
func (e *env) received(h *v1alpha1.HostInterface) int {
	e.t.Helper()
	n, err := strconv.Atoi(e.read("/sys/class/net/" + h.Status.InterfaceName + "/statistics/rx_packets"))
	e.must(err)
	return n
}
