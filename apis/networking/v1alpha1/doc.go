// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 contains the node-level API types: a NodeENI declares the ENIs
// of the nodes that match a selector and their host configuration, a HostInterface
// is the desired and observed configuration of one link on one node, and a
// ProviderConfig configures access to an AWS account.
//
// NodeENI manifests written for aws-multi-eni-controller apply unchanged.
//
// +kubebuilder:object:generate=true
// +groupName=networking.k8s.aws
// +versionName=v1alpha1
package v1alpha1
