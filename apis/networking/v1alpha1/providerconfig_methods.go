// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"
)

// The types implement crossplane-runtime's provider config interfaces.
var (
	_ resource.ProviderConfig           = &ProviderConfig{}
	_ resource.ProviderConfig           = &ClusterProviderConfig{}
	_ resource.TypedProviderConfigUsage = &ProviderConfigUsage{}
	_ resource.ProviderConfigUsageList  = &ProviderConfigUsageList{}
)

// Config returns the spec that both kinds of provider config share.
func (p *ProviderConfig) Config() *ProviderConfigSpec { return &p.Spec }

// Config returns the spec that both kinds of provider config share.
func (p *ClusterProviderConfig) Config() *ProviderConfigSpec { return &p.Spec.ProviderConfigSpec }

// ConfigStatus returns the status.
func (p *ProviderConfig) ConfigStatus() *ProviderConfigStatus { return &p.Status }

// ConfigStatus returns the status.
func (p *ClusterProviderConfig) ConfigStatus() *ProviderConfigStatus { return &p.Status }

// GetCondition returns the condition of the given type.
func (p *ProviderConfig) GetCondition(ct xpv2.ConditionType) xpv2.Condition {
	return p.Status.GetCondition(ct)
}

// SetConditions sets the given conditions, replacing conditions of the same type.
func (p *ProviderConfig) SetConditions(c ...xpv2.Condition) {
	p.Status.SetConditions(c...)
}

// GetUsers returns the number of users.
func (p *ProviderConfig) GetUsers() int64 {
	return p.Status.Users
}

// SetUsers sets the number of users.
func (p *ProviderConfig) SetUsers(i int64) {
	p.Status.Users = i
}

// GetCondition returns the condition of the given type.
func (p *ClusterProviderConfig) GetCondition(ct xpv2.ConditionType) xpv2.Condition {
	return p.Status.GetCondition(ct)
}

// SetConditions sets the given conditions, replacing conditions of the same type.
func (p *ClusterProviderConfig) SetConditions(c ...xpv2.Condition) {
	p.Status.SetConditions(c...)
}

// GetUsers returns the number of users.
func (p *ClusterProviderConfig) GetUsers() int64 {
	return p.Status.Users
}

// SetUsers sets the number of users.
func (p *ClusterProviderConfig) SetUsers(i int64) {
	p.Status.Users = i
}

// GetProviderConfigReference returns the reference to the config in use.
func (u *ProviderConfigUsage) GetProviderConfigReference() xpv2.ProviderConfigReference {
	return u.ProviderConfigReference
}

// SetProviderConfigReference sets the reference to the config in use.
func (u *ProviderConfigUsage) SetProviderConfigReference(r xpv2.ProviderConfigReference) {
	u.ProviderConfigReference = r
}

// GetResourceReference returns the reference to the resource that uses the config.
func (u *ProviderConfigUsage) GetResourceReference() xpv2.TypedReference {
	return u.ResourceReference
}

// SetResourceReference sets the reference to the resource that uses the config.
func (u *ProviderConfigUsage) SetResourceReference(r xpv2.TypedReference) {
	u.ResourceReference = r
}

// GetItems returns the items as provider config usages.
func (l *ProviderConfigUsageList) GetItems() []resource.ProviderConfigUsage {
	items := make([]resource.ProviderConfigUsage, len(l.Items))
	for i := range l.Items {
		items[i] = &l.Items[i]
	}
	return items
}
