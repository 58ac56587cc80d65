// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/timings"
)

// TestIdentities has reconciles get the account of credentials.
func TestIdentities(t *testing.T) {
	errBoom := errors.New("boom")
	type question struct {
		after         time.Duration // since the first one
		endpoint, key string
		gives         error         // the error of STS
		cancel        time.Duration // after which the caller is cancelled; 0: never
	}
	type answer struct {
		Account string
		Error   error
	}
	cases := map[string]struct {
		reason string
		ask    []question
		want   []answer
		calls  int
	}{
		"OncePerKey": {
			reason: "One call serves an access key for as long as it is used.",
			ask:    []question{{key: "A"}, {after: time.Minute, key: "A"}, {after: 24 * time.Hour, key: "A"}},
			want:   []answer{{Account: "of A"}, {Account: "of A"}, {Account: "of A"}}, calls: 1,
		},
		"Together": {
			reason: "Concurrent callers share a call.",
			ask:    []question{{key: "A"}, {key: "A"}, {after: 500 * time.Millisecond, key: "A"}},
			want:   []answer{{Account: "of A"}, {Account: "of A"}, {Account: "of A"}}, calls: 1,
		},
		"OtherKey": {
			reason: "Another access key may be of another account.",
			ask:    []question{{key: "A"}, {after: time.Minute, key: "B"}},
			want:   []answer{{Account: "of A"}, {Account: "of B"}}, calls: 2,
		},
		"OtherEndpoint": {
			reason: "The result of one endpoint is not used for another.",
			ask:    []question{{key: "A"}, {after: time.Minute, key: "A", endpoint: "http://test"}},
			want:   []answer{{Account: "of A"}, {Account: "of A at http://test"}}, calls: 2,
		},
		"OtherEndpointTogether": {
			reason: "Concurrent calls to two endpoints are not shared.",
			ask:    []question{{key: "A"}, {key: "A", endpoint: "http://test"}},
			want:   []answer{{Account: "of A"}, {Account: "of A at http://test"}}, calls: 2,
		},
		"Failed": {
			reason: "A failure is not repeated for 2 seconds, then for 4.",
			ask: []question{
				{key: "A", gives: errBoom},
				{after: 2 * time.Second, key: "A"},
				{after: 4 * time.Second, key: "A", gives: errBoom},
				{after: 8 * time.Second, key: "A"},
			},
			want: []answer{{Error: errBoom}, {Error: errBoom}, {Error: errBoom}, {Error: errBoom}}, calls: 2,
		},
		"Recovered": {
			reason: "A failure is forgotten when the next call succeeds.",
			ask:    []question{{key: "A", gives: errBoom}, {after: 17 * time.Second, key: "A"}, {after: time.Hour, key: "A", gives: errBoom}},
			want:   []answer{{Error: errBoom}, {Account: "of A"}, {Account: "of A"}}, calls: 2,
		},
		"Cancelled": {
			reason: "A cancelled caller does not cancel the call for others.",
			ask:    []question{{key: "A", cancel: 500 * time.Millisecond}, {after: 600 * time.Millisecond, key: "A"}, {after: time.Minute, key: "A"}},
			want:   []answer{{Error: context.DeadlineExceeded}, {Account: "of A"}, {Account: "of A"}}, calls: 1,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ids := newIdentityCache(timings.Default())
				calls := 0
				got := make([]answer, len(tc.ask))
				var mu sync.Mutex
				var wg sync.WaitGroup
				for i, q := range tc.ask {
					wg.Go(func() {
						time.Sleep(q.after)
						ctx := t.Context()
						if q.cancel > 0 {
							var cancel context.CancelFunc
							ctx, cancel = context.WithTimeout(ctx, q.cancel)
							defer cancel()
						}
						account, err := ids.of(ctx, q.endpoint, credentials.NewStaticCredentialsProvider(q.key, "secret", ""), func(ctx context.Context) (string, error) {
							mu.Lock()
							calls++
							mu.Unlock()
							if err := sleep(ctx, time.Second); err != nil {
								return "", err
							}
							if q.gives != nil {
								return "", q.gives
							}
							if q.endpoint != "" {
								return "of " + q.key + " at " + q.endpoint, nil
							}
							return "of " + q.key, nil
						})
						got[i] = answer{Account: account, Error: err}
					})
				}
				wg.Wait()
				if diff := cmp.Diff(tc.want, got, cmpopts.EquateErrors()); diff != "" {
					t.Errorf("\n%s\nof(...): -want, +got:\n%s", tc.reason, diff)
				}
				if diff := cmp.Diff(tc.calls, calls); diff != "" {
					t.Errorf("\n%s\ncalls of STS: -want, +got:\n%s", tc.reason, diff)
				}
			})
		})
	}
}

