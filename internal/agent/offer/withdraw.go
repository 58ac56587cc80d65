// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package offer

import (
	"context"
	"time"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/deviceplugin"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// withdrawRetry is the period of polling the kubelet for a withdrawn device.
const withdrawRetry = time.Second

// Withdraw stops offering a device that is about to be reclaimed, before the agent waits
// for pods: otherwise the next pod would be allocated the device. The kubelet allocates
// the plugin's devices until the plugin terminates, so with a wait for pods Withdraw
// also waits for the plugin.
//
// A positive duration is the delay of a retry: the file cannot be written yet or, with a
// Problem, pods may still be allocated the device.
func (o *Publisher) Withdraw(ctx context.Context, hi *v1alpha1.HostInterface, w desired.State, all []v1alpha1.HostInterface) (time.Duration, *desired.Problem, error) {
	if o.file == nil {
		return 0, nil, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	name := hi.Name
	pub, observed := o.published[name]
	if !observed {
		pub = o.restoreFromStatus(hi)
	}
	if w.Release && !observed || pub != nil && (w.Release || !o.stillValid(pub, w)) {
		o.published[name], o.withdrawing[name] = nil, pub
	}
	was, withdrawing := o.withdrawing[name]
	if !withdrawing {
		return 0, nil, nil
	}
	if !o.allObserved(all) {
		// Keep the devices in the file that an earlier agent has published.
		return startupRetry, nil, nil
	}
	if err := o.write(ctx); err != nil {
		return 0, nil, err
	}
	if w.WaitForPods && (o.restarting || o.allocatable(ctx, was)) {
		return withdrawRetry, desired.Problemf(v1alpha1.ReasonReleasing, "the device is kept while pods may be allocated it: waiting until the device plugin's pod %s terminates, at most for releasePolicy.timeout", o.plugin), nil
	}
	delete(o.withdrawing, name)
	return 0, nil, nil
}

// allocatable reports whether the kubelet can still allocate a device, which it can until
// it has noticed that the plugin terminated. It is false if the kubelet does not
// respond.
func (o *Publisher) allocatable(ctx context.Context, was *publication) bool {
	if was == nil || o.pods == nil {
		return false
	}
	has, err := o.pods.Allocatable(ctx)
	return err == nil && has[was.device()]
}

// restoreFromStatus returns the publication of an earlier agent, according to the status.
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
