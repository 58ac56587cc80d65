// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package sysfs

import "path"

// A NameOrigin is the origin of the name of a link.
type NameOrigin string

// Origins of names.
const (
	// NameUnknown: the kernel reports no origin, or another one, or the link does not
	// exist.
	NameUnknown NameOrigin = ""
	// NameOfKernel: the kernel chose the name, such as eth1, in the order of devices.
	NameOfKernel NameOrigin = "kernel"
	// NameChanged: a program has renamed the link, as udev does.
	NameChanged NameOrigin = "changed"
)

// Values of name_assign_type: NET_NAME_ENUM and NET_NAME_RENAMED of linux/netdevice.h.
const (
	assignedByKernel = "1"
	assignedByRename = "4"
)

// LinkNames reads the origin of names of links.
type LinkNames struct{ fs *FS }

// NewLinkNames returns the names of the links in a mount of sysfs.
func NewLinkNames(fs *FS) LinkNames { return LinkNames{fs: fs} }

// Origin returns the origin of the name of the link with a MAC address. Sysfs identifies a
// link by its name, which another link may have by now, or in another network namespace.
func (n LinkNames) Origin(name, mac string) NameOrigin {
	dir := path.Join("class/net", name)
	if address, err := n.fs.Read(path.Join(dir, "address")); err != nil || address != mac {
		return NameUnknown
	}
	// The kernel returns an error for a link without an origin.
	switch value, _ := n.fs.Read(path.Join(dir, "name_assign_type")); value {
	case assignedByKernel:
		return NameOfKernel
	case assignedByRename:
		return NameChanged
	default:
		return NameUnknown
	}
}
