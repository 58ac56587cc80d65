// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// elasticIPs allocates Elastic IPs.
func (e *env) elasticIPs(ids ...string) {
	e.t.Helper()
	for _, id := range ids {
		if _, err := e.EC2.AddElasticIP(ec2emulator.ElasticIP{AllocationID: id}); err != nil {
			e.t.Fatal(err)
		}
	}
}

// at returns a check that Elastic IPs are associated with ENIs, "" for none.
func (e *env) at(want map[string]string) func() error {
	return func() error {
		got := map[string]string{}
		for id := range want {
			a, _ := e.EC2.ElasticIP(id)
			got[id] = a.NetworkInterfaceID
		}
		if !maps.Equal(want, got) {
			return fmt.Errorf("the ENIs of the Elastic IPs are %v, want %v", got, want)
		}
		return nil
	}
}

// associate associates an Elastic IP as another user.
func (e *env) associate(allocationID, eni string) {
	e.t.Helper()
	if _, err := e.ec2Client().AssociateAddress(e.t.Context(), &awsec2.AssociateAddressInput{AllocationId: &allocationID, NetworkInterfaceId: &eni}); err != nil {
		e.t.Fatal(err)
	}
}

// setElasticIP sets the field of a NetworkInterface; null removes it.
func (e *env) setElasticIP(name, value string) {
	e.t.Helper()
	if err := e.kube.Patch(e.t.Context(), e.eni(name), client.RawPatch(types.MergePatchType, []byte(`{"spec":{"forProvider":{"elasticIPAllocationId":`+value+`}}}`))); err != nil {
		e.t.Fatal(err)
	}
}

// associated returns a check of the condition ElasticIPAssociated of a NetworkInterface.
func (e *env) associated(name string, reason xpv2.ConditionReason, text string) func() error {
	return func() error {
		o := e.eni(name)
		c := o.GetCondition(v1alpha1.TypeElasticIPAssociated)
		if c.Reason != reason || !strings.Contains(c.Message, text) || (reason != "" && c.ObservedGeneration != o.Generation) {
			return fmt.Errorf("ElasticIPAssociated is %s of generation %d: %s; want %s of %d with %q", c.Reason, c.ObservedGeneration, c.Message, reason, o.Generation, text)
		}
		return nil
	}
}

