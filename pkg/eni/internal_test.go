// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"testing"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// TestConstants compares exported constants with the constants of the controllers.
func TestConstants(t *testing.T) {
	if OwnerTagKey != eni.TagLibraryOwner || DefaultRequestRateShare != ec2.DefaultShare {
		t.Errorf("got tag %q, share %v", OwnerTagKey, DefaultRequestRateShare)
	}
}
