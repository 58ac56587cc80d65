// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nodeeni/provider-aws-eni/internal/agent/cnicache"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// A User uses the interface of an ENI: a container to which the device plugin allocated the
// device, a link above the ENI's link, or the pod that the link itself is in.
type User struct {
	// Pod is the zero value if it is not known.
	Pod cnicache.Pod
	// Container is the container to which the device is allocated; empty for a link.
	Container string
	// Link is the name of a link in its network namespace, and Kind its kind.
	Link, Kind string
	// Namespace is the id of the link's network namespace, or link.HostNamespace.
	Namespace int
}

// IsPod reports whether the pod is known.
func (u User) IsPod() bool { return u.Pod.Name != "" }

// SamePod reports whether two users are of one known pod.
func (u User) SamePod(o User) bool {
	return u.IsPod() && u.Pod.Namespace == o.Pod.Namespace && u.Pod.Name == o.Pod.Name
}

// String returns namespace/pod (container or link) of a known pod, and the link and its
// network namespace otherwise.
func (u User) String() string {
	switch {
	case u.IsPod():
		return u.Pod.Namespace + "/" + u.Pod.Name + " (" + u.Container + u.Link + ")"
	case u.Namespace == link.HostNamespace:
		return fmt.Sprintf("link %s (%s) of the host", u.Link, u.Kind)
	default:
		return fmt.Sprintf("link %s (%s) in network namespace %d of an unknown pod", u.Link, u.Kind, u.Namespace)
	}
}

// Compare orders users: known pods by name, then links.
func (u User) Compare(o User) int {
	if u.IsPod() != o.IsPod() {
		if u.IsPod() {
			return -1
		}
		return 1
	}
	return cmp.Or(
		cmp.Compare(u.Pod.Namespace, o.Pod.Namespace), cmp.Compare(u.Pod.Name, o.Pod.Name), cmp.Compare(u.Container, o.Container),
		cmp.Compare(u.Namespace, o.Namespace), cmp.Compare(u.Link, o.Link),
	)
}

// JoinUsers lists the first users, and the number of the rest, for a message.
func JoinUsers(users []User) string {
	const most = 3
	names := make([]string, 0, most+1)
	for _, u := range users[:min(most, len(users))] {
		names = append(names, u.String())
	}
	if n := len(users) - len(names); n > 0 {
		names = append(names, fmt.Sprintf("%d more", n))
	}
	out := strings.Join(names, ", ")
	if len(users) > 0 && users[0].IsPod() {
		return "pod " + out
	}
	return out
}

// Uses are the users of an interface, at one time.
type Uses struct {
	// Scanned is true if the links of other network namespaces were observed.
	Scanned bool
	// Users are sorted.
	Users []User
	// Moved is the ENI's link if it is in another network namespace.
	Moved *link.Scanned
	// Namespaces are the ids of the network namespaces that were scanned.
	Namespaces []int
	// Err is why users may be missing.
	Err error
}

// needsUsers reports whether the plan depends on the users of the interface. They are
// not observed otherwise: a scan has a cost for each pod of the node.
func needsUsers(w desired.State, d Device, l link.Link) bool {
	if l.Index == 0 {
		return !d.HasUserspaceDriver()
	}
	return w.Release || w.NeedsUserspaceDriver()
}

// ObserveUsers returns the users of the interface of a link, or of the link with the MAC
// address of the desired state in another network namespace.
func ObserveUsers(h *Host, w desired.State, p desired.Policy, l link.Link) Uses {
	s, err := h.Links.Scan()
	if err != nil {
		return Uses{Err: err}
	}
	out := Uses{Scanned: true, Namespaces: s.Namespaces}
	found := s.Users(l.Index)
	if l.Index == 0 {
		if moved, ok := s.Moved(w.MAC, p.AllowsKind); ok {
			out.Moved, found = &moved, []link.Scanned{moved}
		}
	}
	if len(found) == 0 {
		return out
	}
	pods := h.CNI.Pods(s)
	for _, f := range found {
		out.Users = append(out.Users, User{Pod: pods[f.Namespace], Link: f.Name, Kind: f.Kind, Namespace: f.Namespace})
	}
	slices.SortFunc(out.Users, User.Compare)
	return out
}

// addHolders adds the containers to which the device is allocated, under any resource
// name: the name may have changed. A pod that holds the device and has its link is listed
// once.
func (u *Uses) addHolders(ctx context.Context, h *Host, w desired.State, d Device) {
	if !w.WaitForPods || h.Pods == nil || !ReclaimsDevice(w, d) {
		return
	}
	holders, err := Holders(ctx, h, d)
	if err != nil && d.Entry == nil {
		return // The device was most likely never offered: do not wait for the kubelet.
	}
	if err != nil {
		u.Err = err
		return
	}
	for _, x := range holders {
		u.Users = slices.DeleteFunc(u.Users, func(o User) bool { return o.Container == "" && x.SamePod(o) })
	}
	u.Users = append(u.Users, holders...)
	slices.SortFunc(u.Users, User.Compare)
}

// Holders returns the containers to which the kubelet has allocated a device.
func Holders(ctx context.Context, h *Host, d Device) ([]User, error) {
	usage, err := h.Pods.Usage(ctx)
	if err != nil {
		return nil, err
	}
	var out []User
	for device, of := range usage {
		if device.ID != d.String() {
			continue
		}
		for _, x := range of {
			out = append(out, User{Pod: cnicache.Pod{Namespace: x.Namespace, Name: x.Pod}, Container: x.Container, Namespace: link.NoNamespace})
		}
	}
	slices.SortFunc(out, User.Compare)
	return slices.Compact(out), nil
}
