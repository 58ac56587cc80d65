// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// fakeENIs is a fake of EC2's ENIs on the clock of a synctest bubble.
type fakeENIs struct {
	API // nil: other actions panic

	mu    sync.Mutex
	enis  map[string]ec2types.NetworkInterface
	calls []describeCall
	takes time.Duration             // duration of a call, which returns the state at its start
	more  func(n int) time.Duration // additional duration of the n-th call
	fails func(n int) error         // error of the n-th call, from 1
	hides func(n int, id string) bool
	page  int // page size of a listing, 0 for unlimited
}

// A describeCall is the filter of one call.
type describeCall struct {
	filter string
	values int
}

var (
	clusterTags = OwnershipTags{ClusterTag: "cluster", Cluster: "c", OwnerTag: "owner"}
	full        = describeCall{filter: "tag:cluster", values: 1}
)

func byIDs(n int) describeCall { return describeCall{filter: "network-interface-id", values: n} }

// newFakeENIs returns a fake of EC2 with n idle ENIs, eni-000 and so on.
func newFakeENIs(n int) (*fakeENIs, *Client) {
	l := &fakeENIs{enis: map[string]ec2types.NetworkInterface{}, fails: func(int) error { return nil }, hides: func(int, string) bool { return false }, more: func(int) time.Duration { return 0 }}
	for i := range n {
		id := idOf(i)
		l.enis[id] = ec2types.NetworkInterface{
			NetworkInterfaceId: &id, Description: new("before"), Status: ec2types.NetworkInterfaceStatusAvailable,
			TagSet: []ec2types.Tag{{Key: new("cluster"), Value: new("c")}, {Key: new("owner"), Value: new("uid-" + id)}},
		}
	}
	return l, NewClient(l, "us-east-1", WithSnapshot(clusterTags, time.Minute))
}

func idOf(i int) string { return fmt.Sprintf("eni-%03d", i) }

func (l *fakeENIs) DescribeNetworkInterfaces(ctx context.Context, in *awsec2.DescribeNetworkInterfacesInput, _ ...func(*awsec2.Options)) (*awsec2.DescribeNetworkInterfacesOutput, error) {
	l.mu.Lock()
	f := in.Filters[0]
	l.calls = append(l.calls, describeCall{filter: *f.Name, values: len(f.Values)})
	n := len(l.calls)
	err := l.fails(n)
	out := &awsec2.DescribeNetworkInterfacesOutput{}
	for id, e := range l.enis {
		shown := slices.Contains(f.Values, id) || *f.Name == full.filter
		if *f.Name == "tag:owner" {
			shown = slices.Contains(f.Values, eniview.Tags(e.TagSet)["owner"])
		}
		if shown && !l.hides(n, id) {
			out.NetworkInterfaces = append(out.NetworkInterfaces, e)
		}
	}
	if l.page > 0 && *f.Name == full.filter {
		l.paginate(in, out)
	}
	l.mu.Unlock()
	if serr := sleep(ctx, l.takes+l.more(n)); serr != nil {
		return nil, serr
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// paginate reduces a response to one page.
func (l *fakeENIs) paginate(in *awsec2.DescribeNetworkInterfacesInput, out *awsec2.DescribeNetworkInterfacesOutput) {
	slices.SortFunc(out.NetworkInterfaces, func(a, b ec2types.NetworkInterface) int { return strings.Compare(eniID(&a), eniID(&b)) })
	from, _ := strconv.Atoi(ptr.Deref(in.NextToken, "0"))
	to := min(from+l.page, len(out.NetworkInterfaces))
	if to < len(out.NetworkInterfaces) {
		out.NextToken = new(strconv.Itoa(to))
	}
	out.NetworkInterfaces = out.NetworkInterfaces[from:to]
}

func (l *fakeENIs) ModifyNetworkInterfaceAttribute(_ context.Context, in *awsec2.ModifyNetworkInterfaceAttributeInput, _ ...func(*awsec2.Options)) (*awsec2.ModifyNetworkInterfaceAttributeOutput, error) {
	l.set(*in.NetworkInterfaceId, func(e *ec2types.NetworkInterface) { e.Description = in.Description.Value })
	return &awsec2.ModifyNetworkInterfaceAttributeOutput{}, nil
}

func (l *fakeENIs) DeleteNetworkInterface(_ context.Context, in *awsec2.DeleteNetworkInterfaceInput, _ ...func(*awsec2.Options)) (*awsec2.DeleteNetworkInterfaceOutput, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.enis, *in.NetworkInterfaceId)
	return &awsec2.DeleteNetworkInterfaceOutput{}, nil
}

func (l *fakeENIs) set(id string, fn func(e *ec2types.NetworkInterface)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.enis[id]
	fn(&e)
	l.enis[id] = e
}

// taken returns the calls since it was last called.
func (l *fakeENIs) taken() []describeCall {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.calls
	l.calls = nil
	return out
}

func modify(ctx context.Context, c *Client, id, description string) error {
	_, err := c.Mutate(permit(eni.ActionModify, id)).ModifyNetworkInterfaceAttribute(ctx, &awsec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: &id, Description: &ec2types.AttributeValue{Value: &description}})
	return err
}

