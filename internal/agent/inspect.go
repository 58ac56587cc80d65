// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
	"github.com/nodeeni/provider-aws-eni/internal/agent/offer"
	"github.com/nodeeni/provider-aws-eni/internal/agent/plan"
)

// Inspect writes what an agent observes on its node, and for each HostInterface what the agent
// would do now and why. It changes nothing, and can run beside the agent. If the API server
// cannot be reached, it writes the state of the node and returns the error.
func Inspect(ctx context.Context, config *rest.Config, o Options, w io.Writer) error {
	var all []v1alpha1.HostInterface
	k, err := dial(config, o.NodeName)
	if err == nil {
		l := &v1alpha1.HostInterfaceList{}
		err = errors.Wrap(k.direct.List(ctx, l, client.MatchingFields{"spec.nodeName": o.NodeName}), "cannot list HostInterfaces")
		all = l.Items
	}
	r := &inspection{host: o.Host, policy: o.Policy, plugin: o.DevicePlugin, node: o.NodeName}
	text := r.write(ctx, all)
	if err != nil {
		text += fmt.Sprintf("HostInterfaces: %s\n", err)
	}
	_, werr := io.WriteString(w, text)
	return errors.Join(err, werr)
}

// An inspection reads the state of a node.
type inspection struct {
	host   *host.Host
	policy desired.Policy
	plugin offer.DevicePlugin
	node   string
	b      bytes.Buffer
}

func (i *inspection) printf(format string, args ...any) { fmt.Fprintf(&i.b, format, args...) }

// write returns the state of the node and of its HostInterfaces as text.
func (i *inspection) write(ctx context.Context, all []v1alpha1.HostInterface) string {
	i.printf("Node %s, boot %s\n", i.node, i.host.Boot)
	i.links()
	i.devices()
	i.journal()
	i.pools()
	i.printf("HostInterfaces: %d\n", len(all))
	slices.SortFunc(all, func(a, b v1alpha1.HostInterface) int {
		return cmp.Or(cmp.Compare(a.Spec.NetworkCardIndex, b.Spec.NetworkCardIndex), cmp.Compare(a.Spec.DeviceIndex, b.Spec.DeviceIndex), cmp.Compare(a.Name, b.Name))
	})
	for x := range all {
		i.hostInterface(ctx, &all[x], all)
	}
	return i.b.String()
}

// links writes the links that could be ENIs.
func (i *inspection) links() {
	s, err := i.host.Links.Snapshot()
	if err != nil {
		i.printf("Links: %s\n", err)
		return
	}
	i.printf("Links:\n")
	for _, l := range s.Links {
		if !i.policy.AllowsKind(l.Kind) {
			continue
		}
		state := "down"
		if l.Up {
			state = "up"
		}
		notes := []string{}
		if len(l.AltNames) > 0 {
			notes = append(notes, "also named "+strings.Join(l.AltNames, ", "))
		}
		if desired.DefaultRouteFamily(s.Defaults, l.Index) != "" {
			notes = append(notes, "carries the default route, so it is protected")
		}
		if info, err := i.host.NIC.Info(l.Name); err == nil {
			notes = append(notes, strings.TrimSpace("driver "+info.Driver+" "+info.Bus))
		}
		i.printf("  %s %s mtu %d %s", l.Name, l.MAC, l.MTU, state)
		i.notes(notes)
		for _, a := range s.Addresses {
			if a.LinkIndex == l.Index {
				i.printf("    address %s\n", a.Prefix)
			}
		}
	}
}

func (i *inspection) notes(notes []string) {
	if len(notes) > 0 {
		i.printf("; %s", strings.Join(notes, "; "))
	}
	i.printf("\n")
}

