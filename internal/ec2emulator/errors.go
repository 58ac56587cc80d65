// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// An apiError is an error response.
type apiError struct {
	status  int
	code    string
	message string
}

// Error implements error.
func (e *apiError) Error() string { return e.code + ": " + e.message }

// failf returns a client error with HTTP status 400.
func failf(code, format string, args ...any) error {
	return &apiError{status: http.StatusBadRequest, code: code, message: fmt.Sprintf(format, args...)}
}

// statusf returns an error with the given HTTP status.
func statusf(status int, code, format string, args ...any) error {
	return &apiError{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// asAPIError returns the error response for err. Any other error is a bug of the emulator, returned as an internal
// error of EC2, so that a client retries.
func asAPIError(err error) *apiError {
	if err == nil {
		return nil
	}
	if e := (*apiError)(nil); errors.As(err, &e) {
		return e
	}
	return &apiError{status: http.StatusInternalServerError, code: "InternalError", message: err.Error()}
}

// A kind is a resource type.
type kind int

const (
	kindENI kind = iota
	kindInstance
	kindSubnet
	kindGroup
	kindVPC
	kindAttachment
	kindElasticIP
)

// kindNames are EC2's names of a resource type in identifiers, tags, codes and messages.
type kindNames struct {
	prefix       string
	resourceType string
	code         string
	noun         string
}

func (k kind) names() kindNames {
	return [...]kindNames{
		kindENI:        {prefix: "eni-", resourceType: "network-interface", code: "InvalidNetworkInterfaceID", noun: "networkInterface ID"},
		kindInstance:   {prefix: "i-", resourceType: "instance", code: "InvalidInstanceID", noun: "instance ID"},
		kindSubnet:     {prefix: "subnet-", resourceType: "subnet", code: "InvalidSubnetID", noun: "subnet ID"},
		kindGroup:      {prefix: "sg-", resourceType: "security-group", code: "InvalidGroup", noun: "security group"},
		kindVPC:        {prefix: "vpc-", resourceType: "vpc", code: "InvalidVpcID", noun: "vpc ID"},
		kindAttachment: {prefix: "eni-attach-", resourceType: "", code: "InvalidAttachmentID", noun: "attachment ID"},
		kindElasticIP:  {prefix: "eipalloc-", resourceType: "elastic-ip", code: "InvalidAllocationID", noun: "allocation ID"},
	}[k]
}

// malformed reports whether id is not an identifier of this kind. It checks the prefix only, because seeds may use
// identifiers that are not hexadecimal (subnet-tenant-a).
func (k kind) malformed(id string) bool {
	prefix := k.names().prefix
	if len(id) <= len(prefix) || !strings.HasPrefix(id, prefix) {
		return true
	}
	return k == kindENI && strings.HasPrefix(id, kindAttachment.names().prefix)
}

// errMalformed returns the error for a malformed identifier.
func (k kind) errMalformed(id string) error {
	code := k.names().code + ".Malformed"
	switch k { //nolint:exhaustive // The others follow the rule.
	case kindAttachment:
		// EC2's Malformed codes of these kinds differ from their NotFound codes.
		code = "InvalidNetworkInterfaceAttachmentId.Malformed"
	case kindENI:
		code = "InvalidNetworkInterfaceId.Malformed"
	case kindGroup:
		code = "InvalidGroupId.Malformed"
	case kindElasticIP:
		return k.errNotFound(id) // EC2 documents no other code
	}
	return failf(code, "Invalid id: %q (expecting %q)", id, k.names().prefix+"...")
}

// errNotFound returns the error for missing identifiers, and lists all of them, as EC2 does.
func (k kind) errNotFound(ids ...string) error {
	n := k.names()
	quoted := "'" + strings.Join(ids, ", ") + "'"
	if len(ids) == 1 {
		return failf(n.code+".NotFound", "The %s %s does not exist", n.noun, quoted)
	}
	return failf(n.code+".NotFound", "The %ss %s do not exist", n.noun, quoted)
}

func errMissing(parameter string) error {
	return failf("MissingParameter", "The request must contain the parameter %s", parameter)
}

func errInvalid(format string, args ...any) error {
	return failf("InvalidParameterValue", format, args...)
}

func errCombination(format string, args ...any) error {
	return failf("InvalidParameterCombination", format, args...)
}

func errNotPermitted(format string, args ...any) error {
	return failf("OperationNotPermitted", format, args...)
}

func errThrottled() error {
	return statusf(http.StatusServiceUnavailable, "RequestLimitExceeded", "Request limit exceeded.")
}

func errUnavailable() error {
	return statusf(http.StatusServiceUnavailable, "Unavailable", "The service is unavailable. Please try again shortly.")
}

func errDryRun() error {
	return statusf(http.StatusPreconditionFailed, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
}