// observed is the result of a get.
type observed struct {
	Description string // "" if there is no such ENI
	Err         error
}

// observeAll gets the ENIs concurrently and returns the results by id.
func observeAll(ctx context.Context, c *Client, ids ...string) map[string]observed {
	var mu sync.Mutex
	var wg sync.WaitGroup
	out := map[string]observed{}
	for _, id := range ids {
		wg.Go(func() {
			e, err := c.NetworkInterface(ctx, id)
			s := observed{Err: err}
			if e != nil {
				s.Description = ptr.Deref(e.Description, "")
			}
			mu.Lock()
			defer mu.Unlock()
			out[id] = s
		})
	}
	wg.Wait()
	return out
}

func all(n int) []string {
	var ids []string
	for i := range n {
		ids = append(ids, idOf(i))
	}
	return ids
}

// observedBy returns the same result for all ids.
func observedBy(s observed, ids ...string) map[string]observed {
	out := map[string]observed{}
	for _, id := range ids {
		out[id] = s
	}
	return out
}

func TestNetworkInterfaceIsShared(t *testing.T) {
	errBoom := errors.New("boom")
	before, after := observed{Description: "before"}, observed{Description: "after"}
	cases := map[string]struct {
		reason string
		enis   int
		setup  func(l *fakeENIs)
		// first runs before; its calls are not compared.
		first func(ctx context.Context, l *fakeENIs, c *Client)
		ask   []string
		want  map[string]observed
		calls []describeCall
	}{
		"AllAtOnce": {
			reason: "Idle ENIs are served from one listing.",
			enis:   300, ask: all(300), want: observedBy(before, all(300)...), calls: []describeCall{full},
		},
		"SlowListing": {
			reason: "Concurrent gets share a listing.",
			enis:   100, setup: func(l *fakeENIs) { l.takes = 2 * time.Second },
			first: func(ctx context.Context, l *fakeENIs, c *Client) {
				go func() { _, _ = c.NetworkInterface(ctx, idOf(0)) }()
				time.Sleep(time.Second)
				l.taken()
			},
			ask: all(100), want: observedBy(before, all(100)...), calls: nil,
		},
		"Fresh": {
			reason: "A listing is valid for a minute.",
			enis:   10, first: func(ctx context.Context, _ *fakeENIs, c *Client) {
				observeAll(ctx, c, idOf(0))
				time.Sleep(59 * time.Second)
			},
			ask: all(10), want: observedBy(before, all(10)...), calls: nil,
		},
		"Stale": {
			reason: "After a minute one listing refreshes all ENIs.",
			enis:   10, first: func(ctx context.Context, _ *fakeENIs, c *Client) {
				observeAll(ctx, c, idOf(0))
				time.Sleep(61 * time.Second)
			},
			ask: all(10), want: observedBy(before, all(10)...), calls: []describeCall{full},
		},
		"Changed": {
			reason: "An ENI that this client has changed is described by its id, and no description predates the change.",
			enis:   3, first: func(ctx context.Context, _ *fakeENIs, c *Client) {
				observeAll(ctx, c, all(3)...)
				_ = modify(ctx, c, idOf(1), "after")
			},
			ask: all(3), want: map[string]observed{idOf(0): before, idOf(1): after, idOf(2): before}, calls: []describeCall{byIDs(1)},
		},
		"ChangedDuringListing": {
			reason: "A listing that began before the change is not served.",
			enis:   2, setup: func(l *fakeENIs) { l.takes = 2 * time.Second },
			first: func(ctx context.Context, l *fakeENIs, c *Client) {
				go func() { _, _ = c.NetworkInterface(ctx, idOf(0)) }()
				time.Sleep(time.Second)
				_ = modify(ctx, c, idOf(1), "after")
				time.Sleep(1500 * time.Millisecond)
				l.taken()
			},
			ask: all(2), want: map[string]observed{idOf(0): before, idOf(1): after}, calls: []describeCall{byIDs(1)},
		},
		"ChangedLongAgo": {
			reason: "A listing after a change is served once half a minute has passed.",
			enis:   2, first: func(ctx context.Context, _ *fakeENIs, c *Client) {
				observeAll(ctx, c, all(2)...)
				_ = modify(ctx, c, idOf(1), "after")
				time.Sleep(61 * time.Second)
				observeAll(ctx, c, idOf(0))
			},
			ask: all(2), want: map[string]observed{idOf(0): before, idOf(1): after}, calls: nil,
		},
		"InTransition": {
			reason: "An ENI in transition is described at each get.",
			enis:   2, setup: func(l *fakeENIs) {
				l.set(idOf(1), func(e *ec2types.NetworkInterface) {
					e.Attachment = &ec2types.NetworkInterfaceAttachment{AttachmentId: new("eni-attach-1"), Status: ec2types.AttachmentStatusAttaching}
				})
			},
			first: func(ctx context.Context, _ *fakeENIs, c *Client) {
				observeAll(ctx, c, all(2)...)
				time.Sleep(time.Second)
			},
			ask: all(2), want: observedBy(before, all(2)...), calls: []describeCall{byIDs(1)},
		},
		"OneBadID": {
			reason: "An id that does not exist affects no other id of its batch, and needs one more call.",
			enis:   9, first: func(ctx context.Context, _ *fakeENIs, c *Client) {
				observeAll(ctx, c, all(9)...)
				for _, id := range all(9) {
					_ = modify(ctx, c, id, "after")
				}
			},
			ask:   append(all(9), "eni-bad"),
			want:  func() map[string]observed { m := observedBy(after, all(9)...); m["eni-bad"] = observed{}; return m }(),
			calls: []describeCall{byIDs(10), byIDs(1)},
		},
		"MoreThanAFilterTakes": {
			reason: "A filter has at most 200 values.",
			enis:   250, first: func(ctx context.Context, _ *fakeENIs, c *Client) {
				observeAll(ctx, c, all(250)...)
				for _, id := range all(250) {
					_ = modify(ctx, c, id, "after")
				}
			},
			ask: all(250), want: observedBy(after, all(250)...), calls: []describeCall{byIDs(200), byIDs(50)},
		},
		"MissingInOneCall": {
			reason: "One listing and one call by id do not prove that an ENI does not exist.",
			enis:   1, setup: func(l *fakeENIs) { l.hides = func(n int, _ string) bool { return n <= 2 } },
			ask: all(1), want: observedBy(before, all(1)...), calls: []describeCall{full, byIDs(1), byIDs(1)},
		},
		"MissingInTwoCalls": {
			reason: "An ENI does not exist if two calls by its id do not return it.",
			ask:    []string{"eni-bad"}, want: observedBy(observed{}, "eni-bad"), calls: []describeCall{full, byIDs(1), byIDs(1)},
		},
		"Deleted": {
			reason: "An ENI that this client has deleted is not served from the cache.",
			enis:   2, first: func(ctx context.Context, _ *fakeENIs, c *Client) {
				observeAll(ctx, c, all(2)...)
				_, _ = c.Mutate(permit(eni.ActionDelete, idOf(1))).DeleteNetworkInterface(ctx, &awsec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: new(idOf(1))})
			},
			ask: all(2), want: map[string]observed{idOf(0): before, idOf(1): {}}, calls: []describeCall{byIDs(1), byIDs(1)},
		},
		"DeletedByOthers": {
			reason: "An ENI that a listing no longer returns is described by its id before it counts as deleted.",
			enis:   2, first: func(ctx context.Context, l *fakeENIs, c *Client) {
				observeAll(ctx, c, all(2)...)
				l.mu.Lock()
				delete(l.enis, idOf(1))
				l.mu.Unlock()
				time.Sleep(61 * time.Second)
			},
			ask: all(2), want: map[string]observed{idOf(0): before, idOf(1): {}}, calls: []describeCall{full, byIDs(1), byIDs(1)},
		},
		"Failing": {
			reason: "Gets that share a listing share its error.",
			enis:   5, setup: func(l *fakeENIs) {
				l.takes = time.Second
				l.fails = func(int) error { return errBoom }
			},
			ask: all(5), want: observedBy(observed{Err: errBoom}, all(5)...), calls: []describeCall{full},
		},
		"FailedBefore": {
			reason: "An error is not cached.",
			enis:   5, setup: func(l *fakeENIs) {
				l.takes = time.Second
				l.fails = func(int) error { return errBoom }
			},
			first: func(ctx context.Context, l *fakeENIs, c *Client) {
				observeAll(ctx, c, all(5)...)
				l.fails = func(int) error { return nil }
			},
			ask: all(5), want: observedBy(before, all(5)...), calls: []describeCall{full},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, c := newFakeENIs(tc.enis)
				if tc.setup != nil {
					tc.setup(l)
				}
				if tc.first != nil {
					tc.first(t.Context(), l, c)
					l.taken()
				}
				got := observeAll(t.Context(), c, tc.ask...)
				if diff := cmp.Diff(tc.want, got, cmpopts.EquateErrors()); diff != "" {
					t.Errorf("\n%s\nNetworkInterface(...): -want, +got:\n%s", tc.reason, diff)
				}
				if diff := cmp.Diff(tc.calls, l.taken(), cmp.AllowUnexported(describeCall{}), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("\n%s\ncalls: -want, +got:\n%s", tc.reason, diff)
				}
				time.Sleep(batchTimeout) // calls outlive their callers
			})
		})
	}
}

