// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

//go:build generate

package apis

// The tools are pinned in hack/tools/go.mod.

//go:generate go tool -modfile=../hack/tools/go.mod controller-gen object:headerFile=../hack/boilerplate.go.txt paths=./... crd:allowDangerousTypes=false,crdVersions=v1,maxDescLen=2000 output:crd:artifacts:config=../package/crds
