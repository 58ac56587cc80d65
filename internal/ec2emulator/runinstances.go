package ec2emulator

import (
	"net/netip"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A launch is one network interface of an instance that is being made: a new one, or one that exists.
type launch struct {
	request    *eniRequest
	existing   *eni
	attachment *attachment
}

func (c *call) runInstances() ([]node, error) {
	token := c.params.str("ClientToken")
	ids, err := c.repeated(token)
	if err != nil {
		return nil, err
	}
	if ids != nil {
		return c.launchedBefore(ids)
	}
	if _, err := c.params.required("ImageId"); err != nil {
		return nil, err
	}
	count, err := c.params.integerIn("MaxCount", 1, 1, 1000)
	if err != nil {
		return nil, err
	}
	name := c.params.str("InstanceType")
	if name == "" {
		name = "m1.small"
	}
	spec, ok := instanceTypes()[name]
	if !ok {
		return nil, errInvalid("Invalid value '%s' for InstanceType.", name)
	}
	specs, err := readTagSpecifications(c.params, "instance", "network-interface", "volume", "spot-instances-request")
	if err != nil {
		return nil, err
	}
	// Read once before anything is made, so that a bad request and a dry run leave nothing behind.
	if _, err := c.readLaunches(specs["network-interface"]); err != nil {
		return nil, err
	}
	if err := c.dry(); err != nil {
		return nil, err
	}
	reservation := c.newIDWith("r-")
	made := []*instance{}
	for range count {
		launches, err := c.readLaunches(specs["network-interface"])
		if err != nil {
			return nil, c.abandon(made, err)
		}
		i := &instance{
			id: c.newID(kindInstance), spec: spec, state: statePending, launched: c.now, token: token,
			reservation: reservation, image: c.params.str("ImageId"), tags: newTags(specs["instance"]), enis: map[string]*eni{},
		}
		made = append(made, i)
		if err := c.equip(i, launches); err != nil {
			return nil, c.abandon(made, err)
		}
	}
	made = c.begin(made)
	out := []string{}
	for _, i := range made {
		out = append(out, i.id)
	}
	c.remember(token, out...)
	return c.reservation(reservation, made...), nil
}

// begin starts the instances' lives.
func (c *call) begin(made []*instance) []*instance {
	for _, i := range made {
		c.instances[i.id] = i
		c.touch(i.id)
		c.later(i, statePending, func() { i.state = stateRunning })
	}
	return made
}

func (c *call) launchedBefore(ids []string) ([]node, error) {
	if err := c.dry(); err != nil {
		return nil, err
	}
	c.entry.Repeated = true
	found := []*instance{}
	for _, id := range ids {
		i, err := lookup(c.instances, kindInstance, id)
		if err != nil {
			return nil, err
		}
		found = append(found, i)
	}
	c.touch(ids...)
	return c.reservation(found[0].reservation, found...), nil
}

// readLaunches reads NetworkInterface.N, or the parameters that stand for a single primary interface.
func (c *call) readLaunches(tags map[string]string) ([]launch, error) {
	items := c.params.structs("NetworkInterface")
	if len(items) > 0 && (c.params.has("SubnetId") || c.params.has("SecurityGroupId")) {
		return nil, errCombination("Network interfaces and an instance-level subnet ID or security groups may not be specified on the same request")
	}
	if len(items) == 0 {
		if c.params.str("SubnetId") == "" {
			return nil, failf("MissingInput", "No subnets found for the default VPC. Please specify a subnet.")
		}
		items = []params{{"DeviceIndex": {"0"}, "SubnetId": {c.params.str("SubnetId")}}}
		for k, v := range c.params {
			if k == "PrivateIpAddress" || (len(k) > 16 && k[:16] == "SecurityGroupId.") {
				items[0][k] = v
			}
		}
	}
	out := []launch{}
	for _, p := range items {
		l, err := c.readLaunch(p)
		if err != nil {
			return nil, err
		}
		if l.request != nil {
			l.request.tags = tags
		}
		out = append(out, l)
	}
	return out, nil
}

func (c *call) readLaunch(p params) (launch, error) {
	a, err := readAttachment(p)
	if err != nil {
		return launch{}, err
	}
	l := launch{attachment: a}
	if id := p.str("NetworkInterfaceId"); id != "" {
		l.existing, err = lookup(c.enis, kindENI, id)
		if err == nil && l.existing.attachment != nil {
			err = failf("InvalidNetworkInterface.InUse", "Interface: [%s] in use.", id)
		}
		return l, err
	}
	// What is made with an instance goes with it, unless the request says otherwise.
	if a.deleteOnTermination, err = p.boolean("DeleteOnTermination", true); err != nil {
		return l, err
	}
	r, err := c.readENI(p)
	l.request = &r
	return l, err
}

// equip makes and attaches the interfaces of an instance.
func (c *cloud) equip(i *instance, launches []launch) error {
	primary := false
	for _, l := range launches {
		if l.attachment.device == 0 && l.attachment.card == 0 {
			primary = true
			i.subnet = l.subnet()
		}
	}
	if !primary {
		return errInvalid("A primary network interface with device index 0 is required")
	}
	for _, l := range launches {
		e := l.existing
		if l.subnet().zone != i.subnet.zone {
			return errCombination("Network interfaces must be in the same availability zone as the instance")
		}
		if e == nil {
			p, err := c.planENI(*l.request)
			if err != nil {
				return err
			}
			e = c.makeENI(p)
		}
		l.attachment.instance = i
		if err := fits(e, l.attachment); err != nil {
			if l.existing == nil {
				c.forget(e)
			}
			return err
		}
		c.attach(e, l.attachment)
	}
	return nil
}

func (l launch) subnet() *subnet {
	if l.existing != nil {
		return l.existing.subnet
	}
	return l.request.subnet
}

// abandon undoes instances that could not all be made: EC2 launches all that MinCount asks for, or none.
func (c *cloud) abandon(made []*instance, err error) error {
	for _, i := range made {
		for _, e := range i.attached() {
			fresh := e.created.Equal(c.now) && e.attachment.deleteOnTermination
			c.letGo(e)
			if fresh {
				c.forget(e)
			}
		}
	}
	return errors.Wrap(err, "cannot launch")
}

// forget removes an interface that nobody was told about.
func (c *cloud) forget(e *eni) {
	e.subnet.v4.release(e.v4)
	if e.subnet.v6 != nil {
		e.subnet.v6.release(e.v6)
	}
	delete(c.enis, e.id)
	delete(c.macs, e.mac)
}

// address is the primary IPv4 address of the instance; the zero one once it is terminated.
func (i *instance) address() netip.Addr {
	if p := i.primary(); p != nil {
		return p.primary()
	}
	return netip.Addr{}
}
