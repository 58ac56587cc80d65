package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// Targets of the agent.
const (
	agentDelay  = 20.0 // ms, 99th percentile
	agentMemory = 40.0 // MiB
	agentCPU    = 0.1  // percent of a core: a Lease is renewed each 30 s, and nothing else
)

// agentPause is between two times that the link is plugged in.
const agentPause = 300 * time.Millisecond

const (
	agentNode = "agent-bench"
	agentENI  = "eni-0bench"
	agentMAC  = "02:00:00:00:be:7c"
)

// An agentResult is what the real agent does, or why it could not be measured.
type agentResult struct {
	skipped string

	configured []time.Duration // from a link to one that is as asked
	ready      []time.Duration // … to a HostInterface that says so
	memory     memory
	cpu        time.Duration
	window     time.Duration
}

// measureAgent runs the real agent in a network namespace, gives it one
// HostInterface, and plugs its link in again and again.
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
	s.sayf("plugging a link in %d times", s.o.agentEvents)
	for range s.o.agentEvents {
		if err := s.plugOnce(ctx, p, l, w, r); err != nil {
			return nil, err
		}
	}
	if err := s.agentAtRest(ctx, p, r); err != nil {
		return nil, err
	}
	return r, s.releaseAgent(ctx, w)
}

// startAgent makes a host, an agent on it and the HostInterface.
func (s *stage) startAgent(ctx context.Context) (*process, *link, error) {
	s.sayf("building the agent")
	binary, err := s.goBuild(ctx, "agent")
	if err != nil {
		return nil, nil, err
	}
	// Another bench may run at the same time.
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
	// ip becomes the agent: the process is the same.
	p, err := s.run(ctx, "agent", nil, "ip", "netns", "exec", ns, binary,
		"--node-name", agentNode, "--namespace", testbed.Namespace, "--kubeconfig", kubeconfig, "--link-kinds", "device,veth",
		"--metrics-bind-address", "0", "--health-probe-bind-address", "0")
	return p, l, err
}

// agentInterface asks for all that an agent can do to a link but to rename it.
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

// plugOnce waits until the link is there no more and the agent has said so,
// plugs it in, and waits until it is as asked and the agent has said so.
func (s *stage) plugOnce(ctx context.Context, p *process, l *link, w *hostInterfaceWatch, r *agentResult) error {
	if err := l.unplug(); err != nil {
		return err
	}
	if err := poll(ctx, p, func() (bool, error) {
		routed, err := l.routed()
		return !routed && w.state() == v1alpha1.ReasonWaitingForDevice, err
	}); err != nil {
		return errors.Wrapf(err, "the agent does not see that a link is gone, says %q", w.state())
	}
	// An agent's client sends at most 20 requests a second, and each round takes
	// some; what would be measured otherwise is the wait for its limiter.
	time.Sleep(agentPause)
	if err := l.plug(); err != nil {
		return err
	}
	begun := time.Now()
	// Its rules are the last thing that a link gets.
	if err := poll(ctx, p, l.routed); err != nil {
		return errors.Wrapf(err, "the agent does not configure a link, says %q", w.state())
	}
	r.configured = append(r.configured, time.Since(begun))
	if err := poll(ctx, p, func() (bool, error) { return w.state() == v1alpha1.ReasonConfigured, nil }); err != nil {
		return errors.Wrap(err, "the agent does not report a link that it has configured")
	}
	r.ready = append(r.ready, w.at().Sub(begun))
	return nil
}

// poll looks often enough for milliseconds to be told apart.
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

// agentAtRest watches an agent that has nothing to do.
func (s *stage) agentAtRest(ctx context.Context, p *process, r *agentResult) error {
	begun := time.Now()
	before, err := cpuOf(p.pid())
	if err != nil {
		return err
	}
	err = s.wait(ctx, "the agent's time at rest to pass", s.o.agentRest+time.Minute, func() (bool, string, error) {
		return time.Since(begun) >= s.o.agentRest, time.Since(begun).Round(time.Second).String(), p.alive()
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

// releaseAgent takes the HostInterface away while its agent still lives.
func (s *stage) releaseAgent(ctx context.Context, w *hostInterfaceWatch) error {
	h := agentInterface()
	if err := s.kube.Delete(ctx, h); err != nil {
		return errors.Wrap(err, "cannot delete the HostInterface")
	}
	err := s.wait(ctx, "the agent to let go", 30*time.Second, func() (bool, string, error) {
		err := s.kube.Get(ctx, client.ObjectKeyFromObject(h), h)
		return kerrors.IsNotFound(err), "not yet", client.IgnoreNotFound(err)
	})
	w.stop()
	return err
}

// A hostInterfaceWatch knows what the agent last said of the HostInterface.
type hostInterfaceWatch struct {
	stop func()

	mu     sync.Mutex
	reason xpv2.ConditionReason
	since  time.Time
}

func (s *stage) watchHostInterface(ctx context.Context) (*hostInterfaceWatch, error) {
	events, err := s.kube.Watch(ctx, &v1alpha1.HostInterfaceList{})
	if err != nil {
		return nil, errors.Wrap(err, "cannot watch HostInterfaces")
	}
	w := &hostInterfaceWatch{stop: events.Stop}
	go func() {
		for e := range events.ResultChan() {
			h, ok := e.Object.(*v1alpha1.HostInterface)
			if !ok {
				continue
			}
			c := h.GetCondition(xpv2.TypeReady)
			w.mu.Lock()
			if w.reason != c.Reason && c.Status != corev1.ConditionUnknown {
				w.reason, w.since = c.Reason, time.Now()
			}
			w.mu.Unlock()
		}
	}()
	return w, nil
}

func (w *hostInterfaceWatch) state() xpv2.ConditionReason {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reason
}

func (w *hostInterfaceWatch) at() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.since
}

// percentile returns the value that a share of all are at most (nearest rank).
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
		mem, cpu      = "agent memory at rest (VmRSS)", "agent, CPU at rest"
	)
	if r.skipped != "" {
		return []row{
			skipped(delay, "≤ 20 ms", r.skipped), skipped(report, string(notJudged), r.skipped),
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
		{What: delay, Target: "≤ 20 ms", Measured: times(r.configured), Bound: "20 ms", OK: judged(d, agentDelay), Value: &d, Unit: "ms"},
		{What: report, Target: string(notJudged), Measured: times(r.ready), Bound: string(notJudged), OK: notJudged, Value: &rd, Unit: "ms"},
		{What: mem, Target: "≤ 40 MiB", Measured: fmt.Sprintf("%.0f MiB (%.0f anonymous, most at any time %.0f)", m, mebibytes(r.memory.anonymous), mebibytes(r.memory.peak)), Bound: "40 MiB", OK: judged(m, agentMemory), Value: &m, Unit: "MiB"},
		{What: cpu, Target: "≤ 0.1 % of a core", Measured: fmt.Sprintf("%.2f %% (%s in %s)", c, r.cpu, r.window.Round(time.Second)), Bound: "0.1 %", OK: judged(c, agentCPU), Value: &c, Unit: "percent of a core"},
	}
}
