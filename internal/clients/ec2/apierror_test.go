// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import "github.com/aws/smithy-go"

// apiError returns an error of EC2's as the SDK returns it.
func apiError(code, message string) error {
	return &smithy.OperationError{ServiceID: "EC2", OperationName: "AttachNetworkInterface", Err: &smithy.GenericAPIError{Code: code, Message: message}}
}