// TestSlowDescribe has EC2 respond slowly.
func TestSlowDescribe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, c := newFakeENIs(1)
		l.takes = 10 * time.Second
		began := time.Now()
		_, err := c.NetworkInterface(t.Context(), idOf(0))
		var limited *throttle.RateLimitError
		if !errors.As(err, &limited) || time.Since(began) != batchMaxWait {
			t.Errorf("\nA caller is requeued after five seconds.\nNetworkInterface(...): %v after %s", err, time.Since(began))
		}
		time.Sleep(10 * time.Second)
		l.taken()
		if n, err := c.NetworkInterface(t.Context(), idOf(0)); err != nil || n == nil || len(l.taken()) > 0 {
			t.Errorf("\nA retry gets the result of the call that continued.\nNetworkInterface(...): %v, %v", n, err)
		}
		time.Sleep(batchTimeout)
	})
}

// TestRefreshOutlivesCaller cancels the caller that started a listing.
func TestRefreshOutlivesCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, c := newFakeENIs(2)
		l.takes = 2 * time.Second
		ctx, cancel := context.WithCancel(t.Context())
		cancelled := make(chan error, 1)
		go func() {
			_, err := c.NetworkInterface(ctx, idOf(0))
			cancelled <- err
		}()
		time.Sleep(time.Second)
		cancel()
		if err := <-cancelled; !errors.Is(err, context.Canceled) {
			t.Errorf("\nA cancelled caller returns at once.\nNetworkInterface(...): %v", err)
		}
		if n, err := c.NetworkInterface(t.Context(), idOf(1)); err != nil || n == nil {
			t.Errorf("\nThe listing continues for other callers.\nNetworkInterface(...): %v, %v", n, err)
		}
		if diff := cmp.Diff([]describeCall{full}, l.taken(), cmp.AllowUnexported(describeCall{})); diff != "" {
			t.Errorf("\nThe listing continues for other callers.\ncalls: -want, +got:\n%s", diff)
		}
		time.Sleep(batchTimeout)
	})
}

