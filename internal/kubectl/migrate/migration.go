// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// annotationCleanup is an annotation of aws-multi-eni-controller: when it began to delete the
// ENIs of a NodeENI.
const annotationCleanup = "aws-multi-eni-controller/cleanup-start-time"

// pollPeriod is how often objects are read until they have the expected state.
const pollPeriod = 500 * time.Millisecond

// A Migration moves NodeENIs between aws-multi-eni-controller and this provider.
type Migration struct {
	Client client.Client
	// Plan returns the plan of a change.
	Plan func(ctx context.Context, spec v1alpha1.NodeENIPlanSpec) (*v1alpha1.NodeENIPlanStatus, error)
	// Printf prints a line about each step.
	Printf func(format string, args ...any)

	// Namespace of aws-multi-eni-controller. Default: it is searched in all namespaces.
	Namespace string
	// NodeENIs to move. Default: all.
	NodeENIs []string
	// AllowNoIOMMU permits devices without an IOMMU, as aws-multi-eni-controller does.
	AllowNoIOMMU bool
	// Timeout of each wait. Default: none.
	Timeout time.Duration

	started time.Time // of the first preflight
}

// Preflight returns what the migration would do, and changes nothing.
func (m *Migration) Preflight(ctx context.Context) ([]*Report, error) {
	all, err := m.list(ctx, ofMultiENIController)
	if err != nil {
		return nil, err
	}
	nodes, err := m.nodesByName(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]*Report, 0, len(all))
	for i := range all {
		r, _, err := m.preflight(ctx, &all[i], nodes)
		if err != nil {
			return nil, errors.Wrapf(err, "NodeENI %q", all[i].Name)
		}
		out = append(out, r)
	}
	return out, nil
}

// Run stops aws-multi-eni-controller, and moves the NodeENIs to this provider one after the
// other. Each one is verified before the next. A migration that was interrupted is continued.
func (m *Migration) Run(ctx context.Context) error {
	s, err := findSystem(ctx, m.Client, m.Namespace)
	if err != nil {
		return err
	}
	reports, err := m.Preflight(ctx)
	if err != nil {
		return err
	}
	for _, r := range reports {
		if len(r.Blockers) > 0 {
			return errors.Errorf("NodeENI %q cannot be moved, and nothing was changed: %s", r.NodeENI, r.Blockers[0])
		}
	}
	if err := m.stop(ctx, s); err != nil {
		return err
	}
	all, err := m.list(ctx, ofMultiENIController)
	if err != nil {
		return err
	}
	for i := range all {
		if err := m.move(ctx, s.namespace(), &all[i]); err != nil {
			return errors.Wrapf(err, "NodeENI %q", all[i].Name)
		}
	}
	// NodeENIs that an interrupted migration has moved are verified, too.
	moved, err := m.list(ctx, Migrated)
	if err != nil {
		return err
	}
	if len(all)+len(moved) == 0 {
		m.printf("Nothing to move: no NodeENI is managed by aws-multi-eni-controller")
	}
	for i := range moved {
		if slices.ContainsFunc(all, func(n v1alpha1.NodeENI) bool { return n.Name == moved[i].Name }) {
			continue // it is verified
		}
		if err := m.verify(ctx, s.namespace(), moved[i].Name); err != nil {
			return errors.Wrapf(err, "NodeENI %q", moved[i].Name)
		}
	}
	return nil
}

// move moves one NodeENI to this provider.
func (m *Migration) move(ctx context.Context, namespace string, n *v1alpha1.NodeENI) error {
	nodes, err := m.nodesByName(ctx)
	if err != nil {
		return err
	}
	// The pods were running during the first preflight.
	r, after, err := m.preflight(ctx, n, nodes)
	if err != nil {
		return err
	}
	if len(r.Blockers) > 0 {
		return errors.New(r.Blockers[0])
	}
	if err := m.backUp(ctx, cmp.Or(namespace, metav1.NamespaceDefault), n); err != nil {
		return err
	}
	// With the resource version: the NodeENI must not have changed since the preflight.
	if err := m.Client.Update(ctx, after); err != nil {
		return errors.Wrap(err, "cannot remove the finalizer of aws-multi-eni-controller")
	}
	m.printf("Moved NodeENI %s: %d ENIs are to be adopted", n.Name, r.Adopted)
	return m.verify(ctx, namespace, n.Name)
}

// verify waits until each ENI of the backup belongs to an object, and compares the
// attachments: an ENI that was detached and attached again has another one.
func (m *Migration) verify(ctx context.Context, namespace, name string) error {
	was, err := m.restore(ctx, cmp.Or(namespace, metav1.NamespaceDefault), name)
	if err != nil {
		return err
	}
	if was == nil {
		m.printf("NodeENI %s has no backup to compare with", name)
		return nil
	}
	if err := m.poll(ctx, func(ctx context.Context) (string, error) { return m.unverified(ctx, was) }); err != nil {
		return err
	}
	m.printf("Verified NodeENI %s: its %d ENIs have the same attachments as before", name, len(was.Status.Attachments))
	return nil
}

