// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
)

func status(n ec2types.NetworkInterface) string {
	s := string(n.Status)
	if n.Attachment != nil {
		s += "/" + string(n.Attachment.Status)
	}
	return s
}

func TestLifeOfAnInterface(t *testing.T) {
	f := newFixture(t, Options{})
	var events []string
	f.OnAttachment(func(e Event) {
		if e.NetworkInterfaceID != "eni-used" && e.DeviceIndex != 0 {
			events = append(events, string(e.Type)+" "+e.InstanceID+" "+e.SubnetCIDR.String())
		}
	})
	got := []string{}
	n := f.create(t, &awsec2.CreateNetworkInterfaceInput{})
	id := aws.ToString(n.NetworkInterfaceId)
	look := func() { f.Drain(); got = append(got, fmt.Sprint(status(f.describe(t, id)), " ", len(events))) }

	got = append(got, status(n))
	f.step(100 * time.Millisecond)
	look()
	a := f.attach(t, id, "i-a", 2)
	look()
	f.step(799 * time.Millisecond)
	look()
	f.step(time.Millisecond)
	look()
	detach := &awsec2.DetachNetworkInterfaceInput{AttachmentId: aws.String(a)}
	if _, err := f.client.DetachNetworkInterface(t.Context(), detach); err != nil {
		t.Fatal(err)
	}
	look()
	_, again := f.client.DetachNetworkInterface(t.Context(), detach)
	f.step(600 * time.Millisecond)
	look()
	_, after := f.client.DetachNetworkInterface(t.Context(), detach)
	if err := deleting(id)(t.Context(), f.client); err != nil {
		t.Fatal(err)
	}

	want := []string{
		"pending", "available 0", "in-use/attaching 0", "in-use/attaching 0", "in-use/attached 1", "in-use/detaching 1", "available 2",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("A new interface passes through these states, and is on the host only while attached.\n-want, +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Attached i-a 10.0.0.0/24", "Detached i-a 10.0.0.0/24"}, events); diff != "" {
		t.Errorf("events: -want, +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"IncorrectState", "InvalidAttachmentID.NotFound"}, []string{code(again), code(after)}); diff != "" {
		t.Errorf("A second detach fails while detaching, and after the detach there is no attachment.\n-want, +got:\n%s", diff)
	}
	dead := f.ENIs(func(n NetworkInterface) bool { return n.ID == id })
	if len(dead) != 1 || dead[0].DeletedAt.IsZero() || dead[0].Status != "deleted" {
		t.Errorf("A deleted interface stays in the history: %+v", dead)
	}
}

// TestForcedDetachment forces the detachment of an interface whose instance does not release it.
func TestForcedDetachment(t *testing.T) {
	f := newFixture(t, Options{AttachDelay: -1, DetachDelay: time.Hour})
	n := f.create(t, &awsec2.CreateNetworkInterfaceInput{})
	id := aws.ToString(n.NetworkInterfaceId)
	a := f.attach(t, id, "i-a", 2)
	detach := &awsec2.DetachNetworkInterfaceInput{AttachmentId: aws.String(a)}
	if _, err := f.client.DetachNetworkInterface(t.Context(), detach); err != nil {
		t.Fatal(err)
	}
	f.step(30 * time.Minute)
	if got := status(f.describe(t, id)); got != "in-use/detaching" {
		t.Fatalf("the interface is %s", got)
	}
	detach.Force = aws.Bool(true)
	if _, err := f.client.DetachNetworkInterface(t.Context(), detach); err != nil {
		t.Errorf("EC2 accepts Force while an interface is detaching: %v", err)
	}
	f.step(time.Second)
	if got := status(f.describe(t, id)); got != "available" {
		t.Errorf("A forced detachment ends: the interface is %s", got)
	}
	if n := f.Count(ByAction("DetachNetworkInterface"), Committed, func(c Call) bool { return c.Forced }); n != 1 {
		t.Errorf("A forced detachment is marked in the ledger: want 1, got %d", n)
	}
}

func TestLimits(t *testing.T) {
	f := newFixture(t, Options{AttachDelay: -1})
	attach := func(instance string, index, card int32) error {
		n := f.create(t, &awsec2.CreateNetworkInterfaceInput{})
		in := attachInput(aws.ToString(n.NetworkInterfaceId), instance, index)
		in.NetworkCardIndex = aws.Int32(card)
		_, err := f.client.AttachNetworkInterface(t.Context(), in)
		return err
	}
	if err := attach("i-a", 2, 0); err != nil {
		t.Fatalf("A t3.medium supports three interfaces: %s", err)
	}
	err := attach("i-a", 3, 0)
	if diff := cmp.Diff("AttachmentLimitExceeded Interface count 4 exceeds the limit for t3.medium", code(err)+" "+message(err)); diff != "" {
		t.Errorf("A t3.medium supports no fourth interface.\n-want, +got:\n%s", diff)
	}
	// Device indexes are separate for each card.
	if err := attach("i-cards", 1, 0); err != nil {
		t.Errorf("index 1 of card 0: %s", err)
	}
	for index := range int32(8) {
		if err := attach("i-cards", index+1, 1); err != nil {
			t.Errorf("index %d of card 1: %s", index+1, err)
		}
	}
	if diff := cmp.Diff("AttachmentLimitExceeded", code(attach("i-cards", 9, 1))); diff != "" {
		t.Errorf("A card has its own limit.\n-want, +got:\n%s", diff)
	}
}

func TestDetachPrimary(t *testing.T) {
	f := newFixture(t, Options{})
	out, err := f.client.DescribeInstances(t.Context(), &awsec2.DescribeInstancesInput{InstanceIds: []string{"i-a"}})
	if err != nil {
		t.Fatal(err)
	}
	primary := out.Reservations[0].Instances[0].NetworkInterfaces[0].Attachment
	err = detachingFrom(aws.ToString(primary.AttachmentId))(t.Context(), f.client)
	want := "OperationNotPermitted The network interface at device index 0 and networkCard index 0 cannot be detached."
	if diff := cmp.Diff(want, code(err)+" "+message(err)); diff != "" {
		t.Errorf("The primary interface stays.\n-want, +got:\n%s", diff)
	}
	if !aws.ToBool(primary.DeleteOnTermination) {
		t.Error("The primary interface is deleted with the instance: want deleteOnTermination")
	}
}

func TestRaceForOneIndex(t *testing.T) {
	f := newFixture(t, Options{})
	ids := []string{}
	for range 2 {
		ids = append(ids, aws.ToString(f.create(t, &awsec2.CreateNetworkInterfaceInput{}).NetworkInterfaceId))
	}
	codes := make([]string, len(ids))
	wg := sync.WaitGroup{}
	for i, id := range ids {
		wg.Go(func() {
			_, err := f.client.AttachNetworkInterface(t.Context(), attachInput(id, "i-a", 2))
			codes[i] = code(err)
		})
	}
	wg.Wait()
	if codes[0] > codes[1] {
		codes[0], codes[1] = codes[1], codes[0]
	}
	if diff := cmp.Diff([]string{"", "InvalidParameterValue"}, codes); diff != "" {
		t.Errorf("Of two attachments to one index, exactly one succeeds.\n-want, +got:\n%s", diff)
	}
}

func TestTerminate(t *testing.T) {
	f := newFixture(t, Options{AttachDelay: -1, VisibilityDelay: -1})
	events := []Event{}
	f.Drain()
	remove := f.OnAttachment(func(e Event) {
		if e.InstanceID == "i-a" {
			events = append(events, e)
		}
	})
	keep := aws.ToString(f.create(t, &awsec2.CreateNetworkInterfaceInput{}).NetworkInterfaceId)
	f.attach(t, keep, "i-a", 2)
	f.Drain()
	if err := modifying("eni-used", func(in *awsec2.ModifyNetworkInterfaceAttributeInput) {
		in.Attachment = &ec2types.NetworkInterfaceAttachmentChanges{AttachmentId: aws.String("eni-attach-used"), DeleteOnTermination: aws.Bool(true)}
	})(t.Context(), f.client); err != nil {
		t.Fatal(err)
	}
	before := f.free(t, "subnet-a")
	out, err := f.client.TerminateInstances(t.Context(), &awsec2.TerminateInstancesInput{InstanceIds: []string{"i-a"}})
	if err != nil {
		t.Fatal(err)
	}
	change := out.TerminatingInstances[0]
	if diff := cmp.Diff([]ec2types.InstanceStateName{"running", "shutting-down"}, []ec2types.InstanceStateName{change.PreviousState.Name, change.CurrentState.Name}); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
	if diff := cmp.Diff("IncorrectState", code(attachingTo("eni-free", "i-a", 3, nil)(t.Context(), f.client))); diff != "" {
		t.Errorf("An instance that is shutting down accepts no attachment.\n-want, +got:\n%s", diff)
	}
	f.step(500 * time.Millisecond)
	remove()

	got := map[string]string{}
	for _, n := range f.ENIs() {
		if n.ID == keep || n.ID == "eni-used" {
			got[n.ID] = n.Status
		}
	}
	if diff := cmp.Diff(map[string]string{keep: "available", "eni-used": "deleted"}, got); diff != "" {
		t.Errorf("deleteOnTermination determines which interfaces are deleted with the instance.\n-want, +got:\n%s", diff)
	}
	if diff := cmp.Diff(before+2, f.free(t, "subnet-a")); diff != "" {
		t.Errorf("The addresses of the primary and of eni-used are free again.\n-want, +got:\n%s", diff)
	}
	line := []string{}
	for _, e := range events {
		line = append(line, fmt.Sprint(e.Type, " ", e.DeviceIndex))
	}
	want := []string{"Attached 0", "Attached 1", "Attached 2", "Detached 0", "Detached 1", "Detached 2"}
	// Existing attachments are delivered in the order of identifiers, and the primary interface's is random.
	if line[0] == "Attached 1" {
		line[0], line[1] = line[1], line[0]
	}
	if diff := cmp.Diff(want, line); diff != "" {
		t.Errorf("A hook registered later receives existing attachments first, then events in order.\n-want, +got:\n%s", diff)
	}
	f.step(time.Hour)
	_, err = f.client.DescribeInstances(t.Context(), &awsec2.DescribeInstancesInput{InstanceIds: []string{"i-a"}})
	if diff := cmp.Diff("InvalidInstanceID.NotFound", code(err)); diff != "" {
		t.Errorf("A terminated instance is removed after an hour.\n-want, +got:\n%s", diff)
	}
}

func TestDetachWhileAttaching(t *testing.T) {
	f := newFixture(t, Options{})
	count := 0
	f.OnAttachment(func(e Event) {
		if e.NetworkInterfaceID == "eni-free" {
			count++
		}
	})
	a := f.attach(t, "eni-free", "i-a", 2)
	if err := detachingFrom(a)(t.Context(), f.client); err != nil {
		t.Fatal(err)
	}
	f.step(time.Second)
	if got := status(f.describe(t, "eni-free")); got != "available" || count != 0 {
		t.Errorf("An interface detached before it is attached never appears on the host: status %q, %d events", got, count)
	}
}

func TestHooksFireByThemselves(t *testing.T) {
	f := newFixture(t, Options{})
	seen := make(chan string, 10)
	f.OnAttachment(func(e Event) {
		if e.NetworkInterfaceID == "eni-free" {
			// A hook may call the Server.
			n, _ := f.NetworkInterface(e.NetworkInterfaceID)
			seen <- n.Attachment.Status + " " + e.MAC
		}
	})
	f.attach(t, "eni-free", "i-a", 2)
	f.fake.Step(time.Second)
	n, _ := f.NetworkInterface("eni-free")
	if diff := cmp.Diff("attached "+n.MACAddress, <-seen); diff != "" {
		t.Errorf("An event is delivered when due, without a call.\n-want, +got:\n%s", diff)
	}
}

// TestUnnamedCard attaches to a device index that is taken on another network card.
func TestUnnamedCard(t *testing.T) {
	f := newFixture(t, Options{AttachDelay: -1})
	attach := func(card *int32) error {
		n := f.create(t, &awsec2.CreateNetworkInterfaceInput{})
		in := attachInput(aws.ToString(n.NetworkInterfaceId), "i-cards", 1)
		in.NetworkCardIndex = card
		_, err := f.client.AttachNetworkInterface(t.Context(), in)
		return err
	}
	if err := attach(aws.Int32(1)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("Instance 'i-cards' already has an interface attached at device index '1'.", message(attach(nil))); diff != "" {
		t.Errorf("Without a card the index must be free on all cards.\n-want, +got:\n%s", diff)
	}
	if err := attach(aws.Int32(0)); err != nil {
		t.Errorf("With card 0 the index must be free on card 0 only: %s", err)
	}
}
