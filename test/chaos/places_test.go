// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// Access keys other than the provider's default one, and another account and region.
const (
	rotatedAccessKey = "AKIAIOSFODNN7ROTATED" // another key of the provider's account
	otherAccessKey   = "AKIAI44QH8DHBEXAMPLE" // of another account
	deletedAccessKey = "AKIAIOSFODNN7DELETED" // rejected

	otherAccount = "210987654321"
	otherRegion  = "eu-west-1"
)

// addPlaces adds emulators of another account and another region, and a router in front
// of all emulators. Both have the same subnets, as accounts that share a VPC, so that
// ENIs could be created there.
func (w *world) addPlaces(t *testing.T) error {
	t.Helper()
	account, region := emulatorOptions(), emulatorOptions()
	account.AccountID, region.Region = otherAccount, otherRegion
	w.elsewhere = []*ec2emulator.Server{ec2emulator.New(account), ec2emulator.New(region)}
	for _, s := range w.elsewhere {
		t.Cleanup(s.Close)
		seed := testbed.Seed()
		for i := range seed.Subnets {
			seed.Subnets[i].AvailabilityZone = strings.Replace(seed.Subnets[i].AvailabilityZone, testbed.Region, s.Options().Region, 1)
		}
		if err := s.Seed(seed); err != nil {
			return err
		}
	}
	r := ec2emulator.NewRouter(w.EC2, w.elsewhere...)
	t.Cleanup(r.Close)
	r.SetAccount(otherAccessKey, otherAccount)
	r.Reject(deletedAccessKey)
	url, err := r.Start(t.Context(), "")
	if err != nil {
		return err
	}
	c := &v1alpha1.ClusterProviderConfig{}
	if err := w.kube.Get(t.Context(), client.ObjectKey{Name: "default"}, c); err != nil {
		return err
	}
	c.Spec.Endpoint.URL.Static = url
	return w.kube.Update(t.Context(), c)
}

// verifyPlaces returns a violation for each mutating call in another account or region.
func (w *world) verifyPlaces() []violation {
	var out []violation
	for _, s := range w.elsewhere {
		for _, c := range s.Calls(ec2emulator.Mutating) {
			out = append(out, violation{checkPlace, fmt.Sprintf("%s of %v was called in account %s, region %s", c.Action, c.Parameters, s.Options().AccountID, s.Options().Region)})
		}
	}
	return out
}

func credentialsOf(accessKey string) string {
	return "[default]\naws_access_key_id = " + accessKey + "\naws_secret_access_key = emulated\n"
}

// useCredentials writes the Secret of the default config; "" deletes it.
func (w *world) useCredentials(ctx context.Context, text string) error {
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: testbed.Namespace, Name: "aws-credentials"}}
	return w.eventually(ctx, "change the credentials", func() error {
		if text == "" {
			return client.IgnoreNotFound(w.kube.Delete(ctx, s.DeepCopy()))
		}
		have := &corev1.Secret{}
		err := w.kube.Get(ctx, client.ObjectKeyFromObject(s), have)
		if kerrors.IsNotFound(err) {
			made := s.DeepCopy()
			made.StringData = map[string]string{"credentials": text}
			return w.kube.Create(ctx, made)
		}
		if err != nil {
			return err
		}
		if have.DeletionTimestamp != nil {
			// The provider's finalizer keeps a Secret in use. Remove it and create a new
			// Secret.
			have.Finalizers = nil
			if err := w.kube.Update(ctx, have); client.IgnoreNotFound(err) != nil {
				return err
			}
			return fmt.Errorf("the Secret is being deleted")
		}
		have.Data = map[string][]byte{"credentials": []byte(text)}
		return w.kube.Update(ctx, have)
	})
}

// A misplacement is a temporarily wrong configuration of the provider.
type misplacement struct {
	what         string
	enter, leave func(ctx context.Context, w *world) error
	// place is true if ENIs could be created with the wrong configuration.
	place bool
}

func (p *planner) misplacements() []misplacement {
	secret := func(what, text string, place bool) misplacement {
		restart := p.IntN(2) == 0
		set := func(text string) func(context.Context, *world) error {
			return func(ctx context.Context, w *world) error {
				if restart {
					w.killAll()
				}
				if err := w.useCredentials(ctx, text); err != nil {
					return err
				}
				return w.startAll()
			}
		}
		return misplacement{what: fmt.Sprintf("%s, over a restart %t", what, restart), enter: set(text), leave: set(credentialsOf(providerAccessKey)), place: place}
	}
	region := func(region string) func(context.Context, *world) error {
		return func(_ context.Context, w *world) error {
			w.killAll()
			w.flags.region = region
			return w.startAll()
		}
	}
	return []misplacement{
		secret("the credentials are of another account", credentialsOf(otherAccessKey), true),
		secret("the credentials are of another account", credentialsOf(otherAccessKey), true),
		{what: "the provider runs with another region", enter: region(otherRegion), leave: region(testbed.Region), place: true},
		secret("the access key is rotated", credentialsOf(rotatedAccessKey), false),
		secret("the access key is rejected", credentialsOf(deletedAccessKey), false),
		secret("the Secret of the credentials is deleted", "", false),
		secret("the Secret of the credentials is not readable", "no credentials", false),
	}
}

// misplace changes the provider's configuration to a wrong one and back. It is the first
// step of a round that starts in a converged world: a new object has no account and
// region in its status yet, and may be created in the wrong one.
func (p *planner) misplace(x misplacement, long bool) {
	p.add(step{what: x.what, do: x.enter}, nil)
	last := time.Duration(200+p.IntN(1500)) * time.Millisecond
	if long {
		last = absencePeriod + 2*time.Second + time.Duration(p.IntN(2000))*time.Millisecond
	}
	if x.place {
		p.pause(time.Second) // reconciles with the previous configuration have ended
	}
	for range p.IntN(3) {
		if !x.place {
			p.change()
			continue
		}
		pick(p.Rand, []func() bool{p.deleteNodeENI, p.deletePair, p.deselectNode, p.deleteChildObject, p.registerAgain, p.terminateNode, func() bool { p.kill(); return true }})()
	}
	p.pause(last)
	p.add(step{what: "restore account, region and credentials", do: x.leave}, nil)
}

// pause adds a wait.
func (p *planner) pause(d time.Duration) {
	p.add(step{what: "wait " + d.String(), do: func(ctx context.Context, _ *world) error { sleep(ctx, d); return nil }}, nil)
}

// deselectNode changes the label of a node so that no NodeENI selects it.
func (p *planner) deselectNode() bool {
	n := p.m.nodes[pick(p.Rand, sorted(p.m.nodes))]
	name := n.name
	p.add(step{
		what: "remove node " + name + " from its group",
		do:   func(ctx context.Context, w *world) error { return w.setGroup(ctx, name, "none") },
	}, func() { n.group = "none" })
	return true
}
