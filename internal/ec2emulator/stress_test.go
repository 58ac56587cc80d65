// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"
)

// TestManyClients runs many concurrent clients on the real clock, with broken connections, and verifies that
// the state is restored.
func TestManyClients(t *testing.T) {
	s := New(Options{AttachDelay: time.Millisecond, DetachDelay: time.Millisecond})
	defer s.Close()
	if err := s.Seed(testSeed()); err != nil {
		t.Fatal(err)
	}
	url, err := s.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	client := awsec2.New(awsec2.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(url), RetryMaxAttempts: 10,
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	})
	mu, open := sync.Mutex{}, map[string]bool{}
	s.OnAttachment(func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		if (e.Type == Attached) == open[e.AttachmentID] {
			t.Errorf("An attachment arrives once and leaves once: %s %s", e.Type, e.AttachmentID)
		}
		open[e.AttachmentID] = e.Type == Attached
	})
	before := s.State()
	s.Inject(Fault{Action: "CreateNetworkInterface", Probability: 0.1, LoseResponse: true})

	wg := sync.WaitGroup{}
	for worker := range 6 {
		wg.Go(func() {
			for range 15 {
				live(t, client, int32(worker+1))
			}
		})
	}
	wg.Wait()
	s.Drain()

	after := s.State()
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("The state is restored.\n-before, +after:\n%s", diff)
	}
	if got := len(s.ENIs(func(n NetworkInterface) bool { return !Exists(n) })); got != 90 {
		t.Errorf("Ninety interfaces were created: got %d", got)
	}
}

// live is the life cycle of one interface. Transient errors are retried.
func live(t *testing.T, client *awsec2.Client, index int32) {
	t.Helper()
	ctx := t.Context()
	n, err := client.CreateNetworkInterface(ctx, &awsec2.CreateNetworkInterfaceInput{SubnetId: aws.String("subnet-a")})
	if err != nil {
		t.Error(err)
		return
	}
	a, err := client.AttachNetworkInterface(ctx, attachInput(aws.ToString(n.NetworkInterface.NetworkInterfaceId), "i-cards", index))
	if err != nil {
		t.Error(err)
		return
	}
	if _, err := client.DetachNetworkInterface(ctx, &awsec2.DetachNetworkInterfaceInput{AttachmentId: a.AttachmentId}); err != nil {
		t.Error(err)
	}
	for {
		err := deleting(aws.ToString(n.NetworkInterface.NetworkInterfaceId))(ctx, client)
		if err == nil {
			return
		}
		if code(err) != "InvalidParameterValue" {
			t.Error(err)
			return
		}
	}
}

// TestPool takes and releases random claims of a small pool, and verifies that no address is assigned twice or lost.
func TestPool(t *testing.T) {
	p := newPool(netip.MustParsePrefix("10.0.0.0/26"))
	all := p.free()
	held := []claim{}
	for round := range 300 {
		d := demand{count: round % 3}
		if round%5 == 0 {
			d = demand{blockCount: 1}
		}
		c, err := p.plan(d)
		if err != nil {
			for _, h := range held {
				p.release(h)
			}
			held = nil
			if diff := cmp.Diff(all, p.free()); diff != "" {
				t.Fatalf("Releasing everything frees everything.\n-want, +got:\n%s", diff)
			}
			continue
		}
		for _, a := range c.addrs {
			if p.held(a) || p.reserved(a) {
				t.Fatalf("%s is assigned, but is in use or reserved", a)
			}
		}
		p.take(c, fmt.Sprint(round))
		held = append(held, c)
	}
}
