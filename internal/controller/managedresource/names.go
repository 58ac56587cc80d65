// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"fmt"
	"slices"
	"strings"
)

// MaxNames limits how many names a message lists.
const MaxNames = 3

// Count returns a number with its noun: "1 node", "2 nodes".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// FirstNames joins the first MaxNames names of a list in sorted order, and the number of the
// others.
func FirstNames(what []string) string {
	what = slices.Sorted(slices.Values(what))
	if len(what) > MaxNames {
		return strings.Join(what[:MaxNames], ", ") + fmt.Sprintf(" and %d more", len(what)-MaxNames)
	}
	return strings.Join(what, ", ")
}
