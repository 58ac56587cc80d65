// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// The provider's flags that make exceptions for namespaces.
const (
	FlagEndpointNamespaces = "--providerconfig-endpoint-namespaces"
	FlagHostNamespaces     = "--providerconfig-host-namespaces"
)

// Tenancy has the permissions that the administrator grants to namespaces with flags, beyond the
// grants of ClusterProviderConfigs.
type Tenancy struct {
	// Namespace is the provider's namespace. Only administrators have write access, so
	// it may use every ClusterProviderConfig and address nodes.
	Namespace string

	// EndpointNamespaces are the namespaces whose ProviderConfigs may set an
	// endpoint and a role chain.
	EndpointNamespaces []string

	// HostNamespaces are the namespaces that may address nodes with a
	// ProviderConfig.
	HostNamespaces []string
}

// A NotAllowedError reports that a namespace, or a ProviderConfig, uses what the
// administrator has not granted.
type NotAllowedError struct{ text string }

// Error names the forbidden use, and the field or flag that permits it.
func (e *NotAllowedError) Error() string { return e.text }

// IsNotAllowed reports whether err is a NotAllowedError.
func IsNotAllowed(err error) bool {
	var n *NotAllowedError
	return errors.As(err, &n)
}

func notAllowed(format string, args ...any) error {
	return &NotAllowedError{text: fmt.Sprintf(format, args...)}
}

// check returns a NotAllowedError for a namespaced config with a forbidden field. The CRD has
// the same rules, except for rules that a flag lifts, but an object may predate them.
func (t Tenancy) check(ref ConfigReference, spec *networkingv1alpha1.ProviderConfigSpec) error {
	if ref.Kind != networkingv1alpha1.ProviderConfigKind {
		return nil
	}
	c := spec.Credentials
	if c.Source != networkingv1alpha1.CredentialsSourceSecret {
		return notAllowed("ProviderConfig %q in namespace %q has credentials.source %s, which is the provider's own identity: use source: Secret with a Secret of this namespace, or a ClusterProviderConfig", ref.Name, ref.Namespace, c.Source)
	}
	if c.WebIdentity != nil {
		return notAllowed("ProviderConfig %q in namespace %q must not set credentials.webIdentity: remove it, or use a ClusterProviderConfig", ref.Name, ref.Namespace)
	}
	// A namespaced config must not become a way to read other namespaces.
	if c.SecretRef != nil && c.SecretRef.Namespace != ref.Namespace {
		return notAllowed("ProviderConfig %q may only use a Secret of its own namespace %q, not of %q", ref.Name, ref.Namespace, c.SecretRef.Namespace)
	}
	if slices.Contains(t.EndpointNamespaces, ref.Namespace) {
		return nil
	}
	if spec.Endpoint != nil {
		return notAllowed("ProviderConfig %q in namespace %q must not set spec.endpoint: remove it, use a ClusterProviderConfig, or start the provider with %s=%s", ref.Name, ref.Namespace, FlagEndpointNamespaces, ref.Namespace)
	}
	if len(spec.AssumeRoleChain) > 0 {
		return notAllowed("ProviderConfig %q in namespace %q must not set spec.assumeRoleChain: remove it, use a ClusterProviderConfig, or start the provider with %s=%s", ref.Name, ref.Namespace, FlagEndpointNamespaces, ref.Namespace)
	}
	return nil
}

// Authorize returns a NotAllowedError if the objects of ref's namespace may not
// use the config. ref.Namespace is the namespace of the object, for a
// ClusterProviderConfig too.
func (c *Clients) Authorize(ctx context.Context, ref ConfigReference) error {
	pc, err := c.clusterConfig(ctx, ref)
	if pc == nil || err != nil {
		return err
	}
	return c.authorize(ctx, ref, pc)
}

