// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package extendedresource

import (
	"context"
	"fmt"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// A Status is the part of a HostInterface's status about its resource.
type Status struct {
	// Condition is nil if the HostInterface has no resource.
	Condition *xpv2.Condition
	// RequeueAfter is the delay of the next check, zero without one.
	RequeueAfter time.Duration
}

// A member is a HostInterface with a resource.
type member struct {
	v1alpha1.HostReadiness

	ready bool
}

// A Publisher advertises the resources of a node's HostInterfaces.
type Publisher struct {
	dir string
	now func() time.Time

	mu sync.Mutex
	// members by the name of the HostInterface.
	members map[string]member
	// registrations by resource.
	registrations map[string]*registration
	lost          func()
	closed        bool
}

// New returns the Publisher of a node. dir is the kubelet's directory of device plugins, or
// empty to advertise no resource.
func New(dir string, now func() time.Time) *Publisher {
	return &Publisher{dir: dir, now: now, members: map[string]member{}, registrations: map[string]*registration{}, lost: func() {}}
}

// Dir returns the kubelet's directory of device plugins.
func (p *Publisher) Dir() string { return p.dir }

// OnLost sets the function to call after the kubelet has closed the connection of a resource.
// Each HostInterface then has to be published again.
func (p *Publisher) OnLost(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lost = f
}

// Retry makes the next Publish register at once: the kubelet has started. It may refuse
// connections for a moment, so a failure is repeated soon.
func (p *Publisher) Retry() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.registrations {
		r.retry, r.failures = time.Time{}, 0
	}
}

// Publish records whether an observed HostInterface is ready, and advertises its resource.
func (p *Publisher) Publish(ctx context.Context, name string, r *v1alpha1.HostReadiness, ready bool) Status {
	if r == nil {
		p.Forget(ctx, name)
		return Status{}
	}
	if p.dir == "" {
		c := v1alpha1.ResourceNotAdvertised(v1alpha1.ReasonNoKubeletDirectory, fmt.Sprintf("this agent does not advertise %s: set the Helm value agent.readinessResource.enabled, or --kubelet-device-plugins-dir and its mount", r.Resource))
		return Status{Condition: &c}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return Status{}
	}
	before := p.members[name]
	p.members[name] = member{HostReadiness: *r, ready: ready}
	if before.Resource != r.Resource {
		p.update(ctx, before.Resource)
	}
	if p.registrations[r.Resource] == nil {
		p.registrations[r.Resource] = &registration{dir: p.dir, resource: r.Resource, onLost: p.lost}
	}
	p.update(ctx, r.Resource)
	again, err := p.registrations[r.Resource].advertise(ctx, p.devices(r.Resource), p.now())
	c := v1alpha1.ResourceAdvertised("the node advertises " + r.Resource)
	if err != nil {
		c = v1alpha1.ResourceNotAdvertised(v1alpha1.ReasonNotRegistered, fmt.Sprintf("the node does not advertise %s: %s", r.Resource, err))
	}
	return Status{Condition: &c, RequeueAfter: again}
}

// NotReady records that a HostInterface is not ready. It is called before the interface
// changes.
func (p *Publisher) NotReady(ctx context.Context, name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, ok := p.members[name]
	if !ok || !m.ready {
		return
	}
	m.ready = false
	p.members[name] = m
	p.update(ctx, m.Resource)
}

// Forget drops a HostInterface that is released or deleted, or has no resource any more.
func (p *Publisher) Forget(ctx context.Context, name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, ok := p.members[name]
	if !ok {
		return
	}
	delete(p.members, name)
	p.update(ctx, m.Resource)
}

// Close stops advertising. The kubelet then allocates no unit.
func (p *Publisher) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for resource, r := range p.registrations {
		r.stop()
		delete(p.registrations, resource)
	}
}

// update sends the devices of a resource to the kubelet, or stops its server if no
// HostInterface has it.
func (p *Publisher) update(ctx context.Context, resource string) {
	r := p.registrations[resource]
	if r == nil {
		return
	}
	d := p.devices(resource)
	if d.count == 0 {
		r.stop()
		delete(p.registrations, resource)
		log.FromContext(ctx).Info("Stopped advertising a resource", "resource", resource)
		return
	}
	if r.server != nil && r.server.set(d) {
		log.FromContext(ctx).Info("Changed a resource", "resource", resource, "units", d.count, "allocatable", d.healthy)
	}
}

// devices returns the devices of a resource: none without a HostInterface. They are healthy
// while all of them are ready, and as many as the HostInterfaces require. A change of the
// resource reaches the HostInterfaces one after another: the largest numbers count.
func (p *Publisher) devices(resource string) devices {
	var members, interfaces int32
	d := devices{healthy: true}
	for _, m := range p.members {
		if m.Resource != resource {
			continue
		}
		members++
		interfaces = max(interfaces, m.Interfaces)
		d.count = max(d.count, m.Capacity)
		d.healthy = d.healthy && m.ready
	}
	d.healthy = d.healthy && members > 0 && members >= interfaces
	return d
}
