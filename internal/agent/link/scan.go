// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package link

import "slices"

// HostNamespace is the Namespace of a link that is in the host's own network namespace,
// and NoNamespace of a link whose lower link is in no other one. The kernel's ids are not
// negative.
const (
	HostNamespace = -1
	NoNamespace   = -2
)

// kindVeth is the kind of one end of a virtual cable. The kernel reports the other end as
// the lower link of a veth, but neither end uses the other.
const kindVeth = "veth"

// A Scanned is a link of any network namespace.
type Scanned struct {
	// Namespace is the id of the link's network namespace, or HostNamespace.
	Namespace int
	Index     int
	Name      string
	// Kind is as of a Link.
	Kind string
	MAC  string
	// PermanentMAC is the address of the hardware; empty if the kernel does not report it.
	PermanentMAC string
	// Lower is the index of the lower link in the host's network namespace, or 0.
	Lower int
	// Peer is the id of the network namespace of the lower link or of the other end of a
	// veth, or NoNamespace if that is the link's own.
	Peer int
}

// A Scan is the links of the host's network namespace and of each namespace with an id in it.
//
// The kernel assigns an id to a network namespace when it reports a link of the host
// that has its other end there, such as the veth of a pod, or that moves there. A macvlan
// or ipvlan that is created in a namespace does not cause an id: without a veth, a pod is
// not in the Scan.
type Scan struct {
	// Namespaces are the ids of the other network namespaces.
	Namespaces []int
	Links      []Scanned
}

// Users returns the links above a link of the host, such as the macvlan of a pod. A veth
// is not above its other end.
func (s Scan) Users(index int) []Scanned {
	var out []Scanned
	for _, l := range s.Links {
		if index != 0 && l.Lower == index && l.Kind != kindVeth {
			out = append(out, l)
		}
	}
	return out
}

// Moved returns the link with a MAC address that is in another network namespace. The
// hardware's address decides where the kernel reports it: a pod can change the other.
func (s Scan) Moved(mac string, allowsKind func(kind string) bool) (Scanned, bool) {
	i := slices.IndexFunc(s.Links, func(l Scanned) bool {
		address := l.MAC
		if l.PermanentMAC != "" {
			address = l.PermanentMAC
		}
		return l.Namespace != HostNamespace && address == mac && allowsKind(l.Kind)
	})
	if i < 0 {
		return Scanned{}, false
	}
	return s.Links[i], true
}
