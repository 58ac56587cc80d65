// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"maps"
	"sync"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
)

const (
	// instanceAge is the maximum age of a cached instance that is running, stopped or
	// terminated. Timings.InstanceBusyAge is the maximum age for other states.
	instanceAge = time.Minute

	// instanceTTL is how long an instance is kept after its last description.
	instanceTTL = time.Hour
)

// An Instance has the properties of an EC2 instance that attachments depend on.
type Instance struct {
	ID               string
	Type             string
	State            ec2types.InstanceStateName
	AvailabilityZone string
	VPCID            string
	// Interfaces are the ENIs on the instance, including ENIs that are being attached
	// or detached.
	Interfaces []InstanceInterface
}

// An InstanceInterface is an ENI with its network card and device index on an instance.
type InstanceInterface struct {
	NetworkInterfaceID string
	NetworkCardIndex   int32
	DeviceIndex        int32
}

// Terminated reports whether EC2 returned the instance in a terminal state. It is
// false for an instance that EC2 did not return: see Client.FateOfInstance.
func (i Instance) Terminated() bool {
	return i.State == ec2types.InstanceStateNameTerminated || i.State == ec2types.InstanceStateNameShuttingDown
}

// Attachable reports whether EC2 accepts attachments in the instance's state.
func (i Instance) Attachable() bool {
	return i.State == ec2types.InstanceStateNameRunning || i.State == ec2types.InstanceStateNameStopped
}

// instanceCache caches the descriptions of instances. Concurrent gets share a call.
type instanceCache struct {
	byID     *batcher[Instance]
	maxAge   time.Duration
	busyAge  time.Duration
	absences *absenceTracker

	mu     sync.Mutex
	cached map[string]cachedInstance
	swept  time.Time
}

type cachedInstance struct {
	instance    Instance
	asOf        time.Time
	invalidated bool // the instance had changed by then
}

func newInstanceCache(api API) *instanceCache {
	i := &instanceCache{maxAge: instanceAge, cached: map[string]cachedInstance{}}
	i.byID = &batcher[Instance]{
		describe: func(ctx context.Context, ids []string) (map[string]Instance, error) {
			asOf := time.Now()
			found, err := describeInstances(ctx, api, ids)
			if err != nil {
				return nil, err
			}
			// Store them even if the callers have timed out.
			for _, id := range ids {
				i.store(id, found[id], asOf)
			}
			return found, nil
		},
	}
	return i
}

func (s *instanceCache) observe(m *Metrics) {
	s.byID.observe = func(n int) { m.observeBatch("Instance", n) }
}

func describeInstances(ctx context.Context, api API, ids []string) (map[string]Instance, error) {
	found := make(map[string]Instance, len(ids))
	in := &awsec2.DescribeInstancesInput{Filters: []ec2types.Filter{filter("instance-id", ids...)}, MaxResults: new(int32(pageSize))}
	err := paginate(ctx, func(ctx context.Context, token *string) (int, *string, error) {
		in.NextToken = token
		page, err := api.DescribeInstances(ctx, in)
		if err != nil {
			return 0, nil, awserr.Clean(err)
		}
		for _, r := range page.Reservations {
			for i := range r.Instances {
				inst := instanceOf(&r.Instances[i])
				found[inst.ID] = inst
			}
		}
		return len(page.Reservations), page.NextToken, nil
	})
	if err != nil {
		return nil, errors.Wrap(err, "cannot describe instances")
	}
	return found, nil
}

// get returns an instance as described after notBefore, and not earlier than the maximum
// age for its state. Its ID is empty if EC2 does not return the instance.
func (s *instanceCache) get(ctx context.Context, id string, notBefore time.Time) (cachedInstance, error) {
	if k, ok := s.lookup(id, notBefore); ok {
		return k, nil
	}
	inst, _, asOf, err := s.byID.get(ctx, id)
	if err != nil {
		return cachedInstance{}, err
	}
	return cachedInstance{instance: inst, asOf: asOf}, nil
}

func (s *instanceCache) lookup(id string, notBefore time.Time) (cachedInstance, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.cached[id]
	if !ok || k.invalidated || k.asOf.Before(notBefore) {
		return cachedInstance{}, false
	}
	age := min(s.busyAge, s.maxAge)
	if k.instance.Attachable() || k.instance.State == ec2types.InstanceStateNameTerminated {
		age = s.maxAge
	}
	return k, time.Since(k.asOf) < age
}

