// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package helm contains tests of the Helm chart. Helm installs it on a real kube-apiserver
// and etcd, which KUBEBUILDER_ASSETS names; there are no nodes, and no pods run.
package helm