func TestPlace(t *testing.T) {
	errBoom := errors.New("boom")
	ofCluster := func(cluster, owner string) ec2types.NetworkInterface {
		return ec2types.NetworkInterface{NetworkInterfaceId: new("eni-" + owner), OwnerId: &owner, TagSet: []ec2types.Tag{{Key: new("cluster"), Value: &cluster}}}
	}
	type want struct {
		Place Place
		Error error
	}
	cases := map[string]struct {
		reason   string
		identify identifier
		seen     []ec2types.NetworkInterface
		want     want
	}{
		"STS": {
			reason:   "STS names the account, whatever EC2 returned.",
			identify: func(context.Context) (string, error) { return "111111111111", nil },
			seen:     []ec2types.NetworkInterface{ofCluster("c", "222222222222")},
			want:     want{Place: Place{AccountID: "111111111111", Region: "us-east-1"}},
		},
		"OwnENI": {
			reason:   "Where STS does not answer, the owner of this cluster's ENIs does.",
			identify: func(context.Context) (string, error) { return "", errBoom },
			seen:     []ec2types.NetworkInterface{ofCluster("c", "222222222222")},
			want:     want{Place: Place{AccountID: "222222222222", Region: "us-east-1"}},
		},
		"OtherENI": {
			reason:   "An ENI of another cluster may be of another account: a VPC can be shared.",
			identify: func(context.Context) (string, error) { return "", errBoom },
			seen:     []ec2types.NetworkInterface{ofCluster("d", "222222222222")},
			want:     want{Place: Place{Region: "us-east-1"}, Error: errBoom},
		},
		"Nothing": {
			reason: "Where nothing names the account it is not known.",
			want:   want{Place: Place{Region: "us-east-1"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := NewClient(nil, "us-east-1", WithSnapshot(clusterTags, time.Minute))
			c.caller.identify = tc.identify
			for i := range tc.seen {
				c.enis.store(&tc.seen[i], time.Now())
			}
			p, err := c.Place(t.Context())
			if diff := cmp.Diff(tc.want, want{Place: p, Error: err}, cmpopts.EquateErrors()); diff != "" {
				t.Errorf("\n%s\nPlace(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestPlaceUnknown gets the place after the last ENI of the cluster is deleted.
func TestPlaceUnknown(t *testing.T) {
	errBoom := errors.New("boom")
	type want struct {
		Place Place
		Error error
	}
	cases := map[string]struct {
		reason string
		before string // account of the credentials with which the ENI was described
		now    string
		kept   bool // the ENI is still cached
		want   want
	}{
		"Same":  {reason: "A proven account stays proven without the ENI.", before: "a", now: "a", want: want{Place: Place{AccountID: "222222222222", Region: "us-east-1"}}},
		"Other": {reason: "It does not prove the account of other credentials.", before: "a", now: "b", want: want{Place: Place{Region: "us-east-1"}, Error: errBoom}},
		"OtherKept": {
			reason: "A cached ENI from before a change of credentials proves nothing.", before: "222222222222", now: "333333333333", kept: true,
			want: want{Place: Place{Region: "us-east-1"}, Error: errBoom},
		},
		"Rotated": {
			reason: "Access keys in another format may belong to the same account.", before: "AKIA1", now: "AKIA2", kept: true,
			want: want{Place: Place{AccountID: "222222222222", Region: "us-east-1"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := NewClient(nil, "us-east-1", WithSnapshot(clusterTags, time.Minute))
			account := tc.before
			c.caller.identify = func(context.Context) (string, error) { return "", errBoom }
			c.caller.account = func(context.Context) (string, error) { return account, nil }
			last := &ec2types.NetworkInterface{NetworkInterfaceId: new("eni-1"), OwnerId: new("222222222222"), TagSet: []ec2types.Tag{{Key: new("cluster"), Value: new("c")}}}
			c.enis.store(last, time.Now())
			if p, err := c.Place(t.Context()); err != nil || p.AccountID != "222222222222" {
				t.Fatalf("Place(...): %v, %v", p, err)
			}
			if !tc.kept {
				c.enis.remove("eni-1", time.Now())
			}
			account = tc.now
			p, err := c.Place(t.Context())
			if diff := cmp.Diff(tc.want, want{Place: p, Error: err}, cmpopts.EquateErrors()); diff != "" {
				t.Errorf("\n%s\nPlace(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
