// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"maps"
	"slices"
	"testing"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
)

// atRest is an ENI as a NodeENI makes it, attached, with an object that wants
// it just so.
func atRest() (*v1alpha1.NetworkInterface, wanted, *ec2types.NetworkInterface) {
	at := time.Unix(0, 0)
	mg := of(v1alpha1.NetworkInterfaceParameters{
		Description: new("NodeENI data, node n"), SubnetID: new(v1alpha1.SubnetID("subnet-1")), SecurityGroups: []v1alpha1.SecurityGroupID{"sg-1"},
		Tags: map[string]string{"team": "blue"},
	})
	mg.ObjectMeta = metav1.ObjectMeta{
		Namespace: "provider-aws-eni-system", Name: "data-0123456789", UID: "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
		Labels: map[string]string{networkingv1alpha1.LabelNodeENI: "data", networkingv1alpha1.LabelNode: "n", networkingv1alpha1.LabelSlot: "subnet-1"},
	}
	e := &external{cluster: "cluster"}
	w := wanted{parameters: mg.Spec.ForProvider, groups: []string{"sg-1"}, tags: e.owner(mg).Tags(mg.Spec.ForProvider.Tags)}
	mg.Status.AtProvider.ManagedTagKeys = slices.Sorted(maps.Keys(w.tags))
	n := &ec2types.NetworkInterface{
		NetworkInterfaceId: new("eni-1"), Status: ec2types.NetworkInterfaceStatusInUse, InterfaceType: ec2types.NetworkInterfaceTypeInterface,
		MacAddress: new("02:00:00:00:00:01"), Description: new("NodeENI data, node n"), PrivateIpAddress: new("10.0.0.4"),
		PrivateIpAddresses: []ec2types.NetworkInterfacePrivateIpAddress{{PrivateIpAddress: new("10.0.0.4"), Primary: new(true)}},
		SubnetId:           new("subnet-1"), VpcId: new("vpc-1"), AvailabilityZone: new("us-east-1a"), OwnerId: new("123456789012"),
		Groups: []ec2types.GroupIdentifier{{GroupId: new("sg-1")}}, SourceDestCheck: new(true), TagSet: tagList(w.tags),
		Attachment: &ec2types.NetworkInterfaceAttachment{
			AttachmentId: new("eni-attach-1"), InstanceId: new("i-1"), InstanceOwnerId: new("123456789012"), DeviceIndex: new(int32(1)),
			NetworkCardIndex: new(int32(0)), Status: ec2types.AttachmentStatusAttached, DeleteOnTermination: new(true), AttachTime: &at,
		},
	}
	return mg, w, n
}

// BenchmarkDrift is of an ENI that is as wanted: nearly every look finds one.
func BenchmarkDrift(b *testing.B) {
	mg, w, n := atRest()
	if d := drift(w, mg.Status.AtProvider.ManagedTagKeys, n); !d.Empty() {
		b.Fatalf("\nAn unchanged ENI does not drift.\ndrift(...): %s", d)
	}
	b.ReportAllocs()
	for b.Loop() {
		drift(w, mg.Status.AtProvider.ManagedTagKeys, n)
	}
}

func BenchmarkObservation(b *testing.B) {
	_, _, n := atRest()
	subnet := &ec2.Subnet{ID: "subnet-1", CIDR: "10.0.0.0/24"}
	b.ReportAllocs()
	for b.Loop() {
		observation(n, subnet)
	}
}

func BenchmarkManagedTagKeys(b *testing.B) {
	mg, w, n := atRest()
	have := eniview.Tags(n.TagSet)
	b.ReportAllocs()
	for b.Loop() {
		managedTagKeys(w.tags, have, mg.Status.AtProvider.ManagedTagKeys)
	}
}
