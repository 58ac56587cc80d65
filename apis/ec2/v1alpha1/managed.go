// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"
)

// Both kinds are namespaced managed resources of Crossplane v2.
var (
	_ resource.ModernManaged = &NetworkInterface{}
	_ resource.ModernManaged = &NetworkInterfaceAttachment{}
	_ resource.ManagedList   = &NetworkInterfaceList{}
	_ resource.ManagedList   = &NetworkInterfaceAttachmentList{}
)

// GetCondition returns the condition of the given type.
func (mg *NetworkInterface) GetCondition(ct xpv2.ConditionType) xpv2.Condition {
	return mg.Status.GetCondition(ct)
}

// SetConditions sets the given conditions, replacing conditions of the same type.
func (mg *NetworkInterface) SetConditions(c ...xpv2.Condition) {
	mg.Status.SetConditions(c...)
}

// GetLastHandledReconcileAt returns the token of the last handled reconcile request.
func (mg *NetworkInterface) GetLastHandledReconcileAt() string {
	return mg.Status.GetLastHandledReconcileAt()
}

// SetLastHandledReconcileAt sets the token of the last handled reconcile request.
func (mg *NetworkInterface) SetLastHandledReconcileAt(token string) {
	mg.Status.SetLastHandledReconcileAt(token)
}

// GetManagementPolicies returns the management policies of the resource.
func (mg *NetworkInterface) GetManagementPolicies() xpv2.ManagementPolicies {
	return mg.Spec.ManagementPolicies
}

// SetManagementPolicies sets the management policies of the resource.
func (mg *NetworkInterface) SetManagementPolicies(p xpv2.ManagementPolicies) {
	mg.Spec.ManagementPolicies = p
}

// GetProviderConfigReference returns the reference to the provider config.
func (mg *NetworkInterface) GetProviderConfigReference() *xpv2.ProviderConfigReference {
	return mg.Spec.ProviderConfigReference
}

// SetProviderConfigReference sets the reference to the provider config.
func (mg *NetworkInterface) SetProviderConfigReference(r *xpv2.ProviderConfigReference) {
	mg.Spec.ProviderConfigReference = r
}

// GetWriteConnectionSecretToReference returns the Secret that connection
// details are written to.
func (mg *NetworkInterface) GetWriteConnectionSecretToReference() *xpv2.LocalSecretReference {
	return mg.Spec.WriteConnectionSecretToReference
}

// SetWriteConnectionSecretToReference sets the Secret that connection details
// are written to.
func (mg *NetworkInterface) SetWriteConnectionSecretToReference(r *xpv2.LocalSecretReference) {
	mg.Spec.WriteConnectionSecretToReference = r
}

// GetItems returns the items as managed resources.
func (l *NetworkInterfaceList) GetItems() []resource.Managed {
	items := make([]resource.Managed, len(l.Items))
	for i := range l.Items {
		items[i] = &l.Items[i]
	}
	return items
}

// GetCondition returns the condition of the given type.
func (mg *NetworkInterfaceAttachment) GetCondition(ct xpv2.ConditionType) xpv2.Condition {
	return mg.Status.GetCondition(ct)
}

// SetConditions sets the given conditions, replacing conditions of the same type.
func (mg *NetworkInterfaceAttachment) SetConditions(c ...xpv2.Condition) {
	mg.Status.SetConditions(c...)
}

// GetLastHandledReconcileAt returns the token of the last handled reconcile request.
func (mg *NetworkInterfaceAttachment) GetLastHandledReconcileAt() string {
	return mg.Status.GetLastHandledReconcileAt()
}

// SetLastHandledReconcileAt sets the token of the last handled reconcile request.
func (mg *NetworkInterfaceAttachment) SetLastHandledReconcileAt(token string) {
	mg.Status.SetLastHandledReconcileAt(token)
}

// GetManagementPolicies returns the management policies of the resource.
func (mg *NetworkInterfaceAttachment) GetManagementPolicies() xpv2.ManagementPolicies {
	return mg.Spec.ManagementPolicies
}

// SetManagementPolicies sets the management policies of the resource.
func (mg *NetworkInterfaceAttachment) SetManagementPolicies(p xpv2.ManagementPolicies) {
	mg.Spec.ManagementPolicies = p
}

// GetProviderConfigReference returns the reference to the provider config.
func (mg *NetworkInterfaceAttachment) GetProviderConfigReference() *xpv2.ProviderConfigReference {
	return mg.Spec.ProviderConfigReference
}

// SetProviderConfigReference sets the reference to the provider config.
func (mg *NetworkInterfaceAttachment) SetProviderConfigReference(r *xpv2.ProviderConfigReference) {
	mg.Spec.ProviderConfigReference = r
}

// GetWriteConnectionSecretToReference returns the Secret that connection
// details are written to.
func (mg *NetworkInterfaceAttachment) GetWriteConnectionSecretToReference() *xpv2.LocalSecretReference {
	return mg.Spec.WriteConnectionSecretToReference
}

// SetWriteConnectionSecretToReference sets the Secret that connection details
// are written to.
func (mg *NetworkInterfaceAttachment) SetWriteConnectionSecretToReference(r *xpv2.LocalSecretReference) {
	mg.Spec.WriteConnectionSecretToReference = r
}

// GetItems returns the items as managed resources.
func (l *NetworkInterfaceAttachmentList) GetItems() []resource.Managed {
	items := make([]resource.Managed, len(l.Items))
	for i := range l.Items {
		items[i] = &l.Items[i]
	}
	return items
}
