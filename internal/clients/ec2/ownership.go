// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"
)

// OwnershipTags identify the ENIs of a cluster.
type OwnershipTags struct {
	// ClusterTag is the key of the tag that names the cluster, and Cluster its value.
	// Without them, each ENI is described by its id, in batches.
	ClusterTag string
	Cluster    string

	// OwnerTag is the key of the tag with the UID of the object that owns the ENI.
	OwnerTag string
}

// owner returns the UID of the object that owns an ENI, or "".
func (e *eniCache) owner(n *ec2types.NetworkInterface) string {
	for _, t := range n.TagSet {
		if ptr.Deref(t.Key, "") == e.OwnerTag {
			return ptr.Deref(t.Value, "")
		}
	}
	return ""
}

// ownedBy returns the ENI with the owner tag of an object, or nil. Absence is never served
// from the cache: the caller would create a second ENI.
func (e *eniCache) ownedBy(ctx context.Context, uid string) (*ec2types.NetworkInterface, error) {
	e.mu.RLock()
	id, ok := e.byOwner[uid]
	e.mu.RUnlock()
	if ok {
		if n, err := e.get(ctx, id); err != nil || (n != nil && e.owner(n) == uid) {
			return n, err
		}
	}
	found, ok, asOf, err := e.byUID.get(ctx, uid)
	if err != nil || !ok {
		return nil, err
	}
	e.store(&found, asOf)
	return &found, nil
}

// ofCluster returns the cached ENIs of the cluster.
func (e *eniCache) ofCluster() []*ec2types.NetworkInterface {
	e.mu.RLock()
	defer e.mu.RUnlock()
	out := make([]*ec2types.NetworkInterface, 0, len(e.cached))
	for _, s := range e.cached {
		if e.clusterOf(s.eni) == e.Cluster {
			out = append(out, s.eni)
		}
	}
	return out
}

// clusterOf returns the value of an ENI's cluster tag, or "".
func (e *eniCache) clusterOf(n *ec2types.NetworkInterface) string {
	for _, t := range n.TagSet {
		if ptr.Deref(t.Key, "") == e.ClusterTag {
			return ptr.Deref(t.Value, "")
		}
	}
	return ""
}

// accountOf returns the account that owns this cluster's ENIs according to EC2, or "" if
// none was described.
func (e *eniCache) accountOf() string {
	e.mu.RLock()
	defer e.mu.RUnlock()
	for _, s := range e.cached {
		if owner := ptr.Deref(s.eni.OwnerId, ""); owner != "" && e.Cluster != "" && e.clusterOf(s.eni) == e.Cluster {
			return owner
		}
	}
	return ""
}

// hasOwner reports whether the cached description of an ENI has an owner tag.
func (e *eniCache) hasOwner(id string) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	s, ok := e.cached[id]
	return ok && e.owner(s.eni) != ""
}
