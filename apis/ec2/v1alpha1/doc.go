// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 contains the managed resources for EC2: a NetworkInterface is
// one elastic network interface (ENI), a NetworkInterfaceAttachment attaches one
// ENI to one instance at one device index.
//
// Fields with the same meaning have the same name as in the NetworkInterface kinds
// of ec2.aws.m.upbound.io, so that a manifest is migrated by changing its apiVersion.
//
// +kubebuilder:object:generate=true
// +groupName=ec2.networking.k8s.aws
// +versionName=v1alpha1
package v1alpha1
