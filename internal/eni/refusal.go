// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"fmt"
)

// A RefusalError explains why an ENI must not be changed.
type RefusalError struct {
	// Protected is true if no object of this provider may change the ENI; otherwise the
	// ENI has another owner or is not in the required state.
	Protected bool
	text      string
}

// Error returns the reason, without the action.
func (e *RefusalError) Error() string { return e.text }

func protected(format string, args ...any) *RefusalError {
	return &RefusalError{Protected: true, text: fmt.Sprintf(format, args...)}
}

func foreign(format string, args ...any) *RefusalError {
	return &RefusalError{text: fmt.Sprintf(format, args...)}
}

// Contested returns the error for an attachment that an older NetworkInterfaceAttachment
// created or imported.
func Contested(attachmentID, namespace, name string) *RefusalError {
	return foreign("attachment %s is managed by the older NetworkInterfaceAttachment %s/%s", attachmentID, namespace, name)
}
