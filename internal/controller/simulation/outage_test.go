// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
	"github.com/nodeeni/provider-aws-eni/internal/controller/garbage"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

const (
	// Numbers of pairs of a NetworkInterface and its attachment that exist, are created and
	// are deleted while EC2 fails.
	present, beingMade, beingReleased = 20, 5, 5

	// outageLasts is how long EC2 fails, and noticed within which time of its
	// beginning calls have stopped.
	outageLasts = 30 * time.Minute
	noticed     = time.Minute

	// probesPerMinute are one every five seconds, and one for the jitter of
	// the clock's hand.
	probesPerMinute = 13
)

// TestOutage lets EC2 answer nothing but failures for half an hour.
func TestOutage(t *testing.T) {
	if testing.Short() {
		t.Skip("hours of a fleet: make e2e runs it")
	}
	for _, o := range []struct {
		name   string
		reason string
		begin  func(e *ec2emulator.Server)
	}{
		{"Unavailable", "EC2 answers 503 to every call.", func(e *ec2emulator.Server) { e.SetOutage(ec2emulator.OutageUnavailable) }},
		{"Cut", "EC2 cuts every connection.", func(e *ec2emulator.Server) { e.SetOutage(ec2emulator.OutageCut) }},
		{"Failing", "EC2 answers 500 to every call.", func(e *ec2emulator.Server) { e.Inject(ec2emulator.Fault{Code: "InternalError"}) }},
	} {
		t.Run(o.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				testOutage(t, o.reason, o.begin)
			})
		})
	}
}

func testOutage(t *testing.T, reason string, begin func(e *ec2emulator.Server)) {
	t.Helper()
	s := newCluster(t, ec2emulator.Options{Throttle: true})
	defer s.close()
	s.settings.GarbageCollection = garbage.ModeDelete // it must not take silence for garbage
	s.addNodes("stay", 1, present/2)
	s.addNodes("go", 1, beingReleased)
	s.addNodes("new", 1, beingMade)
	s.addNodeENI("stay", fleetSubnet1, fleetSubnet2)
	leaving := s.addNodeENI("go", fleetSubnet1)
	s.start()
	s.must(10*time.Minute, func() error { return s.wellWith(present + beingReleased) })
	time.Sleep(30 * time.Minute) // until nothing changes
	before, stays := s.ours(), s.attachedTo("stay")

	m, began := s.ec2.Mark(), time.Now()
	begin(s.ec2)
	for i := 1; i <= beingMade; i++ {
		s.addPair(fmt.Sprintf("new-%d", i), instanceOf("new", i))
	}
	s.delete(leaving)
	time.Sleep(outageLasts)

	s.onlyProbes(m, began)
	if diff := slices.Compare(idsOf(before), idsOf(s.ours())); diff != 0 {
		t.Errorf("\n%s\n%d ENIs before and %d after: nothing is deleted or made on the strength of silence", reason, len(before), len(s.ours()))
	}
	s.checkOutageReported(began)

	s.ec2.RemoveFaults()
	m, ended := s.ec2.Mark(), time.Now()
	s.ec2.SetOutage(ec2emulator.OutageNone)
	if err := s.within(5*time.Minute, func() error { return s.wellWith(present + beingMade) }); err != nil {
		t.Errorf("\n%s\nnot well five minutes after its end: %v", reason, err)
	}
	s.pacedAfter(m, ended)
	if diff := slices.Compare(stays, s.attachedTo("stay")); diff != 0 {
		t.Errorf("\n%s\nENIs that were on their nodes all the time are others now: %v, then %v", reason, stays, s.attachedTo("stay"))
	}
	time.Sleep(11 * time.Minute) // a poll later all still is well
	if err := s.wellWith(present + beingMade); err != nil {
		t.Error(err)
	}
	if n := s.ec2.Count(ec2emulator.Throttled); n > 0 {
		t.Errorf("EC2 refused %d calls for their rate, want none", n)
	}
}

func idsOf(ns []ec2emulator.NetworkInterface) []string {
	var ids []string
	for _, n := range ns {
		ids = append(ids, n.ID)
	}
	slices.Sort(ids)
	return ids
}

