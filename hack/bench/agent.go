// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"time"

	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// Targets of the agent.
const (
	agentDelay  = 20.0 // ms, 99th percentile
	agentMemory = 40.0 // MiB
	agentCPU    = 0.1  // percent of a core: a Lease is renewed each 30 s, and nothing else
)

// agentPause is the pause before each plug of the link.
const agentPause = 300 * time.Millisecond

const (
	agentNode = "agent-bench"
	agentENI  = "eni-0bench"
	agentMAC  = "02:00:00:00:be:7c"
)

// An agentResult contains the measurements of the real agent, or the reason why it was skipped.
type agentResult struct {
	skipped string

	configured []time.Duration // from the link event to the configured link
	ready      []time.Duration // … to the Ready HostInterface
	memory     memory
	cpu        time.Duration
	window     time.Duration
}

// measureAgent runs the real agent in a network namespace, creates one
// HostInterface, and plugs its link in repeatedly.
func (s *stage) measureAgent(ctx context.Context) (*agentResult, error) {
	switch _, err := exec.LookPath("ip"); {
	case !s.o.agent:
		return &agentResult{skipped: "skipped: --no-agent"}, nil
	case os.Geteuid() != 0:
		return &agentResult{skipped: "skipped: needs root"}, nil
	case err != nil:
		return &agentResult{skipped: "skipped: needs the program ip (iproute2)"}, nil
	}
	p, l, err := s.startAgent(ctx)
	if err != nil {
		return nil, err
	}
	defer l.close()
	defer p.stop()
	w, err := s.watchHostInterface(ctx)
	if err != nil {
		return nil, err
	}
	r := &agentResult{}
	s.logf("plugging a link in %d times", s.o.agentEvents)
	for range s.o.agentEvents {
		if err := s.plugOnce(ctx, p, l, w, r); err != nil {
			return nil, err
		}
	}
	if err := s.agentSteadyState(ctx, p, r); err != nil {
		return nil, err
	}
	return r, s.releaseAgent(ctx, w)
}

// startAgent creates a host, its agent and the HostInterface.
func (s *stage) startAgent(ctx context.Context) (*process, *link, error) {
	s.logf("building the agent")
	binary, err := s.goBuild(ctx, "agent")
	if err != nil {
		return nil, nil, err
	}
	// Concurrent runs need different names.
	prefix := "eb" + strconv.Itoa(os.Getpid())
	hosts, err := testbed.NewHosts(ctx, prefix, s.world.EC2)
	if err != nil {
		return nil, nil, err
	}
	s.cleanup(hosts.Close)
	ns, err := hosts.Add(ctx, "a", "i-bench")
	if err != nil {
		return nil, nil, err
	}
	u, err := url.Parse(s.cp.Config.Host)
	if err != nil {
		return nil, nil, errors.Wrap(err, "cannot read the API server's address")
	}
	if err := hosts.Forward(ctx, ns, u.Host); err != nil {
		return nil, nil, err
	}
	kubeconfig, err := s.cp.Kubeconfig(ctx, s.kube, testbed.AgentServiceAccount, s.dir)
	if err != nil {
		return nil, nil, err
	}
	if err := s.kube.Create(ctx, agentInterface()); err != nil {
		return nil, nil, errors.Wrap(err, "cannot create a HostInterface")
	}
	l, err := newLink(ns, prefix+"-vpc")
	if err != nil {
		return nil, nil, err
	}
	// ip executes the agent in the same process.
	p, err := s.run(ctx, "agent", nil, "ip", "netns", "exec", ns, binary,
		"--node-name", agentNode, "--namespace", testbed.Namespace, "--kubeconfig", kubeconfig, "--link-kinds", "device,veth",
		"--metrics-bind-address", "0", "--health-probe-bind-address", "0")
	return p, l, err
}

// agentInterface configures everything that an agent supports, except renaming.
func agentInterface() *v1alpha1.HostInterface {
	return &v1alpha1.HostInterface{
		ObjectMeta: metav1.ObjectMeta{Name: testbed.Namespace + "." + agentNode, Finalizers: []string{v1alpha1.FinalizerAgent}},
		Spec: v1alpha1.HostInterfaceSpec{
			NodeName:           agentNode,
			AttachmentRef:      v1alpha1.AttachmentReference{Namespace: testbed.Namespace, Name: agentNode, UID: "bench"},
			NetworkInterfaceID: agentENI, MACAddress: agentMAC, DeviceIndex: 1,
			SubnetCIDR: "198.51.100.0/24", SubnetIPv6CIDRs: []string{"2001:db8:1::/64"},
			PrivateIPs: []string{"198.51.100.5"}, IPv6Addresses: []string{"2001:db8:1::5"},
			Config: v1alpha1.HostConfig{MTU: new(int32(9001)), AltNames: []string{"bench-0"}, Addressing: v1alpha1.AddressingPolicyRouted},
		},
	}
}

