// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package crossplane tests the package of this provider on a real Crossplane, as
// docs/install.md installs it.
//
// kube-apiserver, kube-controller-manager, Crossplane, its RBAC manager and two composition
// functions run as processes, each with the rights of its own service account. The registry,
// EC2 and STS are in the test. There is no kubelet: a runtime in the test starts the program
// of each Deployment that Crossplane creates, from the content of its image, with the
// Deployment's arguments, variables and Secrets, and a token of its service account.
//
// The tests run in a network namespace and a mount namespace of their own. Each replica of
// the provider and each node has a further network namespace.
package crossplane
