// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import "testing"

func TestWithAdaptiveRate(t *testing.T) {
	for _, adaptive := range []bool{false, true} {
		if c := NewClients(nil, "us-east-1", WithAdaptiveRate(adaptive)); c.traffic.limiter.Adaptive != adaptive {
			t.Errorf("\nThe rate exceeds the share only with the option.\nWithAdaptiveRate(%t): %t", adaptive, c.traffic.limiter.Adaptive)
		}
	}
}
