// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package wire is the protocol between a test and the program in its virtual machine:
// lines of JSON over the second serial port. The test sends requests, the guest
// responds, possibly out of order, as a write can block in the kernel. The guest also
// sends a Hello.
package wire

import "encoding/json"

// An Op is an operation in the guest.
type Op string

// Operations, each with its argument and its result.
const (
	OpRead     Op = "read"     // Read; Data
	OpWrite    Op = "write"    // Write
	OpCreate   Op = "create"   // Write
	OpReadlink Op = "readlink" // Path; string
	OpList     Op = "list"     // Path; []string
	OpStat     Op = "stat"     // Path; Stat
	OpStart    Op = "start"    // Start; Process
	OpSignal   Op = "signal"   // Signal; Process
	OpProcess  Op = "process"  // Name; Process
	OpKillAt   Op = "killAt"   // KillAt
	OpNetwork  Op = "network"  // nothing; Network
	OpLoad     Op = "load"     // Load
	OpHold     Op = "hold"     // Name, a PCI address
	OpRelease  Op = "release"  // Name, a PCI address
	OpSync     Op = "sync"     // nothing
)

// ConfigPath is the path of the Config in the guest.
const ConfigPath = "/etc/kernelvm.json"

// PrimaryName is the name of the link to the host in a guest with Systemd.
const PrimaryName = "ens5"

// A Config configures the guest before it accepts requests.
type Config struct {
	// Release of the kernel.
	Release string `json:"release"`
	// Modules are the module files to load, in this order, below /lib/modules/RELEASE.
	Modules []string `json:"modules"`
	// PrimaryMAC is the MAC address of the link to the host.
	PrimaryMAC string `json:"primaryMac"`
	// Address of the primary link with its prefix length, and its Gateway.
	Address string `json:"address"`
	Gateway string `json:"gateway"`
	// Disk is the block device of /var/lib.
	Disk string `json:"disk"`
	// Usr is the block device of /usr, if any.
	Usr string `json:"usr,omitempty"`
	// Systemd is true if systemd from Usr becomes the guest's init.
	Systemd bool `json:"systemd,omitempty"`
	// HugePages is true if the guest mounts hugetlbfs.
	HugePages bool `json:"hugePages"`
}

// A Hello is sent by the guest after each boot, when it accepts requests.
type Hello struct {
	// Hello is always true, to distinguish the message.
	Hello bool `json:"hello"`
	// Error is the reason why the guest could not be prepared.
	Error string `json:"error,omitempty"`
}

// A Request is a message to the guest.
type Request struct {
	ID   int             `json:"id"`
	Op   Op              `json:"op"`
	Args json.RawMessage `json:"args,omitempty"`
}

// A Response is a message from the guest.
type Response struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result,omitempty"`
	// Error is empty on success.
	Error string `json:"error,omitempty"`
	// Errno is the errno of the error, if it has one.
	Errno int `json:"errno,omitempty"`
}

// A Path is the argument of an Op on a file.
type Path struct {
	Path string `json:"path"`
}

// A Name is the argument of an Op on a process or a device.
type Name struct {
	Name string `json:"name"`
}

// A Read reads a part of a file.
type Read struct {
	Path   string `json:"path"`
	Offset int64  `json:"offset"`
	Limit  int    `json:"limit"`
}

// Data are bytes of a file.
type Data struct {
	Data []byte `json:"data"`
	// End is true at the end of the file.
	End bool `json:"end"`
}

// A Write writes an existing file, such as an attribute of sysfs; with OpCreate it
// creates a file and its parent directories.
type Write struct {
	Path   string `json:"path"`
	Data   []byte `json:"data"`
	Append bool   `json:"append,omitempty"`
	Mode   uint32 `json:"mode,omitempty"`
}

// A Stat describes a file.
type Stat struct {
	Size  int64 `json:"size"`
	IsDir bool  `json:"isDir"`
	// Device is true for a device node.
	Device bool `json:"device"`
}

// A Start starts a program.
type Start struct {
	// Name identifies the process in later requests. The name of an exited process may
	// be used again.
	Name string   `json:"name"`
	Argv []string `json:"argv"`
	Env  []string `json:"env,omitempty"`
	// Log is the file to append the output to.
	Log string `json:"log"`
	// Confine, if set, limits the process.
	Confine *Confine `json:"confine,omitempty"`
}

// A Confine limits a process, as a container runtime does.
type Confine struct {
	// Capabilities are the numbers of the only capabilities that the process has and
	// can acquire.
	Capabilities []uintptr `json:"capabilities"`
	// Mounts are all directories of the process, parents first. Directories between
	// them are read-only.
	Mounts []Mount `json:"mounts"`
}

// A Mount mounts a directory of the guest, which is created if missing, in a confined
// process.
type Mount struct {
	From     string `json:"from"`
	To       string `json:"to"`
	ReadOnly bool   `json:"readOnly,omitempty"`
}

// A Signal sends a signal to a started process.
type Signal struct {
	Name   string `json:"name"`
	Signal int    `json:"signal"`
}

// A KillAt kills a started process when it next opens a file for writing, or any file
// in a directory.
type KillAt struct {
	Name string `json:"name"`
	Path string `json:"path"`
}

// A Process is the state of a started process.
type Process struct {
	PID     int  `json:"pid"`
	Running bool `json:"running"`
	// ExitCode of an exited process, or -1 if a signal terminated it.
	ExitCode int `json:"exitCode"`
	// Signal that terminated it.
	Signal int `json:"signal,omitempty"`
}

// A Load loads module files, in this order.
type Load struct {
	Files []string `json:"files"`
}

// A Network is the network configuration, as shown by ip(8).
type Network struct {
	Links     []Link    `json:"links"`
	Addresses []Address `json:"addresses"`
	Routes    []Route   `json:"routes"`
	Rules     []Rule    `json:"rules"`
}

// A Link is a network interface.
type Link struct {
	Index    int      `json:"index"`
	Name     string   `json:"name"`
	AltNames []string `json:"altNames,omitempty"`
	Kind     string   `json:"kind"`
	MAC      string   `json:"mac"`
	MTU      int      `json:"mtu"`
	Up       bool     `json:"up"`
}

// An Address is an address of a link.
type Address struct {
	Link   string `json:"link"`
	Prefix string `json:"prefix"`
}

// A Route is a route through a link.
type Route struct {
	Table       int    `json:"table"`
	Link        string `json:"link"`
	Destination string `json:"destination"`
	Gateway     string `json:"gateway,omitempty"`
	Protocol    int    `json:"protocol"`
}

// A Rule selects a routing table.
type Rule struct {
	Priority int `json:"priority"`
	// Source is empty if the rule matches all sources.
	Source   string `json:"source,omitempty"`
	Table    int    `json:"table"`
	IPv6     bool   `json:"ipv6"`
	Protocol int    `json:"protocol"`
}
