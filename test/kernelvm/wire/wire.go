// Package wire is what a test and the program inside its virtual machine say to
// each other: lines of JSON over the machine's second serial port. A test asks,
// the guest answers; answers may come in another order than the questions, as
// the kernel can keep a write waiting. Unasked, the guest sends only a Hello.
package wire

import "encoding/json"

// An Op is what the guest is asked to do.
type Op string

// What the guest can do, with its argument and its result.
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

// ConfigPath is where the guest finds its Config.
const ConfigPath = "/etc/kernelvm.json"

// A Config is what the guest has to know before it can be asked anything.
type Config struct {
	// Release of the kernel.
	Release string `json:"release"`
	// Modules are the files to load, in this order, below /lib/modules/RELEASE.
	Modules []string `json:"modules"`
	// PrimaryMAC is the address of the link that leads to the test's machine.
	PrimaryMAC string `json:"primaryMac"`
	// Address of that link with its prefix, and Gateway by which it goes on.
	Address string `json:"address"`
	Gateway string `json:"gateway"`
	// Disk is the device with the file system for /var/lib.
	Disk string `json:"disk"`
	// Usr is the device with the file system for /usr, if there is one.
	Usr string `json:"usr,omitempty"`
	// HugePages says whether to mount a file system of huge pages.
	HugePages bool `json:"hugePages"`
}

// A Hello is what the guest says once it can be asked, after each boot.
type Hello struct {
	// Hello is always true: lines without it are something else.
	Hello bool `json:"hello"`
	// Error is why the guest could not prepare itself.
	Error string `json:"error,omitempty"`
}

// A Request is a line to the guest.
type Request struct {
	ID   int             `json:"id"`
	Op   Op              `json:"op"`
	Args json.RawMessage `json:"args,omitempty"`
}

// A Response is a line from the guest.
type Response struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result,omitempty"`
	// Error is empty if all went well.
	Error string `json:"error,omitempty"`
	// Errno is the kernel's word for the error, if it was the kernel's.
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

// A Read asks for a part of a file.
type Read struct {
	Path   string `json:"path"`
	Offset int64  `json:"offset"`
	Limit  int    `json:"limit"`
}

// Data are bytes of a file.
type Data struct {
	Data []byte `json:"data"`
	// End says that there are no more.
	End bool `json:"end"`
}

// A Write writes a file that is there, as those of sysfs are; with OpCreate it
// makes one, and the folders above it.
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
	// Device says that it is a device's node.
	Device bool `json:"device"`
}

// A Start starts a program.
type Start struct {
	// Name by which the process is asked for later. One that has ended may be
	// started again under its name.
	Name string   `json:"name"`
	Argv []string `json:"argv"`
	Env  []string `json:"env,omitempty"`
	// Log is the file to which its output is appended.
	Log string `json:"log"`
	// Confine it, if it is to see and be able to do less than root of the guest.
	Confine *Confine `json:"confine,omitempty"`
}

// A Confine is what a process has of the guest, as a container has of its host.
type Confine struct {
	// Capabilities that it has, by their numbers, and no others; nor can it get any
	// more.
	Capabilities []uintptr `json:"capabilities"`
	// Mounts are all the folders that there are, in an order in which each can be
	// made. What lies between them cannot be written.
	Mounts []Mount `json:"mounts"`
}

// A Mount is a folder of the guest, which is made if need be, and where a confined
// process has it.
type Mount struct {
	From     string `json:"from"`
	To       string `json:"to"`
	ReadOnly bool   `json:"readOnly,omitempty"`
}

// A Signal sends a signal to a process that was started by name.
type Signal struct {
	Name   string `json:"name"`
	Signal int    `json:"signal"`
}

// A KillAt kills a process that was started by name when it next opens a file for
// writing, or any in a folder.
type KillAt struct {
	Name string `json:"name"`
	Path string `json:"path"`
}

// A Process is one that was started.
type Process struct {
	PID     int  `json:"pid"`
	Running bool `json:"running"`
	// ExitCode of one that has ended, or -1 if a signal ended it.
	ExitCode int `json:"exitCode"`
	// Signal that ended it.
	Signal int `json:"signal,omitempty"`
}

// A Load loads files of modules, in this order.
type Load struct {
	Files []string `json:"files"`
}

// A Network is what ip(8) would show.
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

// An Address is on a link.
type Address struct {
	Link   string `json:"link"`
	Prefix string `json:"prefix"`
}

// A Route leads through a link.
type Route struct {
	Table       int    `json:"table"`
	Link        string `json:"link"`
	Destination string `json:"destination"`
	Gateway     string `json:"gateway,omitempty"`
	Protocol    int    `json:"protocol"`
}

// A Rule says which table is asked for a route.
type Rule struct {
	Priority int `json:"priority"`
	// Source is empty if it does not matter.
	Source   string `json:"source,omitempty"`
	Table    int    `json:"table"`
	IPv6     bool   `json:"ipv6"`
	Protocol int    `json:"protocol"`
}
