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

// A fullFakeInstances is a hall that answers attaches with an error.
type fullFakeInstances struct {
	*fakeInstances

	err error
}

func (h fullFakeInstances) AttachNetworkInterface(context.Context, *awsec2.AttachNetworkInterfaceInput, ...func(*awsec2.Options)) (*awsec2.AttachNetworkInterfaceOutput, error) {
	return &awsec2.AttachNetworkInterfaceOutput{}, h.err
}

// TestInvalidatedInstance has an attach be answered between two looks at who is on
// the instance, and a third.
func TestInvalidatedInstance(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   error
		want   []int
	}{
		"Attached":   {reason: "What the provider attaches it adds to what it remembers.", want: []int{1}},
		"IndexTaken": {reason: "A refusal shows that somebody else is there who is not remembered: EC2 is asked once more.", args: apiError("InvalidParameterValue", "Instance 'i-1' already has an interface attached at device index '1'."), want: []int{1, 1}},
		"Full":       {reason: "So does one for want of a place.", args: apiError("AttachmentLimitExceeded", ""), want: []int{1, 1}},
		"NotRunning": {reason: "The instance has another state than the one it was described in.", args: apiError("IncorrectState", "Instance 'i-1' is not 'running'"), want: []int{1, 1}},
		"Other":      {reason: "A missing permission has nothing to do with the instance.", args: apiError("UnauthorizedOperation", ""), want: []int{1}},
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

// TestInvalidationDiscardsPendingAnswers has an instance doubted while EC2's answer about it is
// on its way.
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
			t.Errorf("\nAn answer from before the doubt is not remembered.\ncalls: -want, +got:\n%s", diff)
		}
	})
}
