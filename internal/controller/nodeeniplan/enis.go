// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeniplan

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/controller/networkinterface"
	"github.com/nodeeni/provider-aws-eni/internal/controller/networkinterfaceattachment"
	"github.com/nodeeni/provider-aws-eni/internal/controller/nodeeni"
)

// workers is the number of ENIs that are computed in parallel, so that their describe calls
// share batches.
const workers = 64

const (
	messageAfterRelease = "after other network interfaces are released from the node"
	messageHeld         = "after others: spec.rollout.maxUnavailable limits how many nodes lose network interfaces at the same time"
	messageBlocked      = "not released: objects of other nodes are paused, and their nodes count against spec.rollout.maxUnavailable"
	messageUnconfirmed  = "more than half of the NodeENI's network interfaces would be released from nodes that exist: set spec.rollout.maxUnavailable to confirm"
)

// A job computes the entry of one ENI.
type job struct {
	entry v1alpha1.PlannedENI
	// more is the number of addresses that the ENI has more than before.
	more int32
	run  func(ctx context.Context, j *job) error
}

// add adds the ENIs of a NodeENI to a result.
func (p *planner) add(ctx context.Context, out *result, future *overlay, s *scope, freed *freed) error {
	c, err := p.nodeENIs.ClientFor(ctx, s.after)
	if err != nil {
		return err
	}
	a := &applying{
		will:        s.will,
		interfaces:  networkinterface.Previewer{Kube: future, Uncached: p.uncached, EC2: c, Cluster: p.o.Cluster, Reserves: p.o.ReservedENIs, Released: freed.enis},
		attachments: networkinterfaceattachment.Previewer{Kube: future, Uncached: p.uncached, EC2: c, Cluster: p.o.Cluster, Reserves: p.o.ReservedENIs, Released: freed.enis},
		present:     newOverlay(p.kube, indexes()),
	}
	jobs := a.jobs()
	if s.other {
		jobs = slices.DeleteFunc(jobs, func(j *job) bool { return !freed.instances[j.entry.InstanceID] })
	}
	if err := prefetch(ctx, c, jobs); err != nil {
		return err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	for _, j := range jobs {
		g.Go(func() error { return j.run(gctx, j) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if s.other {
		jobs = slices.DeleteFunc(jobs, func(j *job) bool { return len(j.entry.Calls) == 0 })
	} else {
		out.problems = append(out.problems, s.problems()...)
	}
	return out.collect(ctx, c, jobs)
}

// prefetch describes the instances of all jobs together.
func prefetch(ctx context.Context, c *ec2.Client, jobs []*job) error {
	ids := map[string]bool{}
	for _, j := range jobs {
		ids[j.entry.InstanceID] = true
	}
	delete(ids, "")
	_, err := c.Instances(ctx, slices.Sorted(maps.Keys(ids)), nil)
	return err
}

// collect adds the results of jobs.
func (r *result) collect(ctx context.Context, c *ec2.Client, jobs []*job) error {
	calls, subnets := map[string]int{}, map[string]bool{}
	for _, j := range jobs {
		if j.entry.Action == v1alpha1.PlanRelease && j.entry.ENIID == "" {
			continue // only an object is deleted
		}
		r.enis = append(r.enis, j.entry)
		for _, action := range j.entry.Calls {
			calls[action]++
		}
		if j.more == 0 || j.entry.SubnetID == "" {
			continue
		}
		subnets[j.entry.SubnetID] = true
		if s := r.subnet(j.entry.SubnetID); j.more > 0 {
			s.Taken += j.more
		} else {
			s.Returned -= j.more
		}
	}
	for action, n := range calls {
		r.count(action, n, c.TimeFor(action, n))
	}
	found, err := c.SubnetsByID(ctx, slices.Sorted(maps.Keys(subnets)))
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(subnets)) {
		s := r.subnet(id)
		s.AvailabilityZone, s.Free = found[id].AvailabilityZone, found[id].FreeAddresses
		if s.Taken > s.Free+s.Returned {
			r.problems = append(r.problems, fmt.Sprintf("subnet %s has too few free IPv4 addresses: %d are taken, %d are free and %d are returned", id, s.Taken, s.Free, s.Returned))
		}
	}
	return nil
}

// applying computes the entries of a NodeENI.
type applying struct {
	will        *nodeeni.Preview
	interfaces  networkinterface.Previewer
	attachments networkinterfaceattachment.Previewer
	// present has the objects before the change.
	present client.Client
}

// jobs returns a job for each ENI.
func (a *applying) jobs() []*job {
	var out []*job
	for _, name := range slices.Sorted(maps.Keys(a.will.Children)) {
		c := a.will.Children[name]
		j := a.job(name, a.child(name))
		j.entry.Node, j.entry.InstanceID, j.entry.SubnetID = c.Child.NodeName, c.Child.InstanceID, c.Child.SubnetID
		if c.Child.Retained {
			j.entry.Node, j.entry.InstanceID = "", ""
		}
		out = append(out, j)
	}
	for _, name := range a.will.Release {
		out = append(out, a.released(name, ""))
	}
	for _, name := range a.will.Held {
		out = append(out, a.released(name, messageHeld))
	}
	for _, name := range a.will.Blocked {
		out = append(out, a.kept(name, messageBlocked))
	}
	for _, name := range a.will.Unconfirmed {
		out = append(out, a.kept(name, messageUnconfirmed))
	}
	return out
}

// kept returns the job of an ENI that is not released until the cause in a message ends.
func (a *applying) kept(name, message string) *job {
	j := a.released(name, "")
	j.run = func(context.Context, *job) error { return nil }
	j.entry.Action, j.entry.Message = v1alpha1.PlanWait, message
	j.entry.ENIID = externalName(a.will.Interfaces[name])
	return j
}

func (a *applying) job(name string, run func(context.Context, *job) error) *job {
	return &job{entry: v1alpha1.PlannedENI{NodeENI: a.will.NodeENI.GetName(), Name: name}, run: run}
}

// child returns the function for a desired or retained child.
func (a *applying) child(name string) func(context.Context, *job) error {
	c := a.will.Children[name]
	return func(ctx context.Context, j *job) error {
		e := &j.entry
		e.Action = v1alpha1.PlanKeep
		if c.Interface == nil {
			return nil
		}
		before := existing(a.will.Interfaces[name])
		e.ENIID = externalName(c.Interface)
		ni, err := a.interfaces.Apply(ctx, c.Interface.DeepCopy())
		if err != nil {
			return j.fail(err)
		}
		j.more = ni.More
		e.ENIID, e.Addresses, e.Calls, e.Changes = ni.ID, ni.Addresses, ni.Calls, ni.Changes
		if ni.Waiting != "" {
			e.Action, e.Message = v1alpha1.PlanWait, ni.Waiting
			return a.attachedAlone(ctx, j, c)
		}
		if c.Attachment == nil {
			return a.retained(ctx, j, c)
		}
		at, err := a.attachments.Apply(ctx, c.Attachment.DeepCopy(), ni.AfterRelease)
		if err != nil {
			return j.fail(err)
		}
		j.attach(at)
		e.Changes = append(e.Changes, hostChanges(existing(a.will.Attachments[name]), c.Attachment)...)
		j.decide(ni, at, c.TakesOver || (c.Child.Adopt != "" && before == nil))
		if e.Message == "" && a.will.NodeENI.Spec.DeviceIndex != nil {
			e.Message = otherIndex(c.Child.MinDeviceIndex, &at)
		}
		return nil
	}
}

// attachedAlone adds the calls for the attachment of an ENI whose NetworkInterface waits: another
// controller makes them.
func (a *applying) attachedAlone(ctx context.Context, j *job, c nodeeni.PreviewChild) error {
	if c.Attachment == nil || j.entry.ENIID == "" {
		return nil
	}
	at, err := a.attachments.Apply(ctx, c.Attachment.DeepCopy(), false)
	if err != nil {
		return j.fail(err)
	}
	message := j.entry.Message
	j.attach(at)
	j.entry.Message, j.entry.Changes = message, nil
	return nil
}

// retained completes the entry of an ENI without a node.
func (a *applying) retained(ctx context.Context, j *job, c nodeeni.PreviewChild) error {
	j.entry.Action = v1alpha1.PlanKeep
	if len(j.entry.Calls) > 0 {
		j.entry.Action = v1alpha1.PlanChange
	}
	at := a.will.Attachments[j.entry.Name]
	if !c.Detach || at == nil {
		return nil
	}
	j.entry.Action, j.entry.Node = v1alpha1.PlanDetach, c.Child.NodeName
	out, err := a.presentAttachments().Release(ctx, at.DeepCopy())
	if err != nil {
		return j.fail(err)
	}
	j.entry.InstanceID = out.InstanceID
	j.entry.Calls = append(out.Calls, j.entry.Calls...)
	return nil
}

// released returns the job of an ENI that is released.
func (a *applying) released(name, message string) *job {
	ni, at := a.will.Released(name)
	j := a.job(name, func(ctx context.Context, j *job) error { return a.release(ctx, j, ni, at) })
	j.entry.Action, j.entry.Message = v1alpha1.PlanRelease, message
	if ni != nil {
		j.entry.Node = ni.GetLabels()[v1alpha1.LabelNode]
		j.entry.ENIID, j.entry.SubnetID = externalName(ni), ni.Status.AtProvider.SubnetID
	}
	if at != nil && at.Spec.ForProvider.NodeName != nil {
		j.entry.Node, j.entry.InstanceID = *at.Spec.ForProvider.NodeName, at.Status.AtProvider.InstanceID
	}
	return j
}

// release completes the entry of an ENI that is released.
func (a *applying) release(ctx context.Context, j *job, ni *ec2v1alpha1.NetworkInterface, at *ec2v1alpha1.NetworkInterfaceAttachment) error {
	if at != nil {
		out, err := a.presentAttachments().Release(ctx, at.DeepCopy())
		if err != nil {
			return j.fail(err)
		}
		j.attach(out)
		if out.Waiting != "" {
			j.entry.Action, j.entry.Message = v1alpha1.PlanWait, out.Waiting
			return nil
		}
	}
	if ni == nil {
		return nil
	}
	interfaces := a.interfaces
	interfaces.Kube = a.present
	out, err := interfaces.Release(ctx, ni.DeepCopy())
	if err != nil {
		return j.fail(err)
	}
	if out.Waiting != "" {
		j.entry.Action, j.entry.Message = v1alpha1.PlanWait, out.Waiting
	}
	j.more = out.More
	j.entry.Calls = append(j.entry.Calls, out.Calls...)
	return nil
}

// presentAttachments returns the Previewer for the objects before the change.
func (a *applying) presentAttachments() *networkinterfaceattachment.Previewer {
	p := a.attachments
	p.Kube = a.present
	return &p
}

// fail makes an ENI wait for the correction of an error. Errors of EC2 itself fail the plan.
func (j *job) fail(err error) error {
	if awserr.Classify(err).Deferred() {
		return err
	}
	j.entry.Action, j.entry.Message = v1alpha1.PlanWait, awserr.ForCondition(err).Error()
	return nil
}

// attach adds the calls of an attachment, and where the ENI is attached.
func (j *job) attach(p networkinterfaceattachment.Preview) {
	e := &j.entry
	if p.InstanceID != "" {
		e.InstanceID = p.InstanceID
	}
	e.NetworkCardIndex, e.DeviceIndex = p.NetworkCardIndex, p.DeviceIndex
	e.Calls = append(e.Calls, p.Calls...)
	e.Changes = append(e.Changes, p.Changes...)
	if p.Waiting != "" {
		e.Message = p.Waiting
	}
}

// otherIndex states that an ENI does not get the device index that a NodeENI requests. It returns "" if
// it does, or if the ENI remains attached.
func otherIndex(want int32, at *networkinterfaceattachment.Preview) string {
	got, card := ptr.Deref(at.DeviceIndex, want), ptr.Deref(at.NetworkCardIndex, 0)
	if got <= want || card != 0 || !slices.Contains(at.Calls, ec2.ActionAttach) {
		return ""
	}
	return fmt.Sprintf("device index %d is in use: %d is the next free one", want, got)
}

// decide sets the action of a desired ENI.
func (j *job) decide(ni networkinterface.Preview, at networkinterfaceattachment.Preview, adopts bool) {
	e := &j.entry
	if (ni.AfterRelease || at.AfterRelease) && e.Message == "" {
		e.Message = messageAfterRelease
	}
	switch {
	case ni.ID == "":
		e.Action = v1alpha1.PlanCreate
	case adopts:
		e.Action = v1alpha1.PlanAdopt
	case slices.Contains(e.Calls, ec2.ActionAttach):
		e.Action = v1alpha1.PlanAttach
	case at.Waiting != "":
		e.Action = v1alpha1.PlanWait
	case len(e.Calls)+len(e.Changes) > 0:
		e.Action = v1alpha1.PlanChange
	}
	if e.Action != v1alpha1.PlanChange {
		e.Changes = nil
	}
}

// externalName returns the id of the ENI of an object, or "" without an object.
func externalName(ni *ec2v1alpha1.NetworkInterface) string {
	if ni == nil {
		return ""
	}
	return meta.GetExternalName(ni)
}