// TestElasticIP associates, changes and removes the Elastic IP of a NetworkInterface.
func TestElasticIP(t *testing.T) {
	e := newEnv(t, options{noAgents: true})
	e.elasticIPs("eipalloc-one", "eipalloc-two", "eipalloc-foreign")
	foreign, err := e.EC2.AddNetworkInterface(ec2emulator.NetworkInterface{SubnetID: dataSubnet})
	if err != nil {
		t.Fatal(err)
	}
	e.associate("eipalloc-foreign", foreign.ID)
	e.apply(interfaceYAML("one", "", forProvider+"    subnetId: "+dataSubnet+"\n    elasticIPAllocationId: eipalloc-one\n"))
	e.eventually(15*time.Second, e.eniReady("one"))
	id := e.eni("one").Status.AtProvider.ID
	e.eventually(15*time.Second, e.at(map[string]string{"eipalloc-one": id}))
	e.eventually(15*time.Second, e.associated("one", v1alpha1.ReasonAssociated, ""))
	a, _ := e.EC2.ElasticIP("eipalloc-one")
	if o := e.eni("one").Status.AtProvider.ElasticIP; o == nil || o.PublicIP != a.PublicIP || o.AllocationID != a.AllocationID || o.AssociationID != a.AssociationID {
		t.Errorf("status.atProvider.elasticIP is %+v, want %+v", o, a)
	}

	t.Log("the address is changed, and the provider restarted between")
	e.provider.stop()
	e.setElasticIP("one", `"eipalloc-two"`)
	e.provider = e.startProvider(nil)
	e.eventually(15*time.Second, e.at(map[string]string{"eipalloc-one": "", "eipalloc-two": id}))

	t.Log("an address of a foreign ENI is left there")
	e.setElasticIP("one", `"eipalloc-foreign"`)
	e.eventually(15*time.Second, e.associated("one", v1alpha1.ReasonElasticIPInUse, "disassociate it there, or choose another Elastic IP"))
	e.consistently(2*time.Second, e.at(map[string]string{"eipalloc-foreign": foreign.ID, "eipalloc-two": ""}))
	e.setElasticIP("one", `"eipalloc-none"`)
	e.eventually(15*time.Second, e.associated("one", v1alpha1.ReasonElasticIPNotFound, "eipalloc-none"))

	t.Log("the address is removed")
	e.setElasticIP("one", `"eipalloc-one"`)
	e.eventually(15*time.Second, e.at(map[string]string{"eipalloc-one": id}))
	e.setElasticIP("one", "null")
	e.eventually(15*time.Second, e.at(map[string]string{"eipalloc-one": ""}))
	e.eventually(15*time.Second, e.associated("one", "", ""))

	t.Log("a foreign address of the ENI is neither removed nor replaced")
	e.associate("eipalloc-two", id)
	e.setElasticIP("one", `"eipalloc-one"`)
	e.eventually(15*time.Second, e.associated("one", v1alpha1.ReasonElasticIPConflict, "(eipalloc-two)"))
	e.setElasticIP("one", "null")
	e.eventually(15*time.Second, e.associated("one", "", ""))
	e.consistently(2*time.Second, e.at(map[string]string{"eipalloc-one": "", "eipalloc-two": id}))

	t.Log("the object is deleted: EC2 disassociates the address")
	e.delete(e.eni("one"))
	e.eventually(15*time.Second, e.allDeleted)
	e.eventually(5*time.Second, e.at(map[string]string{"eipalloc-two": ""}))
	for _, c := range e.EC2.Since(0, ec2emulator.ByAction("AssociateAddress"), ec2emulator.Mutating) {
		if c.AccessKeyID != "AKIAIOSFODNN7SOMEONE" && c.Parameters["AllowReassociation"] != "false" {
			t.Errorf("\nThe provider never takes an address.\n%+v", c.Parameters)
		}
	}
}

const publicENI = `apiVersion: networking.k8s.aws/v1alpha1
kind: NodeENI
metadata: {name: %s}
spec:
  nodeSelector: {%s}
  subnetID: subnet-0f59b4f14737be9ad
  elasticIP: {%s}
`

// byNode returns the Elastic IP of each node's ENI, from EC2.
func (e *env) byNode(nodes ...*corev1.Node) map[string]string {
	out := map[string]string{}
	for _, n := range nodes {
		for _, x := range e.attachedTo(n) {
			if x.AllocationID != "" {
				out[n.Name] = x.AllocationID
			}
		}
	}
	return out
}

// assigned returns a check of the condition ElasticIPsAssigned of a NodeENI.
func (e *env) assigned(name string, reason xpv2.ConditionReason, text string) func() error {
	return func() error {
		if c := e.nodeENI(name).GetCondition(v1alpha1.TypeElasticIPsAssigned); c.Reason != reason || !strings.Contains(c.Message, text) {
			return fmt.Errorf("ElasticIPsAssigned is %s: %s; want %s with %q", c.Reason, c.Message, reason, text)
		}
		return nil
	}
}

