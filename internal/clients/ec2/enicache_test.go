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

// fakeENIs is EC2 as far as looks at ENIs go, on the clock of a bubble.
type fakeENIs struct {
	API // nil: what is not implemented panics

	mu    sync.Mutex
	enis  map[string]ec2types.NetworkInterface
	calls []describeCall
	takes time.Duration             // what a look takes; it shows what was at its beginning
	more  func(n int) time.Duration // what the n-th takes beyond that
	fails func(n int) error         // the n-th look, from 1
	hides func(n int, id string) bool
	page  int // ENIs on a page of a full look, 0 for all
}

// A describeCall is one call: what was asked for.
type describeCall struct {
	filter string
	values int
}

var (
	clusterMarks = OwnershipTags{ClusterTag: "cluster", Cluster: "c", OwnerTag: "owner"}
	full         = describeCall{filter: "tag:cluster", values: 1}
)

func byIDs(n int) describeCall { return describeCall{filter: "network-interface-id", values: n} }

// newFakeENIs returns EC2 with so many ENIs at rest, eni-000 and so on.
func newFakeENIs(n int) (*fakeENIs, *Client) {
	l := &fakeENIs{enis: map[string]ec2types.NetworkInterface{}, fails: func(int) error { return nil }, hides: func(int, string) bool { return false }, more: func(int) time.Duration { return 0 }}
	for i := range n {
		id := idOf(i)
		l.enis[id] = ec2types.NetworkInterface{
			NetworkInterfaceId: &id, Description: new("before"), Status: ec2types.NetworkInterfaceStatusAvailable,
			TagSet: []ec2types.Tag{{Key: new("cluster"), Value: new("c")}, {Key: new("owner"), Value: new("uid-" + id)}},
		}
	}
	return l, NewClient(l, "us-east-1", WithSnapshot(clusterMarks, time.Minute))
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

// paginate leaves one page of an answer.
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

// taken returns the looks since it was last called.
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

// An answer that somebody got who asked about an ENI.
type observed struct {
	Description string // "" if there is no such ENI
	Err         error
}

// observeAll asks about the ENIs, all at once, and returns the answers by id.
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

// observedBy is the answer that all of them get.
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
		// first is done before, and its looks do not count.
		first func(ctx context.Context, l *fakeENIs, c *Client)
		ask   []string
		want  map[string]observed
		calls []describeCall
	}{
		"AllAtOnce": {
			reason: "Questions about ENIs at rest are answered by one look at all.",
			enis:   300, ask: all(300), want: observedBy(before, all(300)...), calls: []describeCall{full},
		},
		"SlowLook": {
			reason: "Those who ask while a look is under way share it.",
			enis:   100, setup: func(l *fakeENIs) { l.takes = 2 * time.Second },
			first: func(ctx context.Context, l *fakeENIs, c *Client) {
				go func() { _, _ = c.NetworkInterface(ctx, idOf(0)) }()
				time.Sleep(time.Second)
				l.taken()
			},
			ask: all(100), want: observedBy(before, all(100)...), calls: nil,
		},
		"Fresh": {
			reason: "A look answers for a minute.",
			enis:   10, first: func(ctx context.Context, _ *fakeENIs, c *Client) {
				observeAll(ctx, c, idOf(0))
				time.Sleep(59 * time.Second)
			},
			ask: all(10), want: observedBy(before, all(10)...), calls: nil,
		},
		"Stale": {
			reason: "After a minute all are looked at again, once.",
			enis:   10, first: func(ctx context.Context, _ *fakeENIs, c *Client) {
				observeAll(ctx, c, idOf(0))
				time.Sleep(61 * time.Second)
			},
			ask: all(10), want: observedBy(before, all(10)...), calls: []describeCall{full},
		},
		"Changed": {
			reason: "An ENI that we have changed is looked at by itself, and no answer is older than the change.",
			enis:   3, first: func(ctx context.Context, _ *fakeENIs, c *Client) {
				observeAll(ctx, c, all(3)...)
				_ = modify(ctx, c, idOf(1), "after")
			},
			ask: all(3), want: map[string]observed{idOf(0): before, idOf(1): after, idOf(2): before}, calls: []describeCall{byIDs(1)},
		},
		"ChangedDuringLook": {
			reason: "A look that began before our change does not answer for it.",
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
			reason: "A look at all from after a change answers for it, once half a minute has passed.",
			enis:   2, first: func(ctx context.Context, _ *fakeENIs, c *Client) {
				observeAll(ctx, c, all(2)...)
				_ = modify(ctx, c, idOf(1), "after")
				time.Sleep(61 * time.Second)
				observeAll(ctx, c, idOf(0))
			},
			ask: all(2), want: map[string]observed{idOf(0): before, idOf(1): after}, calls: nil,
		},
		"InTransit": {
			reason: "An ENI on its way between two states is looked at each time.",
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
			reason: "An id that does not exist hides no other of its batch, and costs one look more.",
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
			reason: "EC2 takes 200 values in a filter.",
			enis:   250, first: func(ctx context.Context, _ *fakeENIs, c *Client) {
				observeAll(ctx, c, all(250)...)
				for _, id := range all(250) {
					_ = modify(ctx, c, id, "after")
				}
			},
			ask: all(250), want: observedBy(after, all(250)...), calls: []describeCall{byIDs(200), byIDs(50)},
		},
		"NotShownByOneLook": {
			reason: "That an ENI is not there is not believed of one look at all, nor of one by its id.",
			enis:   1, setup: func(l *fakeENIs) { l.hides = func(n int, _ string) bool { return n <= 2 } },
			ask: all(1), want: observedBy(before, all(1)...), calls: []describeCall{full, byIDs(1), byIDs(1)},
		},
		"NotShownByTwoLooks": {
			reason: "That an ENI is not there is believed when two looks by its id say so.",
			ask:    []string{"eni-bad"}, want: observedBy(observed{}, "eni-bad"), calls: []describeCall{full, byIDs(1), byIDs(1)},
		},
		"Deleted": {
			reason: "An ENI that we deleted is not answered from memory.",
			enis:   2, first: func(ctx context.Context, _ *fakeENIs, c *Client) {
				observeAll(ctx, c, all(2)...)
				_, _ = c.Mutate(permit(eni.ActionDelete, idOf(1))).DeleteNetworkInterface(ctx, &awsec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: new(idOf(1))})
			},
			ask: all(2), want: map[string]observed{idOf(0): before, idOf(1): {}}, calls: []describeCall{byIDs(1), byIDs(1)},
		},
		"DeletedByOthers": {
			reason: "An ENI that a look at all does not show any more is asked for by its id before it is believed to be gone.",
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
			reason: "All who share a look share its error.",
			enis:   5, setup: func(l *fakeENIs) {
				l.takes = time.Second
				l.fails = func(int) error { return errBoom }
			},
			ask: all(5), want: observedBy(observed{Err: errBoom}, all(5)...), calls: []describeCall{full},
		},
		"FailedBefore": {
			reason: "An error is not remembered.",
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
				time.Sleep(batchTimeout) // looks outlive those who asked
			})
		})
	}
}

