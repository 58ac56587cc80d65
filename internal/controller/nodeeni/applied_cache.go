// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// A appliedObject identifies a version of an object that was found to match its NodeENI. To
// compare thousands of children field by field at each change of one of them would keep
// a processor busy.
type appliedObject struct {
	nodeENI    types.UID
	generation int64
	child      eni.Child
	kind       string
	version    string
	trace      string
}

// appliedCache caches which objects match their NodeENI.
type appliedCache struct {
	mu      sync.Mutex
	objects map[appliedKey]appliedObject
}

type appliedKey struct {
	nodeENI types.UID
	name    string
	kind    string
}

func newAppliedCache() *appliedCache { return &appliedCache{objects: map[appliedKey]appliedObject{}} }

func (v appliedObject) key() appliedKey {
	return appliedKey{nodeENI: v.nodeENI, name: v.child.Name, kind: v.kind}
}

func (s *appliedCache) contains(v appliedObject) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.objects[v.key()] == v
}

func (s *appliedCache) add(v appliedObject) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[v.key()] = v
}

// prune drops the entries of a NodeENI's children that are not in children.
func (s *appliedCache) prune(nodeENI types.UID, children []eni.Child) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.objects) <= 2*len(children) {
		return
	}
	wanted := make(map[string]bool, len(children))
	for _, c := range children {
		wanted[c.Name] = true
	}
	for k := range s.objects {
		if k.nodeENI == nodeENI && !wanted[k.name] {
			delete(s.objects, k)
		}
	}
}
