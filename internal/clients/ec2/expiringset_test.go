// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestExpiringSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newExpiringSet(time.Minute)
		s.add("a")
		time.Sleep(50 * time.Second)
		if !s.contains("a") || s.contains("b") {
			t.Errorf("contains(...): a: %t, b: %t, want only a", s.contains("a"), s.contains("b"))
		}
		time.Sleep(11 * time.Second)
		if s.contains("a") {
			t.Error("contains(...): a name is kept after its time to live")
		}
		s.add("c")
		time.Sleep(2 * time.Minute)
		s.add("d")
		if len(s.expires) != 1 {
			t.Errorf("add(...): %d names are kept, want 1, which has not expired", len(s.expires))
		}
	})
}