// TestNetworkInterfaceOwnedBy gets ENIs by their owner tag.
func TestNetworkInterfaceOwnedBy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, c := newFakeENIs(1)
		for range 2 {
			if n, err := c.NetworkInterfaceOwnedBy(t.Context(), "uid-none"); err != nil || n != nil {
				t.Errorf("\nAn object without an ENI has none.\nNetworkInterfaceOwnedBy(...): %v, %v", n, err)
			}
		}
		owner := describeCall{filter: "tag:owner", values: 1}
		if diff := cmp.Diff([]describeCall{owner, owner}, l.taken(), cmp.AllowUnexported(describeCall{})); diff != "" {
			t.Errorf("\nAbsence is never served from the cache: the caller would create a second ENI.\ncalls: -want, +got:\n%s", diff)
		}
		for range 2 {
			n, err := c.NetworkInterfaceOwnedBy(t.Context(), "uid-"+idOf(0))
			if err != nil || n == nil || *n.NetworkInterfaceId != idOf(0) {
				t.Errorf("\nAn ENI is found by its owner tag.\nNetworkInterfaceOwnedBy(...): %v, %v", n, err)
			}
		}
		if diff := cmp.Diff([]describeCall{owner}, l.taken(), cmp.AllowUnexported(describeCall{})); diff != "" {
			t.Errorf("\nAn ENI that was found is served from the cache.\ncalls: -want, +got:\n%s", diff)
		}
		time.Sleep(batchTimeout)
	})
}

