// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeniplan

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/controller/networkinterface"
	"github.com/nodeeni/provider-aws-eni/internal/controller/networkinterfaceattachment"
	"github.com/nodeeni/provider-aws-eni/internal/controller/nodeeni"
	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
	"github.com/nodeeni/provider-aws-eni/internal/controller/placement"
)

// A planner computes plans.
type planner struct {
	kube     client.Client
	uncached client.Reader
	o        options.Options
	nodeENIs *nodeeni.Previewer
	now      func() time.Time
}

func newPlanner(kube client.Client, uncached client.Reader, o options.Options) *planner {
	return &planner{kube: kube, uncached: uncached, o: o, nodeENIs: nodeeni.NewPreviewer(o), now: time.Now}
}

// indexes are the functions of the indexes that the controllers use, by field.
func indexes() map[string]client.IndexerFunc {
	all := nodeeni.Indexes()
	maps.Copy(all, networkinterface.Indexes())
	maps.Copy(all, networkinterfaceattachment.Indexes())
	return all
}

// A scope is one NodeENI of a plan.
type scope struct {
	// before is nil if the NodeENI does not exist, and after has a deletion timestamp if it
	// is deleted.
	before, after *v1alpha1.NodeENI
	// other is true for a NodeENI that does not change. Only the consequences for it are in
	// the plan: the ENIs on instances from which others are released.
	other bool
	// was and will are what the NodeENI requires before and after the change.
	was, will *nodeeni.Preview
}

// problems returns what prevents that nodes get ENIs: for a NodeENI that does not change itself, only
// what the changes of labels cause.
func (s *scope) problems() []string {
	if s.before != s.after {
		if kept := s.keptIndex(); kept != "" {
			return append(slices.Clip(s.will.Problems), kept)
		}
		return s.will.Problems
	}
	var out []string
	for _, p := range s.will.Problems {
		if s.was == nil || !slices.Contains(s.was.Problems, p) {
			out = append(out, "NodeENI "+s.after.GetName()+": "+p)
		}
	}
	return out
}

// freed are the ENIs that are released from their instances, and these instances, by id.
type freed struct{ enis, instances map[string]bool }

// add adds the ENI of an attachment.
func (f *freed) add(at *ec2v1alpha1.NetworkInterfaceAttachment) {
	f.enis[at.Status.AtProvider.NetworkInterfaceID] = true
	f.instances[at.Status.AtProvider.InstanceID] = true
	delete(f.enis, "")
	delete(f.instances, "")
}

// plan computes a plan.
func (p *planner) plan(ctx context.Context, spec *v1alpha1.NodeENIPlanSpec) (*v1alpha1.NodeENIPlanStatus, error) {
	scopes, err := p.scopes(ctx, spec)
	if err != nil {
		return nil, err
	}
	present, future := newOverlay(p.kube, indexes()), newOverlay(p.kube, indexes())
	if err := p.changeLabels(ctx, future, spec.NodeLabels); err != nil {
		return nil, err
	}
	for _, s := range scopes {
		if err := future.put(s.after); err != nil {
			return nil, err
		}
	}
	var out result
	decided := scopes[:0]
	for _, s := range scopes {
		switch err := p.decide(ctx, s, present, future); {
		case err == nil:
			decided = append(decided, s)
		case s.other && awserr.Classify(err).Class != awserr.ClassThrottled && ctx.Err() == nil:
			out.problems = append(out.problems, fmt.Sprintf("NodeENI %s is not considered: %v", s.after.GetName(), err))
		default:
			return nil, err
		}
	}
	scopes = decided
	freed := &freed{enis: map[string]bool{}, instances: map[string]bool{}}
	for _, s := range scopes {
		if err := p.change(future, s, freed); err != nil {
			return nil, err
		}
	}
	for _, s := range scopes {
		if err := p.add(ctx, &out, future, s, freed); err != nil {
			return nil, err
		}
	}
	return out.status(), nil
}

// decide computes what a NodeENI requires before and after the change. If it cannot be computed
// for the present spec, which the change may correct, no field counts as removed.
func (p *planner) decide(ctx context.Context, s *scope, present, future *overlay) error {
	if s.before != nil && s.after.GetDeletionTimestamp() == nil {
		was, err := p.nodeENIs.Preview(ctx, present, p.uncached, s.before)
		if err != nil && awserr.Classify(err).Class == awserr.ClassThrottled {
			return err
		}
		s.was = was
	}
	var err error
	s.will, err = p.nodeENIs.Preview(ctx, future, p.uncached, s.after)
	return err
}

