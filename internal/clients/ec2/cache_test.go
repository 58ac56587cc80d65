// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// fakeAttachments is a fake of EC2 that attaches and detaches ENIs immediately.
type fakeAttachments struct {
	*fakeENIs

	// shows is what DescribeInstances returns on each instance.
	shows []InstanceInterface
	asked int
}

func newFakeAttachments(n int) (*fakeAttachments, *Client) {
	l, _ := newFakeENIs(n)
	s := &fakeAttachments{fakeENIs: l}
	return s, NewClient(s, "us-east-1", WithSnapshot(clusterTags, time.Minute))
}

func (s *fakeAttachments) AttachNetworkInterface(_ context.Context, in *awsec2.AttachNetworkInterfaceInput, _ ...func(*awsec2.Options)) (*awsec2.AttachNetworkInterfaceOutput, error) {
	s.set(*in.NetworkInterfaceId, func(e *ec2types.NetworkInterface) {
		e.Status = ec2types.NetworkInterfaceStatusInUse
		e.Attachment = &ec2types.NetworkInterfaceAttachment{
			AttachmentId: new("eni-attach-of-" + *in.NetworkInterfaceId), InstanceId: in.InstanceId, DeviceIndex: in.DeviceIndex, Status: ec2types.AttachmentStatusAttached,
		}
	})
	return &awsec2.AttachNetworkInterfaceOutput{}, nil
}

func (s *fakeAttachments) DetachNetworkInterface(_ context.Context, in *awsec2.DetachNetworkInterfaceInput, _ ...func(*awsec2.Options)) (*awsec2.DetachNetworkInterfaceOutput, error) {
	s.set((*in.AttachmentId)[len("eni-attach-of-"):], func(e *ec2types.NetworkInterface) {
		e.Status, e.Attachment = ec2types.NetworkInterfaceStatusAvailable, nil
	})
	return &awsec2.DetachNetworkInterfaceOutput{}, nil
}

func (s *fakeAttachments) DescribeInstances(_ context.Context, in *awsec2.DescribeInstancesInput, _ ...func(*awsec2.Options)) (*awsec2.DescribeInstancesOutput, error) {
	s.asked++
	r := ec2types.Reservation{}
	for _, id := range in.Filters[0].Values {
		i := ec2types.Instance{InstanceId: &id, State: &ec2types.InstanceState{Name: ec2types.InstanceStateNameRunning}}
		for _, n := range s.shows {
			i.NetworkInterfaces = append(i.NetworkInterfaces, ec2types.InstanceNetworkInterface{
				NetworkInterfaceId: &n.NetworkInterfaceID, Attachment: &ec2types.InstanceNetworkInterfaceAttachment{DeviceIndex: &n.DeviceIndex},
			})
		}
		r.Instances = append(r.Instances, i)
	}
	return &awsec2.DescribeInstancesOutput{Reservations: []ec2types.Reservation{r}}, nil
}

// TestAttachAndDetachAreObserved attaches and detaches an ENI that is in the
// snapshot, while DescribeInstances shows neither yet.
func TestAttachAndDetachAreObserved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := newFakeAttachments(2)
		id := idOf(0)
		attached := func() bool {
			t.Helper()
			n, err := c.NetworkInterface(t.Context(), id)
			if err != nil || n == nil {
				t.Fatal(n, err)
			}
			return n.Attachment != nil
		}
		occupants := func(consistency Consistency) []InstanceInterface {
			t.Helper()
			there, err := c.InstanceInterfaces(t.Context(), "i-1", consistency)
			if err != nil {
				t.Fatal(err)
			}
			return there
		}
		if attached() || len(occupants(Cached)) > 0 {
			t.Fatal("the ENI is attached already")
		}
		time.Sleep(time.Second)
		if _, err := c.Mutate(permit(eni.ActionAttach, id)).AttachNetworkInterface(t.Context(), &awsec2.AttachNetworkInterfaceInput{
			NetworkInterfaceId: &id, InstanceId: new("i-1"), DeviceIndex: new(int32(2)),
		}); err != nil {
			t.Fatal(err)
		}
		if !attached() {
			t.Error("\nAn ENI that was attached is not observed as available.")
		}
		want := []InstanceInterface{{NetworkInterfaceID: id, DeviceIndex: 2}}
		for range 2 { // from the cache, and before EC2 returns the ENI
			if diff := cmp.Diff(want, occupants(Fresh)); diff != "" {
				t.Errorf("\nThe device index of an ENI that was attached is taken, though EC2 does not return it yet.\n-want, +got:\n%s", diff)
			}
			time.Sleep(500 * time.Millisecond)
		}
		s.shows = want
		time.Sleep(10 * time.Second)
		_ = attached()
		if _, err := c.Mutate(permit(eni.ActionDetach, id)).DetachNetworkInterface(t.Context(), &awsec2.DetachNetworkInterfaceInput{AttachmentId: new("eni-attach-of-" + id)}); err != nil {
			t.Fatal(err)
		}
		if attached() {
			t.Error("\nAn ENI that was detached is not observed as attached.")
		}
		s.shows = nil
		if diff := cmp.Diff([]InstanceInterface{}, occupants(Fresh), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("\nThe device index of an ENI that was detached is free.\n-want, +got:\n%s", diff)
		}
		time.Sleep(batchTimeout)
	})
}

