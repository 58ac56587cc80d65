// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"slices"
	"sync"
	"time"
)

const (
	// describeLag is how long EC2's describe actions may not return a new attachment.
	describeLag = 2 * time.Second

	// recentTTL is how long an attachment is kept: until no cached description of its
	// instance can predate its visibility.
	recentTTL = instanceAge + describeLag
)

// recentAttachments holds the latest attachments by instance.
type recentAttachments struct {
	mu         sync.Mutex
	byInstance map[string][]recentAttachment
}

type recentAttachment struct {
	InstanceInterface

	at      time.Time
	visible time.Time // later descriptions are authoritative
}

func newRecentAttachments() *recentAttachments {
	return &recentAttachments{byInstance: map[string][]recentAttachment{}}
}

func (r *recentAttachments) add(instanceID string, n InstanceInterface) {
	r.mu.Lock()
	defer r.mu.Unlock()
	as := slices.DeleteFunc(r.unexpired(instanceID), func(a recentAttachment) bool { return a.NetworkInterfaceID == n.NetworkInterfaceID })
	r.byInstance[instanceID] = append(as, recentAttachment{InstanceInterface: n, at: time.Now(), visible: time.Now().Add(describeLag)})
}

// merge adds to a description of an instance as of asOf the attachments that it may lack.
func (r *recentAttachments) merge(instanceID string, described []InstanceInterface, asOf time.Time) []InstanceInterface {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := slices.Clone(described)
	as := r.unexpired(instanceID)
	if len(as) == 0 {
		delete(r.byInstance, instanceID)
		return out
	}
	r.byInstance[instanceID] = as
	for _, a := range as {
		if asOf.After(a.visible) {
			continue
		}
		if !slices.ContainsFunc(out, func(x InstanceInterface) bool { return x.NetworkInterfaceID == a.NetworkInterfaceID }) {
			out = append(out, a.InstanceInterface)
		}
	}
	return out
}

// confirm records that EC2 has returned an attachment.
func (r *recentAttachments) confirm(instanceID, networkInterfaceID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, a := range r.byInstance[instanceID] {
		if now := time.Now(); a.NetworkInterfaceID == networkInterfaceID && a.visible.After(now) {
			r.byInstance[instanceID][i].visible = now
		}
	}
}

// remove removes an ENI that was detached.
func (r *recentAttachments) remove(networkInterfaceID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, as := range r.byInstance {
		as = slices.DeleteFunc(as, func(a recentAttachment) bool { return a.NetworkInterfaceID == networkInterfaceID })
		if len(as) == 0 {
			delete(r.byInstance, id)
			continue
		}
		r.byInstance[id] = as
	}
}

func (r *recentAttachments) unexpired(instanceID string) []recentAttachment {
	return slices.DeleteFunc(slices.Clone(r.byInstance[instanceID]), func(a recentAttachment) bool { return time.Since(a.at) >= recentTTL })
}