// scopes returns the NodeENIs of a plan, in the order of their creation.
func (p *planner) scopes(ctx context.Context, spec *v1alpha1.NodeENIPlanSpec) ([]*scope, error) {
	l := &v1alpha1.NodeENIList{}
	if err := p.kube.List(ctx, l); err != nil {
		return nil, errors.Wrap(err, "cannot list NodeENIs")
	}
	var out []*scope
	named := false
	for i := range l.Items {
		n := &l.Items[i]
		switch {
		case n.GetName() == spec.NodeENI:
			named = true
			out = append(out, &scope{before: n, after: p.changed(n, spec)})
		case n.GetDeletionTimestamp() == nil || len(spec.NodeLabels) > 0:
			out = append(out, &scope{before: n, after: n, other: len(spec.NodeLabels) == 0})
		}
	}
	order, err := placement.NodeENIOrder(ctx, p.kube)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b *scope) int { return order(a.after.GetName(), b.after.GetName()) })
	switch {
	case spec.NodeENI == "" || named:
		return out, nil
	case spec.Apply == nil:
		return nil, errors.Errorf("NodeENI %q does not exist: plan a new NodeENI with spec.apply of the plan, or with kubectl eni plan -f FILE", spec.NodeENI)
	}
	after := &v1alpha1.NodeENI{
		ObjectMeta: metav1.ObjectMeta{
			Name: spec.NodeENI, UID: types.UID("planned-" + spec.NodeENI), CreationTimestamp: metav1.NewTime(p.now()), Generation: 1,
			Finalizers: []string{v1alpha1.FinalizerNodeENI},
		},
		Spec: *spec.Apply.DeepCopy(),
	}
	return append(out, &scope{after: after}), nil
}

// changed returns the NodeENI after the change.
func (p *planner) changed(n *v1alpha1.NodeENI, spec *v1alpha1.NodeENIPlanSpec) *v1alpha1.NodeENI {
	after := n.DeepCopy()
	if spec.Apply != nil {
		after.Spec = *spec.Apply.DeepCopy()
		after.Generation++
	}
	if spec.Delete && after.GetDeletionTimestamp() == nil {
		after.SetDeletionTimestamp(new(metav1.NewTime(p.now())))
	}
	return after
}

// changeLabels changes the labels of nodes in an overlay.
func (p *planner) changeLabels(ctx context.Context, o *overlay, all []v1alpha1.NodeLabelChange) error {
	for _, c := range all {
		n := &corev1.Node{}
		err := o.Get(ctx, client.ObjectKey{Name: c.Node}, n)
		if kerrors.IsNotFound(err) {
			return errors.Errorf("node %q does not exist, of which the plan changes labels", c.Node)
		}
		if err != nil {
			return errors.Wrapf(err, "cannot get node %q", c.Node)
		}
		labels := maps.Clone(n.GetLabels())
		if labels == nil {
			labels = map[string]string{}
		}
		maps.Copy(labels, c.Set)
		for _, k := range c.Remove {
			delete(labels, k)
		}
		n.SetLabels(labels)
		if err := o.put(n); err != nil {
			return err
		}
	}
	return nil
}

// change makes the changes of the objects of a NodeENI in an overlay, and adds the ENIs that
// are released from their instances.
func (p *planner) change(o *overlay, s *scope, freed *freed) error {
	for _, name := range slices.Concat(s.will.Release, s.will.Held) {
		ni, at := s.will.Interfaces[name], s.will.Attachments[name]
		if ni != nil && !meta.IsPaused(ni) {
			if err := o.remove(ni); err != nil {
				return err
			}
		}
		if at != nil && !meta.IsPaused(at) {
			freed.add(at)
			if err := o.remove(at); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.will.Children)) {
		if err := p.changeChild(o, s, name, freed); err != nil {
			return err
		}
	}
	return nil
}

// changeChild changes the objects of one child.
func (p *planner) changeChild(o *overlay, s *scope, name string, freed *freed) error {
	c := s.will.Children[name]
	haveNI, haveAT := existing(s.will.Interfaces[name]), existing(s.will.Attachments[name])
	if c.Detach && haveAT != nil && !meta.IsPaused(haveAT) {
		freed.add(haveAT)
		if err := o.remove(haveAT); err != nil {
			return err
		}
	}
	var was nodeeni.PreviewChild
	if s.was != nil {
		was = s.was.Children[name]
	}
	if c.Interface != nil {
		ni, err := merge(was.Interface, c.Interface, haveNI)
		if err != nil {
			return err
		}
		c.Interface = ni
		p.complete(ni, name)
		if err := o.put(ni); err != nil {
			return err
		}
	}
	if c.Attachment != nil {
		at, err := merge(was.Attachment, c.Attachment, haveAT)
		if err != nil {
			return err
		}
		c.Attachment = at
		p.complete(at, name)
		if err := o.put(at); err != nil {
			return err
		}
	}
	s.will.Children[name] = c
	return nil
}

// complete adds what the API server sets.
func (p *planner) complete(o client.Object, name string) {
	if o.GetUID() == "" {
		o.SetUID(types.UID("planned-" + name))
		o.SetCreationTimestamp(metav1.NewTime(p.now()))
	}
}

// existing returns an object unless it is being deleted: it is created again afterwards.
func existing[T any, P interface {
	*T
	client.Object
}](o P) P {
	if o == nil || o.GetDeletionTimestamp() != nil {
		return nil
	}
	return o
}
