// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// TestManifestsOfMultiENIController applies the unchanged manifests of
// aws-multi-eni-controller's README one after the other.
func TestManifestsOfMultiENIController(t *testing.T) {
	e := newEnv(t, options{core: true})
	node := e.node("node-a")
	other := e.nodeIn("node-t", "subnet-nodes-a", "ng", "multi-tenant")

	type ni struct {
		Subnet              string
		Groups              string
		DeleteOnTermination bool
	}
	const multus, byName = "[sg-05da196f3314d4af8]", "[sg-0a000000000000001]"
	cases := []struct {
		name     string
		reason   string
		manifest string
		on       *corev1.Node
		want     map[int]ni
		mtu      int32
		dpdk     string
	}{
		{
			name: "Basic", reason: "A node with the label gets one ENI in the subnet, at the device index of the spec.",
			manifest: basic, on: node, mtu: 9001,
			want: map[int]ni{2: {"subnet-0f59b4f14737be9ad", multus, true}},
		},
		{
			name: "SubnetName", reason: "A subnet can be selected by its Name tag.",
			manifest: head("multus-eni-subnet-name") + "  subnetName: my-subnet-name\n  securityGroupIDs:\n  - sg-05da196f3314d4af8\n  deviceIndex: 2\n", on: node,
			want: map[int]ni{2: {"subnet-0a000000000000001", multus, true}},
		},
		{
			name: "SubnetNames", reason: "Each of several subnets gets an ENI, at consecutive device indexes, with security groups selected by name.",
			manifest: head("multi-subnet-nodeeni") + "  subnetNames:\n  - multus-test-subnet-1\n  - multus-test-subnet-2\n  securityGroupNames:\n  - multus-test-sg\n  deviceIndex: 2\n  mtu: 9001\n  deleteOnTermination: true\n", on: node, mtu: 9001,
			want: map[int]ni{2: {"subnet-0a000000000000002", byName, true}, 3: {"subnet-0a000000000000003", byName, true}},
		},
		{
			name: "JumboFrames", reason: "The HostInterface has the MTU.",
			manifest: head("jumbo-frames-eni") + "  subnetID: subnet-0f59b4f14737be9ad\n  securityGroupIDs:\n  - sg-05da196f3314d4af8\n  deviceIndex: 2\n  mtu: 9001  # Set MTU to 9001 for jumbo frames\n", on: node, mtu: 9001,
			want: map[int]ni{2: {"subnet-0f59b4f14737be9ad", multus, true}},
		},
		{
			name: "DPDKEnabled", reason: "dpdkEnabled configures a userspace driver.",
			manifest: head("dpdk-enabled-eni") + "  subnetID: subnet-0f59b4f14737be9ad\n  securityGroupIDs:\n  - sg-05da196f3314d4af8\n  deviceIndex: 2\n  dpdkEnabled: true  # Enable DPDK binding\n", on: node, dpdk: "vfio-pci",
			want: map[int]ni{2: {"subnet-0f59b4f14737be9ad", multus, true}},
		},
		{
			name: "DPDKWithResource", reason: "The HostInterface has the driver and the resource name.",
			manifest: head("dpdk-eni") + "  subnetID: subnet-0f59b4f14737be9ad\n  securityGroupIDs:\n  - sg-05da196f3314d4af8\n  deviceIndex: 2\n  dpdkEnabled: true\n  dpdkDriver: \"vfio-pci\"\n  dpdkResourceName: \"intel.com/intel_sriov_netdevice\"\n", on: node, dpdk: "vfio-pci",
			want: map[int]ni{2: {"subnet-0f59b4f14737be9ad", multus, true}},
		},
		{
			name: "TwoSubnets", reason: "A node that matches two NodeENIs gets two ENIs at different device indexes.",
			manifest: head("multus-eni-subnet1") + "  subnetID: subnet-0f59b4f14737be9ad  # First subnet\n  securityGroupIDs:\n  - sg-05da196f3314d4af8\n  deviceIndex: 2\n  mtu: 9001\n---\n" +
				head("multus-eni-subnet2") + "  subnetID: subnet-abcdef1234567890  # Second subnet\n  securityGroupIDs:\n  - sg-05da196f3314d4af8\n  deviceIndex: 3\n  mtu: 9001\n", on: node, mtu: 9001,
			want: map[int]ni{2: {"subnet-0f59b4f14737be9ad", multus, true}, 3: {"subnet-abcdef1234567890", multus, true}},
		},
		{
			name: "Tenants", reason: "Tenants share a node, with their own subnets and security groups.",
			manifest: tenant("a", 2) + "---\n" + tenant("b", 3), on: other,
			want: map[int]ni{2: {"subnet-tenant-a", "[sg-tenant-a]", true}, 3: {"subnet-tenant-b", "[sg-tenant-b]", true}},
		},
		{
			name: "NotDeletedOnTermination", reason: "deleteOnTermination: false is applied.",
			manifest: head("keeps") + "  subnetID: subnet-0f59b4f14737be9ad\n  deviceIndex: 2\n  deleteOnTermination: false\n  securityGroupIDs: [sg-05da196f3314d4af8]\n", on: node,
			want: map[int]ni{2: {"subnet-0f59b4f14737be9ad", multus, false}},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Log(tc.reason)
			e := e.with(t)
			e.apply(tc.manifest)
			e.eventually(20*time.Second, func() error {
				got := map[int]ni{}
				for i, x := range e.attachedTo(tc.on) {
					got[i] = ni{x.SubnetID, fmt.Sprint(x.SecurityGroupIDs), x.Attachment.DeleteOnTermination}
				}
				if d := cmp.Diff(tc.want, got); d != "" {
					return fmt.Errorf("ENIs on the node: -want, +got:\n%s", d)
				}
				return nil
			})
			for i, x := range e.attachedTo(tc.on) {
				if x.Tags["node.k8s.amazonaws.com/no_manage"] != "true" {
					t.Errorf("ENI at index %d lacks no_manage: %v", i, x.Tags)
				}
			}
			e.eventually(10*time.Second, func() error { return checkHosts(e, len(tc.want), tc.mtu, tc.dpdk) })
			created := e.EC2.Calls(ec2emulator.ByAction("CreateNetworkInterface"))
			for _, c := range created {
				if !slices.Contains(slices.Collect(maps.Values(flat(c.Parameters))), "node.k8s.amazonaws.com/no_manage") {
					t.Errorf("no_manage was not set at creation: %v", c.Parameters)
				}
			}
			e.deleteAllNodeENIs()
			e.eventually(30*time.Second, e.allDeleted)
		})
	}
}

