// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// TestLeaseNeedsProgress blocks the loop, as a driver may, and
// unblocks it.
func TestLeaseNeedsProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := newScheme()
		if err != nil {
			t.Fatal(err)
		}
		c := fake.NewClientBuilder().WithScheme(s).Build()
		ctx, stop := context.WithCancel(t.Context())
		p, q, blocked := newProgress(), newQueue(newLimiter()), make(chan struct{})
		a := &Agent{progress: p}
		l := &leaseRenewer{Client: c, Namespace: "ns", NodeName: node, Identity: "pod-1", Now: time.Now, Alive: func() bool { return p.within(stalledAfter) }}
		go l.run(ctx)
		go probeLoop(ctx, q)
		go loop(ctx, q, reconcile.Func(func(context.Context, reconcile.Request) (reconcile.Result, error) {
			<-blocked
			return reconcile.Result{}, nil
		}), p)
		silent := func() time.Duration {
			lease := &coordinationv1.Lease{}
			if err := c.Get(ctx, types.NamespacedName{Namespace: "ns", Name: "agent-" + node}, lease); err != nil {
				t.Fatal(err)
			}
			return time.Since(lease.Spec.RenewTime.Time)
		}

		time.Sleep(time.Hour + time.Second)
		if d := silent(); d > leaseRenewPeriod || !a.Alive() {
			t.Errorf("An idle loop makes progress: the Lease was renewed %s ago, alive: %t.", d, a.Alive())
		}
		q.Add(request("a"))
		time.Sleep(stalledAfter)
		if d := silent(); d > leaseRenewPeriod || !a.Alive() {
			t.Errorf("A reconcile may take %s: the Lease was renewed %s ago, alive: %t.", stalledAfter, d, a.Alive())
		}
		time.Sleep(leaseRenewPeriod + time.Minute)
		if d := silent(); d < time.Minute || !a.Alive() {
			t.Errorf("A blocked loop stops the renewals: the Lease was renewed %s ago, alive: %t.", d, a.Alive())
		}
		time.Sleep(deadAfter - stalledAfter)
		if a.Alive() {
			t.Error("An agent whose loop stays blocked is not alive.")
		}
		close(blocked)
		time.Sleep(leaseRenewPeriod)
		if d := silent(); d > leaseRenewPeriod || !a.Alive() {
			t.Errorf("A loop that continues renews the Lease: %s ago, alive: %t.", d, a.Alive())
		}
		stop()
		q.ShutDown()
	})
}

// TestProbe checks that a probe is not reconciled.
func TestProbe(t *testing.T) {
	q := newQueue(newLimiter())
	q.Add(probe())
	q.Add(request("a"))
	q.ShutDown()
	var got []string
	loop(t.Context(), q, reconcile.Func(func(_ context.Context, r reconcile.Request) (reconcile.Result, error) {
		got = append(got, r.Name)
		return reconcile.Result{}, nil
	}), newProgress())
	if diff := cmp.Diff([]string{"a"}, got); diff != "" {
		t.Errorf("A probe is not reconciled.\n-want, +got:\n%s", diff)
	}
}

// TestAlive checks an agent whose API server does not respond.
func TestAlive(t *testing.T) {
	m := newMachine(t)
	a, err := New(&rest.Config{Host: "http://127.0.0.1:1"}, Options{NodeName: node, Namespace: "ns", Host: m.openHost()})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		silent       time.Duration
		renew, alive bool
	}{
		{silent: 0, renew: true, alive: true},
		{silent: stalledAfter + time.Second, alive: true},
		{silent: deadAfter + time.Second},
	} {
		a.progress.last = time.Now().Add(-tc.silent)
		if renew, alive := a.leaseRenewer.Alive(), a.Alive(); renew != tc.renew || alive != tc.alive {
			t.Errorf("After %s without progress: renews its Lease %t, alive %t", tc.silent, renew, alive)
		}
	}
	if err := a.leaseRenewer.renew(t.Context()); err == nil || !a.kube.reachable.down {
		t.Errorf("A failed request counts as an outage: %v", err)
	}
}
