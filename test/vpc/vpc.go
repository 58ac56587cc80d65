// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package vpc

import (
	"context"
	"encoding/json"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/vishvananda/netns"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// MTU of the VPC.
const MTU = 9001

// interval of the comparison of routes with the addresses that EC2 has assigned.
const interval = 50 * time.Millisecond

// A VPC forwards packets between the ENIs of an emulator.
type VPC struct {
	namespace string
	ec2       *ec2emulator.Server
	stop      []func()

	mu     sync.Mutex
	hosts  map[string]string            // network namespaces by instance
	events map[string]ec2emulator.Event // of attached ENIs, by attachment
	links  map[string]*link             // by attachment
	serial int
	errs   []error
}

// settings of the network namespace: forward, answer ARP requests for the addresses of other
// links, and send no redirects.
var settings = []string{ //nolint:gochecknoglobals // constant
	"ipv4/ip_forward 1", "ipv4/conf/default/proxy_arp 1",
	"ipv4/conf/all/send_redirects 0", "ipv4/conf/default/send_redirects 0", "ipv4/conf/default/arp_announce 2",
	"ipv4/conf/all/rp_filter 0", "ipv4/conf/default/rp_filter 0",
	"ipv6/conf/all/forwarding 1", "ipv6/conf/default/forwarding 1", "ipv6/conf/default/addr_gen_mode 1", "ipv6/conf/default/accept_dad 0",
}

// ruleset checks sources. A packet passes if the route to its source leads back to the link.
const ruleset = `
table inet vpc {
	set unchecked { type ifname; }
	counter dropped {}
	chain source {
		type filter hook prerouting priority raw
		iifname "lo" accept
		iifname @unchecked accept
		ip6 saddr :: icmpv6 type { nd-neighbor-solicit, nd-router-solicit, mld2-listener-report } accept
		ip6 saddr fe80::/10 ip6 daddr { fe80::/10, ff02::/16 } accept
		ip saddr 0.0.0.0 udp sport 68 udp dport 67 accept
		fib saddr type local counter name dropped drop
		fib saddr . iif oif missing counter name dropped drop
	}
}`

// New creates the network namespace of the VPCs of an emulator, whose name must be unique.
// Close deletes it.
func New(ctx context.Context, namespace string, ec2 *ec2emulator.Server) (*VPC, error) {
	v := &VPC{
		namespace: namespace, ec2: ec2,
		hosts: map[string]string{}, events: map[string]ec2emulator.Event{}, links: map[string]*link{},
	}
	if err := testbed.IP(ctx, "netns add "+namespace, "-n "+namespace+" link set lo up"); err != nil {
		return nil, err
	}
	if err := v.start(context.WithoutCancel(ctx)); err != nil {
		return nil, errors.Join(err, v.Close(ctx))
	}
	return v, nil
}

func (v *VPC) start(ctx context.Context) error {
	for _, s := range settings {
		if err := v.set(ctx, s); err != nil {
			return err
		}
	}
	if _, err := v.run(ctx, ruleset, "nft", "-f", "-"); err != nil {
		return err
	}
	for _, n := range v.ec2.State().VPCs {
		for _, cidr := range []string{n.CIDR, n.IPv6CIDR} {
			if cidr == "" {
				continue
			}
			if err := testbed.IP(ctx, "-n "+v.namespace+" route add blackhole "+cidr+" metric 9999"); err != nil {
				return err
			}
		}
	}
	if err := v.serveNeighbors(); err != nil {
		return err
	}
	v.stop = append(v.stop, v.ec2.OnAttachment(func(e ec2emulator.Event) { v.plug(ctx, e) }), v.follow(ctx))
	return nil
}

// set sets a setting of the network namespace.
func (v *VPC) set(ctx context.Context, setting string) error {
	name, value, _ := strings.Cut(setting, " ")
	_, err := v.run(ctx, "", "sh", "-c", "echo "+value+" >/proc/sys/net/"+name)
	return err
}

// run runs a program in the network namespace of the VPC.
func (v *VPC) run(ctx context.Context, input, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", v.namespace, program}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	return string(out), errors.Wrapf(err, "%s %s: %s", program, strings.Join(args, " "), out)
}

// AddHost sets the network namespace of an instance, in which its ENIs appear, also those
// that are attached already. The primary ENI does not appear.
func (v *VPC) AddHost(ctx context.Context, instanceID, namespace string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.hosts[instanceID] = namespace
	var errs []error
	for _, e := range v.events {
		if e.InstanceID == instanceID {
			errs = append(errs, v.attach(ctx, e))
		}
	}
	return errors.Join(errs...)
}

// RemoveHost deletes the links of an instance, as a power failure does.
func (v *VPC) RemoveHost(ctx context.Context, instanceID string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.hosts, instanceID)
	var errs []error
	for id, e := range v.events {
		if e.InstanceID == instanceID {
			errs = append(errs, v.detach(ctx, id))
		}
	}
	return errors.Join(errs...)
}

// Dropped returns the number of packets that were dropped because of their source.
func (v *VPC) Dropped(ctx context.Context) (int, error) {
	out, err := v.run(ctx, "", "nft", "-j", "list", "counter", "inet", "vpc", "dropped")
	if err != nil {
		return 0, err
	}
	list := struct {
		NFTables []struct {
			Counter *struct {
				Packets int `json:"packets"`
			} `json:"counter"`
		} `json:"nftables"`
	}{}
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		return 0, errors.Wrap(err, "cannot read the counter")
	}
	for _, o := range list.NFTables {
		if o.Counter != nil {
			return o.Counter.Packets, nil
		}
	}
	return 0, errors.New("there is no counter")
}

// Err returns the errors of changing links and routes.
func (v *VPC) Err() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return errors.Join(v.errs...)
}

// Close deletes the network namespace and all links.
func (v *VPC) Close(ctx context.Context) error {
	for _, stop := range v.stop {
		stop()
	}
	return testbed.IP(context.WithoutCancel(ctx), "netns delete "+v.namespace)
}

// within calls f in the network namespace of the VPC. Sockets that f opens stay there.
func (v *VPC) within(f func() error) error {
	c := make(chan error)
	go func() {
		// Not unlocked, so that the runtime ends this thread, which is in another
		// namespace.
		runtime.LockOSThread()
		h, err := netns.GetFromName(v.namespace)
		if err == nil {
			defer h.Close() //nolint:errcheck // read only
			err = netns.Set(h)
		}
		if err == nil {
			err = f()
		}
		c <- errors.Wrapf(err, "in network namespace %q", v.namespace)
	}()
	return <-c
}
