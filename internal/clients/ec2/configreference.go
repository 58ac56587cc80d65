// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

// A ConfigReference identifies a ProviderConfig or ClusterProviderConfig.
type ConfigReference struct {
	Kind      string
	Name      string
	Namespace string // of a ProviderConfig
}

// String returns the reference as a label of metrics.
func (r ConfigReference) String() string {
	if r.Namespace == "" {
		return r.Kind + "/" + r.Name
	}
	return r.Kind + "/" + r.Namespace + "/" + r.Name
}
