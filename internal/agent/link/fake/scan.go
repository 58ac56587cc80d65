// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package fake

import (
	"slices"

	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// SetOthers sets the links of other network namespaces, and the error of further scans. As
// on a node, it causes an event only for the links of the host.
func (l *Links) SetOthers(err error, others ...link.Scanned) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.others, l.scanErr = others, err
}

// Scans returns the number of scans.
func (l *Links) Scans() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.scans
}

// Scan returns the links of the host and of other network namespaces.
func (l *Links) Scan() (link.Scan, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.scans++
	if l.scanErr != nil {
		return link.Scan{}, l.scanErr
	}
	s := link.Scan{Links: slices.Clone(l.others)}
	for _, x := range l.others {
		if x.Namespace != link.HostNamespace && !slices.Contains(s.Namespaces, x.Namespace) {
			s.Namespaces = append(s.Namespaces, x.Namespace)
		}
	}
	for _, x := range l.state.Links {
		s.Links = append(s.Links, link.Scanned{Namespace: link.HostNamespace, Index: x.Index, Name: x.Name, Kind: x.Kind, MAC: x.MAC, Peer: link.NoNamespace})
	}
	return s, nil
}
