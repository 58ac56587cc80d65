// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
	"github.com/nodeeni/provider-aws-eni/internal/timings"
)

// regionView is a fake of EC2 with the existence of ENIs, instances and subnets.
type regionView struct {
	API // nil: other actions panic

	mu     sync.Mutex
	exist  map[string]bool // ids
	err    error           // of every call, or of those with the filter fails
	fails  string
	calls  int
	claims map[Kind][]string
	lists  error // of the claims
}

func (v *regionView) set(exist bool, ids ...string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, id := range ids {
		v.exist[id] = exist
	}
}

func (v *regionView) fail(err error) { v.failOf("", err) }

// failOf has the calls with a filter fail; "" is every call.
func (v *regionView) failOf(filter string, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.fails, v.err = filter, err
}

// answered returns the number of calls since it was last called.
func (v *regionView) answered() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := v.calls
	v.calls = 0
	return n
}

func (v *regionView) among(fs []ec2types.Filter) ([]string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.calls++
	if v.err != nil && (v.fails == "" || v.fails == *fs[0].Name) {
		return nil, v.err
	}
	return slices.DeleteFunc(slices.Clone(fs[0].Values), func(id string) bool { return !v.exist[id] }), nil
}

func (v *regionView) DescribeNetworkInterfaces(_ context.Context, in *awsec2.DescribeNetworkInterfacesInput, _ ...func(*awsec2.Options)) (*awsec2.DescribeNetworkInterfacesOutput, error) {
	out := &awsec2.DescribeNetworkInterfacesOutput{}
	ids, err := v.among(in.Filters)
	for _, id := range ids {
		out.NetworkInterfaces = append(out.NetworkInterfaces, ec2types.NetworkInterface{NetworkInterfaceId: &id, Status: ec2types.NetworkInterfaceStatusAvailable})
	}
	return out, err
}

func (v *regionView) DescribeInstances(_ context.Context, in *awsec2.DescribeInstancesInput, _ ...func(*awsec2.Options)) (*awsec2.DescribeInstancesOutput, error) {
	r := ec2types.Reservation{}
	ids, err := v.among(in.Filters)
	for _, id := range ids {
		r.Instances = append(r.Instances, ec2types.Instance{InstanceId: &id, State: &ec2types.InstanceState{Name: ec2types.InstanceStateNameRunning}})
	}
	return &awsec2.DescribeInstancesOutput{Reservations: []ec2types.Reservation{r}}, err
}

func (v *regionView) DescribeSubnets(_ context.Context, in *awsec2.DescribeSubnetsInput, _ ...func(*awsec2.Options)) (*awsec2.DescribeSubnetsOutput, error) {
	out := &awsec2.DescribeSubnetsOutput{}
	ids, err := v.among(in.Filters)
	for _, id := range ids {
		out.Subnets = append(out.Subnets, ec2types.Subnet{SubnetId: &id})
	}
	return out, err
}

// newRegionView returns a region in which some ids exist, and a client of it.
func newRegionView(ids ...string) (*regionView, *Client) {
	v := &regionView{exist: map[string]bool{}, claims: map[Kind][]string{}}
	v.set(true, ids...)
	return v, NewClient(v, "us-east-1", WithClaims(func(_ context.Context, k Kind, _ Place) ([]string, error) {
		return v.claims[k], v.lists
	}))
}

