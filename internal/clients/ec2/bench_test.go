// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"fmt"
	"testing"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// BenchmarkTTLCache measures the lookup of one of many cached values.
func BenchmarkTTLCache(b *testing.B) {
	m := newTTLCache[int](time.Hour)
	for i := range 5000 {
		m.store(key("id", string(rune(i))), i, time.Hour)
	}
	k := key("id", string(rune(42)))
	never := func() (int, error) { return m.get(b.Context(), k, nil) }
	b.ReportAllocs()
	for b.Loop() {
		if v, err := never(); err != nil || v != 42 {
			b.Fatal(v, err)
		}
	}
}

func BenchmarkKey(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		key("id", "subnet-0f59b4f14737be9ad")
	}
}

// page returns a page of idle ENIs, newly allocated like a response of EC2.
func page(first, n int) []ec2types.NetworkInterface {
	text := func(s string) *string { return new(string([]byte(s))) }
	found := make([]ec2types.NetworkInterface, n)
	for i := range found {
		found[i] = ec2types.NetworkInterface{
			NetworkInterfaceId: text(fmt.Sprintf("eni-%017d", first+i)), SubnetId: text("subnet-1"), VpcId: text("vpc-1"), AvailabilityZone: text("us-east-1a"),
			OwnerId: text("123456789012"), Description: text("NodeENI data"), Status: ec2types.NetworkInterfaceStatusInUse,
			Groups:     []ec2types.GroupIdentifier{{GroupId: text("sg-1"), GroupName: text("default")}},
			Attachment: &ec2types.NetworkInterfaceAttachment{AttachmentId: text(fmt.Sprintf("eni-attach-%017d", first+i)), InstanceId: text(fmt.Sprintf("i-%017d", (first+i)/4)), Status: ec2types.AttachmentStatusAttached},
		}
		for k, v := range map[string]string{"owner": fmt.Sprintf("uid-%d", first+i), "cluster": "c", "team": "blue", "node-eni": "data", "slot": "subnet-1", "created-at": "2031-01-02T03:04:05Z"} {
			found[i].TagSet = append(found[i].TagSet, ec2types.Tag{Key: text(k), Value: text(v)})
		}
	}
	return found
}

// BenchmarkRefresh measures merging a paginated listing into a cache with the same ENIs.
func BenchmarkRefresh(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprintf("enis=%d", n), func(b *testing.B) {
			e := newENICache(nil)
			e.OwnershipTags = clusterTags
			var pages [][]ec2types.NetworkInterface
			for i := 0; i < n; i += pageSize {
				pages = append(pages, page(i, pageSize))
			}
			b.ReportAllocs()
			for b.Loop() {
				l := newListing(time.Now())
				for _, p := range pages {
					e.merge(l, p, l.began)
				}
				e.prune(l)
			}
		})
	}
}
