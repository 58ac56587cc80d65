// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package providerconfig counts the users of each ProviderConfig and
// ClusterProviderConfig. A config with users is kept, with the Secret that it
// names: without either of them no network interface could be released. This holds
// in a namespace that is being deleted too, whose objects are deleted in any order.
//
// It also verifies, by dry runs, that the credentials of a config have the IAM permissions of
// the provider.
package providerconfig
