package agent

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/deviceplugin"
	"github.com/nodeeni/provider-aws-eni/internal/agent/podresources"
)

const (
	// mark is what pools of this agent carry in the device plugin's file.
	mark = "provider-aws-eni"

	// startUp is how soon to look again while the agent has not looked at all
	// HostInterfaces once.
	startUp = time.Second

	// offeredAgain is how soon to look again whether the kubelet has a device
	// that it should have.
	offeredAgain = 30 * time.Second
)

// An offer is a device that pods may be given.
type offer struct {
	deviceplugin.Pool

	networkInterfaceID string
	// handedOver says that a userspace driver has the device.
	handedOver bool
}

func (o *offer) device() podresources.Device {
	return podresources.Device{Resource: o.Resource.String(), ID: o.Devices[0].String()}
}

// An Offer is what a HostInterface says of its device's way to pods.
type Offer struct {
	// Resource that the device is offered as; empty if it is not.
	Resource string
	// Condition is nil if the HostInterface does not ask for an offer.
	Condition *xpv2.Condition
	// Again is how soon to look again, zero if there is no need.
	Again time.Duration
}

// offers keep the device plugin's file what the node's HostInterfaces make of
// it: devices that are as asked, all others out.
type offers struct {
	// file is nil if nothing is offered.
	file   *deviceplugin.File
	plugin *plugin
	pods   Pods
	prefix string
	// bound returns when the device of an ENI last got another driver, of which a
	// plugin that was started before does not know.
	bound func(networkInterfaceID string) time.Time

	mu sync.Mutex
	// made are offers by HostInterface; nil for one that was looked at and
	// offers nothing.
	made map[string]*offer
	// withdrawing are HostInterfaces whose device the plugin may still offer, and
	// as what, if that is known.
	withdrawing map[string]*offer
	applied     deviceplugin.Applied
	// settled is up to when the plugin is known to have read everything, and
	// restarting that it has not read the newest yet.
	settled    time.Time
	restarting bool
}

// begin removes what an agent before this one has left in the file, where there
// is no HostInterface any more.
func (o *offers) begin(ctx context.Context, all []v1alpha1.HostInterface) error {
	if o.file == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.complete(all) {
		return nil
	}
	return o.write(ctx)
}

// stands says whether an offer is still what is wanted.
func (o *offers) stands(made *offer, w Wanted) bool {
	r, err := deviceplugin.ParseResource(w.ResourceName, o.prefix)
	return err == nil && r == made.Resource && made.handedOver == w.handsOver() && (!made.handedOver || made.Driver == w.DPDKDriver)
}

// complete says whether every HostInterface was looked at since the agent
// started.
func (o *offers) complete(all []v1alpha1.HostInterface) bool {
	return !slices.ContainsFunc(all, func(hi v1alpha1.HostInterface) bool {
		_, looked := o.made[hi.Name]
		return !looked
	})
}

