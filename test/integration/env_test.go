// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/yaml"

	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/internal/tracing"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

var (
	core   = flag.Bool("core", false, "run only the tests with options.core, and all that require no control plane of their own: make test, as it must be short")
	debug  = flag.Bool("debug", false, "print the provider's debug log")
	ledger = flag.String("ledger", "", "directory to which each test writes the numbers of its mutating EC2 calls, to compare two versions")
)

// env is the cluster of one test: API server, EC2 emulator, provider and fake agents.
type env struct {
	*testbed.World

	t    *testing.T
	cp   *testbed.ControlPlane
	kube client.WithWatch

	provider *running
	tracer   *tracing.Tracer // of agents
}

type options struct {
	ec2      ec2emulator.Options
	settings func(*controller.Settings)
	noAgents bool
	// noProvider is true if the test starts the provider itself.
	noProvider bool
	// discard is true if the control plane is not reset for the next test.
	discard bool
	// core is true for the tests that make test runs. make test-integration runs all.
	core bool
	// long is true for tests that take minutes, which start first.
	long bool
}

func emulatorOptions() ec2emulator.Options {
	return ec2emulator.Options{AttachDelay: 50 * time.Millisecond, DetachDelay: 50 * time.Millisecond, AvailableDelay: 10 * time.Millisecond, InstanceDelay: 50 * time.Millisecond, Latency: time.Millisecond}
}

func newEnv(t *testing.T, o options) *env {
	t.Helper()
	if *core && !o.core {
		t.Skip("make test-integration runs this test")
	}
	acquireSlot(t, o.long)
	start := ownControlPlane
	if o.discard {
		start = discardedControlPlane
	}
	cp := start(t)
	scheme, err := controller.NewScheme()
	if err != nil {
		t.Fatal(err)
	}
	kube, err := client.NewWithWatch(cp.Config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	if o.ec2 == (ec2emulator.Options{}) {
		o.ec2 = emulatorOptions()
	}
	w, err := testbed.NewWorld(t.Context(), kube, o.ec2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	e := &env{World: w, t: t, cp: cp, kube: kube}
	if *ledger != "" {
		t.Cleanup(e.writeLedger)
	}
	if err := testbed.ApplyRBAC(t.Context(), kube); err != nil {
		t.Fatal(err)
	}
	if !o.noAgents {
		e.goRun(func(ctx context.Context) error { return testbed.FakeAgent{}.Run(ctx, kube) })
	}
	if !o.noProvider {
		e.provider = e.startProvider(o.settings)
	}
	return e
}

// shortPoll shortens the poll interval, for tests of changes in EC2 that only a poll
// observes. All other tests use the default poll interval.
func shortPoll(s *controller.Settings) { s.PollInterval, s.PollJitter = 2*time.Second, 0 }

// goRun runs fn until the end of the test, which waits for it.
func (e *env) goRun(fn func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(e.t.Context()))
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := fn(ctx); err != nil && ctx.Err() == nil {
			e.t.Error(err)
		}
	})
	e.t.Cleanup(func() { cancel(); wg.Wait() })
}

// running is a provider in this process.
type running struct {
	cancel context.CancelFunc
	done   chan error
	once   sync.Once
	err    error // after stop
}

func (r *running) stop() {
	r.once.Do(func() {
		r.cancel()
		r.err = <-r.done
	})
}

func (e *env) startProvider(settings func(*controller.Settings)) *running {
	e.t.Helper()
	s := controller.DefaultSettings()
	s.Region = testbed.Region
	s.LeaderElection = false
	s.MetricsBindAddress, s.HealthBindAddress = "0", "0"
	s.SkipNameValidation = true
	s.AgentSilence = 2 * time.Second
	if *debug {
		s.Log = logging.NewLogrLogger(log.Log.WithName("provider"))
	}
	if settings != nil {
		settings(&s)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(e.t.Context()))
	mgr, err := controller.NewManager(ctx, e.cp.As(testbed.ProviderServiceAccount), s)
	if err != nil {
		cancel()
		e.t.Fatal(err)
	}
	r := &running{cancel: cancel, done: make(chan error, 1)}
	go func() { r.done <- mgr.Start(ctx) }()
	e.t.Cleanup(r.stop)
	return r
}

