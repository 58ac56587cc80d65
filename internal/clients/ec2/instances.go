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
	// instanceAge is the most that an answer about an instance that runs or is
	// stopped may be old, and instanceBusyAge one that is changing or unknown.
	instanceAge     = time.Minute
	instanceBusyAge = 5 * time.Second

	// instanceForget is after how long an instance that nobody asks about is
	// forgotten.
	instanceForget = time.Hour
)

// An Instance is what is needed to know of an EC2 instance to attach to it.
type Instance struct {
	ID               string
	Type             string
	State            ec2types.InstanceStateName
	AvailabilityZone string
	VPCID            string
	// Interfaces are the ENIs on the instance, those that come and go
	// included.
	Interfaces []InstanceInterface
}

// An InstanceInterface is an ENI at its place on an instance.
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

// Attachable says that EC2 accepts an attachment in the instance's state.
func (i Instance) Attachable() bool {
	return i.State == ec2types.InstanceStateNameRunning || i.State == ec2types.InstanceStateNameStopped
}

// instances is what EC2 said last of instances. Questions that come together
// share a call.
type instances struct {
	byID     *batcher[Instance]
	maxAge   time.Duration
	absences *absences

	mu    sync.Mutex
	known map[string]seenInstance
	swept time.Time
}

type seenInstance struct {
	instance Instance
	asOf     time.Time
	doubted  bool // by then it was no longer so
}

func newInstances(api API) *instances {
	i := &instances{maxAge: instanceAge, known: map[string]seenInstance{}}
	i.byID = &batcher[Instance]{
		describe: func(ctx context.Context, ids []string) (map[string]Instance, error) {
			asOf := time.Now()
			found, err := describeInstances(ctx, api, ids)
			if err != nil {
				return nil, err
			}
			// Whoever asked may have been told to come back by now.
			for _, id := range ids {
				i.remember(id, found[id], asOf)
			}
			return found, nil
		},
	}
	return i
}

func (s *instances) observe(m *Metrics) {
	s.byID.observe = func(n int) { m.batched("Instance", n) }
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

// get returns an instance that EC2 was asked about after notBefore, or within
// the time that its state allows. Its ID is empty if EC2 knows none.
func (s *instances) get(ctx context.Context, id string, notBefore time.Time) (seenInstance, error) {
	if k, ok := s.recall(id, notBefore); ok {
		return k, nil
	}
	inst, _, asOf, err := s.byID.ask(ctx, id)
	if err != nil {
		return seenInstance{}, err
	}
	return seenInstance{instance: inst, asOf: asOf}, nil
}

func (s *instances) recall(id string, notBefore time.Time) (seenInstance, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.known[id]
	if !ok || k.doubted || k.asOf.Before(notBefore) {
		return seenInstance{}, false
	}
	age := min(instanceBusyAge, s.maxAge)
	if k.instance.Attachable() || k.instance.State == ec2types.InstanceStateNameTerminated {
		age = s.maxAge
	}
	return k, time.Since(k.asOf) < age
}

func (s *instances) remember(id string, inst Instance, asOf time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.known[id]; ok && k.asOf.After(asOf) {
		return
	}
	if inst.ID == "" {
		s.absences.absent(id, asOf)
	} else {
		s.absences.present(id)
	}
	s.known[id] = seenInstance{instance: inst, asOf: asOf}
	if now := time.Now(); now.Sub(s.swept) > instanceForget {
		s.swept = now
		for id, k := range s.known {
			if now.Sub(k.asOf) > instanceForget {
				delete(s.known, id)
			}
		}
	}
}

// doubt has EC2 asked anew about an instance, of which it has just shown by a
// refusal that it is not as it was remembered. Answers that are on their way are
// not remembered either.
func (s *instances) doubt(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[id] = seenInstance{asOf: time.Now(), doubted: true}
}

// Instance returns the instance with the given id; its ID is empty if EC2
// knows none. The answer may be a minute old if the instance runs or is
// stopped.
func (c *Client) Instance(ctx context.Context, id string) (Instance, error) {
	k, err := c.instances.get(ctx, id, time.Time{})
	return k.instance, err
}

// InstanceFresh is Instance with an answer that is not from before.
func (c *Client) InstanceFresh(ctx context.Context, id string) (Instance, error) {
	k, err := c.instances.get(ctx, id, time.Now())
	return k.instance, err
}

// Instances returns the instances with the given ids that EC2 knows, by id.
// One unknown id does not hide the others. Answers are as old as those of
// Instance may be; those of changing are at most 5 s old.
func (c *Client) Instances(ctx context.Context, ids, changing []string) (map[string]Instance, error) {
	found := make(map[string]Instance, len(ids))
	var ask []string
	recall := func(ids []string, notBefore time.Time) {
		for _, id := range ids {
			switch k, ok := c.instances.recall(id, notBefore); {
			case !ok:
				ask = append(ask, id)
			case k.instance.ID != "":
				found[id] = k.instance
			}
		}
	}
	recall(ids, time.Time{})
	recall(changing, time.Now().Add(-instanceBusyAge))
	answers, err := c.instances.byID.askAll(ctx, ask)
	if err != nil {
		return nil, err
	}
	maps.Copy(found, answers)
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

// Occupants returns the ENIs on an instance with their places, those that this
// Client has just attached and EC2 does not show yet included. Where now is set
// the answer is not from before.
func (c *Client) Occupants(ctx context.Context, instanceID string, now bool) ([]InstanceInterface, error) {
	var notBefore time.Time
	if now {
		notBefore = time.Now()
	}
	k, err := c.instances.get(ctx, instanceID, notBefore)
	if err != nil {
		return nil, err
	}
	return c.recent.amend(instanceID, k.instance.Interfaces, k.asOf), nil
}

// Ours says that an ENI was made for, or adopted by, an object of this cluster, as
// far as has been seen; nothing is asked.
func (c *Client) Ours(networkInterfaceID string) bool { return c.enis.ours(networkInterfaceID) }
