package offer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/deviceplugin"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/podresources"
)

const (
	// ownerMark is what pools of this agent carry in the device plugin's file.
	ownerMark = "provider-aws-eni"

	// startupRetry is how soon to look again while the agent has not looked at all
	// HostInterfaces once.
	startupRetry = time.Second

	// allocatableRetry is how soon to look again whether the kubelet has a device
	// that it should have.
	allocatableRetry = 30 * time.Second

	// restartRetry is the same while the device plugin restarts.
	restartRetry = 5 * time.Second
)

// An publication is a device that pods may be given.
type publication struct {
	deviceplugin.Pool

	networkInterfaceID string
	// userspace says that a userspace driver has the device.
	userspace bool
}

func (o *publication) device() podresources.Device {
	return podresources.Device{Resource: o.Resource.String(), ID: o.Devices[0].String()}
}

// An Status is what a HostInterface says of its device's way to pods.
type Status struct {
	// Resource that the device is offered as; empty if it is not.
	Resource string
	// Condition is nil if the HostInterface does not ask for an offer.
	Condition *xpv2.Condition
	// RequeueAfter is how soon to look again, zero if there is no need.
	RequeueAfter time.Duration
}

// Publisher keep the device plugin's file what the node's HostInterfaces make of
// it: devices that are as asked, all others out.
type Publisher struct {
	// file is nil if nothing is offered.
	file   *deviceplugin.File
	plugin *plugin
	pods   host.Pods
	prefix string
	// boundAt returns when the device of an ENI last got another driver, of which a
	// plugin that was started before does not know.
	boundAt func(networkInterfaceID string) time.Time

	mu sync.Mutex
	// published are offers by HostInterface; nil for one that was looked at and
	// offers nothing.
	published map[string]*publication
	// withdrawing are HostInterfaces whose device the plugin may still offer, and
	// as what, if that is known.
	withdrawing map[string]*publication
	applied     deviceplugin.Applied
	// settled is up to when the plugin is known to have read everything, and
	// restarting that it has not read the newest yet.
	settled    time.Time
	restarting bool
}

// New returns the offers of a node. bound returns when the device of an ENI last
// got another driver.
func New(d DevicePlugin, c client.Client, nodeName string, pods host.Pods, bound func(networkInterfaceID string) time.Time) (*Publisher, error) {
	out := &Publisher{published: map[string]*publication{}, withdrawing: map[string]*publication{}}
	if d.File == "" {
		return out, nil
	}
	if d.Prefix == "" {
		d.Prefix = deviceplugin.DefaultPrefix
	}
	if d.Namespace == "" {
		d.Namespace = DefaultPluginNamespace
	}
	if d.Selector == "" {
		d.Selector = DefaultPluginSelector
	}
	s, err := labels.Parse(d.Selector)
	if err != nil {
		return nil, errors.Wrapf(err, "cannot use %q to find the device plugin's pods", d.Selector)
	}
	out.file, out.prefix, out.pods, out.boundAt = deviceplugin.NewFile(d.File), d.Prefix, pods, bound
	out.plugin = &plugin{client: c, nodeName: nodeName, namespace: d.Namespace, selector: s}
	return out, nil
}

// Enabled says whether devices are offered.
func (o *Publisher) Enabled() bool { return o.file != nil }

// RemoveStale removes what an agent before this one has left in the file, where there
// is no HostInterface any more.
func (o *Publisher) RemoveStale(ctx context.Context, all []v1alpha1.HostInterface) error {
	if o.file == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.allObserved(all) {
		return nil
	}
	return o.write(ctx)
}

// stillValid says whether an offer is still what is wanted.
func (o *Publisher) stillValid(made *publication, w desired.State) bool {
	r, err := deviceplugin.ParseResource(w.ResourceName, o.prefix)
	return err == nil && r == made.Resource && made.userspace == w.NeedsUserspaceDriver() && (!made.userspace || made.Driver == w.DPDKDriver)
}

// allObserved says whether every HostInterface was looked at since the agent
// started.
func (o *Publisher) allObserved(all []v1alpha1.HostInterface) bool {
	return !slices.ContainsFunc(all, func(hi v1alpha1.HostInterface) bool {
		_, looked := o.published[hi.Name]
		return !looked
	})
}