// TestNetworkInterfaceOfAnotherOwner changes the owner of a cached ENI.
func TestNetworkInterfaceOfAnotherOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, c := newFakeENIs(1)
		get := func() {
			t.Helper()
			if n, err := c.NetworkInterface(t.Context(), "eni-000"); n == nil || err != nil {
				t.Fatalf("NetworkInterface(...): %v, %v", n, err)
			}
		}
		get()
		l.set("eni-000", func(e *ec2types.NetworkInterface) {
			e.TagSet = []ec2types.Tag{{Key: new("cluster"), Value: new("c")}, {Key: new("owner"), Value: new("uid-other")}}
		})
		time.Sleep(2 * time.Minute)
		get()
		got := map[string]string{}
		for _, uid := range []string{"uid-eni-000", "uid-other"} {
			n, err := c.NetworkInterfaceOwnedBy(t.Context(), uid)
			if err != nil {
				t.Fatal(err)
			}
			if n != nil {
				got[uid] = eniID(n)
			}
		}
		if diff := cmp.Diff(map[string]string{"uid-other": "eni-000"}, got); diff != "" {
			t.Errorf("\nAn ENI belongs to the object in its owner tag.\nNetworkInterfaceOwnedBy(...): -want, +got:\n%s", diff)
		}
	})
}
