// Package sysfs reads and writes the kernel's attribute files below one root:
// /sys, /proc, or a folder that a test made. It is the only package of the
// agent that touches files.
//
// It never creates a file: an attribute that the kernel does not offer is an
// error here as it is there. It never leaves its root, whatever the links
// inside say, and refuses to know what an attribute means.
package sysfs
