package ec2

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// pageSize is the largest page that EC2's describe actions give.
const pageSize = 1000

// NetworkInterface returns the ENI with the given id, or nil if EC2 knows none.
func (c *Client) NetworkInterface(ctx context.Context, id string) (*ec2types.NetworkInterface, error) {
	out, err := c.DescribeNetworkInterfaces(ctx, &awsec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{id}})
	if IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, errors.Wrapf(Clean(err), "cannot describe network interface %q", id)
	}
	if len(out.NetworkInterfaces) == 0 {
		return nil, nil
	}
	return &out.NetworkInterfaces[0], nil
}

// NetworkInterfacesWithTag returns the ENIs that carry the given tag.
func (c *Client) NetworkInterfacesWithTag(ctx context.Context, key, value string) ([]ec2types.NetworkInterface, error) {
	enis, err := c.networkInterfaces(ctx, filter("tag:"+key, value))
	return enis, errors.Wrapf(err, "cannot find network interfaces tagged %s=%s", key, value)
}

// NetworkInterfaceOfAttachment returns the ENI that has the given attachment,
// or nil if EC2 knows none.
func (c *Client) NetworkInterfaceOfAttachment(ctx context.Context, attachmentID string) (*ec2types.NetworkInterface, error) {
	enis, err := c.networkInterfaces(ctx, filter("attachment.attachment-id", attachmentID))
	if err != nil || len(enis) == 0 {
		return nil, errors.Wrapf(err, "cannot find the network interface of attachment %q", attachmentID)
	}
	return &enis[0], nil
}

// NetworkInterfacesOfInstance returns the ENIs on an instance, those that come
// and go included.
func (c *Client) NetworkInterfacesOfInstance(ctx context.Context, instanceID string) ([]ec2types.NetworkInterface, error) {
	enis, err := c.networkInterfaces(ctx, filter("attachment.instance-id", instanceID))
	return enis, errors.Wrapf(err, "cannot describe the network interfaces of instance %q", instanceID)
}

func (c *Client) networkInterfaces(ctx context.Context, filters ...ec2types.Filter) ([]ec2types.NetworkInterface, error) {
	var found []ec2types.NetworkInterface
	p := awsec2.NewDescribeNetworkInterfacesPaginator(c.API, &awsec2.DescribeNetworkInterfacesInput{Filters: filters, MaxResults: new(int32(pageSize))})
	for p.HasMorePages() {
		page, err := p.NextPage(ctx)
		if err != nil {
			return nil, Clean(err)
		}
		found = append(found, page.NetworkInterfaces...)
	}
	return found, nil
}

func filter(name string, values ...string) ec2types.Filter {
	return ec2types.Filter{Name: &name, Values: values}
}

// An Instance is what is needed to know of an EC2 instance to attach to it.
type Instance struct {
	ID               string
	Type             string
	State            ec2types.InstanceStateName
	AvailabilityZone string
	VPCID            string
}

// Gone says that the instance is terminated or about to be.
func (i Instance) Gone() bool {
	return i.ID == "" || i.State == ec2types.InstanceStateNameTerminated || i.State == ec2types.InstanceStateNameShuttingDown
}

// Attachable says that EC2 accepts an attachment in the instance's state.
func (i Instance) Attachable() bool {
	return i.State == ec2types.InstanceStateNameRunning || i.State == ec2types.InstanceStateNameStopped
}

// Instance returns the instance with the given id; its ID is empty if EC2
// knows none. The answer may be a few seconds old.
func (c *Client) Instance(ctx context.Context, id string) (Instance, error) {
	return c.instances.get(ctx, id, func(ctx context.Context) (Instance, time.Duration, error) {
		out, err := c.DescribeInstances(ctx, &awsec2.DescribeInstancesInput{InstanceIds: []string{id}})
		if IsNotFound(err) {
			return Instance{}, 0, nil
		}
		if err != nil {
			return Instance{}, 0, errors.Wrapf(Clean(err), "cannot describe instance %q", id)
		}
		for _, r := range out.Reservations {
			for i := range r.Instances {
				return instanceOf(&r.Instances[i]), 0, nil
			}
		}
		return Instance{}, 0, nil
	})
}

// InstanceNow is Instance with an answer that is not from before.
func (c *Client) InstanceNow(ctx context.Context, id string) (Instance, error) {
	c.instances.forget(id)
	return c.Instance(ctx, id)
}