// TestSlowDescribe asks when EC2 takes long to answer.
func TestSlowDescribe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, c := newFakeENIs(1)
		l.takes = 10 * time.Second
		began := time.Now()
		_, err := c.NetworkInterface(t.Context(), idOf(0))
		var wait *throttle.RateLimitError
		if !errors.As(err, &wait) || time.Since(began) != batchMaxWait {
			t.Errorf("\nOne who asks is sent away after five seconds, to come back.\nNetworkInterface(...): %v after %s", err, time.Since(began))
		}
		time.Sleep(10 * time.Second)
		l.taken()
		if n, err := c.NetworkInterface(t.Context(), idOf(0)); err != nil || n == nil || len(l.taken()) > 0 {
			t.Errorf("\nWhoever comes back has the answer to the look that went on without him.\nNetworkInterface(...): %v, %v", n, err)
		}
		time.Sleep(batchTimeout)
	})
}

// TestRefreshOutlivesCaller has the first who asks give up.
func TestRefreshOutlivesCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, c := newFakeENIs(2)
		l.takes = 2 * time.Second
		ctx, cancel := context.WithCancel(t.Context())
		gaveUp := make(chan error, 1)
		go func() {
			_, err := c.NetworkInterface(ctx, idOf(0))
			gaveUp <- err
		}()
		time.Sleep(time.Second)
		cancel()
		if err := <-gaveUp; !errors.Is(err, context.Canceled) {
			t.Errorf("\nOne who gives up is not kept waiting.\nNetworkInterface(...): %v", err)
		}
		if n, err := c.NetworkInterface(t.Context(), idOf(1)); err != nil || n == nil {
			t.Errorf("\nThe look goes on for those who share it.\nNetworkInterface(...): %v, %v", n, err)
		}
		if diff := cmp.Diff([]describeCall{full}, l.taken(), cmp.AllowUnexported(describeCall{})); diff != "" {
			t.Errorf("\nThe look goes on for those who share it.\ncalls: -want, +got:\n%s", diff)
		}
		time.Sleep(batchTimeout)
	})
}

// TestNetworkInterfaceOwnedBy asks for ENIs by their mark.
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
			t.Errorf("\nThat there is none is never answered from memory: an ENI would be made a second time.\ncalls: -want, +got:\n%s", diff)
		}
		for range 2 {
			n, err := c.NetworkInterfaceOwnedBy(t.Context(), "uid-"+idOf(0))
			if err != nil || n == nil || *n.NetworkInterfaceId != idOf(0) {
				t.Errorf("\nAn ENI is found by its mark.\nNetworkInterfaceOwnedBy(...): %v, %v", n, err)
			}
		}
		if diff := cmp.Diff([]describeCall{owner}, l.taken(), cmp.AllowUnexported(describeCall{})); diff != "" {
			t.Errorf("\nOne that was found is answered from memory.\ncalls: -want, +got:\n%s", diff)
		}
		time.Sleep(batchTimeout)
	})
}

// An ENI that is made another object's is the first one's no more, whatever was
// remembered.
func TestNetworkInterfaceOfAnotherOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, c := newFakeENIs(1)
		look := func() {
			t.Helper()
			if n, err := c.NetworkInterface(t.Context(), "eni-000"); n == nil || err != nil {
				t.Fatalf("NetworkInterface(...): %v, %v", n, err)
			}
		}
		look()
		l.set("eni-000", func(e *ec2types.NetworkInterface) {
			e.TagSet = []ec2types.Tag{{Key: new("cluster"), Value: new("c")}, {Key: new("owner"), Value: new("uid-other")}}
		})
		time.Sleep(2 * time.Minute)
		look()
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
			t.Errorf("\nAn ENI is that of the object whose mark it carries.\nNetworkInterfaceOwnedBy(...): -want, +got:\n%s", diff)
		}
	})
}
