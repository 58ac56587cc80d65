// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
	pcifake "github.com/nodeeni/provider-aws-eni/internal/agent/pci/fake"
)

// A hostConfig changes the configuration of a HostInterface.
type hostConfig func(*v1alpha1.HostInterface)

// hostConfigs are the configurations of the walk; nil is the release.
func hostConfigs() map[string]hostConfig {
	all := func(ws ...func(*v1alpha1.HostInterface)) hostConfig {
		return func(hi *v1alpha1.HostInterface) {
			kernel(hi)
			hi.Spec.Config.MTU, hi.Spec.Config.ResourceName, hi.Spec.Config.AltNames = nil, nil, nil
			addressing(v1alpha1.AddressingNone)(hi)
			for _, w := range ws {
				w(hi)
			}
		}
	}
	return map[string]hostConfig{
		"kernel": all(mtu(1500)),
		"jumbo":  all(mtu(9001)),
		// EC2 assigns different addresses to the ENIs.
		"routed": all(mtu(1500), func(hi *v1alpha1.HostInterface) {
			addressing(v1alpha1.AddressingPolicyRouted, fmt.Sprintf("10.0.1.%d", 4+hi.Spec.DeviceIndex))(hi)
		}),
		"offered":       all(mtu(1500), resource("intel.com/eni")),
		"vfio":          all(userspace(v1alpha1.DPDKDriverVFIO, withoutIOMMU)),
		"vfio, offered": all(userspace(v1alpha1.DPDKDriverVFIO, withoutIOMMU), resource("intel.com/dpdk")),
		// The first ENI has no IOMMU.
		forbidden:    all(userspace(v1alpha1.DPDKDriverVFIO)),
		"uio":        all(userspace(v1alpha1.DPDKDriverUIOGeneric), resource("intel.com/uio")),
		"other pool": all(userspace(v1alpha1.DPDKDriverUIOGeneric), resource("intel.com/dpdk")),
		"released":   nil,
	}
}

// A walker is an agent on a machine with two ENIs.
type walker struct {
	*machine

	harness *harness
	// configs are the names of the two configurations.
	configs [2]string
}

func newWalker(t *testing.T) *walker {
	t.Helper()
	w := &walker{machine: newMachine(t), configs: [2]string{"released", "released"}}
	w.plug(6, mac1, noIOMMU)
	w.plug(7, mac2)
	w.harness = w.offering(w.newHarness())
	must(t, w.harness.offers.RemoveStale(t.Context(), nil))
	return w
}

// configure sets the configuration of one ENI.
func (w *walker) configure(i int, what string) {
	w.t.Helper()
	name := fmt.Sprintf("eni%d", i)
	want, hi := hostConfigs()[what], w.harness.exists(name)
	switch {
	case hi != nil && hi.DeletionTimestamp != nil:
		return // being deleted
	case want == nil && hi != nil:
		w.harness.delete(name)
	case want != nil && hi == nil:
		hi = hif(name, [2]string{mac1, mac2}[i], int32(i+1))
		want(hi)
		must(w.t, w.harness.client.Create(w.t.Context(), hi))
	case want != nil:
		w.harness.change(name, want)
	}
	w.configs[i] = what
}

// reconcile reconciles both, and ignores errors.
func (w *walker) reconcile() {
	for i := range 2 {
		_, _ = w.harness.Reconcile(w.t.Context(), request(fmt.Sprintf("eni%d", i)))
	}
}

// restart starts a new agent.
func (w *walker) restart() {
	w.t.Helper()
	client := w.harness.client
	r := w.newHarness()
	r.client, r.Reconciler.client = client, client
	w.harness = w.offering(r)
	l := &v1alpha1.HostInterfaceList{}
	must(w.t, client.List(w.t.Context(), l))
	must(w.t, w.harness.offers.RemoveStale(w.t.Context(), l.Items))
}

func (w *walker) String() string {
	// VFIO's groups without an IOMMU have new numbers each time, and a link that
	// was released keeps its MTU.
	s := regexp.MustCompile(`(driver=vfio-pci .*group=)\d+`).ReplaceAllString(w.machine.String(), "${1}new")
	s = regexp.MustCompile(`mtu \d+ down`).ReplaceAllString(s, "down")
	return s + "\n" + w.offered()
}