// offer offers what a look at a HostInterface's device found.
func (o *offers) offer(ctx context.Context, name string, w Wanted, out Outcome, all []v1alpha1.HostInterface) Offer {
	if o.file == nil {
		return o.notWritten(w)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	made, bad := o.of(w, out)
	o.made[name] = made
	if !o.complete(all) {
		// What is in the file of the others must not be lost.
		return o.not(w, made, v1alpha1.ReasonNotAllocatable, "the agent has just started", startUp)
	}
	if err := o.write(ctx); err != nil {
		return o.not(w, made, v1alpha1.ReasonNotInFile, err.Error(), offeredAgain)
	}
	switch {
	case bad != nil:
		return o.not(w, nil, v1alpha1.ReasonNotInFile, bad.Error(), 0)
	case w.ResourceName == "":
		return Offer{}
	case made == nil:
		return o.not(w, nil, v1alpha1.ReasonNotInFile, "the device is not as asked yet, see Ready", 0)
	default:
		return o.verify(ctx, w, made)
	}
}

// of returns the offer that a look found the device good for, or why it is good
// for none. A device that has the driver asked for is offered, whatever else is
// amiss with its link: to withdraw it takes it from the pods to come.
func (o *offers) of(w Wanted, out Outcome) (*offer, error) {
	d := out.Observed.Device
	if w.ResourceName == "" {
		return nil, nil
	}
	r, err := deviceplugin.ParseResource(w.ResourceName, o.prefix)
	if err != nil {
		return nil, err
	}
	if !d.Found || d.Entry == nil || out.Plan.keepsOut() {
		return nil, nil
	}
	if w.handsOver() && d.Driver != w.DPDKDriver || !w.handsOver() && (w.Driver == v1alpha1.DriverDPDK || d.Driver != d.kernelDriver() || d.handedOver()) {
		return nil, nil
	}
	made := &offer{networkInterfaceID: w.NetworkInterfaceID, handedOver: w.handsOver()}
	made.Resource, made.Driver = r, d.Driver
	made.Devices = append(made.Devices, d.Address)
	return made, nil
}

// write brings the file up to date, and has the plugin read it.
func (o *offers) write(ctx context.Context) error {
	pools := make([]deviceplugin.Pool, 0, len(o.made))
	var bound time.Time
	for _, name := range slices.Sorted(maps.Keys(o.made)) {
		if made := o.made[name]; made != nil {
			pools = append(pools, made.Pool)
			if t := o.bound(made.networkInterfaceID); t.After(bound) {
				bound = t
			}
		}
	}
	a, err := o.file.Apply(pools, deviceplugin.Owner{Name: mark, DefaultPrefix: o.prefix})
	if err != nil {
		return err
	}
	o.applied = a
	if a.Changed {
		// Two writes may have the same modification time: the file system's clock is coarse.
		o.settled = time.Time{}
		o.plugin.forget()
	}
	o.tell(ctx, a)
	changed, err := o.file.Changed()
	if err != nil {
		return err
	}
	if bound.After(changed) {
		changed = bound
	}
	if !changed.After(o.settled) {
		return nil
	}
	o.restarting = true
	done, err := o.plugin.restart(ctx, changed)
	if done {
		o.settled, o.restarting = changed, false
	}
	return err
}

// tell logs what somebody should know of the file.
func (o *offers) tell(ctx context.Context, a deviceplugin.Applied) {
	l := log.FromContext(ctx)
	if a.Corrupt != nil {
		l.Error(a.Corrupt, "the device plugin could not read its file, which was kept under another name", "name", a.BackupName)
	}
	if !a.Changed {
		return
	}
	l.Info("Wrote the device plugin's file")
	for _, s := range a.Shadowed {
		l.Info("A pool of somebody else's names a device that a HostInterface offers, and does not get it any more", "device", s.Device, "pool", s.Resource, "now", s.Now)
	}
}

// verify asks the kubelet whether it has the device to give.
func (o *offers) verify(ctx context.Context, w Wanted, made *offer) Offer {
	for _, r := range o.applied.Rejected {
		if r.Resource == made.Resource && slices.Contains(r.Devices, made.Devices[0]) {
			return o.not(w, nil, v1alpha1.ReasonNotInFile, r.Err.Error(), 0)
		}
	}
	if len(o.applied.Fatal) > 0 {
		f := o.applied.Fatal[0]
		return o.not(w, made, v1alpha1.ReasonNotAllocatable, fmt.Sprintf("the device plugin exits for %s in its file, which is not this agent's, and offers nothing: %s", f.Pool, f.Err), offeredAgain)
	}
	if o.pods == nil {
		return o.not(w, made, v1alpha1.ReasonKubeletUnknown, "the device is in the device plugin's file; the agent was not told how to ask the kubelet whether it has it (--pod-resources-socket)", 0)
	}
	has, err := o.pods.Allocatable(ctx)
	if err != nil {
		return o.not(w, made, v1alpha1.ReasonKubeletUnknown, err.Error(), offeredAgain)
	}
	if has[made.device()] {
		c := v1alpha1.Offered(fmt.Sprintf("pods get device %s by asking for %s", made.Devices[0], made.Resource))
		return Offer{Resource: made.Resource.String(), Condition: &c}
	}
	again := offeredAgain
	if o.restarting {
		again = askAgain
	}
	if running, err := o.plugin.runs(ctx); err == nil && !running {
		return o.not(w, made, v1alpha1.ReasonPluginNotRunning, fmt.Sprintf("no pod %s runs on this node: install the SR-IOV network device plugin, or say where it is (--device-plugin-namespace, --device-plugin-selector)", o.plugin), offeredAgain)
	}
	return o.not(w, made, v1alpha1.ReasonNotAllocatable, fmt.Sprintf("the kubelet has no device %s of %s yet: the device plugin starts, or its log on this node says why it passes over the device", made.Devices[0], made.Resource), again)
}

func (o *offers) not(w Wanted, made *offer, reason xpv2.ConditionReason, message string, again time.Duration) Offer {
	if w.ResourceName == "" {
		return Offer{}
	}
	c := v1alpha1.NotOffered(reason, message)
	out := Offer{Condition: &c, Again: again}
	if made != nil {
		out.Resource = made.Resource.String()
	}
	return out
}

// notWritten says that an agent offers nothing, where somebody asked for it.
func (o *offers) notWritten(w Wanted) Offer {
	if !w.ResourceAsked {
		return Offer{}
	}
	return o.not(w, nil, v1alpha1.ReasonNotWritten, "this agent was not told where the device plugin's file is (--device-plugin-config)", 0)
}

// forget drops a HostInterface that is gone.
func (o *offers) forget(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.made, name)
	delete(o.withdrawing, name)
}
