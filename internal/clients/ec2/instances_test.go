// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
)

// fakeInstances is a fake of EC2 in which every instance exists and is running.
type fakeInstances struct {
	API // nil: other actions panic

	takes time.Duration

	mu    sync.Mutex
	calls []int // number of instances of each call
}

func (h *fakeInstances) DescribeInstances(ctx context.Context, in *awsec2.DescribeInstancesInput, _ ...func(*awsec2.Options)) (*awsec2.DescribeInstancesOutput, error) {
	ids := in.Filters[0].Values
	h.mu.Lock()
	h.calls = append(h.calls, len(ids))
	h.mu.Unlock()
	if err := sleep(ctx, h.takes); err != nil {
		return nil, err
	}
	r := ec2types.Reservation{}
	for _, id := range ids {
		r.Instances = append(r.Instances, ec2types.Instance{InstanceId: &id, State: &ec2types.InstanceState{Name: ec2types.InstanceStateNameRunning}})
	}
	return &awsec2.DescribeInstancesOutput{Reservations: []ec2types.Reservation{r}}, nil
}

// TestInstancesAreShared gets the instances of the nodes of several NodeENIs.
func TestInstancesAreShared(t *testing.T) {
	names := func(first, last int) []string {
		var ids []string
		for i := first; i <= last; i++ {
			ids = append(ids, fmt.Sprintf("i-%04d", i))
		}
		return ids
	}
	type question struct {
		after time.Duration
		ids   []string
		// changing has the ids of instances in transition.
		changing bool
	}
	cases := map[string]struct {
		reason string
		takes  time.Duration
		ask    []question
		calls  []int
		// visits is how often the last caller has to retry; 0 means once.
		visits int
	}{
		"Together": {
			reason: "Concurrent gets of the same instances share a call.", takes: time.Second,
			ask: []question{{ids: names(1, 150)}, {ids: names(1, 150)}, {ids: names(1, 150)}}, calls: []int{150},
		},
		"Overlapping": {
			reason: "Concurrent gets of overlapping instances share a call.", takes: time.Second,
			ask: []question{{ids: names(1, 100)}, {ids: names(51, 150)}}, calls: []int{150},
		},
		"Meanwhile": {
			reason: "A get joins the call in flight.", takes: time.Second,
			ask: []question{{ids: names(1, 100)}, {after: 500 * time.Millisecond, ids: names(1, 100)}}, calls: []int{100},
		},
		"MeanwhileMore": {
			reason: "A get describes the instances that no call in flight has.", takes: time.Second,
			ask: []question{{ids: names(1, 100)}, {after: 500 * time.Millisecond, ids: names(91, 110)}}, calls: []int{100, 10},
		},
		"Later": {
			reason: "Instances are cached.", takes: time.Second,
			ask: []question{{ids: names(1, 100)}, {after: 30 * time.Second, ids: names(1, 100)}}, calls: []int{100},
		},
		"Changing": {
			reason: "An instance in transition is cached for five seconds.", takes: time.Second,
			ask: []question{
				{ids: names(1, 100)},
				{after: 4 * time.Second, ids: names(1, 100), changing: true},
				{after: 10 * time.Second, ids: names(1, 100), changing: true},
			},
			calls: []int{100, 100},
		},
		"Many": {
			reason: "Instances that arrive after the timeout are cached for the retry: none is described twice.", takes: 2 * time.Second,
			ask: []question{{ids: names(1, 1000)}}, calls: []int{200, 200, 200, 200, 200}, visits: 2,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &fakeInstances{takes: tc.takes}
				c := NewClient(h, "us-east-1")
				var wg sync.WaitGroup
				for _, q := range tc.ask {
					wg.Go(func() {
						time.Sleep(q.after)
						visits := 0
						for {
							visits++
							ids, changing := q.ids, []string(nil)
							if q.changing {
								ids, changing = nil, q.ids
							}
							got, err := c.Instances(t.Context(), ids, changing)
							if awserr.IsRateLimited(err) {
								time.Sleep(batchMaxWait)
								continue
							}
							if err != nil || len(got) != len(q.ids) {
								t.Errorf("\n%s\n%d of %d instances: %v", tc.reason, len(got), len(q.ids), err)
							}
							break
						}
						if visits != max(1, tc.visits) {
							t.Errorf("\n%s\n%d visits, want %d", tc.reason, visits, max(1, tc.visits))
						}
					})
				}
				wg.Wait()
				if diff := cmp.Diff(tc.calls, h.calls); diff != "" {
					t.Errorf("\n%s\ncalls: -want, +got:\n%s", tc.reason, diff)
				}
			})
		})
	}
}

func TestTerminated(t *testing.T) {
	type want struct{ Terminated, Attachable bool }
	cases := map[string]struct {
		reason string
		args   Instance
		want   want
	}{
		"Unknown":      {reason: "An instance that EC2 did not return is not proven to be terminated."},
		"Pending":      {reason: "A new instance starts soon.", args: Instance{ID: "i-1", State: ec2types.InstanceStateNamePending}},
		"Running":      {reason: "EC2 attaches to a running instance.", args: Instance{ID: "i-1", State: ec2types.InstanceStateNameRunning}, want: want{Attachable: true}},
		"Stopping":     {reason: "An instance that is being stopped keeps its ENIs.", args: Instance{ID: "i-1", State: ec2types.InstanceStateNameStopping}},
		"Stopped":      {reason: "A stopped instance keeps its ENIs, and EC2 attaches to it.", args: Instance{ID: "i-1", State: ec2types.InstanceStateNameStopped}, want: want{Attachable: true}},
		"ShuttingDown": {reason: "An instance that is being terminated never runs again.", args: Instance{ID: "i-1", State: ec2types.InstanceStateNameShuttingDown}, want: want{Terminated: true}},
		"Terminated":   {reason: "A terminated instance holds no ENI.", args: Instance{ID: "i-1", State: ec2types.InstanceStateNameTerminated}, want: want{Terminated: true}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, want{tc.args.Terminated(), tc.args.Attachable()}); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