// apply creates the objects of a YAML text.
func (e *env) apply(text string) {
	e.t.Helper()
	for _, u := range parse(e.t, []byte(text)) {
		if err := e.kube.Create(e.t.Context(), u); err != nil {
			e.t.Fatal(err)
		}
	}
}

// node creates a node in zone a that matches the manifests' node selector.
func (e *env) node(name string, labels ...string) *corev1.Node {
	e.t.Helper()
	return e.nodeIn(name, testbed.SubnetNodesA, labels...)
}

func (e *env) nodeIn(name, subnet string, labels ...string) *corev1.Node {
	e.t.Helper()
	l := map[string]string{"ng": "multi-eni"}
	for i := 0; i+1 < len(labels); i += 2 {
		l[labels[i]] = labels[i+1]
	}
	n, err := e.AddNode(e.t.Context(), name, subnet, "", l)
	if err != nil {
		e.t.Fatal(err)
	}
	return n
}

// minLimit is the shortest time limit: a limit only ends a test that waits in vain, and control planes of
// other tests start at the same time. It is far below the default poll interval of 10 minutes, so that
// a test does not pass because of a poll.
const minLimit = 30 * time.Second

// eventually waits until check returns nil, and fails with its last error at the time
// limit.
func (e *env) eventually(within time.Duration, check func() error) {
	e.t.Helper()
	within = patience * max(within, minLimit)
	deadline := time.Now().Add(within)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			e.dump()
			e.t.Fatalf("after %s: %v", within, err)
		}
		select {
		case <-e.t.Context().Done():
			e.t.Fatal(e.t.Context().Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// writeLedger writes the mutating calls of the test: the action, the names of the
// parameters, the error code and the number of calls.
func (e *env) writeLedger() {
	count := map[string]int{}
	for _, c := range e.EC2.Since(0) {
		if ec2emulator.Mutating(c) {
			count[strings.Join([]string{c.Action, strings.Join(slices.Sorted(maps.Keys(c.Parameters)), " "), c.Code}, "\t")]++
		}
	}
	var out strings.Builder
	for _, k := range slices.Sorted(maps.Keys(count)) {
		fmt.Fprintf(&out, "%s\t%d\n", k, count[k])
	}
	name := strings.ReplaceAll(e.t.Name(), "/", "_") + ".txt"
	if err := os.WriteFile(filepath.Join(*ledger, name), []byte(out.String()), 0o600); err != nil {
		e.t.Error(err)
	}
}

// dump logs all objects of a failed test.
func (e *env) dump() {
	for _, l := range []client.ObjectList{&v1alpha1.NodeENIList{}, &ec2v1alpha1.NetworkInterfaceList{}, &ec2v1alpha1.NetworkInterfaceAttachmentList{}, &v1alpha1.HostInterfaceList{}, &v1alpha1.ClusterProviderConfigList{}, &v1alpha1.ProviderConfigUsageList{}} {
		if err := e.kube.List(e.t.Context(), l); err == nil {
			_ = meta.EachListItem(l, func(o runtime.Object) error {
				o.(client.Object).SetManagedFields(nil)
				return nil
			})
			b, _ := yaml.Marshal(l)
			if len(b) > 12000 {
				b = b[:12000]
			}
			e.t.Logf("%T:\n%s", l, b)
		}
	}
	for _, n := range e.live() {
		e.t.Logf("%s is %s of %s, attached: %+v", n.ID, n.Status, n.Tags["networking.k8s.aws/mr"], n.Attachment)
	}
}

// live returns the existing ENIs with the provider's ownership tag.
func (e *env) live() []ec2emulator.NetworkInterface {
	return e.EC2.ENIs(ec2emulator.Exists, managedByUs)
}

func managedByUs(n ec2emulator.NetworkInterface) bool {
	_, ok := n.Tags["networking.k8s.aws/mr-uid"]
	return ok
}

// attachedTo returns the provider's ENIs on a node's instance, by device index.
func (e *env) attachedTo(n *corev1.Node) map[int]ec2emulator.NetworkInterface {
	out := map[int]ec2emulator.NetworkInterface{}
	for _, x := range e.live() {
		if a := x.Attachment; a != nil && a.Status == "attached" && a.InstanceID == instanceID(n) {
			out[a.DeviceIndex] = x
		}
	}
	return out
}

func instanceID(n *corev1.Node) string {
	id := n.Spec.ProviderID
	return id[len(id)-len("i-00000000000000000"):]
}

func (e *env) nodeENI(name string) *v1alpha1.NodeENI {
	e.t.Helper()
	n := &v1alpha1.NodeENI{}
	if err := e.kube.Get(e.t.Context(), client.ObjectKey{Name: name}, n); err != nil {
		e.t.Fatal(err)
	}
	return n
}

// ready returns a check that a NodeENI has a number of ready interfaces and no others.
func (e *env) ready(name string, want int) func() error {
	return func() error {
		n := &v1alpha1.NodeENI{}
		if err := e.kube.Get(e.t.Context(), client.ObjectKey{Name: name}, n); err != nil {
			return err
		}
		if int(n.Status.Ready) != want || int(n.Status.Desired) != want || len(n.Status.Attachments) != want {
			return fmt.Errorf("NodeENI %s: %d of %d ready, %d attachments listed, want %d: %+v", name, n.Status.Ready, n.Status.Desired, len(n.Status.Attachments), want, n.Status.Conditions)
		}
		return nil
	}
}

// allDeleted returns an error if an ENI or an object of the provider exists.
func (e *env) allDeleted() error {
	if l := e.live(); len(l) > 0 {
		return fmt.Errorf("%d ENIs exist, the first is %s: %+v", len(l), l[0].ID, l[0].Attachment)
	}
	for _, l := range []client.ObjectList{&v1alpha1.NodeENIList{}, &ec2v1alpha1.NetworkInterfaceList{}, &ec2v1alpha1.NetworkInterfaceAttachmentList{}, &v1alpha1.HostInterfaceList{}} {
		if err := e.kube.List(e.t.Context(), l); err != nil {
			return err
		}
		if n := itemCount(l); n > 0 {
			return fmt.Errorf("%T: %d objects exist", l, n)
		}
	}
	return nil
}

func itemCount(l client.ObjectList) int {
	switch l := l.(type) {
	case *v1alpha1.NodeENIList:
		return len(l.Items)
	case *v1alpha1.HostInterfaceList:
		return len(l.Items)
	case *ec2v1alpha1.NetworkInterfaceList:
		return len(l.Items)
	case *ec2v1alpha1.NetworkInterfaceAttachmentList:
		return len(l.Items)
	}
	return 0
}

func (e *env) delete(o client.Object) {
	e.t.Helper()
	if err := e.kube.Delete(e.t.Context(), o); err != nil {
		e.t.Fatal(err)
	}
}

func named(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name} }

// with returns the environment for a subtest.
func (e *env) with(t *testing.T) *env {
	c := *e
	c.t = t
	return &c
}

type callRecord = ec2emulator.Call

// flat returns the first values of a call's parameters.
func flat[V ~string | ~[]string](p map[string]V) map[string]string {
	out := map[string]string{}
	for k, v := range p {
		out[k] = fmt.Sprint(v)
	}
	return out
}

// lease renews the Lease of a node's agent once.
func (e *env) lease(node string) error {
	return testbed.RenewLease(e.t.Context(), e.kube, node, time.Now())
}