// A taggedENIs is a fake of EC2 with which tags can be changed.
type taggedENIs struct{ *fakeENIs }

func (s taggedENIs) CreateTags(_ context.Context, in *awsec2.CreateTagsInput, _ ...func(*awsec2.Options)) (*awsec2.CreateTagsOutput, error) {
	s.set(in.Resources[0], func(e *ec2types.NetworkInterface) { e.TagSet = append(e.TagSet, in.Tags...) })
	return &awsec2.CreateTagsOutput{}, nil
}

func (s taggedENIs) DeleteTags(_ context.Context, in *awsec2.DeleteTagsInput, _ ...func(*awsec2.Options)) (*awsec2.DeleteTagsOutput, error) {
	s.set(in.Resources[0], func(e *ec2types.NetworkInterface) { e.TagSet = nil })
	return &awsec2.DeleteTagsOutput{}, nil
}

// TestListsFollowTags changes the tags of an ENI between two lists by tag. If the second list
// came from the cache, the ENI of a NodeENI could be in neither, and be created again.
func TestListsFollowTags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := newFakeENIs(1)
		c := NewClient(taggedENIs{l}, "us-east-1", WithSnapshot(clusterTags, time.Minute))
		id := idOf(0)
		owners := func() int {
			t.Helper()
			all, err := c.NodeENINetworkInterfaces(t.Context(), "nodeeni", "n")
			if err != nil || len(all) != 1 {
				t.Fatal(all, err)
			}
			return len(all[0].TagSet)
		}
		changes := map[string]func(m Mutations) error{
			"DeleteTags": func(m Mutations) error {
				_, err := m.DeleteTags(t.Context(), &awsec2.DeleteTagsInput{Resources: []string{id}})
				return err
			},
			"CreateTags": func(m Mutations) error {
				_, err := m.CreateTags(t.Context(), &awsec2.CreateTagsInput{Resources: []string{id}, Tags: []ec2types.Tag{{Key: new("owner"), Value: new("uid")}}})
				return err
			},
		}
		for _, name := range []string{"DeleteTags", "CreateTags"} {
			before := owners()
			if err := changes[name](c.Mutate(permit(eni.ActionTag, id))); err != nil {
				t.Fatal(err)
			}
			if owners() == before {
				t.Errorf("\nA list by tag is not older than the tags that this client has changed.\nNodeENINetworkInterfaces(...) after %s: the tags are unchanged", name)
			}
		}
		time.Sleep(batchTimeout)
	})
}

// TestDetachFreesTheIndex detaches an ENI before EC2 has shown it on the instance.
func TestDetachFreesTheIndex(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := newFakeAttachments(1)
		id := idOf(0)
		_, err := c.Mutate(permit(eni.ActionAttach, id)).AttachNetworkInterface(t.Context(), &awsec2.AttachNetworkInterfaceInput{NetworkInterfaceId: &id, InstanceId: new("i-1"), DeviceIndex: new(int32(1))})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Mutate(permit(eni.ActionDetach, id)).DetachNetworkInterface(t.Context(), &awsec2.DetachNetworkInterfaceInput{AttachmentId: new("eni-attach-of-" + id)}); err != nil {
			t.Fatal(err)
		}
		there, err := c.InstanceInterfaces(t.Context(), "i-1", Fresh)
		if err != nil || len(there) > 0 {
			t.Errorf("\nAn ENI that was detached does not hold its device index.\nInstanceInterfaces(...): %v, %v", there, err)
		}
		time.Sleep(batchTimeout)
	})
}

// TestLaggingReplica has a replica of EC2 return a change late.
func TestLaggingReplica(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, c := newFakeENIs(1)
		id := idOf(0)
		observeAll(t.Context(), c, id)
		if err := modify(t.Context(), c, id, "after"); err != nil {
			t.Fatal(err)
		}
		l.set(id, func(e *ec2types.NetworkInterface) { e.Description = new("before") })
		time.Sleep(time.Second)
		observeAll(t.Context(), c, id)
		l.set(id, func(e *ec2types.NetworkInterface) { e.Description = new("after") })
		time.Sleep(5 * time.Second)
		if diff := cmp.Diff(map[string]observed{id: {Description: "after"}}, observeAll(t.Context(), c, id)); diff != "" {
			t.Errorf("\nFor half a minute after a change each get calls EC2.\nNetworkInterface(...): -want, +got:\n%s", diff)
		}
		time.Sleep(batchTimeout)
	})
}