func (s *instanceCache) store(id string, inst Instance, asOf time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.cached[id]; ok && k.asOf.After(asOf) {
		return
	}
	if inst.ID == "" {
		s.absences.absent(id, asOf)
	} else {
		s.absences.present(id)
	}
	s.cached[id] = cachedInstance{instance: inst, asOf: asOf}
	if now := time.Now(); now.Sub(s.swept) > instanceTTL {
		s.swept = now
		for id, k := range s.cached {
			if now.Sub(k.asOf) > instanceTTL {
				delete(s.cached, id)
			}
		}
	}
}

// invalidate drops the cached instance after EC2 rejected a call in a way that shows the
// cache is stale. Responses to calls in flight are not stored either.
func (s *instanceCache) invalidate(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cached[id] = cachedInstance{asOf: time.Now(), invalidated: true}
}

// Instance returns the instance with the given id. Its ID is empty if EC2 does not return
// the instance. A running or stopped instance may be cached for a minute.
func (c *Client) Instance(ctx context.Context, id string) (Instance, error) {
	k, err := c.instances.get(ctx, id, time.Time{})
	return k.instance, err
}

// InstanceFresh is Instance without the cache.
func (c *Client) InstanceFresh(ctx context.Context, id string) (Instance, error) {
	k, err := c.instances.get(ctx, id, time.Now())
	return k.instance, err
}

// Instances returns the instances with the given ids by id. Instances that EC2 does not
// return are left out. The cache serves ids as in Instance, and changing for at most 5 s.
func (c *Client) Instances(ctx context.Context, ids, changing []string) (map[string]Instance, error) {
	found := make(map[string]Instance, len(ids))
	var missing []string
	find := func(ids []string, notBefore time.Time) {
		for _, id := range ids {
			switch k, ok := c.instances.lookup(id, notBefore); {
			case !ok:
				missing = append(missing, id)
			case k.instance.ID != "":
				found[id] = k.instance
			}
		}
	}
	find(ids, time.Time{})
	find(changing, time.Now().Add(-c.timings.InstanceBusyAge))
	described, err := c.instances.byID.getAll(ctx, missing)
	if err != nil {
		return nil, err
	}
	maps.Copy(found, described)
	return found, nil
}

func instanceOf(i *ec2types.Instance) Instance {
	inst := Instance{ID: ptr.Deref(i.InstanceId, ""), Type: string(i.InstanceType), VPCID: ptr.Deref(i.VpcId, "")}
	if i.State != nil {
		inst.State = i.State.Name
	}
	if i.Placement != nil {
		inst.AvailabilityZone = ptr.Deref(i.Placement.AvailabilityZone, "")
	}
	for _, n := range i.NetworkInterfaces {
		if n.Attachment != nil {
			inst.Interfaces = append(inst.Interfaces, InstanceInterface{
				NetworkInterfaceID: ptr.Deref(n.NetworkInterfaceId, ""),
				NetworkCardIndex:   ptr.Deref(n.Attachment.NetworkCardIndex, 0),
				DeviceIndex:        ptr.Deref(n.Attachment.DeviceIndex, 0),
			})
		}
	}
	return inst
}

// Consistency selects whether a cached description may be returned.
type Consistency int

// Consistencies of a description.
const (
	// Cached permits a cached description.
	Cached Consistency = iota
	// Fresh requires a describe call that starts after the request.
	Fresh
)

// InstanceInterfaces returns the ENIs on an instance with their device indexes. ENIs
// that this Client has just attached are included even if EC2 does not return them yet.
func (c *Client) InstanceInterfaces(ctx context.Context, instanceID string, consistency Consistency) ([]InstanceInterface, error) {
	var notBefore time.Time
	if consistency == Fresh {
		notBefore = time.Now()
	}
	k, err := c.instances.get(ctx, instanceID, notBefore)
	if err != nil {
		return nil, err
	}
	return c.recent.merge(instanceID, k.instance.Interfaces, k.asOf), nil
}

// InstanceForAttach returns InstanceFresh with the ENIs of InstanceInterfaces, from one call.
func (c *Client) InstanceForAttach(ctx context.Context, id string) (Instance, error) {
	k, err := c.instances.get(ctx, id, time.Now())
	if err != nil {
		return Instance{}, err
	}
	inst := k.instance
	inst.Interfaces = c.recent.merge(id, inst.Interfaces, k.asOf)
	return inst, nil
}

// HasOwner reports whether the cached description of an ENI has the owner tag of an object of
// this cluster. It does not call EC2.
func (c *Client) HasOwner(networkInterfaceID string) bool { return c.enis.hasOwner(networkInterfaceID) }
