// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// TestInitProvider creates an ENI with settings of initProvider, among them one that needs
// a call after its creation, and changes them in EC2 and in the spec.
func TestInitProvider(t *testing.T) {
	e := newEnv(t, options{noAgents: true})
	e.apply(interfaceYAML("init", "", "spec:\n"+
		"  initProvider: {description: initial, sourceDestCheck: false, privateIpsCount: 2, tags: {team: blue, owner: initial}}\n"+
		"  forProvider:\n    subnetId: "+dataSubnet+"\n    tags: {owner: spec}\n"))
	e.eventually(settledWithin, e.eniReady("init"))
	id := meta.GetExternalName(e.eni("init"))
	e.eventually(settledWithin, func() error {
		if at := e.eni("init").Status.AtProvider; at.InitializedID != id {
			return fmt.Errorf("initializedId is %q, want %q", at.InitializedID, id)
		}
		return e.initialized(id, func(n ec2emulator.NetworkInterface) bool {
			return n.Description == "initial" && n.SourceDestCheckDisabled && len(n.PrivateIPAddresses) == 3 && n.Tags["team"] == "blue" && n.Tags["owner"] == "spec"
		})
	})

	t.Log("another controller changes the settings: they stay changed")
	ec2 := e.ec2Client()
	for _, in := range []*awsec2.ModifyNetworkInterfaceAttributeInput{
		{NetworkInterfaceId: &id, Description: &ec2types.AttributeValue{Value: aws.String("changed")}},
		{NetworkInterfaceId: &id, SourceDestCheck: &ec2types.AttributeBooleanValue{Value: aws.Bool(true)}},
	} {
		if _, err := ec2.ModifyNetworkInterfaceAttribute(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	e.tag(id, "team", "green")
	e.patch(e.eni("init"), `{"spec":{"forProvider":{"tags":{"owner":"changed"}}}}`) // a reconcile of its own
	changed := func(n ec2emulator.NetworkInterface) bool {
		return n.Description == "changed" && !n.SourceDestCheckDisabled && len(n.PrivateIPAddresses) == 3 && n.Tags["team"] == "green" && n.Tags["owner"] == "changed"
	}
	e.eventually(settledWithin, func() error { return e.initialized(id, changed) })

	t.Log("initProvider changes, and is removed: the ENI stays as it is")
	e.patch(e.eni("init"), `{"spec":{"initProvider":{"description":"late","privateIpsCount":null}}}`)
	e.patch(e.eni("init"), `{"spec":{"initProvider":null}}`)
	e.consistently(2*time.Second, func() error { return e.initialized(id, changed) })

	t.Log("a setting moves from forProvider to initProvider: it does not return to its default")
	e.patch(e.eni("init"), `{"spec":{"forProvider":{"description":"spec"}}}`)
	described := func(n ec2emulator.NetworkInterface) bool { return n.Description == "spec" }
	e.eventually(settledWithin, func() error { return e.initialized(id, described) })
	e.patch(e.eni("init"), `{"spec":{"forProvider":{"description":null},"initProvider":{"description":"initial"}}}`)
	e.eventually(settledWithin, func() error {
		o := e.eni("init")
		if c := o.GetCondition(condition("Synced")); c.ObservedGeneration != o.Generation {
			return fmt.Errorf("Synced is of generation %d, want %d", c.ObservedGeneration, o.Generation)
		}
		return e.initialized(id, described)
	})
	if n := len(e.EC2.ENIs(managedByUs)); n != 1 {
		t.Errorf("%d ENIs exist, want 1", n)
	}
}

// initialized returns an error unless EC2's description of an ENI meets a condition.
func (e *env) initialized(id string, ok func(ec2emulator.NetworkInterface) bool) error {
	for _, n := range e.EC2.ENIs(managedByUs) {
		if n.ID == id && ok(n) {
			return nil
		}
	}
	return fmt.Errorf("network interface %s is %+v", id, e.EC2.ENIs(managedByUs))
}