func head(name string) string {
	return "apiVersion: networking.k8s.aws/v1alpha1\nkind: NodeENI\nmetadata:\n  name: " + name + "\nspec:\n  nodeSelector:\n    ng: multi-eni\n"
}

func tenant(x string, index int) string {
	return "apiVersion: networking.k8s.aws/v1alpha1\nkind: NodeENI\nmetadata:\n  name: tenant-" + x + "-eni\nspec:\n  nodeSelector:\n    ng: multi-tenant\n  subnetID: subnet-tenant-" + x + "\n  securityGroupIDs:\n  - sg-tenant-" + x + fmt.Sprintf("\n  deviceIndex: %d\n", index)
}

func checkHosts(e *env, want int, mtu int32, dpdk string) error {
	l := &v1alpha1.HostInterfaceList{}
	if err := e.kube.List(e.t.Context(), l); err != nil {
		return err
	}
	if len(l.Items) != want {
		return fmt.Errorf("%d HostInterfaces, want %d", len(l.Items), want)
	}
	for _, h := range l.Items {
		c := h.Spec.Config
		if got := c.MTU; (mtu == 0) != (got == nil) || (got != nil && *got != mtu) {
			return fmt.Errorf("HostInterface %s has MTU %v, want %d", h.Name, got, mtu)
		}
		got := ""
		if c.Driver == v1alpha1.DriverDPDK && c.DPDK != nil {
			got = string(c.DPDK.Driver)
		}
		if got != dpdk {
			return fmt.Errorf("HostInterface %s has driver %q, want %q", h.Name, got, dpdk)
		}
	}
	return nil
}

func (e *env) deleteAllNodeENIs() {
	e.t.Helper()
	if err := e.kube.DeleteAllOf(e.t.Context(), &v1alpha1.NodeENI{}, client.MatchingLabels{}); err != nil {
		e.t.Fatal(err)
	}
}
