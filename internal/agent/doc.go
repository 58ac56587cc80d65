// Package agent prepares the links of one node as the node's HostInterfaces
// ask, and reports what it did. It reads top to bottom:
//
//	reconciler.go  one HostInterface: observe, plan, apply, report
//	want.go        what a HostInterface asks, in the words of a host
//	find.go        which link is meant, and which must not be touched
//	plan.go        what to change, in which order (release.go: what to undo)
//	step.go        one change, printed as an operator would type it
//	watch.go       news from the kernel, to the HostInterface that it concerns
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
// A deleted HostInterface is released: link down, sysctls back, addresses,
// alternative names, routes and rules gone; then the finalizer. The name and
// the MTU stay as they are. Each step can be repeated, so a crash between two
// changes nothing. releasePolicy WaitForPods is about devices that pods hold
// through the SR-IOV device plugin; this agent hands none to it, and releases
// at once.
package agent