// TestFate decides the fate of the ENI eni-9 and of the instance i-9, after two
// responses without them that are 61 seconds apart.
func TestFate(t *testing.T) {
	errBoom := errors.New("boom")
	claimed := func(v *regionView) {
		v.claims[KindNetworkInterface] = []string{"eni-1", "eni-2", "eni-3", "eni-4", "eni-9"}
		v.claims[KindInstance] = []string{"i-1", "i-2", "i-3", "i-4", "i-9"}
	}
	type want struct {
		Fate           eni.Fate
		Missing, Asked int
		Error          error
	}
	cases := map[string]struct {
		reason string
		setup  func(v *regionView)
		apart  time.Duration
		then   func(ctx context.Context, v *regionView, c *Client)
		subnet string
		kind   Kind // empty: every kind
		want   want
	}{
		"Deleted": {
			reason: "A resource that is missing twice, among others that are returned, is deleted.",
			setup:  claimed, want: want{Fate: eni.FateDeleted, Missing: 1, Asked: 5},
		},
		"TooNear": {
			reason: "Two responses within a minute do not confirm an absence, whatever their age.",
			setup:  claimed, apart: 59 * time.Second,
			then: func(context.Context, *regionView, *Client) { time.Sleep(time.Hour) },
			want: want{Fate: eni.FateDoubtful},
		},
		"Returned": {
			reason: "A resource that the last answer contains is present.",
			setup:  claimed,
			then:   func(_ context.Context, v *regionView, _ *Client) { v.set(true, "eni-9", "i-9") },
			want:   want{Fate: eni.FatePresent, Asked: 5},
		},
		"ReturnedAlone": {
			reason: "The only resource of the cluster is deleted.",
			then:   func(_ context.Context, v *regionView, _ *Client) { v.set(true, "eni-9", "i-9") },
			want:   want{Fate: eni.FatePresent, Asked: 1},
		},
		"Outage": {
			reason: "Many that are missing at once are an outage of the view.",
			setup:  func(v *regionView) { claimed(v); v.set(false, "eni-1", "i-1") },
			want:   want{Fate: eni.FateOutage, Missing: 2, Asked: 5},
		},
		"Foreign": {
			reason: "If nothing of the cluster is returned, the responses may be of another account or region.",
			setup: func(v *regionView) {
				claimed(v)
				v.set(false, "eni-1", "eni-2", "eni-3", "eni-4", "i-1", "i-2", "i-3", "i-4")
			},
			subnet: "subnet-1", want: want{Fate: eni.FateOutage, Missing: 5, Asked: 5},
		},
		"Only": {
			reason: "The only resource of the cluster has its subnet as the witness.",
			subnet: "subnet-1", want: want{Fate: eni.FateDeleted, Missing: 1, Asked: 1},
		},
		"OnlyElsewhere": {
			reason: "Without its subnet the responses may be of another account or region.",
			subnet: "subnet-9", want: want{Fate: eni.FateUnwitnessed, Missing: 1, Asked: 1},
		},
		"OnlyNoSubnet": {
			reason: "A resource whose subnet is not known has no witness.",
			want:   want{Fate: eni.FateUnwitnessed, Missing: 1, Asked: 1},
		},
		"OnlyCachedSubnet": {
			reason: "A subnet in the cache is no witness: EC2 must return it.",
			setup:  func(v *regionView) { v.set(true, "subnet-9") },
			then: func(ctx context.Context, v *regionView, c *Client) {
				_, _ = c.Subnet(ctx, "subnet-9")
				v.set(false, "subnet-9")
			},
			subnet: "subnet-9", want: want{Fate: eni.FateUnwitnessed, Missing: 1, Asked: 1},
		},
		"Error": {
			reason: "An error of EC2 proves nothing.",
			setup:  claimed,
			then:   func(_ context.Context, v *regionView, _ *Client) { v.fail(errBoom) },
			want:   want{Fate: eni.FateDoubtful, Error: errBoom},
		},
		"ErrorOfWitness": {
			reason: "An error in the call for the subnet decides nothing.",
			subnet: "subnet-1",
			then:   func(_ context.Context, v *regionView, _ *Client) { v.failOf("subnet-id", errBoom) },
			want:   want{Fate: eni.FateDoubtful, Error: errBoom},
		},
		"ErrorOfOnlyNetworkInterface": {
			reason: "A witness does not make up for an error in the call for the resource.",
			subnet: "subnet-1",
			then:   func(_ context.Context, v *regionView, _ *Client) { v.failOf("network-interface-id", errBoom) },
			kind:   KindNetworkInterface, want: want{Fate: eni.FateDoubtful, Error: errBoom},
		},
		"NoClaims": {
			reason: "Where the resources of the cluster cannot be listed nothing is decided.",
			setup:  func(v *regionView) { v.lists = errBoom },
			subnet: "subnet-1", want: want{Fate: eni.FateDoubtful, Error: errBoom},
		},
	}
	for name, tc := range cases {
		for _, kind := range []Kind{KindNetworkInterface, KindInstance} {
			if tc.kind != "" && tc.kind != kind {
				continue
			}
			t.Run(name+string(kind), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					v, c := newRegionView("eni-1", "eni-2", "eni-3", "eni-4", "i-1", "i-2", "i-3", "i-4", "subnet-1")
					if tc.setup != nil {
						tc.setup(v)
					}
					ask := func() {
						_, err := c.NetworkInterfaceFresh(t.Context(), "eni-9")
						_, ierr := c.InstanceFresh(t.Context(), "i-9")
						if err != nil || ierr != nil {
							t.Fatal(err, ierr)
						}
					}
					ask()
					time.Sleep(max(tc.apart, 0))
					if tc.apart == 0 {
						time.Sleep(61 * time.Second)
					}
					ask()
					if tc.then != nil {
						tc.then(t.Context(), v, c)
					}
					var a Absence
					var err error
					if kind == KindInstance {
						a, err = c.FateOfInstance(t.Context(), "i-9", tc.subnet)
					} else {
						a, err = c.FateOfNetworkInterface(t.Context(), "eni-9", tc.subnet)
					}
					got := want{Fate: a.Fate, Missing: a.Missing, Asked: a.Asked, Error: err}
					if diff := cmp.Diff(tc.want, got, cmpopts.EquateErrors()); diff != "" {
						t.Errorf("\n%s\nFateOf%s(...): -want, +got:\n%s", tc.reason, kind, diff)
					}
					time.Sleep(batchTimeout)
				})
			})
		}
	}
}

