// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// TestNetworkCards attaches ENIs at the same device index of both network cards of a node,
// in one subnet, with policy routing.
func TestNetworkCards(t *testing.T) {
	e, hosts := newHostEnv(t, options{})
	n, err := e.AddNode(t.Context(), "node-a", testbed.SubnetNodesA, "c6in.32xlarge", map[string]string{"ng": "multi-eni"})
	if err != nil {
		t.Fatal(err)
	}
	ns, _ := e.addHost(hosts, n)
	routed := func(name string, card int, subnets string) string {
		return head(name) + fmt.Sprintf("  subnetIDs: [%s]\n  deviceIndex: 1\n  networkCardIndex: %d\n  host: {addressing: PolicyRouted, releasePolicy: {mode: Immediate}}\n", subnets, card)
	}
	e.apply(routed("card-zero", 0, dataSubnet))
	e.apply(routed("card-one", 1, dataSubnet+", "+secondSubnet))

	link := func(name, names string, table int, subnet, gateway string) map[string]string {
		return map[string]string{
			"link": name, "mtu": "1500", "up": "true", "names": names, "addresses": "IPv4.0",
			"rules": fmt.Sprintf("IPv4.0>%d@%d", table, table), "routes": subnet + ", default " + gateway, "sysctls": "2 1 2 0",
		}
	}
	cases := []struct {
		reason  string
		nodeENI string
		slot    int
		place   string // network card and device index
		want    map[string]string
	}{
		{
			reason:  "A link on the first network card has the same names and routing table as on a node with one card.",
			nodeENI: "card-zero", place: "0/1", want: link("ens6", "ENI NodeENI-0", 20001, "10.0.1.0/24", "10.0.1.1"),
		},
		{
			reason:  "A link at the same device index of the second card has its own names and routing table.",
			nodeENI: "card-one", place: "1/1", want: link("ens38", "ENI NodeENI-0", 20101, "10.0.1.0/24", "10.0.1.1"),
		},
		{
			reason:  "The next subnet of a NodeENI is at the next device index of the same card.",
			nodeENI: "card-one", slot: 1, place: "1/2", want: link("ens39", "ENI NodeENI-1", 20102, "10.0.2.0/24", "10.0.2.1"),
		},
	}
	e.eventually(40*time.Second, e.ready("card-zero", 1))
	e.eventually(40*time.Second, e.ready("card-one", 2))
	for _, tc := range cases {
		t.Log(tc.reason)
		e.eventually(20*time.Second, func() error {
			x, err := e.eniOf(tc.nodeENI, tc.slot)
			if err != nil {
				return err
			}
			if at := fmt.Sprintf("%d/%d", x.Attachment.NetworkCardIndex, x.Attachment.DeviceIndex); at != tc.place {
				return fmt.Errorf("the ENI is at %s, want %s", at, tc.place)
			}
			if err := e.hostInterfaceAt(x, tc.place); err != nil {
				return err
			}
			got, err := viewLink(ns, tc.nodeENI, x)
			if err != nil {
				return err
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				return fmt.Errorf("%s\nlink of %s: -want, +got:\n%s", tc.reason, tc.nodeENI, diff)
			}
			return nil
		})
	}

	t.Log("the release of an interface does not affect the same device index of the other card")
	zero, err := e.eniOf("card-zero", 0)
	if err != nil {
		t.Fatal(err)
	}
	e.delete(e.nodeENI("card-one"))
	e.eventually(30*time.Second, e.hasENIs(1, map[*corev1.Node]int{n: 1}))
	e.eventually(20*time.Second, func() error {
		got, err := viewLink(ns, "card-zero", zero)
		if err != nil {
			return err
		}
		if diff := cmp.Diff(cases[0].want, got); diff != "" {
			return fmt.Errorf("link of card-zero: -want, +got:\n%s", diff)
		}
		rules, err := ipJSON[ipRule](ns, "-4", "rule", "show")
		if err != nil {
			return err
		}
		for _, r := range rules {
			if r.Priority > 20001 && r.Priority < 21000 {
				return fmt.Errorf("a rule of a released interface remains: %+v", r)
			}
		}
		return nil
	})
	e.deleteAllNodeENIs()
	e.eventually(30*time.Second, e.allDeleted)
	if err := hosts.Err(); err != nil {
		t.Error(err)
	}
}

// eniOf returns the attached ENI of a NodeENI's slot on the only node.
func (e *env) eniOf(nodeENI string, slot int) (ec2emulator.NetworkInterface, error) {
	subnet := []string{dataSubnet, secondSubnet}[slot]
	for _, x := range e.live() {
		if x.Tags["networking.k8s.aws/node-eni"] == nodeENI && x.SubnetID == subnet && x.Attachment != nil && x.Attachment.Status == "attached" {
			return x, nil
		}
	}
	return ec2emulator.NetworkInterface{}, fmt.Errorf("no attached ENI of %s in subnet %s", nodeENI, subnet)
}

// hostInterfaceAt reports whether the HostInterface of an ENI has the ENI's network card
// and device index, and is ready.
func (e *env) hostInterfaceAt(x ec2emulator.NetworkInterface, place string) error {
	l := &v1alpha1.HostInterfaceList{}
	if err := e.kube.List(e.t.Context(), l); err != nil {
		return err
	}
	for _, h := range l.Items {
		if h.Spec.NetworkInterfaceID != x.ID {
			continue
		}
		if at := fmt.Sprintf("%d/%d", h.Spec.NetworkCardIndex, h.Spec.DeviceIndex); at != place {
			return fmt.Errorf("HostInterface %s is at %s, want %s", h.Name, at, place)
		}
		if c := h.GetCondition("Ready"); c.Status != corev1.ConditionTrue {
			return fmt.Errorf("HostInterface %s is not ready: %s", h.Name, c.Message)
		}
		return nil
	}
	return fmt.Errorf("no HostInterface of %s", x.ID)
}