// TestOlderAnswerIsDiscarded has responses arrive in another order than their requests.
func TestOlderAnswerIsDiscarded(t *testing.T) {
	c := NewClient(nil, "us-east-1", WithSnapshot(clusterTags, time.Minute))
	now := time.Now()
	described := func(s string) *ec2types.NetworkInterface {
		return &ec2types.NetworkInterface{NetworkInterfaceId: new("eni-1"), Description: &s, Status: ec2types.NetworkInterfaceStatusAvailable}
	}
	c.enis.store(described("new"), now)
	c.enis.store(described("old"), now.Add(-time.Second))
	if n, err := c.NetworkInterface(t.Context(), "eni-1"); err != nil || n == nil || *n.Description != "new" {
		t.Errorf("\nAn older answer does not replace a newer one.\nNetworkInterface(...): %v, %v", n, err)
	}
	c.instances.store("i-1", Instance{ID: "i-1", State: ec2types.InstanceStateNameRunning}, now)
	c.instances.store("i-1", Instance{}, now.Add(-time.Second))
	if i, err := c.Instance(t.Context(), "i-1"); err != nil || i.ID != "i-1" {
		t.Errorf("\nAn older answer does not replace a newer one.\nInstance(...): %v, %v", i, err)
	}
}

// TestInstanceFresh gets an instance that is in the cache.
func TestInstanceFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &fakeInstances{}
		c := NewClient(h, "us-east-1")
		for _, get := range []func(context.Context, string) (Instance, error){c.Instance, c.Instance, c.InstanceFresh} {
			if i, err := get(t.Context(), "i-1"); err != nil || i.ID != "i-1" {
				t.Fatal(i, err)
			}
			time.Sleep(time.Second)
		}
		if diff := cmp.Diff([]int{1, 1}, h.calls); diff != "" {
			t.Errorf("\nAn irreversible decision does not use the cache.\ncalls: -want, +got:\n%s", diff)
		}
	})
}

// TestNetworkInterfaceOwnerChanged replaces the owner tag of a cached ENI.
func TestNetworkInterfaceOwnerChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, c := newFakeENIs(1)
		observeAll(t.Context(), c, idOf(0))
		l.set(idOf(0), func(e *ec2types.NetworkInterface) {
			e.TagSet = []ec2types.Tag{{Key: new("cluster"), Value: new("c")}, {Key: new("owner"), Value: new("uid-other")}}
		})
		time.Sleep(2 * time.Minute)
		if n, err := c.NetworkInterfaceOwnedBy(t.Context(), "uid-"+idOf(0)); err != nil || n != nil {
			t.Errorf("\nAn ENI belongs to the object whose tag it carries now.\nNetworkInterfaceOwnedBy(...): %v, %v", n, err)
		}
		time.Sleep(batchTimeout)
	})
}

// TestErrorIsNotAbsence has each describe action fail.
func TestErrorIsNotAbsence(t *testing.T) {
	errBoom := errors.New("boom")
	cases := map[string]struct {
		reason string
		ask    func(ctx context.Context, c *Client) error
	}{
		"NetworkInterface": {
			reason: "An error does not mean that an ENI does not exist.",
			ask: func(ctx context.Context, c *Client) error {
				_, err := c.NetworkInterfaceFresh(ctx, "eni-1")
				return err
			},
		},
		"Instance": {
			reason: "An error does not mean that an instance does not exist.",
			ask:    func(ctx context.Context, c *Client) error { _, err := c.InstanceFresh(ctx, "i-1"); return err },
		},
		"Instances": {
			reason: "An error does not mean that several instances do not exist.",
			ask: func(ctx context.Context, c *Client) error {
				_, err := c.Instances(ctx, []string{"i-1", "i-2", "i-3"}, nil)
				return err
			},
		},
		"OwnedBy": {
			reason: "An error does not mean that an object has no ENI: a second one would be created.",
			ask: func(ctx context.Context, c *Client) error {
				_, err := c.NetworkInterfaceOwnedBy(ctx, "uid")
				return err
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v, c := newRegionView("eni-1", "i-1", "i-2", "i-3")
				v.fail(errBoom)
				if err := tc.ask(t.Context(), c); !errors.Is(err, errBoom) {
					t.Errorf("\n%s\nerror: %v", tc.reason, err)
				}
				time.Sleep(batchTimeout)
			})
		})
	}
}