// plugOnce removes the link and waits until the agent has reported it, then
// plugs it in and waits until the agent has configured it and reported it.
func (s *stage) plugOnce(ctx context.Context, p *process, l *link, w *hostInterfaceWatch, r *agentResult) error {
	if err := l.unplug(); err != nil {
		return err
	}
	if err := poll(ctx, p, func() (bool, error) {
		routed, err := l.routed()
		return !routed && w.state() == v1alpha1.ReasonWaitingForDevice, err
	}); err != nil {
		return errors.Wrapf(err, "the agent does not report the removal of a link, its reason is %q", w.state())
	}
	// An agent's client is limited to 20 requests per second, and each round needs
	// some of them; without a pause the rate limiter would be measured.
	time.Sleep(agentPause)
	if err := l.plug(); err != nil {
		return err
	}
	begun := time.Now()
	// The rules are the last step of the configuration.
	if err := poll(ctx, p, l.routed); err != nil {
		return errors.Wrapf(err, "the agent does not configure a link, its reason is %q", w.state())
	}
	r.configured = append(r.configured, time.Since(begun))
	if err := poll(ctx, p, func() (bool, error) { return w.state() == v1alpha1.ReasonConfigured, nil }); err != nil {
		return errors.Wrap(err, "the agent does not report a link that it has configured")
	}
	r.ready = append(r.ready, w.at().Sub(begun))
	return nil
}

// poll polls with sub-millisecond resolution.
func poll(ctx context.Context, p *process, is func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	t := time.NewTicker(200 * time.Microsecond)
	defer t.Stop()
	for {
		if ok, err := is(); err != nil || ok {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.exited:
			return p.alive()
		case <-t.C:
		}
	}
}

// agentSteadyState measures an agent in steady state.
func (s *stage) agentSteadyState(ctx context.Context, p *process, r *agentResult) error {
	begun := time.Now()
	before, err := cpuOf(p.pid())
	if err != nil {
		return err
	}
	err = s.wait(ctx, "the end of the agent's steady state measurement", s.o.agentSteady+time.Minute, func() (bool, string, error) {
		return time.Since(begun) >= s.o.agentSteady, time.Since(begun).Round(time.Second).String(), p.alive()
	})
	if err != nil {
		return err
	}
	after, err := cpuOf(p.pid())
	if err != nil {
		return err
	}
	r.cpu, r.window = after-before, time.Since(begun)
	r.memory, err = memoryOf(p.pid())
	return err
}

// releaseAgent deletes the HostInterface while its agent is running.
func (s *stage) releaseAgent(ctx context.Context, w *hostInterfaceWatch) error {
	h := agentInterface()
	if err := s.kube.Delete(ctx, h); err != nil {
		return errors.Wrap(err, "cannot delete the HostInterface")
	}
	err := s.wait(ctx, "the agent to release the interface", 30*time.Second, func() (bool, string, error) {
		err := s.kube.Get(ctx, client.ObjectKeyFromObject(h), h)
		return kerrors.IsNotFound(err), "not yet", client.IgnoreNotFound(err)
	})
	w.stop()
	return err
}

// percentile returns the nearest-rank percentile of a share.
func percentile(ds []time.Duration, share float64) time.Duration {
	if len(ds) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(ds))
	rank := int(share*float64(len(sorted)) + 0.9999)
	return sorted[min(max(rank, 1), len(sorted))-1]
}

func agentRows(r *agentResult) []row {
	const (
		delay, report = "agent, link event to configured, p99", "agent, link event to HostInterface Ready, p99"
		mem, cpu      = "agent memory in steady state (VmRSS)", "agent, CPU in steady state"
	)
	if r.skipped != "" {
		return []row{
			skipped(delay, "≤ 20 ms", r.skipped), skipped(report, string(notEvaluated), r.skipped),
			skipped(mem, "≤ 40 MiB", r.skipped), skipped(cpu, "≤ 0.1 % of a core", r.skipped),
		}
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	times := func(ds []time.Duration) string {
		return fmt.Sprintf("%.1f ms (median %.1f, most %.1f, of %d)", ms(percentile(ds, 0.99)), ms(percentile(ds, 0.5)), ms(percentile(ds, 1)), len(ds))
	}
	d, rd, m := ms(percentile(r.configured, 0.99)), ms(percentile(r.ready, 0.99)), mebibytes(r.memory.resident)
	c := 100 * r.cpu.Seconds() / r.window.Seconds()
	return []row{
		{What: delay, Target: "≤ 20 ms", Measured: times(r.configured), Bound: "20 ms", OK: evaluate(d, agentDelay), Value: &d, Unit: "ms"},
		{What: report, Target: string(notEvaluated), Measured: times(r.ready), Bound: string(notEvaluated), OK: notEvaluated, Value: &rd, Unit: "ms"},
		{What: mem, Target: "≤ 40 MiB", Measured: fmt.Sprintf("%.0f MiB (%.0f anonymous, peak %.0f)", m, mebibytes(r.memory.anonymous), mebibytes(r.memory.peak)), Bound: "40 MiB", OK: evaluate(m, agentMemory), Value: &m, Unit: "MiB"},
		{What: cpu, Target: "≤ 0.1 % of a core", Measured: fmt.Sprintf("%.2f %% (%s in %s)", c, r.cpu, r.window.Round(time.Second)), Bound: "0.1 %", OK: evaluate(c, agentCPU), Value: &c, Unit: "percent of a core"},
	}
}
