// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package apiemulator emulates a Kubernetes API server in memory, for fleets that etcd and
// kube-apiserver are too slow for: lists with pages, watches from a resource version with bookmarks
// and expiry, initial events of streaming lists, conflicts, generations, finalizers, status
// subresources, merge patches, server-side apply with one set of fields for each field manager, and the
// defaults of CRDs.
//
// It does not validate objects, authorizes every request, stores no managedFields, and runs no
// controllers. A page of a list has the present objects, whatever the resource version of the first page.
package apiemulator
