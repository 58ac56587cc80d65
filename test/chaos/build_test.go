// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// build creates the state of a model in a new world.
func (w *world) build(ctx context.Context, m *model) error {
	for _, name := range sorted(m.nodes) {
		if err := w.addNode(ctx, *m.nodes[name]); err != nil {
			return err
		}
	}
	for _, name := range sorted(m.nodeENIs) {
		if err := w.createNodeENI(ctx, *m.nodeENIs[name]); err != nil {
			return err
		}
	}
	for _, name := range sorted(m.pairs) {
		p := *m.pairs[name]
		if err := w.createPair(ctx, p, false); err != nil {
			return err
		}
		if !p.attached {
			if err := w.deletePairAttachment(ctx, name); err != nil {
				return err
			}
		}
	}
	if len(m.nodes) == 0 {
		return nil
	}
	if wrong, _ := w.settle(ctx, m, settleWithin, func() bool { return false }); len(wrong) > 0 {
		return notBuiltError(wrong[0])
	}
	return nil
}

type notBuiltError string

func (e notBuiltError) Error() string {
	return "the world does not converge before the first round: " + string(e)
}

// collectGarbage deletes the ProviderConfigUsages of deleted objects, as
// kube-controller-manager does, which does not run here.
func (w *world) collectGarbage(ctx context.Context) {
	there := map[string]bool{}
	for _, empty := range []func() client.ObjectList{networkInterfaces, attachments, func() client.ObjectList { return &v1alpha1.NodeENIList{} }} {
		l := empty()
		if err := w.kube.List(ctx, l); err != nil {
			return
		}
		for _, o := range objects(l) {
			there[string(o.GetUID())] = true
		}
	}
	l := &v1alpha1.ProviderConfigUsageList{}
	if err := w.kube.List(ctx, l); err != nil {
		return
	}
	for i := range l.Items {
		if refs := l.Items[i].GetOwnerReferences(); len(refs) > 0 && !there[string(refs[0].UID)] {
			_ = w.kube.Delete(ctx, &l.Items[i])
		}
	}
}
