// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package offer

import (
	"context"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/deviceplugin"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
	"github.com/nodeeni/provider-aws-eni/internal/agent/podresources"
)

const (
	// ownerMark identifies the agent's pools in the device plugin's file.
	ownerMark = "provider-aws-eni"

	// startupRetry is the delay of a retry until the agent has observed all
	// HostInterfaces.
	startupRetry = time.Second

	// allocatableRetry is the period of polling the kubelet for an offered device.
	allocatableRetry = 30 * time.Second

	// restartRetry is that period while the device plugin restarts.
	restartRetry = 5 * time.Second
)

// A publication is a device that is offered to pods.
type publication struct {
	deviceplugin.Pool

	networkInterfaceID string
	// userspace is true if the device is bound to a userspace driver.
	userspace bool
}

func (o *publication) device() podresources.Device {
	return podresources.Device{Resource: o.Resource.String(), ID: o.Devices[0].String()}
}

// A Publisher maintains the agent's pools in the device plugin's file: the devices of the
// node's HostInterfaces that have the desired driver.
type Publisher struct {
	// file is nil if the agent offers no devices.
	file   *deviceplugin.File
	plugin *plugin
	pods   host.Pods
	prefix string
	// boundAt returns when the driver of an ENI's device last changed. A device plugin
	// that started earlier has the old driver.
	boundAt func(networkInterfaceID string) time.Time
	// ofThisBoot reports whether the agent has configured the device at an address since
	// the node's boot.
	ofThisBoot func(pci.Address) bool

	mu sync.Mutex
	// published are the offered devices by HostInterface; nil for a HostInterface that
	// was observed and offers none.
	published map[string]*publication
	// withdrawing are the HostInterfaces whose device the plugin may still offer, and the
	// publication, if known.
	withdrawing map[string]*publication
	applied     deviceplugin.Applied
	// settled is the time of the last change that the plugin has read. restarting is
	// true if it has not read the last one.
	settled    time.Time
	restarting bool
	// held is true if the file has no device of an earlier boot. holding is true while the
	// plugin may still offer such a device.
	held, holding bool
}

// New returns the Publisher of a node.
func New(d DevicePlugin, c client.Client, nodeName string, h *host.Host) (*Publisher, error) {
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
		return nil, errors.Wrapf(err, "cannot parse the device plugin's selector %q", d.Selector)
	}
	out.file, out.prefix, out.pods, out.boundAt = deviceplugin.NewFile(d.File), d.Prefix, h.Pods, h.Journal.Written
	out.ofThisBoot = func(a pci.Address) bool {
		e, ok := h.Journal.At(a)
		return ok && e.Boot == h.Boot
	}
	out.plugin = &plugin{client: c, nodeName: nodeName, namespace: d.Namespace, selector: s}
	return out, nil
}

// Enabled reports whether the agent offers devices.
func (o *Publisher) Enabled() bool { return o.file != nil }

// RemoveStale removes devices of deleted HostInterfaces that an earlier agent has
// published.
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

// stillValid reports whether a publication matches the desired state.
func (o *Publisher) stillValid(pub *publication, w desired.State) bool {
	r, err := o.resource(w)
	return err == nil && r == pub.Resource && pub.userspace == w.NeedsUserspaceDriver() && (!pub.userspace || pub.Driver == w.DPDKDriver)
}

// resource returns the resource as which a device is to be offered.
func (o *Publisher) resource(w desired.State) (deviceplugin.Resource, error) {
	name := w.ResourceName
	if !w.ResourceExplicit {
		name = deviceplugin.FitName(name, o.prefix)
	}
	return deviceplugin.ParseResource(name, o.prefix)
}

// allObserved reports whether every HostInterface was observed since the agent started.
func (o *Publisher) allObserved(all []v1alpha1.HostInterface) bool {
	return !slices.ContainsFunc(all, func(hi v1alpha1.HostInterface) bool {
		_, observed := o.published[hi.Name]
		return !observed
	})
}

// Forget drops a deleted HostInterface.
func (o *Publisher) Forget(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.published, name)
	delete(o.withdrawing, name)
}
