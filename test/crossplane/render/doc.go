// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package render tests the Compositions in examples/compositions: it runs their pipelines
// with the real functions, as Crossplane does, without an API server. Run the tests with
// -count=1: go test caches results without regard to files outside this module.
package render
