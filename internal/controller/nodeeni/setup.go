// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpevent "github.com/crossplane/crossplane-runtime/v2/pkg/event"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
	"github.com/nodeeni/provider-aws-eni/internal/controller/podnetwork"
)

const (
	controllerName = "nodeeni"

	// indexNodeENI indexes child objects by the name of their NodeENI.
	indexNodeENI = "metadata.labels.node-eni"

	// indexNodeName indexes HostInterfaces by their node.
	indexNodeName = "spec.nodeName"

	// indexElasticIP indexes NetworkInterfaces by their Elastic IP.
	indexElasticIP = "spec.forProvider.elasticIPAllocationId"
)

// SetupName is the name of the controller in options.SetUp.
const SetupName = "NodeENI controller"

// SetupGated sets the controller up once its CRDs are established.
func SetupGated(mgr ctrl.Manager, o options.Options) error {
	o.SetupGated(SetupName, func() error { return Setup(mgr, o) },
		v1alpha1.NodeENIGroupVersionKind, v1alpha1.HostInterfaceGroupVersionKind,
		ec2v1alpha1.NetworkInterfaceGroupVersionKind, ec2v1alpha1.NetworkInterfaceAttachmentGroupVersionKind,
		v1alpha1.ClusterProviderConfigGroupVersionKind, v1alpha1.ProviderConfigGroupVersionKind)
	return nil
}

// Setup adds the controller to the manager.
func Setup(mgr ctrl.Manager, o options.Options) error {
	ctx := context.Background() //nolint:forbidigo // set-up has no context, and the index does not use it
	if err := mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.HostInterface{}, indexNodeName, byNodeName); err != nil {
		return errors.Wrap(err, "cannot index HostInterfaces by node")
	}
	if err := mgr.GetFieldIndexer().IndexField(ctx, &ec2v1alpha1.NetworkInterface{}, indexElasticIP, byElasticIP); err != nil {
		return errors.Wrap(err, "cannot index NetworkInterfaces by Elastic IP")
	}
	if err := indexChildren(ctx, mgr); err != nil {
		return err
	}
	informers, err := newInformerReader(ctx, mgr.GetCache())
	if err != nil {
		return err
	}
	r := &Reconciler{
		informers: informers,
		client:    mgr.GetClient(),
		uncached:  mgr.GetAPIReader(),
		cloud:     clientsCloud{clients: o.Clients, namespace: o.Namespace},
		o:         o,
		now:       time.Now,
		missing:   newMissingSince(),
		applied:   newAppliedCache(),
		debounce:  newDebounce(),
		agents:    newAgents(mgr.GetAPIReader(), o.Namespace, time.Now),
		networks:  podnetwork.New(mgr.GetClient(), mgr.GetAPIReader()),
		completed: newCompletedNodes(),
		tainted:   newNameSet(),
		log:       o.Logger.WithValues("controller", controllerName),
		record:    xpevent.NewAPIRecorder(managedresource.DedupEvents(mgr.GetEventRecorderFor(controllerName)), o.EventFilterFunctions...), //nolint:staticcheck // crossplane-runtime v2.4 takes the recorder of the old events API
	}
	c, err := ctrl.NewControllerManagedBy(mgr).
		Named(controllerName).
		WithOptions(managedresource.ControllerOptions(o)).
		For(&v1alpha1.NodeENI{}, builder.WithPredicates(predicate.Or(
			predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		Watches(&corev1.Node{}, nodeHandler(mgr.GetClient()), builder.WithPredicates(nodeChanged())).
		Watches(&ec2v1alpha1.NetworkInterface{}, childHandler(r.debounce)).
		Watches(&ec2v1alpha1.NetworkInterfaceAttachment{}, childHandler(r.debounce)).
		Watches(&v1alpha1.HostInterface{}, childHandler(r.debounce)).
		Watches(&v1alpha1.ClusterProviderConfig{}, configHandler(mgr.GetClient()), builder.WithPredicates(managedresource.ConfigChanged())).
		Watches(&v1alpha1.ProviderConfig{}, configHandler(mgr.GetClient()), builder.WithPredicates(managedresource.ConfigChanged())).
		Watches(&corev1.Namespace{}, namespaceHandler(mgr.GetClient()), builder.WithPredicates(namespaceChanged())).
		Build(r)
	if err != nil {
		return err
	}
	o.SetupGated("watch of NetworkAttachmentDefinitions", func() error {
		return mgr.Add(manager.RunnableFunc(func(ctx context.Context) error { return r.watchDefinitions(ctx, mgr, c) }))
	}, podnetwork.GroupVersionKind())
	return nil
}

// indexChildren indexes the children of NodeENIs for reads with the manager's client, such as a Previewer's.
func indexChildren(ctx context.Context, mgr ctrl.Manager) error {
	for _, t := range []client.Object{&ec2v1alpha1.NetworkInterface{}, &ec2v1alpha1.NetworkInterfaceAttachment{}, &v1alpha1.HostInterface{}} {
		if err := mgr.GetFieldIndexer().IndexField(ctx, t, indexNodeENI, byNodeENI); err != nil {
			return errors.Wrap(err, "cannot index objects by NodeENI")
		}
	}
	return nil
}

func byNodeName(o client.Object) []string {
	h, ok := o.(*v1alpha1.HostInterface)
	if !ok || h.Spec.NodeName == "" {
		return nil
	}
	return []string{h.Spec.NodeName}
}

func byElasticIP(o client.Object) []string {
	ni, ok := o.(*ec2v1alpha1.NetworkInterface)
	if !ok || ni.Spec.ForProvider.ElasticIPAllocationID == nil {
		return nil
	}
	return []string{string(*ni.Spec.ForProvider.ElasticIPAllocationID)}
}

func byNodeENI(o client.Object) []string {
	if n := o.GetLabels()[v1alpha1.LabelNodeENI]; n != "" {
		return []string{n}
	}
	return nil
}