// devices writes the network devices of the PCI bus.
func (i *inspection) devices() {
	addresses, err := i.host.PCI.Addresses()
	if err != nil {
		i.printf("PCI network devices: %s\n", err)
		return
	}
	i.printf("PCI network devices:\n")
	for _, a := range addresses {
		d, err := i.host.PCI.Device(a)
		if err != nil {
			i.printf("  %s: %s\n", a, err)
			continue
		}
		if !d.IsNetwork() {
			continue
		}
		notes := []string{}
		if d.Override != "" {
			notes = append(notes, "driver_override "+d.Override)
		}
		if d.IOMMUGroup != "" {
			notes = append(notes, "IOMMU group "+d.IOMMUGroup)
		}
		for _, n := range d.Netdevs {
			notes = append(notes, "link "+n.Name)
		}
		i.printf("  %s %s:%s driver %s", a, d.Vendor, d.Product, cmp.Or(d.Driver, "none"))
		i.notes(notes)
	}
}

// journal writes the journal of devices.
func (i *inspection) journal() {
	entries := i.host.Journal.Entries()
	if len(entries) == 0 {
		i.printf("Journal: empty\n")
		return
	}
	i.printf("Journal:\n")
	for _, e := range entries {
		valid := ""
		if e.Boot != i.host.Boot {
			valid = "; of an earlier boot, so it is not used"
		}
		i.printf("  %s is %s, kernel driver %s, bound to %s%s\n", e.NetworkInterfaceID, e.Address, e.KernelDriver, cmp.Or(e.Driver, "its kernel driver for a pod"), valid)
	}
}

// pools writes the agent's pools in the device plugin's file.
func (i *inspection) pools() {
	if i.plugin.File == "" {
		i.printf("Device plugin's file: not configured (--device-plugin-config)\n")
		return
	}
	pools, err := offer.Pools(i.plugin)
	if err != nil {
		i.printf("Device plugin's file %s: %s\n", i.plugin.File, err)
		return
	}
	i.printf("Device plugin's file %s, pools of this agent: %d\n", i.plugin.File, len(pools))
	for _, p := range pools {
		for _, a := range p.Devices {
			i.printf("  %s: %s with driver %s\n", p.Resource, a, p.Driver)
		}
	}
}

// hostInterface writes the state of a HostInterface and what the agent would do.
func (i *inspection) hostInterface(ctx context.Context, hi *v1alpha1.HostInterface, all []v1alpha1.HostInterface) {
	i.printf("\n%s: %s, device index %d, MAC address %s\n", hi.Name, hi.Spec.NetworkInterfaceID, hi.Spec.DeviceIndex, hi.Spec.MACAddress)
	if c := hi.Status.GetCondition(xpv2.TypeReady); c.Reason != "" {
		i.printf("  reported: Ready is %s, %s: %s\n", c.Status, c.Reason, c.Message)
	} else {
		i.printf("  reported: nothing yet\n")
	}
	w, pr := desired.Parse(hi)
	pr = cmp.Or(desired.FindConflict(hi, all, &w), pr)
	w.ReadTakeOver(hi, all)
	o, err := host.Observe(ctx, i.host, w, i.policy)
	if err != nil {
		i.printf("  cannot observe the host: %s\n", err)
		return
	}
	p := plan.Make(w, i.policy, o)
	if pr != nil {
		p.Steps, p.Problem = nil, pr
	}
	i.observed(p.Link, o)
	if p.Problem != nil {
		i.printf("  problem: %s: %s\n", p.Problem.Reason, p.Problem.Message)
	}
	if len(p.Steps) == 0 {
		i.printf("  nothing to do\n")
	}
	for _, s := range p.Steps {
		i.printf("  would do: %s\n", s)
	}
}

// observed writes the link or device of a HostInterface, and who uses it.
func (i *inspection) observed(l link.Link, o host.Observed) {
	switch {
	case l.Index != 0:
		i.printf("  link: %s\n", l.Name)
	case o.Device.Found:
		i.printf("  device: %s, without a link on this host\n", o.Device)
	default:
		i.printf("  link: none has the MAC address\n")
	}
	if len(o.Uses.Users) > 0 {
		i.printf("  used by: %s\n", host.JoinUsers(o.Uses.Users))
	}
}
