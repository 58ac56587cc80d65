package offer

import (
	"context"
	"time"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/deviceplugin"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// withdrawRetry is how soon to look again whether the kubelet still gives a
// device to pods that is about to be taken away.
const withdrawRetry = time.Second

// Withdraw stops offering a device that is about to be taken away, before pods
// are waited for: otherwise the next pod would be given it. The kubelet gives what
// the plugin told it of for as long as that plugin runs, so where pods are waited
// for so is the plugin's end.
//
// The duration is for how long to wait because the file is not to be written yet,
// or because pods may still be given the device; then that is the Problem.
func (o *Publisher) Withdraw(ctx context.Context, hi *v1alpha1.HostInterface, w desired.State, all []v1alpha1.HostInterface) (time.Duration, *desired.Problem, error) {
	if o.file == nil {
		return 0, nil, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	name := hi.Name
	made, looked := o.published[name]
	if !looked {
		made = o.restoreFromStatus(hi)
	}
	if w.Release && !looked || made != nil && (w.Release || !o.stillValid(made, w)) {
		o.published[name], o.withdrawing[name] = nil, made
	}
	was, withdrawing := o.withdrawing[name]
	if !withdrawing {
		return 0, nil, nil
	}
	if !o.allObserved(all) {
		// What is in the file of the others must not be lost.
		return startupRetry, nil, nil
	}
	if err := o.write(ctx); err != nil {
		return 0, nil, err
	}
	if w.WaitForPods && (o.restarting || o.allocatable(ctx, was)) {
		return withdrawRetry, desired.Problemf(v1alpha1.ReasonReleasing, "the device is not taken away while pods may still be given it: the device plugin %s ends first, for which the releasePolicy's timeout is the bound", o.plugin), nil
	}
	delete(o.withdrawing, name)
	return 0, nil, nil
}

// allocatable says whether the kubelet still gives a device to pods, as it does until it
// has noticed that the plugin is gone. What cannot be asked is not waited for.
func (o *Publisher) allocatable(ctx context.Context, was *publication) bool {
	if was == nil || o.pods == nil {
		return false
	}
	has, err := o.pods.Allocatable(ctx)
	return err == nil && has[was.device()]
}

// restoreFromStatus is what an agent before this one offered, by the status that it left.
func (o *Publisher) restoreFromStatus(hi *v1alpha1.HostInterface) *publication {
	r, noResource := deviceplugin.ParseResource(hi.Status.Resource, o.prefix)
	a, noAddress := pci.ParseAddress(hi.Status.PCIAddress)
	if noResource != nil || noAddress != nil {
		return nil
	}
	return &publication{
		Pool:               deviceplugin.Pool{Resource: r, Driver: hi.Status.Driver, Devices: []pci.Address{a}},
		networkInterfaceID: hi.Spec.NetworkInterfaceID, userspace: desired.IsUserspaceDriver(hi.Status.Driver),
	}
}
