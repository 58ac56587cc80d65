// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package cnicache

import (
	"strings"

	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// match returns the pods of network namespaces.
//
// The name of an interface on the host decides, such as the veth of the pod: its other end
// is in the pod's namespace, and a pod cannot change it. Only where a result has none does
// the MAC address in the pod decide. A namespace that several pods match has no pod.
func match(s link.Scan, results []Result) map[int]Pod {
	peers, inside := map[string]int{}, map[Interface][]int{}
	for _, l := range s.Links {
		if l.Namespace == link.HostNamespace {
			if l.Peer >= 0 {
				peers[l.Name] = l.Peer
			}
			continue
		}
		key := Interface{Name: l.Name, MAC: l.MAC}
		inside[key] = append(inside[key], l.Namespace)
	}
	out := newFound()
	for _, r := range results {
		for _, name := range r.Host {
			if id, ok := peers[name]; ok {
				out.add(id, r.Pod)
			}
		}
	}
	weaker := newFound()
	for _, r := range results {
		for _, i := range r.Inside {
			// Several namespaces have it if links share the address, as ipvlan links do.
			if ids := inside[Interface{Name: i.Name, MAC: strings.ToLower(i.MAC)}]; i.MAC != "" && len(ids) == 1 {
				weaker.add(ids[0], r.Pod)
			}
		}
	}
	for id, pod := range weaker.pods {
		if _, ok := out.pods[id]; !ok && !out.ambiguous[id] && !weaker.ambiguous[id] {
			out.pods[id] = pod
		}
	}
	for id := range out.ambiguous {
		delete(out.pods, id)
	}
	return out.pods
}

// found are the pods of namespaces, without namespaces that several pods match.
type found struct {
	pods      map[int]Pod
	ambiguous map[int]bool
}

func newFound() found { return found{pods: map[int]Pod{}, ambiguous: map[int]bool{}} }

func (f found) add(id int, p Pod) {
	was, ok := f.pods[id]
	switch {
	case !ok:
		f.pods[id] = p
	case was.Namespace != p.Namespace || was.Name != p.Name:
		f.ambiguous[id] = true
	case was.UID == "":
		f.pods[id] = p
	}
}
