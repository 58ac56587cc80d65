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

// A hostConfig is what a HostInterface can ask of a device.
type hostConfig func(*v1alpha1.HostInterface)

// hostConfigs are all that the walk passes through; nil is the release.
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
		// EC2 gives each ENI an address of its own.
		"routed": all(mtu(1500), func(hi *v1alpha1.HostInterface) {
			addressing(v1alpha1.AddressingPolicyRouted, fmt.Sprintf("10.0.1.%d", 4+hi.Spec.DeviceIndex))(hi)
		}),
		"offered":       all(mtu(1500), resource("intel.com/eni")),
		"vfio":          all(userspace(v1alpha1.DPDKDriverVFIO, withoutIOMMU)),
		"vfio, offered": all(userspace(v1alpha1.DPDKDriverVFIO, withoutIOMMU), resource("intel.com/dpdk")),
		// Of the first ENI, that has no IOMMU.
		forbidden:    all(userspace(v1alpha1.DPDKDriverVFIO)),
		"uio":        all(userspace(v1alpha1.DPDKDriverUIOGeneric), resource("intel.com/uio")),
		"other pool": all(userspace(v1alpha1.DPDKDriverUIOGeneric), resource("intel.com/dpdk")),
		"released":   nil,
	}
}

// walker is an agent on a machine with two ENIs.
type walker struct {
	*machine

	harness *harness
	// wanted are the names of the wishes of the two.
	wanted [2]string
}

func newWalker(t *testing.T) *walker {
	t.Helper()
	w := &walker{machine: newMachine(t), wanted: [2]string{"released", "released"}}
	w.plug(6, mac1, noIOMMU)
	w.plug(7, mac2)
	w.harness = w.offering(w.newHarness())
	must(t, w.harness.offers.RemoveStale(t.Context(), nil))
	return w
}

// configure asks for something of one of the ENIs.
func (w *walker) configure(i int, what string) {
	w.t.Helper()
	name := fmt.Sprintf("eni%d", i)
	want, hi := hostConfigs()[what], w.harness.exists(name)
	switch {
	case hi != nil && hi.DeletionTimestamp != nil:
		return // On its way out.
	case want == nil && hi != nil:
		w.harness.delete(name)
	case want != nil && hi == nil:
		hi = hif(name, [2]string{mac1, mac2}[i], int32(i+1))
		want(hi)
		must(w.t, w.harness.client.Create(w.t.Context(), hi))
	case want != nil:
		w.harness.change(name, want)
	}
	w.wanted[i] = what
}

// reconcile lets the agent look once at both, whatever comes of it.
func (w *walker) reconcile() {
	for i := range 2 {
		_, _ = w.harness.Reconcile(w.t.Context(), request(fmt.Sprintf("eni%d", i)))
	}
}

// restart goes on with an agent that remembers nothing.
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
	// The groups that VFIO makes up have new numbers each time, and a link that
	// was released keeps its MTU.
	s := regexp.MustCompile(`(driver=vfio-pci .*group=)\d+`).ReplaceAllString(w.machine.String(), "${1}new")
	s = regexp.MustCompile(`mtu \d+ down`).ReplaceAllString(s, "down")
	return s + "\n" + w.offered()
}

// TestUserspaceWalk passes through wishes at random while the kernel refuses
// changes, the agent is killed and ENIs are plugged out and in. Once that is
// over the machine has to be what a new agent makes of a new machine. In short mode
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
		w.bus.Fault, w.links.Refuse = nil, nil
		w.settle(round)

		want, ok := expected[w.wanted]
		if !ok {
			fresh := newWalker(t)
			fresh.reconcile()
			for i, what := range w.wanted {
				fresh.configure(i, what)
			}
			fresh.settle(round)
			want = fresh.String()
			expected[w.wanted] = want
		}
		if diff := cmp.Diff(want, w.String()); diff != "" {
			t.Fatalf("Round %d: %v is not what a new machine makes of it: -want, +got:\n%s", round, w.wanted, diff)
		}
		ops, before := w.bus.Ops(), w.String()
		w.reconcile()
		w.restart()
		w.reconcile()
		if w.bus.Ops() != ops || w.String() != before {
			t.Fatalf("Round %d: %v: what is settled is not left alone: %d changes\n%s", round, w.wanted, w.bus.Ops()-ops, cmp.Diff(before, w.String()))
		}
	}
}

// trouble is a few looks under faults.
func (w *walker) trouble(random *rand.Rand) {
	rate := random.Float64() * 0.6
	fails := func() error {
		if random.Float64() < rate {
			return []error{syscall.EIO, syscall.EBUSY, syscall.ENOMEM}[random.IntN(3)]
		}
		return nil
	}
	w.bus.Fault = func(int, pcifake.Op) error { return fails() }
	w.links.Refuse = func(string) error { return fails() }
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

// replug takes an ENI out and puts it back in.
func (w *walker) replug(i int) {
	a := pci.Address{Device: uint8(6 + i)}
	w.bus.Unplug(a)
	if i == 0 {
		w.plug(6, mac1, noIOMMU)
	} else {
		w.plug(7, mac2)
	}
}

// settle gives the agent time until both are as asked.
func (w *walker) settle(round int) {
	w.t.Helper()
	w.restart() // Refusals of before are not waited for.
	var last error
	for range 6 {
		last = nil
		for i, what := range w.wanted {
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
	w.t.Fatalf("Round %d: %v is not reached: %v\n%s", round, w.wanted, last, w)
}

const (
	corev1True = "True"
	forbidden  = "vfio, forbidden"
)
