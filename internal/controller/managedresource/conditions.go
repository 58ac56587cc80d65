// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"fmt"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// InstanceFull returns the condition Ready of an object whose ENI has no room on an
// instance. slot is the result of the search, and note follows the numbers in the message.
func InstanceFull(slot eni.Slot, instance, instanceType string, card int32, note string) xpv2.Condition {
	what := instance
	if slot.OnCard {
		what = fmt.Sprintf("network card %d of %s", card, instance)
	}
	advice := "detach one, or use a larger instance type"
	if slot.Kept > 0 {
		advice = "use a larger instance type, or reserve fewer"
	}
	return networkingv1alpha1.NotReady(networkingv1alpha1.ReasonInstanceENILimit, slot.Usage(what, instanceType)+": "+note+advice)
}