// TestClusterIsWitness has the only claimed ENI be missing, whose subnet is not known.
func TestClusterIsWitness(t *testing.T) {
	cases := map[string]struct {
		reason string
		others bool // EC2 returns another ENI with the cluster's tag
		want   eni.Fate
	}{
		"Others": {reason: "Another ENI of the cluster is a witness, though no object claims it.", others: true, want: eni.FateDeleted},
		"None":   {reason: "If EC2 returns nothing of the cluster, the responses may be of another account or region.", want: eni.FateUnwitnessed},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v, _ := newRegionView()
				v.set(tc.others, clusterTags.Cluster) // the value of the tag stands for an ENI that has it
				c := NewClient(v, "us-east-1", WithSnapshot(clusterTags, time.Minute))
				for range 2 {
					if _, err := c.NetworkInterfaceFresh(t.Context(), "eni-9"); err != nil {
						t.Fatal(err)
					}
					time.Sleep(61 * time.Second)
				}
				a, err := c.FateOfNetworkInterface(t.Context(), "eni-9", "")
				if diff := cmp.Diff(tc.want, a.Fate); err != nil || diff != "" {
					t.Errorf("\n%s\nFateOfNetworkInterface(...): %v, -want, +got:\n%s", tc.reason, err, diff)
				}
				time.Sleep(batchTimeout)
			})
		})
	}
}

// TestFateOfReturned has resources missing, then returned, then missing again.
func TestFateOfReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, c := newRegionView("eni-1", "i-1")
		v.claims[KindNetworkInterface], v.claims[KindInstance] = []string{"eni-1"}, []string{"i-1"}
		for i := range 3 {
			v.set(i == 1, "eni-9", "i-9")
			if _, err := c.NetworkInterfaceFresh(t.Context(), "eni-9"); err != nil {
				t.Fatal(err)
			}
			if _, err := c.InstanceFresh(t.Context(), "i-9"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(40 * time.Second)
		}
		n, err := c.FateOfNetworkInterface(t.Context(), "eni-9", "")
		i, ierr := c.FateOfInstance(t.Context(), "i-9", "")
		if err != nil || ierr != nil || n.Fate != eni.FateDoubtful || i.Fate != eni.FateDoubtful {
			t.Errorf("\nA resource that was returned in between is missing for the first time.\nFate: %s, %s, errors: %v, %v", n.Fate, i.Fate, err, ierr)
		}
		n, err = c.FateOfNetworkInterface(t.Context(), "eni-8", "")
		if err != nil || n.Fate != eni.FateDoubtful {
			t.Errorf("\nA resource that was never described is in doubt.\nFate: %s, error: %v", n.Fate, err)
		}
		time.Sleep(batchTimeout)
	})
}

// TestOutageIsRemembered has the view of EC2 return some resources again, and not
// yet others, in the middle of an outage.
func TestOutageIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, c := newRegionView()
		v.claims[KindNetworkInterface] = []string{"eni-1", "eni-2", "eni-3", "eni-4", "eni-9"}
		for range 2 {
			for _, id := range []string{"eni-1", "eni-9"} {
				if _, err := c.NetworkInterfaceFresh(t.Context(), id); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(61 * time.Second)
		}
		fate := func(id string) Absence {
			t.Helper()
			a, err := c.FateOfNetworkInterface(t.Context(), id, "")
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		if a := fate("eni-1"); a.Fate != eni.FateOutage || a.RequeueAfter != timings.Default().OutageTTL {
			t.Fatalf("\nAll are missing.\nFate: %s, again after %s", a.Fate, a.RequeueAfter)
		}
		v.set(true, "eni-1", "eni-2", "eni-3", "eni-4")
		v.answered()
		if a := fate("eni-9"); a.Fate != eni.FateOutage || a.Missing != 5 || a.Asked != 5 || v.answered() != 0 {
			t.Errorf("\nFor half a minute an outage holds for every resource, without a call.\nFate: %s, %d of %d missing", a.Fate, a.Missing, a.Asked)
		}
		time.Sleep(timings.Default().OutageTTL)
		if a := fate("eni-9"); a.Fate != eni.FateDeleted || v.answered() != 1 {
			t.Errorf("\nThen EC2 is called again.\nFate: %s", a.Fate)
		}
		time.Sleep(batchTimeout)
	})
}
