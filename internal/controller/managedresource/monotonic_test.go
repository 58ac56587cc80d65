// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"strings"
	"testing"
	"time"
)

// TestStopwatchIsMonotonic checks that measurements keep the monotonic reading of
// the clock: without it a clock that is set forward ends every wait.
func TestStopwatchIsMonotonic(t *testing.T) {
	s := NewStopwatch(time.Now)
	s.Unchanged("a", "1")
	if began := s.byKey["a"].began.String(); !strings.Contains(began, " m=") {
		t.Error("\nA measurement begins at a monotonic reading of the clock.")
	}
}
