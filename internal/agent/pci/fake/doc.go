// Package fake is a host's PCI devices, drivers and modules in memory. It keeps
// state and answers what a kernel answers, with the errors of package pci and
// the numbers of the kernel, so that a test sees an order of steps fail here
// that would fail on a node.
//
// Its Bus is a pci.Bus, and has the methods of *pci.Modules that bring drivers.
package fake