// AuthorizeHost is Authorize for objects that address nodes: they name a node or request the
// configuration of a host.
func (c *Clients) AuthorizeHost(ctx context.Context, ref ConfigReference) error {
	pc, err := c.clusterConfig(ctx, ref)
	switch {
	case err != nil:
		return err
	case pc != nil:
		if err := c.authorize(ctx, ref, pc); err != nil {
			return err
		}
	}
	if ref.Namespace != "" && ref.Namespace == c.tenancy.Namespace {
		return nil
	}
	if pc == nil {
		if slices.Contains(c.tenancy.HostNamespaces, ref.Namespace) {
			return nil
		}
		return notAllowed("namespace %q may not address nodes with ProviderConfig %q: remove spec.host and spec.forProvider.nodeName, use a ClusterProviderConfig whose spec.hostNamespaces selects the namespace, or start the provider with %s=%s", ref.Namespace, ref.Name, FlagHostNamespaces, ref.Namespace)
	}
	if pc.Spec.HostNamespaces != nil {
		ok, err := c.selects(ctx, pc.Spec.HostNamespaces, ref.Namespace)
		if err != nil {
			return errors.Wrapf(err, "cannot evaluate spec.hostNamespaces of ClusterProviderConfig %q", ref.Name)
		}
		if ok {
			return nil
		}
	}
	return notAllowed("namespace %q may not address nodes with ClusterProviderConfig %q: add it to spec.hostNamespaces of that config, or remove spec.host and spec.forProvider.nodeName from this object", ref.Namespace, ref.Name)
}

func (c *Clients) authorize(ctx context.Context, ref ConfigReference, pc *networkingv1alpha1.ClusterProviderConfig) error {
	if pc.Spec.AllowedNamespaces == nil || (ref.Namespace != "" && ref.Namespace == c.tenancy.Namespace) {
		return nil
	}
	ok, err := c.selects(ctx, pc.Spec.AllowedNamespaces, ref.Namespace)
	if err != nil {
		return errors.Wrapf(err, "cannot evaluate spec.allowedNamespaces of ClusterProviderConfig %q", ref.Name)
	}
	if !ok {
		return notAllowed("namespace %q may not use ClusterProviderConfig %q: add it to spec.allowedNamespaces of that config, or name another config in spec.providerConfigRef", ref.Namespace, ref.Name)
	}
	return nil
}

// clusterConfig returns the ClusterProviderConfig that ref names, or nil if it
// names a ProviderConfig.
func (c *Clients) clusterConfig(ctx context.Context, ref ConfigReference) (*networkingv1alpha1.ClusterProviderConfig, error) {
	switch ref.Kind {
	case networkingv1alpha1.ProviderConfigKind:
		return nil, nil
	case networkingv1alpha1.ClusterProviderConfigKind:
		pc := &networkingv1alpha1.ClusterProviderConfig{}
		err := c.kube.Get(ctx, types.NamespacedName{Name: ref.Name}, pc)
		return pc, errors.Wrapf(err, "cannot get ClusterProviderConfig %q", ref.Name)
	default:
		return nil, unknownKind(ref.Kind)
	}
}

func unknownKind(kind string) error {
	return errors.Errorf("providerConfigRef.kind is %q: use ClusterProviderConfig or ProviderConfig", kind)
}

// selects reports whether a selector selects a namespace. Labels are only read if no name
// matches.
func (c *Clients) selects(ctx context.Context, s *networkingv1alpha1.NamespaceSelector, namespace string) (bool, error) {
	if slices.Contains(s.Names, namespace) {
		return true, nil
	}
	if s.Selector == nil {
		return false, nil
	}
	sel, err := metav1.LabelSelectorAsSelector(s.Selector)
	if err != nil {
		return false, errors.Wrap(err, "selector is invalid")
	}
	if sel.Empty() {
		return true, nil
	}
	ns := &metav1.PartialObjectMetadata{}
	ns.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	if err := c.kube.Get(ctx, client.ObjectKey{Name: namespace}, ns); err != nil {
		return false, errors.Wrapf(err, "cannot get namespace %q", namespace)
	}
	return sel.Matches(labels.Set(ns.GetLabels())), nil
}
