// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"context"
	"fmt"
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
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/kernelvm"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// within is the timeout of the whole path, with an emulated machine
// on shared cores.
const within = 60 * time.Second

// nodeName is the name of the virtual machine's node.
const nodeName = "node-vm"

// env is a cluster of one node, which is a virtual machine: API server,
// emulator, provider, and an agent after startAgent was called.
type env struct {
	*testbed.World

	t        *testing.T
	cp       *testbed.ControlPlane
	kube     client.WithWatch
	guest    *kernelvm.Guest
	hardware *hardware
	// account is the agent's service account.
	account string
}

// newEnv boots a machine and starts a cluster for it. The agent's program is
// among its files already.
func newEnv(t *testing.T, o kernelvm.Options) *env {
	t.Helper()
	return newEnvAs(t, testbed.AgentServiceAccount, o)
}

// newEnvAs is newEnv with another service account of the agent.
func newEnvAs(t *testing.T, account string, o kernelvm.Options) *env {
	t.Helper()
	k, agent := kit(t)
	cp, err := testbed.StartControlPlane(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cp.Stop(); err != nil {
			t.Error(err)
		}
	})
	scheme, err := controller.NewScheme()
	if err != nil {
		t.Fatal(err)
	}
	kube, err := client.NewWithWatch(cp.Config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	w, err := testbed.NewWorld(t.Context(), kube, ec2emulator.Options{
		AttachDelay: 50 * time.Millisecond, DetachDelay: 50 * time.Millisecond, AvailableDelay: 10 * time.Millisecond, InstanceDelay: 50 * time.Millisecond, Latency: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	e := &env{World: w, t: t, cp: cp, kube: kube, account: account}
	if err := testbed.ApplyRBAC(t.Context(), kube); err != nil {
		t.Fatal(err)
	}
	e.startProvider()
	e.boot(k, o, agent)
	return e
}

// with returns the environment for a subtest.
func (e *env) with(t *testing.T) *env {
	c := *e
	c.t = t
	return &c
}

// startProvider runs the provider in this process, with the RBAC rules of its
// manifests, until the end of the test.
func (e *env) startProvider() {
	e.t.Helper()
	s := controller.DefaultSettings()
	s.Region = testbed.Region
	s.PollInterval = 2 * time.Second
	s.PollJitter = 0
	s.LeaderElection = false
	s.MetricsBindAddress, s.HealthBindAddress = "0", "0"
	s.SkipNameValidation = true
	if *debug {
		s.Log = logging.NewLogrLogger(log.Log.WithName("provider"))
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(e.t.Context()))
	mgr, err := controller.NewManager(ctx, e.cp.As(testbed.ProviderServiceAccount), s)
	if err != nil {
		cancel()
		e.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- mgr.Start(ctx) }()
	e.t.Cleanup(func() { cancel(); <-done })
}

// apply creates the objects in the YAML.
func (e *env) apply(text string) {
	e.t.Helper()
	docs, err := testbed.Documents([]byte(text))
	e.must(err)
	for _, u := range docs {
		e.must(e.kube.Create(e.t.Context(), u))
	}
}

// change changes the spec of a NodeENI.
func (e *env) change(name string, f func(*v1alpha1.NodeENISpec)) {
	e.t.Helper()
	n := &v1alpha1.NodeENI{}
	e.must(e.kube.Get(e.t.Context(), client.ObjectKey{Name: name}, n))
	b := n.DeepCopy()
	f(&n.Spec)
	e.must(e.kube.Patch(e.t.Context(), n, client.MergeFrom(b)))
}

// deleteNodeENI deletes a NodeENI, and waits until nothing is left in EC2,
// in the API server and in the machine.
func (e *env) deleteNodeENI(name string) {
	e.t.Helper()
	e.must(e.kube.Delete(e.t.Context(), &v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: name}}))
	e.eventually(within, e.leftovers)
}

// host returns the HostInterface of a NodeENI.
func (e *env) host(nodeENI string) (*v1alpha1.HostInterface, error) {
	l := &v1alpha1.HostInterfaceList{}
	if err := e.kube.List(e.t.Context(), l, client.MatchingLabels{v1alpha1.LabelNodeENI: nodeENI}); err != nil {
		return nil, err
	}
	if len(l.Items) != 1 {
		return nil, fmt.Errorf("there are %d HostInterfaces for NodeENI %s, want 1", len(l.Items), nodeENI)
	}
	return &l.Items[0], nil
}

// awaitReady waits until a NodeENI's HostInterface has a condition Ready, and
// returns it.
func (e *env) awaitReady(nodeENI string, status corev1.ConditionStatus, reason xpv2.ConditionReason) *v1alpha1.HostInterface {
	e.t.Helper()
	var h *v1alpha1.HostInterface
	e.eventually(within, func() (err error) {
		if h, err = e.host(nodeENI); err != nil {
			return err
		}
		if c := h.GetCondition(xpv2.TypeReady); c.Status != status || c.Reason != reason || h.Status.ObservedGeneration != h.Generation {
			return fmt.Errorf("HostInterface %s has %s %s of generation %d, want %s %s of %d: %s", h.Name, c.Status, c.Reason, h.Status.ObservedGeneration, status, reason, h.Generation, c.Message)
		}
		return nil
	})
	return h
}

// leftovers returns an error if objects or ENIs are left.
func (e *env) leftovers() error {
	if l := e.EC2.ENIs(ec2emulator.Exists, func(n ec2emulator.NetworkInterface) bool { return n.Tags["networking.k8s.aws/mr-uid"] != "" }); len(l) > 0 {
		return fmt.Errorf("%d ENIs are left, the first %s: %+v", len(l), l[0].ID, l[0].Attachment)
	}
	for _, l := range lists() {
		if err := e.kube.List(e.t.Context(), l); err != nil {
			return err
		}
		if n := meta.LenList(l); n > 0 {
			return fmt.Errorf("%T: %d are left", l, n)
		}
	}
	return e.hardware.empty()
}

func lists() []client.ObjectList {
	return []client.ObjectList{&v1alpha1.NodeENIList{}, &ec2v1alpha1.NetworkInterfaceList{}, &ec2v1alpha1.NetworkInterfaceAttachmentList{}, &v1alpha1.HostInterfaceList{}}
}

// eventually waits until check succeeds, and fails with its last error.
func (e *env) eventually(within time.Duration, check func() error) {
	e.t.Helper()
	for deadline := time.Now().Add(within); ; time.Sleep(50 * time.Millisecond) {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			e.t.Fatalf("after %s: %v", within, err)
		}
	}
}

// hold fails if check fails at any time during the period.
func (e *env) hold(during time.Duration, check func() error) {
	e.t.Helper()
	for end := time.Now().Add(during); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		e.must(check())
	}
}

func (e *env) must(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

// dump prints the objects of a failed test.
func (e *env) dump(ctx context.Context) {
	for _, l := range lists() {
		if err := e.kube.List(ctx, l); err != nil {
			e.t.Log(err)
			continue
		}
		_ = meta.EachListItem(l, func(o runtime.Object) error {
			o.(client.Object).SetManagedFields(nil)
			b, _ := yaml.Marshal(o)
			e.t.Logf("%T:\n%s", o, b)
			return nil
		})
	}
}
