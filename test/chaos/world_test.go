// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

const (
	// providerAccessKey is the access key in the Secret of the test bed. It identifies
	// the provider's calls in the ledger.
	providerAccessKey = "AKIAIOSFODNN7EXAMPLE"
	operatorAccessKey = "AKIAIOSFODNN7SOMEONE"

	// nodeGracePeriod is long enough for a node to register again.
	nodeGracePeriod = 2 * time.Second

	// instanceType supports fifteen ENIs.
	instanceType = "m5.24xlarge"

	pairNamespace = "default"
	groupLabel    = "chaos-group"
)

// A world is the environment of the rounds.
type world struct {
	*testbed.World

	cp       *testbed.ControlPlane
	kube     client.WithWatch
	monitor  *monitor
	operator *awsec2.Client
	admin    admin

	// provider and second are the replicas; second runs only in rounds with two
	// replicas. flags are their flags.
	provider, second *provider
	flags            flags

	// elsewhere are the emulators of another account and another region.
	elsewhere []*ec2emulator.Server

	// instances are the ids of instances by name of the node.
	instances map[string]string

	// backup is the directory of the etcd backup, and adoptable are the ENIs that the
	// provider must adopt after its restore.
	backup    string
	adoptable map[key]ec2emulator.NetworkInterface

	// granted are the permits since the world last converged, from mark on.
	granted *permits
	mark    ec2emulator.Mark
	// within is the time limit of convergence.
	within time.Duration

	// background are goroutines of faults; stops cancels them.
	background sync.WaitGroup

	mu     sync.Mutex
	timers []*time.Timer
	stops  []func()
	agents agents
	// made are the ENIs and attachments that the provider has created, and foreign the
	// owners of foreign ENIs and attachments.
	made    map[string]bool
	foreign map[string]string
}

func emulatorOptions() ec2emulator.Options {
	return ec2emulator.Options{
		AttachDelay: 50 * time.Millisecond, DetachDelay: 50 * time.Millisecond, AvailableDelay: 10 * time.Millisecond, InstanceDelay: 50 * time.Millisecond,
		Latency: time.Millisecond, VisibilityDelay: 150 * time.Millisecond,
	}
}

// newWorld starts a world, with the provider last.
func newWorld(t *testing.T, bin string) *world {
	t.Helper()
	cp, err := testbed.StartControlPlane(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cp.Stop(); err != nil {
			t.Error(err)
		}
	})
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, apis.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	kube, err := client.NewWithWatch(cp.Config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	tw, err := testbed.NewWorld(t.Context(), kube, emulatorOptions())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tw.Close)
	if err := testbed.ApplyRBAC(t.Context(), kube); err != nil {
		t.Fatal(err)
	}
	kubeconfig, err := cp.Kubeconfig(t.Context(), kube, testbed.ProviderServiceAccount, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		World: tw, cp: cp, kube: kube, instances: map[string]string{},
		provider: newProvider(bin, kubeconfig), second: newProvider(bin, kubeconfig), flags: flags{region: testbed.Region},
		admin: admin{confirmed: map[string]bool{}}, adoptable: map[key]ec2emulator.NetworkInterface{}, agents: newAgents(), made: map[string]bool{}, foreign: map[string]string{},
		operator: awsec2.New(awsec2.Options{
			Region: testbed.Region, BaseEndpoint: &tw.EC2URL,
			Credentials: credentials.NewStaticCredentialsProvider(operatorAccessKey, "emulated", ""),
		}),
	}
	w.monitor = newMonitor(w)
	if err := w.addPlaces(t); err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	for _, run := range []func(context.Context){w.monitor.watchInterfaces, w.monitor.watchAttachments, w.monitor.watchHosts, w.runAgents, w.renewLeases} {
		running.Go(func() { run(ctx) })
	}
	t.Cleanup(func() { cancel(); running.Wait() })

	t.Cleanup(w.provider.stop)
	t.Cleanup(w.second.stop)
	if err := w.startAll(); err != nil {
		t.Fatal(err)
	}
	return w
}

// eventually retries fn, because of outages of the API server and conflicts with the
// provider.
func (w *world) eventually(ctx context.Context, what string, fn func() error) error {
	deadline := time.Now().Add(90 * time.Second)
	for {
		err := fn()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) || ctx.Err() != nil || kerrors.IsInvalid(err) || kerrors.IsForbidden(err) {
			return fmt.Errorf("the test cannot %s: %w", what, err)
		}
		sleep(ctx, 50*time.Millisecond)
	}
}

// later calls fn after a delay, unless the faults have ended before.
func (w *world) later(after time.Duration, fn func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timers = append(w.timers, time.AfterFunc(after, fn))
}

// endFaults ends all faults.
func (w *world) endFaults(ctx context.Context) error {
	w.mu.Lock()
	for _, t := range w.timers {
		t.Stop()
	}
	for _, stop := range w.stops {
		stop()
	}
	w.timers, w.stops = nil, nil
	w.mu.Unlock()
	w.background.Wait()
	w.EC2.RemoveFaults()
	w.EC2.SetOutage(ec2emulator.OutageNone)
	w.resumeReplicas()
	w.resumeAgents(ctx)
	if err := w.startAll(); err != nil {
		return err
	}
	return w.deleteTenantObjects(ctx)
}

// awaitMutation waits until the provider has changed something in EC2.
func (w *world) awaitMutation(ctx context.Context, within time.Duration) {
	mark := w.EC2.Mark()
	for end := time.Now().Add(within); time.Now().Before(end) && ctx.Err() == nil; sleep(ctx, time.Millisecond) {
		if len(w.EC2.Since(mark, byProvider, ec2emulator.Committed)) > 0 {
			return
		}
	}
}

// restartProvider kills the provider, or the leader of two replicas, and starts it again.
func (w *world) restartProvider(ctx context.Context, after, down time.Duration) error {
	sleep(ctx, after)
	w.leader().kill()
	sleep(ctx, down)
	return w.startAll()
}

func killAPIServer(ctx context.Context, w *world) error {
	if err := w.cp.KillAPIServer(ctx); err != nil {
		return err
	}
	sleep(ctx, 20*time.Second)
	return w.cp.StartAPIServer()
}

func restartEtcd(ctx context.Context, w *world) error { return w.cp.RestartEtcd(ctx) }

func byProvider(c ec2emulator.Call) bool {
	return c.AccessKeyID == providerAccessKey || c.AccessKeyID == rotatedAccessKey
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
