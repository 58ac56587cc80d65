// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package vpc_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/kernelvm"
	"github.com/nodeeni/provider-aws-eni/test/node/network"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
	"github.com/nodeeni/provider-aws-eni/test/vpc"
)

// Addresses of the two ENIs.
const (
	first, firstPrefix, firstV6    = "10.0.1.10", "10.0.1.32/28", "2600:1f13:abc:1001:1::/80"
	second, secondPrefix, secondV6 = "10.0.2.10", "10.0.2.32/28", "2600:1f13:abc:1002:1::/80"
)

// TestVPC pings between two ENIs, each of which is a link in a network namespace.
func TestVPC(t *testing.T) {
	if os.Getenv("NODE_PROGRAMS") == "" {
		t.Skip("this test requires root and nftables: run make e2e-node, or set NODE_PROGRAMS to the directory that test/node/ensure.sh prints")
	}
	probe := filepath.Join(t.TempDir(), "probe")
	if err := kernelvm.Build(t.Context(), "test/node/probe", probe); err != nil {
		t.Fatal(err)
	}
	ec2 := ec2emulator.New(ec2emulator.Options{})
	t.Cleanup(ec2.Close)
	if err := ec2.Seed(testbed.Seed()); err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("vpc%d", os.Getpid())
	v, err := vpc.New(t.Context(), name, ec2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	a := host(t, v, ec2, name+"-a", ec2emulator.NetworkInterface{
		SubnetID: "subnet-0f59b4f14737be9ad", PrivateIPAddresses: []string{first}, IPv4Prefixes: []string{firstPrefix}, IPv6Prefixes: []string{firstV6},
	}, first, "10.0.1.33", "10.0.1.77", "2600:1f13:abc:1001:1::5", "2600:1f13:abc:1001:2::5")
	b := host(t, v, ec2, name+"-b", ec2emulator.NetworkInterface{
		SubnetID: "subnet-abcdef1234567890", PrivateIPAddresses: []string{second}, IPv4Prefixes: []string{secondPrefix}, IPv6Prefixes: []string{secondV6}, SourceDestCheckDisabled: true,
	}, second, "10.0.2.33", "10.0.1.99", "2600:1f13:abc:1002:1::5", "2600:1f13:abc:1002:2::5")
	time.Sleep(100 * time.Millisecond) // routes follow in steps of 50 ms

	for name, tc := range map[string]struct {
		reason          string
		namespace       string
		source, target  string
		size            int
		answered, drops bool
	}{
		"Primary":        {"EC2 delivers to the primary address.", a, first, second, 100, true, false},
		"Router":         {"The router answers.", a, first, "10.0.1.1", 100, true, false},
		"RouterIPv6":     {"The router answers at its link-local address.", a, "2600:1f13:abc:1001:1::5", "fe80:ec2::1", 100, true, false},
		"Prefix":         {"EC2 delivers to and from the addresses of a prefix.", a, "10.0.1.33", "10.0.2.33", 100, true, false},
		"PrefixIPv6":     {"EC2 delivers to and from the addresses of an IPv6 prefix.", a, "2600:1f13:abc:1001:1::5", "2600:1f13:abc:1002:1::5", 100, true, false},
		"Jumbo":          {"The MTU is 9001.", a, first, second, 9001, true, false},
		"TooLarge":       {"A packet of more than 9001 bytes is dropped.", a, first, second, 9002, false, false},
		"Source":         {"EC2 drops a packet from an address that is not the ENI's.", a, "10.0.1.77", second, 100, false, true},
		"SourceIPv6":     {"EC2 drops a packet from an IPv6 address that is not the ENI's.", a, "2600:1f13:abc:1001:2::5", "2600:1f13:abc:1002:1::5", 100, false, true},
		"SourceOfRouter": {"EC2 drops a packet from an address in another subnet.", a, "10.0.1.77", "10.0.1.1", 100, false, true},
		"Destination":    {"EC2 does not deliver to an address that is not the ENI's.", a, first, "10.0.2.200", 100, false, false},
		"Unchecked":      {"Without source check EC2 forwards the packet; the answer is not delivered.", b, "10.0.1.99", first, 100, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			// A neighbor solicitation with the source of another case may be dropped; the
			// kernel repeats it only after a second.
			ip(t, "-n "+tc.namespace+" neigh flush all")
			before := dropped(t, v)
			target := strings.Replace(tc.target, "fe80:ec2::1", "fe80:ec2::1%ens6", 1)
			out, err := exec.CommandContext(t.Context(), "ip", "netns", "exec", tc.namespace, probe, "ping", "-wait", "1s", "-source", tc.source, "-size", strconv.Itoa(tc.size), target).CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			var got []network.Result
			if err := json.Unmarshal(out, &got); err != nil {
				t.Fatal(err)
			}
			if (got[0].Lost() == 0) != tc.answered {
				t.Errorf("%s\n%s", tc.reason, got)
			}
			// Retransmissions of another case may be dropped during this one.
			if tc.drops && dropped(t, v) == before {
				t.Errorf("%s\nno packet was dropped because of its source", tc.reason)
			}
		})
	}
	if err := v.Err(); err != nil {
		t.Error(err)
	}
}

// host adds an ENI to an instance, as a network namespace with addresses.
func host(t *testing.T, v *vpc.VPC, ec2 *ec2emulator.Server, namespace string, n ec2emulator.NetworkInterface, addresses ...string) string {
	t.Helper()
	i, err := ec2.AddInstance(ec2emulator.Instance{SubnetID: testbed.SubnetNodesA})
	if err != nil {
		t.Fatal(err)
	}
	n.Attachment = &ec2emulator.Attachment{InstanceID: i.ID, DeviceIndex: 1}
	ip(t, "netns add "+namespace)
	t.Cleanup(func() { ip(t, "netns delete "+namespace) })
	if err := v.AddHost(t.Context(), i.ID, namespace); err != nil {
		t.Fatal(err)
	}
	if _, err := ec2.AddNetworkInterface(n); err != nil {
		t.Fatal(err)
	}
	ec2.Drain()
	ip(t, "-n "+namespace+" link set ens6 mtu 9216 up")
	for _, a := range addresses {
		if strings.Contains(a, ":") {
			ip(t, "-n "+namespace+" address add "+a+"/64 dev ens6 nodad")
			continue
		}
		ip(t, "-n "+namespace+" address add "+a+"/24 dev ens6")
	}
	ip(t, "-n "+namespace+" route add default via "+netip.MustParsePrefix(addresses[0]+"/24").Masked().Addr().Next().String())
	ip(t, "-n "+namespace+" -6 route add default via fe80:ec2::1 dev ens6")
	return namespace
}

func ip(t *testing.T, command string) {
	t.Helper()
	if err := testbed.IP(context.WithoutCancel(t.Context()), command); err != nil {
		t.Fatal(err)
	}
}

func dropped(t *testing.T, v *vpc.VPC) int {
	t.Helper()
	n, err := v.Dropped(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}