// TestElasticIPPool distributes a pool of Elastic IPs to the nodes of a NodeENI.
func TestElasticIPPool(t *testing.T) {
	e := newEnv(t, options{settings: func(s *controller.Settings) { s.NodeGracePeriod = 2 * time.Second }})
	e.elasticIPs("eipalloc-one", "eipalloc-two", "eipalloc-used")
	for _, id := range []string{"eipalloc-one", "eipalloc-two", "eipalloc-used"} {
		e.tag(id, "pool", "a")
	}
	foreign, err := e.EC2.AddNetworkInterface(ec2emulator.NetworkInterface{SubnetID: dataSubnet})
	if err != nil {
		t.Fatal(err)
	}
	e.associate("eipalloc-used", foreign.ID)
	a, b := e.node("node-a"), e.node("node-b")
	e.apply(fmt.Sprintf(publicENI, "public", "ng: multi-eni", "tags: {pool: a}"))
	e.eventually(20*time.Second, e.ready("public", 2))
	pool := func(nodes ...*corev1.Node) func() error {
		return func() error {
			got := slices.Sorted(maps.Values(e.byNode(nodes...)))
			if !slices.Equal(got, []string{"eipalloc-one", "eipalloc-two"}) {
				return fmt.Errorf("the nodes have the Elastic IPs %v, want both of the pool", got)
			}
			return nil
		}
	}
	e.eventually(15*time.Second, pool(a, b))
	e.eventually(15*time.Second, e.assigned("public", v1alpha1.ReasonElasticIPsAssigned, ""))
	before := e.byNode(a, b)

	t.Log("a third node gets none: the pool is too small, and the address of a foreign ENI is left there")
	c := e.node("node-c")
	e.eventually(20*time.Second, e.ready("public", 3))
	e.eventually(15*time.Second, e.assigned("public", v1alpha1.ReasonElasticIPPoolExhausted, "1 of 3 network interfaces have no Elastic IP"))
	e.consistently(time.Second, e.at(map[string]string{"eipalloc-used": foreign.ID}))

	t.Log("the provider is restarted: no address moves")
	e.provider.stop()
	mark := e.EC2.Mark()
	e.provider = e.startProvider(func(s *controller.Settings) { s.NodeGracePeriod = 2 * time.Second })
	e.eventually(20*time.Second, e.ready("public", 3))
	e.consistently(2*time.Second, func() error {
		if now := e.byNode(a, b); !maps.Equal(before, now) {
			return fmt.Errorf("the Elastic IPs moved: %v, want %v", now, before)
		}
		return nil
	})
	if calls := e.EC2.Since(mark, ec2emulator.ByAction("AssociateAddress", "DisassociateAddress")); len(calls) > 0 {
		t.Errorf("%d calls were made for Elastic IPs, want none: %+v", len(calls), calls)
	}

	t.Log("an address is added to the pool: the third node gets it")
	e.elasticIPs("eipalloc-three")
	e.tag("eipalloc-three", "pool", "a")
	e.eventually(60*time.Second, func() error {
		if got := e.byNode(c)["node-c"]; got != "eipalloc-three" {
			return fmt.Errorf("node-c has %q, want eipalloc-three", got)
		}
		return nil
	})

	t.Log("another NodeENI with the same pool gets no address of the first")
	d := e.node("node-d", "ng", "other")
	e.apply(fmt.Sprintf(publicENI, "second", "ng: other", "allocationIds: [eipalloc-one, eipalloc-two, eipalloc-three]"))
	e.eventually(20*time.Second, e.ready("second", 1))
	e.eventually(15*time.Second, e.assigned("second", v1alpha1.ReasonElasticIPPoolExhausted, "1 of 1"))
	if got := e.byNode(d); len(got) > 0 {
		t.Errorf("node-d has an Elastic IP of the other NodeENI: %v", got)
	}
	e.delete(e.nodeENI("second"))
	e.eventually(20*time.Second, e.isDeleted(&v1alpha1.NodeENI{ObjectMeta: named("second")}))

	t.Log("a node is replaced: its address moves to the new node")
	moving := e.byNode(a)["node-a"]
	if _, err := e.ec2Client().TerminateInstances(t.Context(), terminateInput(instanceID(a))); err != nil {
		t.Fatal(err)
	}
	e.delete(a)
	next := e.node("node-e")
	e.eventually(90*time.Second, func() error {
		if got := e.byNode(next)["node-e"]; got != moving {
			return fmt.Errorf("node-e has %q, want %q of the replaced node", got, moving)
		}
		return nil
	})
	if got := e.byNode(b)["node-b"]; got != before["node-b"] {
		t.Errorf("node-b has %q, want %q as before", got, before["node-b"])
	}
	e.eventually(15*time.Second, e.assigned("public", v1alpha1.ReasonElasticIPsAssigned, ""))

	t.Log("the pool is removed: the addresses are free")
	n := e.nodeENI("public")
	if err := e.kube.Patch(t.Context(), n, client.RawPatch(types.MergePatchType, []byte(`{"spec":{"elasticIP":null}}`))); err != nil {
		t.Fatal(err)
	}
	e.eventually(20*time.Second, e.at(map[string]string{"eipalloc-one": "", "eipalloc-two": "", "eipalloc-three": "", "eipalloc-used": foreign.ID}))
}