// Publish offers what a look at a HostInterface's device found.
func (o *Publisher) Publish(ctx context.Context, name string, w desired.State, d host.Device, all []v1alpha1.HostInterface) Status {
	if o.file == nil {
		return o.notConfigured(w)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	made, bad := o.offerFor(w, d)
	o.published[name] = made
	if !o.allObserved(all) {
		// What is in the file of the others must not be lost.
		return o.notOffered(w, made, v1alpha1.ReasonNotAllocatable, "the agent has just started", startupRetry)
	}
	if err := o.write(ctx); err != nil {
		return o.notOffered(w, made, v1alpha1.ReasonNotInFile, err.Error(), allocatableRetry)
	}
	switch {
	case bad != nil:
		return o.notOffered(w, nil, v1alpha1.ReasonNotInFile, bad.Error(), 0)
	case w.ResourceName == "":
		return Status{}
	case made == nil:
		return o.notOffered(w, nil, v1alpha1.ReasonNotInFile, "the device is not as asked yet, see Ready", 0)
	default:
		return o.verify(ctx, w, made)
	}
}

// offerFor returns the offer that a look found the device good for, or why it is good
// for none. A device that has the driver asked for is offered, whatever else is
// amiss with its link: to withdraw it takes it from the pods to come.
func (o *Publisher) offerFor(w desired.State, d host.Device) (*publication, error) {
	if w.ResourceName == "" {
		return nil, nil
	}
	r, err := deviceplugin.ParseResource(w.ResourceName, o.prefix)
	if err != nil {
		return nil, err
	}
	if !d.Found || d.Entry == nil {
		return nil, nil
	}
	if w.NeedsUserspaceDriver() && d.Driver != w.DPDKDriver || !w.NeedsUserspaceDriver() && (w.Driver == v1alpha1.DriverDPDK || d.Driver != d.CurrentKernelDriver() || d.HasUserspaceDriver()) {
		return nil, nil
	}
	made := &publication{networkInterfaceID: w.NetworkInterfaceID, userspace: w.NeedsUserspaceDriver()}
	made.Resource, made.Driver = r, d.Driver
	made.Devices = append(made.Devices, d.Address)
	return made, nil
}

// write brings the file up to date, and has the plugin read it.
func (o *Publisher) write(ctx context.Context) error {
	pools := make([]deviceplugin.Pool, 0, len(o.published))
	var bound time.Time
	for _, name := range slices.Sorted(maps.Keys(o.published)) {
		if made := o.published[name]; made != nil {
			pools = append(pools, made.Pool)
			if t := o.boundAt(made.networkInterfaceID); t.After(bound) {
				bound = t
			}
		}
	}
	a, err := o.file.Apply(pools, deviceplugin.Owner{Mark: ownerMark, DefaultPrefix: o.prefix})
	if err != nil {
		return err
	}
	o.applied = a
	if a.Changed {
		// Two writes may have the same modification time: the file system's clock is coarse.
		o.settled = time.Time{}
		o.plugin.reset()
	}
	o.logChanges(ctx, a)
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

// logChanges logs what somebody should know of the file.
func (o *Publisher) logChanges(ctx context.Context, a deviceplugin.Applied) {
	l := log.FromContext(ctx)
	if a.Corrupt != nil {
		l.Error(a.Corrupt, "the device plugin could not read its file, which was kept under another name", "name", a.KeptAside)
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
func (o *Publisher) verify(ctx context.Context, w desired.State, made *publication) Status {
	for _, r := range o.applied.Refused {
		if r.Resource == made.Resource && slices.Contains(r.Devices, made.Devices[0]) {
			return o.notOffered(w, nil, v1alpha1.ReasonNotInFile, r.Err.Error(), 0)
		}
	}
	if len(o.applied.Fatal) > 0 {
		f := o.applied.Fatal[0]
		return o.notOffered(w, made, v1alpha1.ReasonNotAllocatable, fmt.Sprintf("the device plugin exits for %s in its file, which is not this agent's, and offers nothing: %s", f.Pool, f.Err), allocatableRetry)
	}
	if o.pods == nil {
		return o.notOffered(w, made, v1alpha1.ReasonKubeletUnknown, "the device is in the device plugin's file; the agent was not told how to ask the kubelet whether it has it (--pod-resources-socket)", 0)
	}
	has, err := o.pods.Allocatable(ctx)
	if err != nil {
		return o.notOffered(w, made, v1alpha1.ReasonKubeletUnknown, err.Error(), allocatableRetry)
	}
	if has[made.device()] {
		c := v1alpha1.Offered(fmt.Sprintf("pods get device %s by asking for %s", made.Devices[0], made.Resource))
		return Status{Resource: made.Resource.String(), Condition: &c}
	}
	again := allocatableRetry
	if o.restarting {
		again = restartRetry
	}
	if running, err := o.plugin.running(ctx); err == nil && !running {
		return o.notOffered(w, made, v1alpha1.ReasonPluginNotRunning, fmt.Sprintf("no pod %s runs on this node: install the SR-IOV network device plugin, or say where it is (--device-plugin-namespace, --device-plugin-selector)", o.plugin), allocatableRetry)
	}
	return o.notOffered(w, made, v1alpha1.ReasonNotAllocatable, fmt.Sprintf("the kubelet has no device %s of %s yet: the device plugin starts, or its log on this node says why it passes over the device", made.Devices[0], made.Resource), again)
}

func (o *Publisher) notOffered(w desired.State, made *publication, reason xpv2.ConditionReason, message string, again time.Duration) Status {
	if w.ResourceName == "" {
		return Status{}
	}
	c := v1alpha1.NotOffered(reason, message)
	out := Status{Condition: &c, RequeueAfter: again}
	if made != nil {
		out.Resource = made.Resource.String()
	}
	return out
}

// notConfigured says that an agent offers nothing, where somebody asked for it.
func (o *Publisher) notConfigured(w desired.State) Status {
	if !w.ResourceExplicit {
		return Status{}
	}
	return o.notOffered(w, nil, v1alpha1.ReasonNotWritten, "this agent was not told where the device plugin's file is (--device-plugin-config)", 0)
}

// Forget drops a HostInterface that is gone.
func (o *Publisher) Forget(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.published, name)
	delete(o.withdrawing, name)
}
