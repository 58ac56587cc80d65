// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
)

// ConfigReference returns the provider config of a managed resource, or an error if it
// names none.
func ConfigReference(mg resource.ModernManaged) (ec2.ConfigReference, error) {
	ref := mg.GetProviderConfigReference()
	if ref == nil {
		return ec2.ConfigReference{}, errors.New("spec.providerConfigRef is missing: name a ClusterProviderConfig or ProviderConfig")
	}
	return ec2.ConfigReference{Kind: ref.Kind, Name: ref.Name, Namespace: mg.GetNamespace()}, nil
}

// Connect records the use of a managed resource's provider config, and returns the EC2
// client for the config and region. If the config does not allow the resource's
// namespace, Connect returns an error, and nothing is changed in EC2. Only for a resource
// being deleted it then returns a client, which can release the ENIs of the namespace's
// resources and do nothing else.
func Connect(ctx context.Context, usage UsageTracker, clients *ec2.Clients, mg resource.ModernManaged, region *string) (*ec2.Client, error) {
	ref, err := ConfigReference(mg)
	if err != nil {
		return nil, err
	}
	denied := authorize(ctx, clients, ref, mg)
	if denied != nil && (!ec2.IsNotAllowed(denied) || !meta.WasDeleted(mg)) {
		return nil, denied
	}
	if err := rejectDeleted(ctx, clients.Reader(), ref, mg); err != nil {
		return nil, err
	}
	if err := usage.Track(ctx, mg); err != nil && (!meta.WasDeleted(mg) || !isNotCreatable(err)) {
		return nil, errors.Wrap(err, "cannot record the use of the provider config")
	}
	// Again: the config is kept only for a usage that was created before its deletion.
	if err := rejectDeleted(ctx, clients.Reader(), ref, mg); err != nil {
		return nil, err
	}
	cl, err := clients.Get(ctx, ref, ptr.Deref(region, ""))
	if err != nil || denied == nil || ref.Kind == networkingv1alpha1.ProviderConfigKind {
		// The credentials of a ProviderConfig belong to the namespace.
		return cl, err
	}
	return cl.ReleaseOnly(owners(clients.Reader(), mg), denied), nil
}

// isNotCreatable reports whether a usage cannot be created because its namespace or its CRD
// is being deleted, or because the CRD does not exist. The resources are released anyway:
// the ProviderConfig controllers count a deleted config's resources, too.
func isNotCreatable(err error) bool {
	return kerrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) || kerrors.IsMethodNotSupported(err) || IsNotServed(err)
}

// rejectDeleted returns an error if the provider config of a new resource is being deleted:
// the resource's ENI could not be released without it. Resources that may exist in EC2 keep
// the config.
func rejectDeleted(ctx context.Context, kube client.Reader, ref ec2.ConfigReference, mg resource.ModernManaged) error {
	if meta.WasDeleted(mg) || meta.FinalizerExists(mg, managed.FinalizerName) {
		return nil
	}
	pc, err := getConfig(ctx, kube, ref)
	if err != nil {
		return err
	}
	if meta.WasDeleted(pc) {
		return errors.Errorf("%s %q is being deleted: name another provider config in spec.providerConfigRef", ref.Kind, ref.Name)
	}
	return nil
}

// getConfig returns a provider config.
func getConfig(ctx context.Context, kube client.Reader, ref ec2.ConfigReference) (client.Object, error) {
	key := client.ObjectKey{Name: ref.Name}
	var pc client.Object = &networkingv1alpha1.ClusterProviderConfig{}
	if ref.Kind == networkingv1alpha1.ProviderConfigKind {
		pc, key.Namespace = &networkingv1alpha1.ProviderConfig{}, ref.Namespace
	}
	return pc, errors.Wrapf(kube.Get(ctx, key, pc), "cannot get %s %q", ref.Kind, ref.Name)
}

// AddressesNode reports whether an attachment names a node or configures a host.
func AddressesNode(a *ec2v1alpha1.NetworkInterfaceAttachment) bool {
	return a.Spec.ForProvider.NodeName != nil || a.Spec.Host != nil
}

// AuthorizeHost returns an error, for which ec2.IsNotAllowed is true, if an attachment's
// namespace may not address nodes with the attachment's config. The message names the
// field to change.
func AuthorizeHost(ctx context.Context, clients *ec2.Clients, a *ec2v1alpha1.NetworkInterfaceAttachment) error {
	ref, err := ConfigReference(a)
	if err != nil {
		return err
	}
	return clients.AuthorizeHost(ctx, ref)
}

func authorize(ctx context.Context, clients *ec2.Clients, ref ec2.ConfigReference, mg resource.ModernManaged) error {
	if a, ok := mg.(*ec2v1alpha1.NetworkInterfaceAttachment); ok && AddressesNode(a) {
		return clients.AuthorizeHost(ctx, ref)
	}
	return clients.Authorize(ctx, ref)
}

// owners returns a predicate for the UIDs of owners whose ENIs a resource may release: a
// NetworkInterface its own, an attachment the ENIs of all NetworkInterfaces of its
// namespace.
func owners(kube client.Reader, mg resource.ModernManaged) func(ctx context.Context, uid string) (bool, error) {
	return func(ctx context.Context, uid string) (bool, error) {
		if _, ok := mg.(*ec2v1alpha1.NetworkInterfaceAttachment); !ok {
			return uid == string(mg.GetUID()), nil
		}
		l := &ec2v1alpha1.NetworkInterfaceList{}
		if err := kube.List(ctx, l, client.InNamespace(mg.GetNamespace())); err != nil {
			return false, errors.Wrap(err, "cannot list NetworkInterfaces")
		}
		for i := range l.Items {
			if string(l.Items[i].GetUID()) == uid {
				return true, nil
			}
		}
		return false, nil
	}
}
