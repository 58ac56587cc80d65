// Package journal keeps, on the node, which PCI device belongs to which ENI.
//
// A device is known by the MAC address of its link. One that a userspace driver
// or a pod has shows no link, so what it is has to be written down before it is
// handed out, where a restart of the agent finds it.
//
// What is written is true of one boot of the node: the next one begins with all
// devices in the kernel's hands, at addresses that may be others.
package journal