// TestUserspaceWalk changes configurations at random while the kernel rejects
// changes, the agent is killed and ENIs are replugged. After the faults
// the machine must be equal to a new machine with a new agent. In short mode
// it makes 40 of 150 changes.
func TestUserspaceWalk(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	names := make([]string, 0, len(hostConfigs()))
	for n := range hostConfigs() {
		names = append(names, n)
	}
	expected := map[[2]string]string{}
	w := newWalker(t)
	w.reconcile()
	rounds := 150
	if testing.Short() {
		rounds = 40
	}
	for round := range rounds {
		w.configure(random.IntN(2), names[random.IntN(len(names))])
		w.trouble(random)
		w.bus.Fault, w.links.Fault = nil, nil
		w.settle(round)

		want, ok := expected[w.configs]
		if !ok {
			fresh := newWalker(t)
			fresh.reconcile()
			for i, what := range w.configs {
				fresh.configure(i, what)
			}
			fresh.settle(round)
			want = fresh.String()
			expected[w.configs] = want
		}
		if diff := cmp.Diff(want, w.String()); diff != "" {
			t.Fatalf("Round %d: %v differs from a new machine: -want, +got:\n%s", round, w.configs, diff)
		}
		ops, before := w.bus.Ops(), w.String()
		w.reconcile()
		w.restart()
		w.reconcile()
		if w.bus.Ops() != ops || w.String() != before {
			t.Fatalf("Round %d: %v: the steady state has %d changes\n%s", round, w.configs, w.bus.Ops()-ops, cmp.Diff(before, w.String()))
		}
	}
}

// trouble reconciles a few times with faults.
func (w *walker) trouble(random *rand.Rand) {
	rate := random.Float64() * 0.6
	fails := func() error {
		if random.Float64() < rate {
			return []error{syscall.EIO, syscall.EBUSY, syscall.ENOMEM}[random.IntN(3)]
		}
		return nil
	}
	w.bus.Fault = func(int, pcifake.Op) error { return fails() }
	w.links.Fault = func(string) error { return fails() }
	for range random.IntN(5) {
		switch random.IntN(6) {
		case 0:
			w.restart()
		case 1:
			w.replug(random.IntN(2))
		case 2:
			w.configure(random.IntN(2), "kernel")
		}
		w.reconcile()
	}
}

// replug detaches an ENI and attaches it again.
func (w *walker) replug(i int) {
	a := pci.Address{Device: uint8(6 + i)}
	w.bus.Unplug(a)
	if i == 0 {
		w.plug(6, mac1, noIOMMU)
	} else {
		w.plug(7, mac2)
	}
}

// settle reconciles until both are configured.
func (w *walker) settle(round int) {
	w.t.Helper()
	w.restart() // drops the backoff of earlier failures
	var last error
	for range 6 {
		last = nil
		for i, what := range w.configs {
			name := fmt.Sprintf("eni%d", i)
			result, err := w.harness.Reconcile(w.t.Context(), request(name))
			hi := w.harness.exists(name)
			switch {
			case err != nil:
				last = err
			case 0 < result.RequeueAfter && result.RequeueAfter <= time.Second:
				last = errors.Errorf("%s waits for the device plugin", name)
			case what == "released" && hi != nil:
				last = errors.Errorf("%s is not released: %v", name, hi.GetCondition("Ready"))
			case what == forbidden && i == 0 && hi.GetCondition("Ready").Reason == v1alpha1.ReasonNoIOMMU:
			case what != "released" && (hi == nil || hi.GetCondition("Ready").Status != corev1True):
				last = errors.Errorf("%s is not %s: %v", name, what, hi)
			}
		}
		if last == nil {
			return
		}
	}
	w.t.Fatalf("Round %d: %v is not reached: %v\n%s", round, w.configs, last, w)
}

const (
	corev1True = "True"
	forbidden  = "vfio, forbidden"
)