// unverified returns which ENI of a NodeENI is not adopted as it was, or "".
func (m *Migration) unverified(ctx context.Context, was *v1alpha1.NodeENI) (string, error) {
	attachments := &ec2v1alpha1.NetworkInterfaceAttachmentList{}
	if err := m.Client.List(ctx, attachments, client.MatchingLabels{v1alpha1.LabelNodeENI: was.Name}); err != nil {
		return "", errors.Wrap(err, "cannot list NetworkInterfaceAttachments")
	}
	byENI := map[string]*ec2v1alpha1.NetworkInterfaceAttachment{}
	for i := range attachments.Items {
		a := &attachments.Items[i]
		byENI[a.Status.AtProvider.NetworkInterfaceID] = a
	}
	for _, a := range was.Status.Attachments {
		now := byENI[a.ENIID]
		switch {
		case now == nil:
			why, err := m.whyNot(ctx, was.Name, a.ENIID)
			return fmt.Sprintf("%s on node %s is not adopted yet%s", a.ENIID, a.NodeID, why), err
		case now.Status.AtProvider.Status != "attached":
			return fmt.Sprintf("%s on node %s is %q", a.ENIID, a.NodeID, now.Status.AtProvider.Status), nil
		case a.AttachmentID != "" && now.Status.AtProvider.AttachmentID != a.AttachmentID:
			return "", errors.Errorf("%s on node %s has the attachment %s, but had %s: it was attached again", a.ENIID, a.NodeID, now.Status.AtProvider.AttachmentID, a.AttachmentID)
		}
	}
	return "", nil
}

// whyNot returns why an ENI is not adopted, from the conditions of its objects.
func (m *Migration) whyNot(ctx context.Context, nodeENI, id string) (string, error) {
	n := &v1alpha1.NodeENI{}
	if err := m.Client.Get(ctx, client.ObjectKey{Name: nodeENI}, n); err != nil {
		return "", errors.Wrapf(err, "cannot get NodeENI %q", nodeENI)
	}
	if c := n.GetCondition(xpv2.TypeSynced); c.Status == "False" {
		return ": " + c.Message, nil
	}
	l := &ec2v1alpha1.NetworkInterfaceList{}
	if err := m.Client.List(ctx, l, client.MatchingLabels{v1alpha1.LabelNodeENI: nodeENI}); err != nil {
		return "", errors.Wrap(err, "cannot list NetworkInterfaces")
	}
	for i := range l.Items {
		if c := l.Items[i].GetCondition(xpv2.TypeSynced); meta.GetExternalName(&l.Items[i]) == id && c.Status == "False" {
			return fmt.Sprintf(": %s: %s", c.Reason, c.Message), nil
		}
	}
	return "", nil
}

// ofMultiENIController reports whether aws-multi-eni-controller manages a NodeENI.
func ofMultiENIController(n *v1alpha1.NodeENI) bool {
	return meta.FinalizerExists(n, v1alpha1.FinalizerMultiENIController)
}

// Migrated reports whether a NodeENI was moved from aws-multi-eni-controller.
func Migrated(n *v1alpha1.NodeENI) bool {
	return n.Annotations[v1alpha1.AnnotationMigratedFrom] == v1alpha1.MultiENIController
}

// list returns the NodeENIs to move for which is returns true, sorted by name.
func (m *Migration) list(ctx context.Context, is func(*v1alpha1.NodeENI) bool) ([]v1alpha1.NodeENI, error) {
	l := &v1alpha1.NodeENIList{}
	if err := m.Client.List(ctx, l); err != nil {
		return nil, errors.Wrap(err, "cannot list NodeENIs")
	}
	for _, name := range m.NodeENIs {
		if !slices.ContainsFunc(l.Items, func(n v1alpha1.NodeENI) bool { return n.Name == name }) {
			return nil, errors.Errorf("NodeENI %q does not exist: see kubectl get nodeeni", name)
		}
	}
	out := slices.DeleteFunc(l.Items, func(n v1alpha1.NodeENI) bool {
		return !is(&n) || len(m.NodeENIs) > 0 && !slices.Contains(m.NodeENIs, n.Name)
	})
	slices.SortFunc(out, func(a, b v1alpha1.NodeENI) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}

// poll waits until state returns "". Otherwise it returns why not.
func (m *Migration) poll(ctx context.Context, state func(context.Context) (string, error)) error {
	if m.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, m.Timeout)
		defer cancel()
	}
	tick := time.NewTicker(pollPeriod)
	defer tick.Stop()
	for last := ""; ; {
		now, err := state(ctx)
		switch {
		case ctx.Err() != nil:
			return errors.Errorf("interrupted after the last state: %s. Repeat the command to continue, or use --rollback", cmp.Or(last, now))
		case err != nil || now == "":
			return err
		}
		last = now
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// change changes a NodeENI, and repeats the change after a conflict.
func (m *Migration) change(ctx context.Context, name string, f func(*v1alpha1.NodeENI)) error {
	return retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		n := &v1alpha1.NodeENI{}
		if err := m.Client.Get(ctx, client.ObjectKey{Name: name}, n); err != nil {
			return err
		}
		f(n)
		return m.Client.Update(ctx, n)
	})
}

func (m *Migration) printf(format string, args ...any) { m.Printf(format+"\n", args...) }
