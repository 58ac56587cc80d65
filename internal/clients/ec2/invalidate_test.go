// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// fullFakeInstances returns an error for each attach.
type fullFakeInstances struct {
	*fakeInstances

	err error
}

func (h fullFakeInstances) AttachNetworkInterface(context.Context, *awsec2.AttachNetworkInterfaceInput, ...func(*awsec2.Options)) (*awsec2.AttachNetworkInterfaceOutput, error) {
	return &awsec2.AttachNetworkInterfaceOutput{}, h.err
}

// TestInvalidatedInstance attaches between two descriptions of the instance.
func TestInvalidatedInstance(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   error
		want   []int
	}{
		"Attached":   {reason: "A successful attach is added to the cache.", want: []int{1}},
		"IndexTaken": {reason: "A used index shows that the cache is stale: the instance is described again.", args: apiError("InvalidParameterValue", "Instance 'i-1' already has an interface attached at device index '1'."), want: []int{1, 1}},
		"Full":       {reason: "An exceeded limit shows that the cache is stale.", args: apiError("AttachmentLimitExceeded", ""), want: []int{1, 1}},
		"NotRunning": {reason: "An incorrect state shows that the cache is stale.", args: apiError("IncorrectState", "Instance 'i-1' is not 'running'"), want: []int{1, 1}},
		"Other":      {reason: "A missing permission does not concern the instance.", args: apiError("UnauthorizedOperation", ""), want: []int{1}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := fullFakeInstances{fakeInstances: &fakeInstances{}, err: tc.args}
				c := NewClient(h, "us-east-1")
				look := func() {
					if _, err := c.InstanceInterfaces(t.Context(), "i-1", Cached); err != nil {
						t.Fatal(err)
					}
				}
				look()
				time.Sleep(time.Second)
				_, _ = c.Mutate(permit(eni.ActionAttach, "eni-1")).AttachNetworkInterface(t.Context(), &awsec2.AttachNetworkInterfaceInput{InstanceId: new("i-1"), NetworkInterfaceId: new("eni-1"), DeviceIndex: new(int32(1))})
				time.Sleep(time.Second)
				look()
				look()
				if diff := cmp.Diff(tc.want, h.calls); diff != "" {
					t.Errorf("\n%s\ncalls: -want, +got:\n%s", tc.reason, diff)
				}
			})
		})
	}
}

// TestInvalidationDiscardsPendingAnswers invalidates an instance during a describe call.
func TestInvalidationDiscardsPendingAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &fakeInstances{takes: time.Second}
		c := NewClient(h, "us-east-1")
		go func() {
			time.Sleep(500 * time.Millisecond)
			c.instances.invalidate("i-1")
		}()
		for range 2 {
			if _, err := c.Instance(t.Context(), "i-1"); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]int{1, 1}, h.calls); diff != "" {
			t.Errorf("\nThe response to a call from before the invalidation is not cached.\ncalls: -want, +got:\n%s", diff)
		}
	})
}
