// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package offer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/deviceplugin"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/podresources"
)

// A Status is the part of a HostInterface's status about the offer of its device.
type Status struct {
	// Resource that the device is offered as; empty if it is not.
	Resource string
	// Condition is nil if the HostInterface has no resource name.
	Condition *xpv2.Condition
	// RequeueAfter is the delay of the next check, zero without one.
	RequeueAfter time.Duration
}

// Publish offers the observed device of a HostInterface, or stops offering it.
func (o *Publisher) Publish(ctx context.Context, name string, w desired.State, d host.Device, all []v1alpha1.HostInterface) Status {
	if o.file == nil {
		return o.notConfigured(w)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	pub, bad := o.offerFor(w, d)
	o.published[name] = pub
	if !o.allObserved(all) {
		// Keep the devices in the file that an earlier agent has published.
		return o.notOffered(w, pub, v1alpha1.ReasonNotAllocatable, "the agent has not observed all HostInterfaces since its start", startupRetry)
	}
	if err := o.write(ctx); err != nil {
		return o.notOffered(w, pub, v1alpha1.ReasonNotInFile, err.Error(), allocatableRetry)
	}
	switch {
	case bad != nil:
		return o.notOffered(w, nil, v1alpha1.ReasonNotInFile, bad.Error(), 0)
	case w.ResourceName == "":
		return Status{}
	case pub == nil:
		return o.notOffered(w, nil, v1alpha1.ReasonNotInFile, "the device is not configured yet, see condition Ready", 0)
	default:
		return o.verify(ctx, w, pub)
	}
}

// offerFor returns the publication of a device, nil if it is not to be offered, or an
// error if the resource name is invalid. A device with the desired driver is offered
// even if its link has another problem: new pods would not get it otherwise.
func (o *Publisher) offerFor(w desired.State, d host.Device) (*publication, error) {
	if w.ResourceName == "" {
		return nil, nil
	}
	r, err := o.resource(w)
	if err != nil {
		return nil, err
	}
	if !d.Found || d.Entry == nil {
		return nil, nil
	}
	if w.NeedsUserspaceDriver() && d.Driver != w.DPDKDriver || !w.NeedsUserspaceDriver() && (w.Driver == v1alpha1.DriverDPDK || d.Driver != d.CurrentKernelDriver() || d.HasUserspaceDriver()) {
		return nil, nil
	}
	pub := &publication{networkInterfaceID: w.NetworkInterfaceID, userspace: w.NeedsUserspaceDriver()}
	pub.Resource, pub.Driver = r, d.Driver
	pub.Devices = append(pub.Devices, d.Address)
	pub.Replaces = w.TakeOver != nil
	return pub, nil
}

// write updates the file, and restarts the plugin to make it read the file.
func (o *Publisher) write(ctx context.Context) error {
	pools := make([]deviceplugin.Pool, 0, len(o.published))
	var bound time.Time
	for _, name := range slices.Sorted(maps.Keys(o.published)) {
		if pub := o.published[name]; pub != nil {
			pools = append(pools, pub.Pool)
			if t := o.boundAt(pub.networkInterfaceID); t.After(bound) {
				bound = t
			}
		}
	}
	a, err := o.file.Apply(pools, o.owner())
	if err != nil {
		return err
	}
	o.applied, o.held, o.holding = a, true, false
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
	if a.Exits() && len(o.withdrawing) == 0 {
		// A restart would only end a plugin that runs with an earlier file.
		return nil
	}
	done, err := o.plugin.restart(ctx, changed, a.Exits())
	if done {
		o.settled, o.restarting = changed, false
	}
	return err
}

// logChanges logs changes of the file that affect other owners.
func (o *Publisher) logChanges(ctx context.Context, a deviceplugin.Applied) {
	l := log.FromContext(ctx)
	if a.Corrupt != nil {
		l.Error(a.Corrupt, "the device plugin's file was invalid and has been replaced; the old file is kept", "name", a.BackupName)
	}
	if !a.Changed {
		return
	}
	l.Info("Wrote the device plugin's file")
	for _, s := range a.Shadowed {
		l.Info("A pool of another owner selects a device that a HostInterface offers; the device moves to the HostInterface's pool", "device", s.Device, "pool", s.Resource, "now", s.Now)
	}
}

// verify returns whether the kubelet can allocate the device.
func (o *Publisher) verify(ctx context.Context, w desired.State, pub *publication) Status {
	for _, r := range o.applied.Rejected {
		if r.Resource == pub.Resource && slices.Contains(r.Devices, pub.Devices[0]) {
			return o.notOffered(w, nil, v1alpha1.ReasonNotInFile, r.Err.Error(), 0)
		}
	}
	var has map[podresources.Device]bool
	var err error
	if o.pods != nil {
		has, err = o.pods.Allocatable(ctx)
	}
	exits := o.exitReason()
	switch {
	case has[pub.device()]:
		return o.allocatableStatus(pub, exits)
	case exits != "":
		return o.notOffered(w, pub, v1alpha1.ReasonNotAllocatable, exits, allocatableRetry)
	case o.pods == nil:
		return o.notOffered(w, pub, v1alpha1.ReasonKubeletUnknown, "the device is in the device plugin's file; whether the kubelet can allocate it is unknown (--pod-resources-socket is not set)", 0)
	case err != nil:
		return o.notOffered(w, pub, v1alpha1.ReasonKubeletUnknown, err.Error(), allocatableRetry)
	default:
		return o.notAllocatable(ctx, w, pub)
	}
}

// exitReason returns why the device plugin exits because of its file, or an empty string.
func (o *Publisher) exitReason() string {
	if len(o.applied.Fatal) == 0 {
		return ""
	}
	f := o.applied.Fatal[0]
	return fmt.Sprintf("the device plugin exits because of %s in its file, which this agent does not manage: %s", f.Pool, f.Err)
}

// allocatableStatus is the status of a device that the kubelet can allocate.
func (o *Publisher) allocatableStatus(pub *publication, exits string) Status {
	out := Status{Resource: pub.Resource.String()}
	message := fmt.Sprintf("device %s is allocatable to pods that request %s", pub.Devices[0], pub.Resource)
	if exits != "" && o.restarting {
		message += ", until the device plugin's next start: " + exits
		out.RequeueAfter = allocatableRetry
	}
	c := v1alpha1.Offered(message)
	out.Condition = &c
	return out
}

// notAllocatable returns why the kubelet does not list a device of the file.
func (o *Publisher) notAllocatable(ctx context.Context, w desired.State, pub *publication) Status {
	again := allocatableRetry
	if o.restarting {
		again = restartRetry
	}
	message := fmt.Sprintf("the kubelet does not list device %s of resource %s yet: ", pub.Devices[0], pub.Resource)
	pods, err := o.plugin.list(ctx)
	crashed := o.plugin.crashed(pods)
	switch {
	case err == nil && len(pods) == 0:
		return o.notOffered(w, pub, v1alpha1.ReasonPluginNotRunning, fmt.Sprintf("no pod %s runs on this node: install the SR-IOV network device plugin, or set --device-plugin-namespace and --device-plugin-selector", o.plugin), allocatableRetry)
	case crashed != "":
		message += fmt.Sprintf("the device plugin's pod %s is not running; see its log", crashed)
	default:
		message += "the device plugin is starting, or skips the device; see its log on this node"
	}
	return o.notOffered(w, pub, v1alpha1.ReasonNotAllocatable, message, again)
}

func (o *Publisher) notOffered(w desired.State, pub *publication, reason xpv2.ConditionReason, message string, again time.Duration) Status {
	if w.ResourceName == "" {
		return Status{}
	}
	c := v1alpha1.NotOffered(reason, message)
	out := Status{Condition: &c, RequeueAfter: again}
	if pub != nil {
		out.Resource = pub.Resource.String()
	}
	return out
}

// notConfigured is the status of an agent that offers no devices.
func (o *Publisher) notConfigured(w desired.State) Status {
	if !w.ResourceExplicit {
		return Status{}
	}
	return o.notOffered(w, nil, v1alpha1.ReasonNotWritten, "this agent does not offer devices (--device-plugin-config is not set)", 0)
}
