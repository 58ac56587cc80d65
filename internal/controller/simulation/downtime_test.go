// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
	"github.com/nodeeni/provider-aws-eni/internal/controller/garbage"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// TestDowntime stops the provider for two hours, in which the cluster and the
// account go on, and starts it again.
func TestDowntime(t *testing.T) {
	if testing.Short() {
		t.Skip("hours of a fleet: make e2e runs it")
	}
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{Throttle: true})
		defer s.close()
		s.settings.GarbageCollection = garbage.ModeDelete
		s.addNodes("a", 1, 30)
		s.addNodes("b", 1, 10)
		s.addNodes("c", 1, 10)
		s.addNodeENI("a", fleetSubnet1, fleetSubnet2)
		b := s.addNodeENI("b", fleetSubnet1)
		s.start()
		s.must(10*time.Minute, func() error { return s.wellWith(70) })
		s.stop()

		time.Sleep(30 * time.Minute)
		made := s.ec2.ENIs()
		// Terminated for so long that EC2 does not return them any more, the Nodes of
		// some deleted. They are few enough to be believed.
		for i := 1; i <= 5; i++ {
			if err := s.ec2.SetInstanceState(instanceOf("a", i), "terminated"); err != nil {
				t.Fatal(err)
			}
			if i <= 3 {
				s.delete(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: nodeOf("a", i)}})
			} else {
				s.setReady(nodeOf("a", i), corev1.ConditionUnknown)
			}
		}
		byNode := map[string][]managedObject{}
		for _, o := range s.managed() {
			byNode[o.GetLabels()[v1alpha1.LabelNode]] = append(byNode[o.GetLabels()[v1alpha1.LabelNode]], o)
		}
		for _, node := range []string{nodeOf("a", 11), nodeOf("a", 12), nodeOf("a", 13)} { // children that a user deleted
			for _, o := range byNode[node] {
				s.delete(o)
			}
		}
		time.Sleep(30 * time.Minute)
		s.detachInEC2(instanceOf("a", 14), false)
		s.detachInEC2(instanceOf("a", 15), true)
		s.delete(b)
		s.addNodes("a", 31, 50)
		s.addNodeENI("c", fleetSubnet1)
		time.Sleep(time.Hour)

		m := s.ec2.Mark()
		s.start()
		s.must(15*time.Minute, func() error { return s.wellWith(100) })
		time.Sleep(15 * time.Minute)
		if err := s.wellWith(100); err != nil {
			t.Errorf("not well a poll later: %v", err)
		}

		s.withinShare(m)
		// The ENIs of untouched nodes are unchanged; an ENI that was detached manually is
		// attached again.
		for _, n := range made {
			at := n.Attachment
			if at == nil || at.DeviceIndex == 0 {
				continue
			}
			in := func(first, last int) bool {
				return strings.HasPrefix(at.InstanceID, "i-a") && at.InstanceID >= instanceOf("a", first) && at.InstanceID <= instanceOf("a", last)
			}
			now, ok := s.ec2.NetworkInterface(n.ID)
			switch {
			case in(6, 10) || in(14, 14) || in(16, 30):
				if !ok || now.Attachment == nil || now.Attachment.InstanceID != at.InstanceID {
					t.Errorf("%s was in use on %s, and is not any more: %+v", n.ID, at.InstanceID, now)
				}
			case strings.HasPrefix(at.InstanceID, "i-b"), in(1, 5), in(11, 13), in(15, 15):
				if ok {
					t.Errorf("%s of %s is there still: %+v", n.ID, at.InstanceID, now)
				}
			}
		}
		used := map[string]bool{}
		for _, n := range s.ours() {
			used[n.ID] = true
		}
		for _, c := range s.ec2.Since(m, ec2emulator.ByAction("DetachNetworkInterface", "DeleteNetworkInterface")) {
			for _, id := range c.ResourceIDs {
				if used[id] {
					t.Errorf("%s was called for %s, which is in use", c.Action, id)
				}
			}
		}
		if err := s.api.Get(t.Context(), client.ObjectKeyFromObject(b), b); err == nil {
			t.Error("a NodeENI that was deleted meanwhile is there still")
		}

		m = s.ec2.Mark()
		time.Sleep(30 * time.Minute)
		if calls := s.ec2.Since(m, ec2emulator.Mutating); len(calls) > 0 {
			t.Errorf("%s was called though all was well", calls[0].Action)
		}
	})
}

// console returns an EC2 client of a user.
func (s *simulatedCluster) console() *awsec2.Client {
	return awsec2.New(awsec2.Options{
		Region: "us-east-1", BaseEndpoint: new("http://ec2.example"), HTTPClient: &http.Client{Transport: direct{s.ec2}},
		Credentials: aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7OTHER00", "secret", "")),
	})
}

// detachInEC2 detaches the ENIs of an instance but its primary one, as a user of the
// console does, and deletes them too, if so wanted.
func (s *simulatedCluster) detachInEC2(instance string, remove bool) {
	s.t.Helper()
	api := s.console()
	for _, n := range s.ours() {
		if n.Attachment == nil || n.Attachment.InstanceID != instance {
			continue
		}
		if _, err := api.DetachNetworkInterface(s.t.Context(), &awsec2.DetachNetworkInterfaceInput{AttachmentId: &n.Attachment.ID}); err != nil {
			s.t.Fatal(err)
		}
		if !remove {
			time.Sleep(5 * time.Second)
			continue
		}
		if err := s.within(5*time.Second, func() error { // once it is detached, before it is attached again
			_, err := api.DeleteNetworkInterface(s.t.Context(), &awsec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &n.ID})
			return err
		}); err != nil {
			s.t.Fatal(err)
		}
	}
}

// withinShare checks that in no time more calls of an action were made than the
// share of EC2's rate gives, a full bucket at its beginning included, and that
// EC2 refused none.
func (s *simulatedCluster) withinShare(m ec2emulator.Mark) {
	s.t.Helper()
	byAction := map[string][]ec2emulator.Call{}
	for _, c := range s.ec2.Since(m) {
		byAction[c.Action] = append(byAction[c.Action], c)
		if c.Throttled {
			s.t.Errorf("EC2 refused %s for its rate", c.Action)
		}
	}
	actions := []string{"CreateNetworkInterface", "AttachNetworkInterface", "DetachNetworkInterface", "DeleteNetworkInterface"}
	for action, calls := range byAction {
		actions = slices.DeleteFunc(actions, func(a string) bool { return a == action })
		r := throttle.PublishedRate(action)
		for _, d := range []time.Duration{time.Second, 10 * time.Second, time.Minute} {
			allowed := int((r.Burst+r.PerSecond*d.Seconds())*s.settings.EC2Share) + 1
			if n, from := most(calls, d); n > allowed {
				s.t.Errorf("%d calls of %s within %s from %s, want at most %d", n, action, d, from, allowed)
			}
		}
	}
	if len(actions) > 0 {
		s.t.Errorf("no calls of %v: the test has no effect", actions)
	}
}