// Instances returns the instances with the given ids that EC2 knows, by id.
// One unknown id does not hide the others. The answers may be a few seconds old.
func (c *Client) Instances(ctx context.Context, ids []string) (map[string]Instance, error) {
	found := make(map[string]Instance, len(ids))
	var ask []string
	for _, id := range ids {
		switch inst, ok := c.instances.recall(id); {
		case !ok:
			ask = append(ask, id)
		case inst.ID != "":
			found[id] = inst
		}
	}
	for chunk := range slices.Chunk(ask, 200) { // EC2 takes at most 200 values of a filter
		p := awsec2.NewDescribeInstancesPaginator(c.API, &awsec2.DescribeInstancesInput{Filters: []ec2types.Filter{filter("instance-id", chunk...)}, MaxResults: new(int32(pageSize))})
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, errors.Wrap(Clean(err), "cannot describe instances")
			}
			for _, r := range page.Reservations {
				for i := range r.Instances {
					inst := instanceOf(&r.Instances[i])
					found[inst.ID] = inst
					c.instances.remember(inst.ID, inst, c.instances.ttl)
				}
			}
		}
	}
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
	return inst
}

// An InstanceType is how many ENIs instances of a type take.
type InstanceType struct {
	Name string
	// MaxNetworkInterfaces is the limit over all network cards.
	MaxNetworkInterfaces int32
	// CardLimits are the limits of the network cards, by index.
	CardLimits []int32
}

// InstanceType returns the limits of an instance type. They are remembered for
// as long as the process lives, more or less: they do not change.
func (c *Client) InstanceType(ctx context.Context, name string) (InstanceType, error) {
	return c.types.get(ctx, name, func(ctx context.Context) (InstanceType, time.Duration, error) {
		out, err := c.DescribeInstanceTypes(ctx, &awsec2.DescribeInstanceTypesInput{InstanceTypes: []ec2types.InstanceType{ec2types.InstanceType(name)}})
		if err != nil {
			return InstanceType{}, 0, errors.Wrapf(Clean(err), "cannot describe instance type %q", name)
		}
		t := InstanceType{Name: name}
		if len(out.InstanceTypes) == 0 || out.InstanceTypes[0].NetworkInfo == nil {
			return t, missTTL, nil
		}
		n := out.InstanceTypes[0].NetworkInfo
		t.MaxNetworkInterfaces = ptr.Deref(n.MaximumNetworkInterfaces, 0)
		for _, card := range n.NetworkCards {
			i := int(ptr.Deref(card.NetworkCardIndex, 0))
			for len(t.CardLimits) <= i {
				t.CardLimits = append(t.CardLimits, 0)
			}
			t.CardLimits[i] = ptr.Deref(card.MaximumNetworkInterfaces, 0)
		}
		return t, 0, nil
	})
}

// key joins the parts of a memo's question, each quoted so that no two
// questions share a key.
func key(parts ...string) string {
	quoted := make([]string, len(parts))
	for i, p := range parts {
		quoted[i] = strconv.Quote(p)
	}
	return strings.Join(quoted, ",")
}

// Occupants returns the ENIs on an instance with their places, those that this
// Client has just attached and EC2 does not show yet included.
func (c *Client) Occupants(ctx context.Context, instanceID string) ([]ec2types.NetworkInterface, error) {
	enis, err := c.NetworkInterfacesOfInstance(ctx, instanceID)
	if err != nil {
		return nil, err
	}
	for _, n := range c.recent.of(instanceID) {
		if !slices.ContainsFunc(enis, func(x ec2types.NetworkInterface) bool {
			return ptr.Deref(x.NetworkInterfaceId, "") == ptr.Deref(n.NetworkInterfaceId, "")
		}) {
			enis = append(enis, n)
		}
	}
	return enis, nil
}

// NoteAttached remembers for a while that an ENI was attached, since EC2's
// describe actions may not show it yet.
func (c *Client) NoteAttached(instanceID string, n ec2types.NetworkInterface) {
	c.recent.add(instanceID, n)
}

// NoteShown forgets what NoteAttached remembered of an ENI: EC2 shows it, and
// from now on also shows when it is gone.
func (c *Client) NoteShown(instanceID, networkInterfaceID string) {
	c.recent.drop(instanceID, networkInterfaceID)
}