// onlyProbes checks the calls of an outage: once it is detected, one probe at a time.
func (s *simulatedCluster) onlyProbes(m ec2emulator.Mark, began time.Time) {
	s.t.Helper()
	perMinute := make([]int, outageLasts/time.Minute)
	for _, c := range s.ec2.Since(m) {
		at := c.Time.Sub(began)
		perMinute[min(int(at/time.Minute), len(perMinute)-1)]++
		if at > noticed && c.Mutating {
			s.t.Errorf("%s was called %s into the outage, but a probe changes nothing", c.Action, at)
		}
	}
	for i, n := range perMinute[noticed/time.Minute:] {
		if n < 1 || n > probesPerMinute {
			s.t.Errorf("%d calls in minute %d of the outage, want one to %d probes", n, i+2, probesPerMinute)
		}
	}
}

// checkOutageReported checks the conditions and events in an outage: each object reports it once.
func (s *simulatedCluster) checkOutageReported(began time.Time) {
	s.t.Helper()
	const says = "has returned only failures since"
	objects := s.managed()
	for _, name := range []string{"stay"} {
		n := &v1alpha1.NodeENI{}
		if err := s.api.Get(s.t.Context(), keyOf(name), n); err != nil {
			s.t.Fatal(err)
		}
		if c := n.GetCondition(xpv2.TypeSynced); c.Status == corev1.ConditionFalse && !strings.Contains(c.Message, says) {
			s.t.Errorf("NodeENI %s has Synced %s: %s, which does not report the outage", name, c.Status, c.Message)
		}
	}
	if want := 2 * (present + beingMade + beingReleased); len(objects) != want {
		s.t.Errorf("%d managed objects, want %d", len(objects), want)
	}
	silent := 0
	for _, o := range objects {
		c := o.GetCondition(xpv2.TypeSynced)
		if waitsQuietly(o) {
			silent++
			continue
		}
		if c.Status != corev1.ConditionFalse || c.Reason != xpv2.ReasonReconcileError || !strings.Contains(c.Message, says) {
			s.t.Errorf("%T %s has Synced %s, %s: %s, which does not report the outage", o, o.GetName(), c.Status, c.Reason, c.Message)
		}
	}
	if silent > beingMade {
		s.t.Errorf("%d objects wait for others, want only the attachments of new ENIs", silent)
	}
	said := map[string][]time.Time{}
	for _, e := range s.events.warnings(began) {
		if strings.Contains(e.message, says) {
			k := e.kind + " " + e.name + ", " + e.reason
			said[k] = append(said[k], e.at)
		}
	}
	if len(said) == 0 {
		s.t.Error("no event reports the outage")
	}
	for o, at := range said {
		for i := range at[1:] {
			if d := at[i+1].Sub(at[i]); d < 10*time.Minute {
				s.t.Errorf("%s is repeated after %s, want no sooner than ten minutes", o, d)
			}
		}
	}
	writes := map[string]int{}
	for _, w := range s.api.written(began.Add(noticed), func(w apiWrite) bool { return w.verb == "status" || w.verb == "update" }) {
		writes[w.kind+" "+w.key.String()]++
	}
	for o, n := range writes {
		allowed := 2
		if strings.HasPrefix(o, v1alpha1.NodeENIKind+" ") {
			allowed += present // it reports its children's conditions
		}
		if n > allowed {
			s.t.Errorf("%s was written %d times during the outage, want at most %d: once for each change of a condition", o, n, allowed)
		}
	}
}

// waitsQuietly reports whether an object has no call to make yet.
func waitsQuietly(o managedObject) bool {
	return o.GetCondition(xpv2.TypeReady).Reason == v1alpha1.ReasonWaitingForNetworkInterface
}

// pacedAfter checks that what has piled up does not come as a burst: at any time
// after the first answer, as many calls were made as the share of EC2's rate has
// given since.
func (s *simulatedCluster) pacedAfter(m ec2emulator.Mark, ended time.Time) {
	s.t.Helper()
	calls := s.ec2.Since(m)
	if len(calls) == 0 || calls[0].Time.Sub(ended) > time.Minute {
		s.t.Error("no calls were made in the minute after the outage")
		return
	}
	began := calls[0].Time // the probe that found it over
	made := map[string]int{}
	for _, c := range calls {
		since := c.Time.Sub(began)
		if since > time.Minute {
			break
		}
		made[c.Action]++
		perSecond := throttle.PublishedRate(c.Action).PerSecond * s.settings.EC2Share
		// One more for the probe, and one for the part of a token.
		if allowed := int(perSecond*since.Seconds()) + 2; made[c.Action] > allowed {
			s.t.Errorf("%d calls of %s within %s of the first after the outage, want at most %d, without a burst", made[c.Action], c.Action, since, allowed)
			return
		}
	}
}
