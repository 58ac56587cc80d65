// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// addNodeOf adds node 1 of a pool, on an instance of a type.
func (s *simulatedCluster) addNodeOf(pool, instanceType string) string {
	s.t.Helper()
	s.addNode(pool, 1, instanceType)
	return instanceOf(pool, 1)
}

// addNodeENIs adds NodeENIs first to last of a pool, each with one ENI per node and the same
// device index.
func (s *simulatedCluster) addNodeENIs(pool string, first, last int, index int32) {
	s.t.Helper()
	for i := first; i <= last; i++ {
		s.create(&v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("%s-%d", pool, i)}, Spec: v1alpha1.NodeENISpec{
			NodeSelector: map[string]string{"pool": pool}, SubnetIDs: []v1alpha1.SubnetID{fleetSubnet1}, DeviceIndex: &index,
		}})
	}
}

// attachForeign attaches a foreign ENI.
func (s *simulatedCluster) attachForeign(instance string, index int) ec2emulator.NetworkInterface {
	s.t.Helper()
	n, err := s.ec2.AddNetworkInterface(ec2emulator.NetworkInterface{SubnetID: fleetSubnet2, Attachment: &ec2emulator.Attachment{InstanceID: instance, DeviceIndex: index}})
	if err != nil {
		s.t.Error(err) // in a round trip there is no test to end
	}
	return n
}

// unplug detaches an ENI, as a user of the console does.
func (s *simulatedCluster) unplug(n ec2emulator.NetworkInterface) {
	s.t.Helper()
	if _, err := s.otherClient().DetachNetworkInterface(s.t.Context(), &awsec2.DetachNetworkInterfaceInput{AttachmentId: &n.Attachment.ID}); err != nil {
		s.t.Fatal(err)
	}
}

// indexes are the device indexes in use on an instance, in order.
func (s *simulatedCluster) indexes(instance string) []int {
	var out []int
	for _, n := range s.ec2.ENIs(ec2emulator.Exists) {
		if n.Attachment != nil && n.Attachment.InstanceID == instance {
			out = append(out, n.Attachment.DeviceIndex)
		}
	}
	slices.Sort(out)
	return out
}

// attaches counts the attach calls since a mark, by EC2's answer.
func (s *simulatedCluster) attaches(m ec2emulator.Mark) map[string]int {
	out := map[string]int{}
	for _, c := range s.ec2.Since(m, ec2emulator.ByAction("AttachNetworkInterface")) {
		out[c.Code]++
	}
	return out
}

// creates returns how many calls to create an ENI EC2 accepted.
func (s *simulatedCluster) creates(m ec2emulator.Mark) int {
	n := 0
	for _, c := range s.ec2.Since(m, ec2emulator.ByAction("CreateNetworkInterface")) {
		if c.Code == "" {
			n++
		}
	}
	return n
}

// beforeAttach runs a function once before EC2 receives the first attach call, too late for
// the caller to observe its effect.
type beforeAttach struct {
	next http.RoundTripper
	do   func()
}

func (b beforeAttach) RoundTrip(r *http.Request) (*http.Response, error) {
	if awsmiddleware.GetOperationName(r.Context()) == "AttachNetworkInterface" {
		b.do()
	}
	return b.next.RoundTrip(r)
}

// TestSameDeviceIndex gives four NodeENIs the same device index.
func TestSameDeviceIndex(t *testing.T) {
	const nodeENIs = 4
	type want struct {
		Indexes  []int
		Attaches map[string]int // by EC2's answer
	}
	cases := map[string]struct {
		reason string
		// before, between and behind are the indexes that a foreign ENI takes: before the
		// first NodeENI is created, once the first has its ENI, and during the first attach
		// call. 0 is none.
		before, between, behind int
		want                    want
	}{
		"Alone": {
			reason: "Each gets an index of its own, with one call each: what the provider has attached it knows.",
			want:   want{Indexes: []int{0, 1, 2, 3, 4}, Attaches: map[string]int{"": nodeENIs}},
		},
		"SeenBefore": {
			reason: "An index that a foreign ENI has is observed as taken, and not requested.",
			before: 1,
			want:   want{Indexes: []int{0, 1, 2, 3, 4, 5}, Attaches: map[string]int{"": nodeENIs}},
		},
		"SeenBetween": {
			reason:  "An index taken since the last describe is not requested either: if the desired index is taken, EC2 is called for the others.",
			between: 2,
			want:    want{Indexes: []int{0, 1, 2, 3, 4, 5}, Attaches: map[string]int{"": nodeENIs}},
		},
		"BehindItsBack": {
			reason: "An index taken during the call costs one rejected call: the next free one is requested at once.",
			behind: 1,
			want:   want{Indexes: []int{0, 1, 2, 3, 4, 5}, Attaches: map[string]int{"": nodeENIs, "InvalidParameterValue": 1}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newCluster(t, ec2emulator.Options{})
				defer s.close()
				instance := s.addNodeOf("a", "m5.4xlarge")
				take := func(index int) {
					if index > 0 {
						s.attachForeign(instance, index)
					}
				}
				s.settings.WrapTransport = func(http.RoundTripper) http.RoundTripper {
					return beforeAttach{direct{s.ec2}, sync.OnceFunc(func() { take(tc.behind) })}
				}
				take(tc.before)
				s.start()
				first := 1
				if tc.between > 0 {
					s.addNodeENIs("a", 1, 1, 1)
					s.must(time.Minute, func() error { return s.wellWith(1) })
					take(tc.between)
					first = 2
				}
				s.addNodeENIs("a", first, nodeENIs, 1)
				s.must(time.Minute, func() error { return s.wellWith(nodeENIs) })
				time.Sleep(15 * time.Minute) // a poll without drift

				got := want{Indexes: s.indexes(instance), Attaches: s.attaches(0)}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
				}
			})
		})
	}
}

