// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// phaseFrom begins a phase; the returned function returns the phase so far.
func (s *stage) phaseFrom() func() phase {
	c, w := s.meter.snapshot(), s.audit.snapshot()
	return func() phase {
		return phase{calls: s.meter.snapshot().since(c), writes: s.audit.snapshot().since(w)}
	}
}

// measure runs all phases.
func measure(ctx context.Context, s *stage) (*report, error) {
	if err := s.start(ctx); err != nil {
		return nil, err
	}
	r := &results{}
	var err error
	// First, while nothing else runs, and before the provider starts, which would
	// delete a HostInterface without an attachment.
	if r.agent, err = s.measureAgent(ctx); err != nil {
		return nil, errors.Wrap(err, "cannot measure the agent")
	}
	if err := s.populate(ctx); err != nil {
		return nil, err
	}
	life := s.phaseFrom()
	if err := s.measureRollout(ctx, r); err != nil {
		return nil, err
	}
	if err := s.measureRestart(ctx, r); err != nil {
		return nil, err
	}
	p, err := s.measureSteadyState(ctx, r)
	if err != nil {
		return nil, err
	}
	if s.o.release && !s.o.fill {
		if err := s.measureRelease(ctx, r, p); err != nil {
			return nil, err
		}
		l := life()
		r.life = &l
		if err := s.measureChanges(ctx, r); err != nil {
			return nil, errors.Wrap(err, "cannot measure changes")
		}
	}
	if n := s.audit.unreadable(); n > 0 {
		s.logf("%d lines of the audit log could not be read: writes are missing from the counts", n)
	}
	return newReport(s, r), nil
}

// populate adds the nodes and their simulated agents.
func (s *stage) populate(ctx context.Context) error {
	if err := s.runAgents(ctx); err != nil {
		return err
	}
	if err := s.addNodes(ctx); err != nil {
		return err
	}
	s.attached = watchAttachments(s.world.EC2)
	return nil
}

// nodeENI returns the NodeENI of the measurement.
func (s *stage) nodeENI() *v1alpha1.NodeENI {
	n := &v1alpha1.NodeENI{
		ObjectMeta: metav1.ObjectMeta{Name: nodeENIName},
		Spec: v1alpha1.NodeENISpec{
			NodeSelector:        map[string]string{nodeLabel: "true"},
			SecurityGroupIDs:    []v1alpha1.SecurityGroupID{groupID},
			DeviceIndex:         new(int32(1)),
			MTU:                 new(int32(9001)),
			DeleteOnTermination: new(s.o.terminate),
		},
	}
	if s.o.dataSubnets() > s.o.enisPerNode {
		n.Spec.SubnetPolicy = v1alpha1.SubnetPolicyOnePerZone
	}
	for i := range s.o.dataSubnets() {
		n.Spec.SubnetIDs = append(n.Spec.SubnetIDs, v1alpha1.SubnetID(dataSubnet(i)))
	}
	return n
}

// timeoutFor returns the timeout of an operation with a known bound.
func timeoutFor(b bound) time.Duration { return 5*time.Minute + 4*b.least }

// measureRollout creates the NodeENI and waits until it is Ready. With --fill
// it measures nothing.
func (s *stage) measureRollout(ctx context.Context, r *results) error {
	p, err := s.startRollout(ctx)
	if err != nil {
		return err
	}
	defer p.stop()
	within := timeoutFor(slowest(s.rolloutCalls(), s.o.shareOfBounds()))
	took := s.phaseFrom()
	profiled := s.profileCPU(ctx, p, "rollout", 30*time.Second)
	s.logf("applying a NodeENI for %s", plural(s.o.enis(), "ENI"))
	begun := time.Now()
	if err := s.kube.Create(ctx, s.nodeENI()); err != nil {
		return errors.Wrap(err, "cannot create the NodeENI")
	}
	err = s.wait(ctx, "all ENIs to be Ready", within, func() (bool, string, error) {
		n := &v1alpha1.NodeENI{}
		if err := s.kube.Get(ctx, client.ObjectKey{Name: nodeENIName}, n); err != nil {
			return false, "", err
		}
		attached, _ := s.attached.now()
		st := n.Status
		done := int(st.Ready) == s.o.enis() && n.GetCondition(xpv2.TypeReady).Status == corev1.ConditionTrue && attached == s.o.enis()
		return done, fmt.Sprintf("of %d ENIs %d are attached in EC2 and %d are Ready", s.o.enis(), attached, st.Ready), p.alive()
	})
	if err != nil {
		return err
	}
	result := &rolloutResult{phase: took(), ready: time.Since(begun)}
	_, last := s.attached.now()
	result.attached, result.completed = last.Sub(begun), s.attached.completed(begun, s.o.enisPerNode)
	profiled()
	if s.o.fill {
		return nil
	}
	r.rollout = result
	if _, _, err := s.quiet(ctx, p, time.Minute); err != nil {
		return err
	}
	s.profileHeap(ctx, p, "rollout")
	return s.notePeak(r, p)
}

// startRollout starts the provider that creates the ENIs, and waits for its workers.
func (s *stage) startRollout(ctx context.Context) (*provider, error) {
	if s.o.fill {
		return s.startFillProvider(ctx)
	}
	p, err := s.startProvider(ctx)
	if err != nil {
		return nil, err
	}
	return p, s.waitForWorkers(ctx, p)
}

