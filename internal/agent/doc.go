// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package agent configures the links of one node as specified by the node's
// HostInterfaces, and reports their status. This package is the wiring:
//
//	agent.go        an agent's options and life cycle (kube.go: API server clients)
//	reconciler.go   reconciles one HostInterface (events.go: events)
//	settle.go       observes, plans and applies until no step is left
//	patience.go     waits for udev and for network managers
//	status.go       the status of a HostInterface
//	bindfailure.go  why binding a userspace driver failed, and when to retry
//	tracker.go      state between reconciles
//	prefixes.go     the prefixes of networks for pods (watch_allocations.go: their pods)
//	users.go        events about pods that use an interface
//	watch.go        maps events of the kernel and the API server to HostInterfaces
//	                (watch_files.go: of files; watch_primary.go: the CNI configuration of pods;
//	                watch_kubelet.go: starts of the kubelet)
//	queue.go        the work queue
//	loop.go         reconciles one HostInterface at a time
//	lease.go        the agent's Lease (progress.go: detects a blocked loop)
//
// The packages below it hold the decisions and the access to the host:
//
//	desired  the desired state, from HostInterfaces
//	host     the observed state, and the steps that change it
//	plan     the steps from the observed to the desired state
//	offer    devices offered to pods through the device plugin
//	multus   networks for pods (prefixpool: the prefixes that they need)
//	extendedresource
//	         the extended resources by which the node reports that its interfaces are ready
//
// # What the agent changes
//
// The agent changes a link whose MAC address is in a HostInterface of this node: its
// name and MTU, if configured; the administrative state, up; the configured
// alternative names and the ENI's id; and the sysctl accept_ra, which is disabled to
// keep a second interface from adding a second default route. With addressing
// Addresses or PolicyRouted it also manages the ENI's addresses and the sysctls
// rp_filter, arp_ignore and arp_announce of the link; with PolicyRouted the ENI's
// routing table and the rules that lead to it.
//
// With driver dpdk it changes the PCI device's driver and driver_override; with
// --load-modules it loads modules of userspace drivers; and where the HostInterface
// allows it, it enables vfio's enable_unsafe_noiommu_mode. That setting applies to the
// whole node and is not disabled again. With --device-plugin-config it manages its own
// pools in that file, and deletes the device plugin's pod on this node to reload it.
//
// # What the agent never changes
//
// The link of the default route, the link of --primary-interface, links of
// --ignore-interfaces or not matching --interface-pattern, links of a type that no ENI
// has, links without a HostInterface, and the main routing table. Routes and rules
// without the agent's protocol number (link.Protocol) are not even read.
//
// # How the agent identifies its own changes
//
// All state is on the host; a restart changes nothing.
//
//   - A device that has a link is identified by the link's MAC address. Before the
//     device loses its link, the agent writes a journal entry (package journal) that is
//     valid for the current boot of the node. A device without a link is the device of
//     its entry while vendor, product, address and boot match, and its driver_override
//     names no driver but a userspace driver. In doubt the device is bound to its
//     kernel driver: the MAC address of the link then identifies it.
//   - A device in the agent's pools of the device plugin's file has a journal entry of the
//     current boot for its address. The file survives a reboot and the drivers of devices
//     do not, so at its start the agent removes devices without such an entry.
//   - Routes and rules are identified by their protocol number and, among the
//     HostInterfaces of the node, by their table: 20000 + 100 * network card +
//     device index.
//   - Addresses are identified by their form: a permanent /32 or /128 without a
//     prefix route inside the ENI's subnet. With addressing Addresses or PolicyRouted
//     every permanent address of the link inside the subnet that EC2 did not assign to
//     the ENI is removed, as EC2 drops its packets.
//   - Sysctls are restored to the defaults of new links while any of the above, or on
//     release the ENI's id as alternative name, shows that the agent had set them.
//   - Alternative names have no owner. The agent removes a name that is no longer desired if
//     it has set the name since it started, or if another HostInterface of the node
//     requests it. A name that was removed from the spec while no agent ran stays
//     until another HostInterface requests it or the ENI is released.
//
// # Release
//
// A deleted HostInterface is released in this order: its device is removed from the
// device plugin's file, so that no further pod gets it; the agent waits for pods that
// hold the device, have a link above its link, or have the link itself, as configured by
// the releasePolicy; the kernel driver is bound again; the link is set down, and its sysctls, MTU, addresses, alternative names, routes
// and rules are restored or removed; the finalizer is removed. The link keeps its name.
// Each step is idempotent, so the agent may crash between any two.
//
// If the kernel driver cannot be bound, the HostInterface stays until the
// releasePolicy's timeout. Then it is released and the device is left without a driver.
package agent
