// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package awserr

import "testing"

// BenchmarkClean measures the error of a throttled call.
func BenchmarkClean(b *testing.B) {
	err := apiError("RequestLimitExceeded", "Request limit exceeded.", "req-1")
	b.ReportAllocs()
	for b.Loop() {
		_ = Clean(err)
	}
}

// BenchmarkClassify measures the lookup of a code.
func BenchmarkClassify(b *testing.B) {
	for name, err := range map[string]error{
		"first":   apiError("RequestLimitExceeded", "Request limit exceeded.", "req-1"),
		"last":    apiError("InvalidPermission.NotFound", "Not found.", "req-1"),
		"text":    apiError("InvalidParameterValue", "Address 10.0.1.1 is in subnet's reserved address range", "req-1"),
		"unknown": apiError("SomethingNew", "Something new.", "req-1"),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Classify(err)
			}
		})
	}
}
