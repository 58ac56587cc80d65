// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// HostInterfaceToAttachment returns the attachment of a HostInterface.
func HostInterfaceToAttachment(_ context.Context, o client.Object) []reconcile.Request {
	h, ok := o.(*networkingv1alpha1.HostInterface)
	if !ok {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: h.Spec.AttachmentRef.Namespace, Name: h.Spec.AttachmentRef.Name}}}
}