// rolloutCalls returns the number of mutating EC2 calls of the rollout, by action.
func (s *stage) rolloutCalls() map[string]int {
	c := map[string]int{actionCreate: s.o.enis(), actionAttach: s.o.enis()}
	if s.o.terminate {
		c[actionModify] = s.o.enis()
	}
	return c
}

// releaseCalls returns the number of mutating EC2 calls of the release, by action.
func (s *stage) releaseCalls() map[string]int {
	return map[string]int{actionDetach: s.o.enis(), actionDelete: s.o.enis()}
}

// measureRestart starts a provider with existing ENIs.
func (s *stage) measureRestart(ctx context.Context, r *results) error {
	if s.o.fill {
		s.world.EC2.SetThrottle(true)
	}
	took, recorded := s.phaseFrom(), s.meter.record()
	s.logf("starting the provider again")
	p, err := s.startProvider(ctx)
	if err != nil {
		return err
	}
	defer p.stop()
	profiled := s.profileCPU(ctx, p, "restart", 15*time.Second)
	if err := s.waitForWorkers(ctx, p); err != nil {
		return err
	}
	last, ok, err := s.quiet(ctx, p, restartTimeout)
	if err != nil {
		return err
	}
	profiled()
	r.restart = &restartResult{phase: took(), took: last.Sub(p.started), quiet: ok, wouldThrottle: wouldThrottle(recorded())}
	return s.notePeak(r, p)
}

// restartTimeout is less than the default poll interval, after which a
// provider is never quiet.
const restartTimeout = 8 * time.Minute

// measureSteadyState measures a provider in steady state, with a short poll
// interval, and keeps it running.
func (s *stage) measureSteadyState(ctx context.Context, r *results) (*provider, error) {
	s.logf("starting the provider with --poll=%s", s.o.poll)
	p, err := s.startProvider(ctx, "--poll="+s.o.poll.String())
	if err != nil {
		return nil, err
	}
	if err := s.waitForWorkers(ctx, p); err != nil {
		return nil, err
	}
	// A provider that calls EC2 for each object at each poll is never quiet.
	if _, _, err := s.quiet(ctx, p, r.restart.took+3*quietFor); err != nil {
		return nil, err
	}
	took := s.phaseFrom()
	profiled := s.profileCPU(ctx, p, "steady-state", min(s.o.steady, time.Minute))
	begun := time.Now()
	cpu, err := cpuOf(p.pid())
	if err != nil {
		return nil, err
	}
	err = s.wait(ctx, "the end of the steady state measurement", s.o.steady+time.Minute, func() (bool, string, error) {
		ph := took()
		return time.Since(begun) >= s.o.steady, fmt.Sprintf("%s to EC2 and %s by the provider in %s",
			plural(ph.calls.sum(false).Total, "call"), plural(ph.writes.by(whoProvider), "write"), time.Since(begun).Round(time.Second)), p.alive()
	})
	if err != nil {
		return nil, err
	}
	r.steady = &steadyResult{phase: took(), window: time.Since(begun)}
	after, err := cpuOf(p.pid())
	if err != nil {
		return nil, err
	}
	r.steady.cpu = after - cpu
	if r.steady.memory, err = memoryOf(p.pid()); err != nil {
		return nil, err
	}
	profiled()
	s.profileHeap(ctx, p, "steady-state")
	return p, s.notePeak(r, p)
}

// measureRelease deletes the NodeENI and waits until all ENIs are deleted.
func (s *stage) measureRelease(ctx context.Context, r *results, p *provider) error {
	took := s.phaseFrom()
	profiled := s.profileCPU(ctx, p, "release", 30*time.Second)
	already, _ := s.meter.deletions()
	s.logf("deleting the NodeENI")
	begun := time.Now()
	n := &v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: nodeENIName}}
	if err := s.kube.Delete(ctx, n); err != nil {
		return errors.Wrap(err, "cannot delete the NodeENI")
	}
	err := s.wait(ctx, "the deletion of all ENIs", timeoutFor(slowest(s.releaseCalls(), s.o.shareOfBounds())), func() (bool, string, error) {
		deleted, _ := s.meter.deletions()
		attached, _ := s.attached.now()
		err := s.kube.Get(ctx, client.ObjectKeyFromObject(n), n)
		if err != nil && !kerrors.IsNotFound(err) {
			return false, "", err
		}
		far := fmt.Sprintf("of %d ENIs %d are detached and %d deleted", s.o.enis(), s.o.enis()-attached, deleted-already)
		return kerrors.IsNotFound(err), far, p.alive()
	})
	if err != nil {
		return err
	}
	profiled()
	deleted, last := s.meter.deletions()
	if got := deleted - already; got != s.o.enis() {
		return errors.Errorf("the NodeENI is deleted, but of %d ENIs %d were deleted", s.o.enis(), got)
	}
	if left := s.world.EC2.ENIs(ec2emulator.Exists, ours); len(left) > 0 {
		return errors.Errorf("the NodeENI is deleted, but %d ENIs exist, the first is %s", len(left), left[0].ID)
	}
	r.release = &releaseResult{phase: took(), deleted: last.Sub(begun), all: time.Since(begun)}
	return s.notePeak(r, p)
}

// ours accepts ENIs in the bench's data subnets.
func ours(n ec2emulator.NetworkInterface) bool {
	return n.VPCID == vpcID && n.SubnetID != nodesSubnet && n.SubnetID != moreNodes
}

// notePeak records the maximum memory of any provider process.
func (s *stage) notePeak(r *results, p *provider) error {
	m, err := memoryOf(p.pid())
	r.peak = max(r.peak, m.peak)
	return err
}
