// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package providerconfig

import (
	"context"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/event"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/cni"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

const (
	// pluginsPoll is how often the plugins of the cluster are read. They are not watched: a
	// cache of all DaemonSets is not worth its memory.
	pluginsPoll = time.Minute

	// daemonSetPage is the number of DaemonSets in a page.
	daemonSetPage = 100
)

// An instanceTyper returns the limits of instance types. *ec2.Client is one.
type instanceTyper interface {
	InstanceType(ctx context.Context, name string) (ec2.InstanceType, error)
}

// A CNIConflict verifies that the CNI plugins and the device plugin of the cluster cooperate with
// the ENIs of a provider config, and reports it in the config's condition CNIConflict and in
// status.nodeGroups. Configs of tenants are skipped: the messages name nodes.
type CNIConflict struct {
	client    client.Client
	uncached  client.Reader
	types     func(ctx context.Context, ref ec2.ConfigReference) (instanceTyper, error)
	record    event.Recorder
	kind      string
	namespace string // of the provider
	cluster   string
	newConfig func() apiConfig
}

// Reconcile reads the plugins and the ENIs of a config.
func (r *CNIConflict) Reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	result, err := r.reconcile(ctx, req)
	return errors.SilentlyRequeueOnConflict(result, err)
}

func (r *CNIConflict) reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	if req.Namespace != "" && req.Namespace != r.namespace {
		return reconcile.Result{}, nil
	}
	pc := r.newConfig()
	if err := r.client.Get(ctx, req.NamespacedName, pc); err != nil {
		return reconcile.Result{}, errors.Wrapf(client.IgnoreNotFound(err), "cannot get %s %q", r.kind, req.Name)
	}
	if meta.WasDeleted(pc) {
		return reconcile.Result{}, nil
	}
	use, groups, err := r.observe(ctx, pc)
	if err != nil {
		return reconcile.Result{}, err
	}
	plugins, err := r.plugins(ctx)
	condition := conditionOf(plugins, groups, use, err)
	return reconcile.Result{RequeueAfter: pluginsPoll}, r.report(ctx, pc, condition, nodeGroups(plugins, groups))
}

// plugins finds the plugins of the cluster.
func (r *CNIConflict) plugins(ctx context.Context) (cni.Plugins, error) {
	var all []appsv1.DaemonSet
	for token := ""; ; {
		page := &appsv1.DaemonSetList{}
		if err := r.uncached.List(ctx, page, client.Limit(daemonSetPage), client.Continue(token)); err != nil {
			return cni.Plugins{}, errors.Wrap(err, "cannot list DaemonSets")
		}
		all = append(all, page.Items...)
		if token = page.Continue; token == "" {
			break
		}
	}
	p := cni.Find(all)
	if c := p.Cilium; c != nil {
		m := &corev1.ConfigMap{}
		if err := r.uncached.Get(ctx, client.ObjectKey{Namespace: c.Namespace, Name: cni.CiliumConfig}, m); err != nil {
			return p, errors.Wrap(err, "cannot get the ConfigMap of Cilium")
		}
		c.Settings = m.Data
	}
	return p, nil
}

// conditionOf returns the condition for plugins. err is why they are not known.
func conditionOf(p cni.Plugins, groups []cni.NodeGroup, use cni.Use, err error) xpv2.Condition {
	if err != nil {
		return v1alpha1.CNIConflict(corev1.ConditionUnknown, v1alpha1.ReasonPluginsUnknown, err.Error())
	}
	conflicts := p.Conflicts(groups, use)
	if len(conflicts) == 0 {
		return v1alpha1.CNIConflict(corev1.ConditionFalse, v1alpha1.ReasonNoCNIConflict, found(p))
	}
	messages := make([]string, 0, len(conflicts))
	for _, c := range conflicts {
		messages = append(messages, c.Message)
	}
	return v1alpha1.CNIConflict(corev1.ConditionTrue, conflicts[0].Reason, strings.Join(messages, ". "))
}

