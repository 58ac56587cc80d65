// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
)

func TestWorkerGate(t *testing.T) {
	g := newWorkerGate(4) // of 8 workers
	enter := func(account string, n int) int {
		entered := 0
		for range n {
			if g.admits(account) {
				g.enter(account)
				entered++
			}
		}
		return entered
	}
	steps := []struct {
		reason  string
		account string
		want    int // of ten
	}{
		{"One account occupies half of the workers.", "a", 4},
		{"A second one leaves workers for others.", "b", 2},
		{"A third one gets a worker.", "c", 1},
		{"A fourth one, too.", "d", 1},
	}
	for _, s := range steps {
		if diff := cmp.Diff(s.want, enter(s.account, 10)); diff != "" {
			t.Errorf("\n%s\nadmits(...): -want, +got:\n%s", s.reason, diff)
		}
	}
	for range 4 {
		g.leave("a")
	}
	if got := enter("b", 10); got != 2 {
		t.Errorf("\nWorkers that become free are used, up to the limit of one account.\nadmits(...): %d, want 2", got)
	}
}

// queueRequest returns a request for an object whose namespace stands for its account.
func queueRequest(account, name string) reconcile.Request {
	return reconcile.Request{NamespacedName: types.NamespacedName{Namespace: account, Name: name}}
}

func newTestQueue(most int) *fairQueue {
	inner := fifo{workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())}
	return newFairQueue(inner, newWorkerGate(most), func(r reconcile.Request) string { return r.Namespace })
}

// TestFairQueue verifies which items workers get while none of them finishes.
func TestFairQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newTestQueue(2) // of 4 workers
		got := make(chan string, 100)
		work := func() {
			for {
				r, stopped := q.Get()
				if stopped {
					return
				}
				got <- r.String()
			}
		}
		for range q.gate.total {
			go work()
		}
		started := func() (all []string) {
			synctest.Wait()
			for len(got) > 0 {
				all = append(all, <-got)
			}
			return all
		}
		for i := range 5 {
			q.Add(queueRequest("a", fmt.Sprint(i)))
		}
		if diff := cmp.Diff([]string{"a/0", "a/1"}, started()); diff != "" {
			t.Errorf("\nOne account occupies half of the workers.\n-want, +got:\n%s", diff)
		}
		if n := q.length(); n != 3 {
			t.Errorf("\nThe others wait.\nlength(): %v, want 3", n)
		}
		q.Add(queueRequest("b", "0"))
		if diff := cmp.Diff([]string{"b/0"}, started()); diff != "" {
			t.Errorf("\nAnother account need not wait.\n-want, +got:\n%s", diff)
		}
		q.Add(queueRequest("a", "3"))
		q.Done(queueRequest("a", "1"))
		if diff := cmp.Diff([]string{"a/2"}, started()); diff != "" {
			t.Errorf("\nA worker that becomes free gets the next item in the order of the queue.\n-want, +got:\n%s", diff)
		}
		q.Add(queueRequest("a", "0"))
		q.Done(queueRequest("a", "0"))
		q.Done(queueRequest("a", "2"))
		if diff := cmp.Diff([]string{"a/3", "a/4"}, started()); diff != "" {
			t.Errorf("\nAn item that was added while it was processed is at the end of the queue.\n-want, +got:\n%s", diff)
		}
		q.ShutDown()
		synctest.Wait()
		if _, stopped := q.Get(); !stopped {
			t.Error("\nAfter the shutdown no worker gets an item.\nGet(): not stopped")
		}
	})
}

// TestFairQueueOrder verifies that the accounts that may occupy workers get them in the order of their items.
func TestFairQueueOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newTestQueue(3)
		defer q.ShutDown()
		want := []string{"a/0", "b/0", "c/0", "a/1"}
		for _, r := range want {
			q.Add(queueRequest(r[:1], r[2:]))
		}
		synctest.Wait()
		var got []string
		for range want {
			r, _ := q.Get()
			got = append(got, r.String())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("\nThe item that has waited the longest is first.\nGet(): -want, +got:\n%s", diff)
		}
	})
}

// TestFairQueuePriority verifies that the items that wait keep their priorities.
func TestFairQueuePriority(t *testing.T) {
	q := newFairQueue(priorityqueue.New[reconcile.Request](t.Name()), newWorkerGate(1), func(r reconcile.Request) string { return r.Namespace })
	defer q.ShutDown()
	low := -100
	q.Add(queueRequest("a", "first"))
	if r, _, _ := q.GetWithPriority(); r.Name != "first" {
		t.Fatalf("GetWithPriority(): %s", r)
	}
	q.AddWithOpts(priorityqueue.AddOpts{Priority: &low}, queueRequest("a", "1"), queueRequest("a", "2"))
	waitFor(t, func() bool { return q.length() == 2 })
	q.Add(queueRequest("a", "urgent"))
	waitFor(t, func() bool { return q.length() == 3 })
	q.Done(queueRequest("a", "first"))
	var order []string
	for range 3 {
		r, priority, _ := q.GetWithPriority()
		order = append(order, fmt.Sprintf("%s %d", r.Name, priority))
		q.Done(r)
	}
	if diff := cmp.Diff("urgent 0, 1 -100, 2 -100", strings.Join(order, ", ")); diff != "" {
		t.Errorf("\nThe highest priority is first.\nGetWithPriority(): -want, +got:\n%s", diff)
	}
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for range 1000 {
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("timed out")
}

func TestAccountOf(t *testing.T) {
	object := func(name, region string) *ec2v1alpha1.NetworkInterface {
		mg := &ec2v1alpha1.NetworkInterface{}
		mg.SetNamespace("ns")
		mg.SetName(name)
		mg.SetProviderConfigReference(new(clusterConfig("default")))
		if region != "" {
			mg.Spec.ForProvider.Region = &region
		}
		return mg
	}
	without := object("without", "")
	without.SetProviderConfigReference(nil)
	scheme := runtime.NewScheme()
	if err := ec2v1alpha1.SchemeBuilder.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(object("default", ""), object("there", "eu-west-1"), without).Build()
	account := accountOf(c, &ec2v1alpha1.NetworkInterface{}, func(mg *ec2v1alpha1.NetworkInterface) *string { return mg.Spec.ForProvider.Region })
	// A ClusterProviderConfig is one account, whatever the namespace of the object.
	for name, want := range map[string]string{
		"default": "ClusterProviderConfig/default/", "there": "ClusterProviderConfig/default/eu-west-1", "without": "", "deleted": "",
	} {
		if diff := cmp.Diff(want, account(queueRequest("ns", name))); diff != "" {
			t.Errorf("\n%s\naccountOf(...): -want, +got:\n%s", name, diff)
		}
	}
}
