// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package offer

import (
	"context"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/nodeeni/provider-aws-eni/internal/agent/deviceplugin"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// Withhold removes devices of an earlier boot from the device plugin's file, which may
// survive a reboot. Such a device has lost its driver or its configuration, and its
// address may belong to the device of another ENI. Publish adds the device again.
//
// A device is from the current boot if the journal has an entry of this boot for its
// address: the agent writes the entry before it offers the device. So a restart of the
// agent removes nothing.
//
// Withhold changes the file only once, and sends no request to the API server.
func (o *Publisher) Withhold(ctx context.Context) error {
	if o.file == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.withhold(ctx)
}

// Hold withholds devices of an earlier boot, and restarts the device plugin if it offers
// them. It does nothing in the steady state.
func (o *Publisher) Hold(ctx context.Context) error {
	if o.file == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.withhold(ctx); err != nil || !o.holding {
		return err
	}
	changed, err := o.file.Changed()
	if err != nil {
		return err
	}
	// A plugin that has exited reads the file at its next start.
	done, err := o.plugin.restart(ctx, changed, true)
	o.holding = !done
	return err
}

func (o *Publisher) withhold(ctx context.Context) error {
	if o.held {
		return nil
	}
	owner := o.owner()
	pools, err := o.file.Own(owner)
	if err != nil {
		return err
	}
	var stale []pci.Address
	for i := range pools {
		pools[i].Devices = slices.DeleteFunc(pools[i].Devices, func(a pci.Address) bool {
			old := !o.ofThisBoot(a)
			if old {
				stale = append(stale, a)
			}
			return old
		})
	}
	if len(stale) == 0 {
		o.held = true
		return nil
	}
	a, err := o.file.Apply(pools, owner)
	if err != nil {
		return err
	}
	o.applied, o.held, o.holding = a, true, true
	o.plugin.reset()
	log.FromContext(ctx).Info("Removed devices from the device plugin's file until they are configured again after the boot", "devices", stale)
	return nil
}

// owner identifies the agent's pools.
func (o *Publisher) owner() deviceplugin.Owner { return ownerOf(o.prefix) }

// Pools returns the agent's pools in the device plugin's file. It changes nothing.
func Pools(d DevicePlugin) ([]deviceplugin.Pool, error) {
	return deviceplugin.NewFile(d.File).Own(ownerOf(d.Prefix))
}

func ownerOf(prefix string) deviceplugin.Owner {
	return deviceplugin.Owner{Name: ownerMark, DefaultPrefix: prefix}
}
