// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// bound is how long so many calls of an action take at least, at a share of
// EC2's rate and from a full bucket.
func bound(action string, calls int, share float64) time.Duration {
	r := throttle.PublishedRate(action)
	return time.Duration(max(0, float64(calls)-r.Burst*share) / (r.PerSecond * share) * float64(time.Second))
}

// TestFleetRelease deletes the NodeENI of 200 nodes with two ENIs each.
func TestFleetRelease(t *testing.T) {
	if testing.Short() {
		t.Skip("this test takes a minute: run it without -short, as make e2e does")
	}
	const nodes, enis = 200, 400
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{Throttle: true})
		defer s.close()
		s.addNodes("a", 1, nodes)
		n := s.addNodeENI("a", fleetSubnet1, fleetSubnet2)
		s.start()
		s.must(10*time.Minute, func() error { return s.wellWith(enis) })
		time.Sleep(5 * time.Minute) // until all buckets are full, and nothing changes

		m, began := s.ec2.Mark(), time.Now()
		s.delete(n)
		s.must(30*time.Minute, func() error {
			if left := len(s.interfaces()) + len(s.attachments()); left > 0 {
				return errors.Errorf("%d objects are left", left)
			}
			return nil
		})
		took := time.Since(began)

		least := max(bound("DetachNetworkInterface", enis, s.settings.EC2Share), bound("DeleteNetworkInterface", enis, s.settings.EC2Share))
		if took > least*110/100 {
			t.Errorf("%d ENIs were released within %s, want at most a tenth more than the %s that the share of EC2's request rate takes", enis, took, least)
		}
		for _, action := range []string{"DetachNetworkInterface", "DeleteNetworkInterface"} {
			if calls := s.ec2.Since(m, ec2emulator.ByAction(action)); len(calls) != enis {
				t.Errorf("%d calls of %s for %d ENIs, want one for each", len(calls), action, enis)
			}
		}
		if n := s.ec2.Count(ec2emulator.Throttled); n > 0 {
			t.Errorf("EC2 refused %d calls for their rate, want none", n)
		}
		if left := s.ours(); len(left) > 0 {
			t.Errorf("%d ENIs are left behind", len(left))
		}
		s.must(time.Minute, func() error {
			if err := s.api.Get(t.Context(), client.ObjectKeyFromObject(n), n); err == nil {
				return errors.New("the NodeENI is there")
			}
			return nil
		})
	})
}

// inFlight counts the calls in progress by name.
type inFlight struct {
	mu        sync.Mutex
	now, most map[string]int
}

func newInFlight() *inFlight { return &inFlight{now: map[string]int{}, most: map[string]int{}} }

func (f *inFlight) begin(name string) func() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now[name]++
	f.most[name] = max(f.most[name], f.now[name])
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.now[name]--
	}
}

// atMost is how many were under way at once so far.
func (f *inFlight) atMost(name string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.most[name]
}

// counted counts the calls under way, by action.
type counted struct {
	next http.RoundTripper
	*inFlight
}

func (c counted) RoundTrip(r *http.Request) (*http.Response, error) {
	defer c.begin(awsmiddleware.GetOperationName(r.Context()))()
	return c.next.RoundTrip(r)
}

// TestMaxReconcileRate makes each detach slow, and counts the detaches in progress.
func TestMaxReconcileRate(t *testing.T) {
	for _, workers := range []int{1, 4} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newCluster(t, ec2emulator.Options{})
				defer s.close()
				calls := newInFlight()
				s.settings.MaxReconcileRate, s.settings.EC2Share = workers, 1
				s.settings.WrapTransport = func(http.RoundTripper) http.RoundTripper { return counted{direct{s.ec2}, calls} }
				s.addNodes("a", 1, 8)
				n := s.addNodeENI("a", fleetSubnet1, fleetSubnet2)
				s.start()
				s.must(10*time.Minute, func() error { return s.wellWith(16) })

				s.ec2.Inject(ec2emulator.Fault{Action: "DetachNetworkInterface", Delay: 2 * time.Second})
				s.delete(n)
				s.must(10*time.Minute, func() error {
					if left := len(s.ours()); left > 0 {
						return errors.Errorf("%d ENIs are left", left)
					}
					return nil
				})
				if got := calls.atMost("DetachNetworkInterface"); got != workers {
					t.Errorf("%d detaches were under way at once, want as many as objects of a kind are worked on at once, %d", got, workers)
				}
			})
		})
	}
}

// TestMaxConcurrentCleanups makes each delete of an object slow, and counts the deletes in
// progress for one NodeENI.
func TestMaxConcurrentCleanups(t *testing.T) {
	for _, cleanups := range []int{1, 3} {
		t.Run(fmt.Sprint(cleanups), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newCluster(t, ec2emulator.Options{})
				defer s.close()
				deletes := newInFlight()
				s.api.slow = func(verb string, o client.Object) {
					if _, ok := o.(resource.Managed); verb == "delete" && ok {
						defer deletes.begin(verb)()
						time.Sleep(time.Second)
					}
				}
				s.settings.MaxConcurrentCleanups, s.settings.EC2Share = cleanups, 1
				s.addNodes("a", 1, 8)
				n := s.addNodeENI("a", fleetSubnet1, fleetSubnet2)
				s.start()
				s.must(10*time.Minute, func() error { return s.wellWith(16) })

				s.delete(n)
				s.must(10*time.Minute, func() error {
					if left := len(s.ours()); left > 0 {
						return errors.Errorf("%d ENIs are left", left)
					}
					return nil
				})
				if got := deletes.atMost("delete"); got != cleanups {
					t.Errorf("%d ENIs were deleted in parallel, want %d", got, cleanups)
				}
			})
		})
	}
}
