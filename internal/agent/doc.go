// Package agent prepares the links of one node as the node's HostInterfaces
// ask, and reports what it did. It reads top to bottom:
//
//	agent.go       what an agent is made of, and its life (kube.go: the API server)
//	reconciler.go  one HostInterface: settle, offer, report (events.go)
//	settle.go      observe, plan and apply until nothing is left to do
//	want.go        what a HostInterface asks, in the words of a host
//	find.go        which link is meant, and which must not be touched
//	device.go      which PCI device is meant, where it may have no link
//	plan.go        what to change, in which order (release.go: what to undo)
//	userspace.go   the same for a device between its kernel and userspace drivers
//	step.go        one change, printed as an operator would type it (step_device.go)
//	refusal.go     why a device has not its userspace driver, and when to try again
//	offers.go      the device plugin's file, from all HostInterfaces of the node
//	withdraw.go    a device taken out of it before it is taken away
//	plugin.go      the device plugin's pod on this node
//	watch.go       news from kernel and API server, to whom it concerns
//	queue.go       which HostInterfaces to look at, now and later
//	loop.go        one after the other
//
// # What it touches
//
// A link whose MAC address a HostInterface of this node names, and on it: the
// name, if one is asked for; the MTU, if one is asked for or set by a flag;
// the administrative state, up; the alternative names asked for and the ENI's
// id; the sysctl accept_ra, which is turned off so that a second interface
// never brings the node a second default route. With addressing Addresses or
// PolicyRouted also the ENI's addresses and the sysctls rp_filter, arp_ignore
// and arp_announce of that link; with PolicyRouted the routing table of the
// ENI's own and the rules that lead to it.
//
// With driver dpdk: the PCI device of that link, its driver and its
// driver_override; if told to (--load-modules) modules of userspace drivers; and
// where the HostInterface allows it vfio's enable_unsafe_noiommu_mode, which is
// of the whole node and is not turned off again. With --device-plugin-config the
// pools in that file that carry its mark, and the plugin's pod on this node.
//
// # What it never touches
//
// The link of the default route, the link named by --primary-interface, the
// links named by --ignore-interfaces or not matching --interface-pattern, a
// link of a kind that no ENI has, any link without a HostInterface, and the
// main routing table. Routes and rules that do not carry this agent's protocol
// number (link.Protocol) are not even read.
//
// # How it knows what is its own
//
// The host is the memory; a restart changes nothing.
//
//   - A device that has a link is known by the link's MAC address. Before it loses
//     that, it is written down (package journal), with the boot of the node that
//     this is true of. A device without a link is believed to be the one written
//     down while it is of the same make, at the same address, in the same boot,
//     and no driver is named for it but a userspace one. In doubt it is given to
//     its kernel driver, whose link shows whose it is.
//   - Routes and rules are its own by their protocol number and, among the
//     HostInterfaces of the node, by their table: 20000 + 100 * network card +
//     device index.
//   - Addresses are its own by their shape, a permanent /32 or /128 without a
//     prefix route inside the ENI's subnet. With addressing Addresses or
//     PolicyRouted every permanent address of the link inside the subnet that
//     EC2 did not give the ENI is removed, as EC2 drops its packets.
//   - Sysctls are put back to the values that new links get while one of the
//     above, or for a release the ENI's id as alternative name, shows that the
//     agent had set them.
//   - Alternative names carry no mark. Those that the agent set since it
//     started, or that another HostInterface of the node asks for, are removed
//     when no longer wanted. One dropped from the spec while no agent ran
//     stays until another HostInterface wants it or the ENI is released.
//
// # Release
//
// A deleted HostInterface is released. First its device is taken out of the
// device plugin's file, so that no further pod gets it; then those pods are waited
// for that hold it, as the releasePolicy says. Then the driver goes back, and of
// the link: down, sysctls back, addresses, alternative names, routes and rules
// gone; then the finalizer. The name and the MTU stay as they are. Each step can
// be repeated, so a crash between two changes nothing.
//
// A device that does not go back to its kernel driver keeps its HostInterface
// until the releasePolicy's timeout; then it is let go without a driver.
package agent
