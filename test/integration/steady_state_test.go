// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"flag"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller"
)

// writes records write requests to the API server.
type writes struct {
	mu   sync.Mutex
	made []string
}

func (w *writes) wrap(rt http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.mu.Lock()
			w.made = append(w.made, r.Method+" "+r.URL.Path)
			w.mu.Unlock()
		}
		return rt.RoundTrip(r)
	})
}

func (w *writes) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	made := w.made
	w.made = nil
	return made
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

var observeFor = flag.Duration("rest", 2*time.Minute, "how long TestSteadyState observes the cluster")

// TestSteadyState checks that the provider changes nothing in a converged cluster for two
// minutes, in which it polls each object a dozen times.
func TestSteadyState(t *testing.T) {
	e := newEnv(t, options{noProvider: true, long: true})
	w := &writes{}
	e.cp.Config.Wrap(w.wrap)
	e.startProvider(func(s *controller.Settings) { s.PollInterval = 10 * time.Second })
	const enis = 8
	for _, n := range []string{"node-a", "node-b", "node-c", "node-d"} {
		e.node(n)
	}
	e.apply(head("rest") + "  subnetIDs: [subnet-0f59b4f14737be9ad, subnet-abcdef1234567890]\n  securityGroupIDs: [sg-05da196f3314d4af8]\n  deviceIndex: 2\n  tags: {team: blue}\n")
	e.eventually(30*time.Second, e.ready("rest", enis))
	// Wait for the last status updates and timers of the rollout, and for what the provider verifies
	// within a minute after the first ENI.
	e.consistently(10*time.Second, e.ready("rest", enis))
	pc := &v1alpha1.ClusterProviderConfig{}
	e.eventually(firstCapacity, func() error {
		if err := e.kube.Get(t.Context(), client.ObjectKey{Name: "default"}, pc); err != nil {
			return err
		}
		c, p := pc.GetCondition(v1alpha1.TypeCapacityAvailable), pc.GetCondition(v1alpha1.TypePreflight)
		if g := pc.Status.NodeGroups; c.Status != corev1.ConditionTrue || !strings.Contains(p.Message, "EC2 permits 13 actions") || len(g) != 1 || g[0].NetworkInterfaces != 2 || g[0].Nodes != 4 {
			return fmt.Errorf("CapacityAvailable is %+v, Preflight %+v, the node groups are %+v", c, p, g)
		}
		return nil
	})
	made := w.take()
	perENI := float64(len(made)) / enis
	t.Logf("%.1f writes to the API server for each ENI, from NodeENI to Ready: %v", perENI, histogram(made))

	mark := e.EC2.Mark()
	e.consistently(*observeFor, e.ready("rest", enis))
	made = w.take()
	if len(made) > 0 {
		t.Errorf("%d writes to the API server in steady state, the first %v", len(made), made[:min(5, len(made))])
	}
	if m := e.mutations(func() []callRecord { return e.EC2.Since(mark) }); len(m) > 0 {
		t.Errorf("EC2 was changed in steady state: %v", m)
	}
	t.Logf("%d reads of EC2 in %s at a poll interval of 10 s", len(e.EC2.Since(mark)), *observeFor)
}

var objectName = regexp.MustCompile(`(rest-[0-9a-f]+|rest|node-[a-d])(\.[0-9a-f]+)?`)

// histogram returns the numbers of requests without the names of objects.
func histogram(made []string) map[string]int {
	out := map[string]int{}
	for _, m := range made {
		out[objectName.ReplaceAllString(m, "*")]++
	}
	return out
}