// found names the plugins that were found.
func found(p cni.Plugins) string {
	var out []string
	if p.VPCCNI != nil {
		out = append(out, "the VPC CNI ("+p.VPCCNI.Name+")")
	}
	if p.Cilium != nil {
		out = append(out, "Cilium ("+p.Cilium.Namespace+"/"+p.Cilium.Name+")")
	}
	if p.Multus != nil {
		out = append(out, "Multus ("+p.Multus.Name+")")
	}
	if p.DevicePlugin != nil {
		out = append(out, "the SR-IOV network device plugin ("+p.DevicePlugin.Name+")")
	}
	if len(out) == 0 {
		return "the cluster has none of the plugins that the provider verifies: VPC CNI, Cilium, Multus and SR-IOV network device plugin"
	}
	return "verified: " + strings.Join(out, ", ")
}

// report writes the condition and the node groups if they differ, and sends an event about a new
// conflict.
func (r *CNIConflict) report(ctx context.Context, pc apiConfig, c xpv2.Condition, groups []v1alpha1.NodeGroup) error {
	was := pc.GetCondition(v1alpha1.TypeCNIConflict)
	written, err := writeStatus(ctx, r.client, r.kind, pc, c, func(s *v1alpha1.ProviderConfigStatus) { s.NodeGroups = groups })
	if written && c.Status == corev1.ConditionTrue && c.Reason != was.Reason {
		r.record.Event(pc, warning(c))
	}
	return err
}

// observe returns how the NodeENIs of a config use the plugins, and the groups of nodes that have
// its ENIs.
func (r *CNIConflict) observe(ctx context.Context, pc apiConfig) (cni.Use, []cni.NodeGroup, error) {
	use := cni.Use{Tags: map[string]string{eni.TagNoManage: "true", eni.TagCluster: r.cluster}}
	all := &v1alpha1.NodeENIList{}
	if err := r.client.List(ctx, all, client.UnsafeDisableDeepCopy); err != nil {
		return use, nil, errors.Wrap(err, "cannot list NodeENIs")
	}
	tainted := map[string]bool{}
	for i := range all.Items {
		n := &all.Items[i]
		s := &n.Spec
		tainted[n.Name] = s.Readiness != nil && s.Readiness.StartupTaint != nil
		if !r.uses(pc, eni.ConfigReference(n), r.namespace) {
			continue
		}
		use.Networks = use.Networks || s.Network != nil
		use.Resources = use.Resources || s.DPDKResourceName != nil || (s.Host != nil && s.Host.ResourceName != nil)
	}
	groups, err := r.groups(ctx, pc, tainted)
	return use, groups, err
}

// uses reports whether a reference of an object in a namespace is to a config.
func (r *CNIConflict) uses(pc apiConfig, ref xpv2.ProviderConfigReference, namespace string) bool {
	return ref.Kind == r.kind && ref.Name == pc.GetName() && (pc.GetNamespace() == "" || pc.GetNamespace() == namespace)
}

// nodeGroups returns the node groups of a status.
func nodeGroups(p cni.Plugins, groups []cni.NodeGroup) []v1alpha1.NodeGroup {
	var out []v1alpha1.NodeGroup
	for _, g := range groups {
		n := v1alpha1.NodeGroup{
			InstanceType: g.InstanceType, NetworkInterfaces: g.Ours, MaxNetworkInterfaces: g.Limit, AddressesPerNetworkInterface: g.Addresses,
			Nodes: g.Nodes, ExampleNode: g.Example, StartupTaint: g.Tainted,
		}
		if g.MaxPods > 0 {
			n.MaxPods = &g.MaxPods
		}
		if p.VPCCNI != nil {
			n.Recommended = recommended(p.VPCCNI.Settings(g))
		}
		out = append(out, n)
	}
	return out
}

func recommended(s cni.Settings) *v1alpha1.NodeGroupSettings {
	if s == (cni.Settings{}) {
		return nil
	}
	out := &v1alpha1.NodeGroupSettings{MaxPods: s.MaxPods, ReservedENIs: s.ReservedENIs}
	if s.MaxENI > 0 {
		out.MaxENI = &s.MaxENI
	}
	return out
}