// TestFullInstance adds a NodeENI for a node whose instance takes no further ENI, until
// another ENI is detached.
func TestFullInstance(t *testing.T) {
	cases := map[string]struct {
		reason       string
		instanceType string
		others, ours int // that are there, the primary ENI not counted
		want         string
	}{
		"OthersOnly": {
			reason:       "An instance full of foreign ENIs gets none, and the condition states this.",
			instanceType: "m5.large", others: 2,
			want: "instance i-a001 (node a-001), of type m5.large, supports 3 network interfaces and has 3 (0 of this provider, 3 of others): no network interface is created; detach one, or use a larger instance type",
		},
		"OneOfOurs": {
			reason:       "The message distinguishes own and foreign ENIs.",
			instanceType: "m5.large", others: 1, ours: 1,
			want: "instance i-a001 (node a-001), of type m5.large, supports 3 network interfaces and has 3 (1 of this provider, 2 of others): no network interface is created; detach one, or use a larger instance type",
		},
		"OthersAndOurs": {
			reason:       "The limit depends on the instance type.",
			instanceType: "m5.4xlarge", others: 4, ours: 3,
			want: "instance i-a001 (node a-001), of type m5.4xlarge, supports 8 network interfaces and has 8 (3 of this provider, 5 of others): no network interface is created; detach one, or use a larger instance type",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newCluster(t, ec2emulator.Options{})
				defer s.close()
				instance := s.addNodeOf("a", tc.instanceType)
				var last ec2emulator.NetworkInterface
				for i := range tc.others {
					last = s.attachForeign(instance, i+1)
				}
				s.start()
				s.addNodeENIs("a", 1, tc.ours, 1)
				s.must(time.Minute, func() error { return s.wellWith(tc.ours) })

				m := s.ec2.Mark()
				s.addNodeENIs("a", tc.ours+1, tc.ours+1, 1)
				time.Sleep(10 * time.Minute)
				if diff := cmp.Diff(tc.want, s.full()); diff != "" {
					t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
				}
				if diff := cmp.Diff(map[string]int{}, s.attaches(m)); diff != "" {
					t.Errorf("\nWhat EC2 shows to be impossible is not tried.\n-want, +got:\n%s", diff)
				}
				if diff := cmp.Diff(0, s.creates(m)); diff != "" {
					t.Errorf("\nNo ENI is created that cannot be attached.\ncreated: -want, +got:\n%s", diff)
				}

				s.unplug(last)
				s.must(2*time.Minute, func() error { return s.wellWith(tc.ours + 1) })
				time.Sleep(10 * time.Minute)
				if diff := cmp.Diff(map[string]int{"": 1}, s.attaches(m)); diff != "" {
					t.Errorf("\nA place that becomes free is taken with one call.\n-want, +got:\n%s", diff)
				}
			})
		})
	}
}

// full returns the message of the NetworkInterface that waits for room, or the messages of
// all objects that are not ready, if there is not exactly one.
func (s *simulatedCluster) full() string {
	s.t.Helper()
	var messages []string
	for _, n := range s.interfaces() {
		switch c := n.GetCondition(xpv2.TypeReady); {
		case c.Reason == v1alpha1.ReasonInstanceENILimit:
			messages = append(messages, c.Message)
		case c.Status != corev1.ConditionTrue:
			messages = append(messages, fmt.Sprintf("%s: %s: %s", n.GetName(), c.Reason, c.Message))
		}
	}
	if len(messages) != 1 {
		return fmt.Sprintf("%d NetworkInterfaces wait: %q", len(messages), messages)
	}
	return messages[0]
}

// TestLastFreeIndex adds five NodeENIs at once for the two places that an instance has.
func TestLastFreeIndex(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		s.addNodeOf("a", "m5.large")
		s.start()
		s.addNodeENIs("a", 1, 5, 1)
		time.Sleep(time.Minute)

		if diff := cmp.Diff(map[string]int{"": 2}, s.attaches(0)); diff != "" {
			t.Errorf("\nThe places there are, are taken with one call each.\n-want, +got:\n%s", diff)
		}
		if diff := cmp.Diff(2, s.creates(0)); diff != "" {
			t.Errorf("\nAs many ENIs are created as there are places.\ncreated: -want, +got:\n%s", diff)
		}
	})
}
