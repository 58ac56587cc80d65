// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package awserr

import (
	"net"
	"net/url"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

// Clean returns err with a short text that is the same at each retry, so that conditions do
// not change: the code and message of EC2 without the request id and the encoded
// authorization message, the reason why a response cannot be read, or a failed connection
// without its ports.
func Clean(err error) error {
	var limited *throttle.RateLimitError
	if errors.As(err, &limited) {
		return limited
	}
	var outage *throttle.OutageError
	if errors.As(err, &outage) {
		return outage
	}
	if r := roleError(err); r != nil {
		return r
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return &cleanError{text: api.ErrorCode() + ": " + stableMessage(api.ErrorMessage()), cause: err}
	}
	var op *net.OpError
	if errors.As(err, &op) {
		// The operation's text has the ports of the connection that failed.
		return &cleanError{text: "no answer from EC2" + atHost(err) + ": " + innermost(op.Err).Error(), cause: err}
	}
	var sent *smithyhttp.RequestSendError
	if errors.As(err, &sent) {
		return &cleanError{text: "no answer from EC2" + atHost(err) + ": " + innermost(sent).Error(), cause: err}
	}
	var answered *smithyhttp.ResponseError
	if errors.As(err, &answered) {
		return &cleanError{text: "cannot read EC2's answer: " + innermost(answered).Error(), cause: err}
	}
	return err
}

// stableMessage returns a message of EC2 without its encoded part, which differs at each
// call.
func stableMessage(message string) string {
	message, _ = splitEncoded(message)
	return strings.TrimSuffix(strings.TrimSpace(message), ".")
}

// splitEncoded splits a message of EC2 into its plain and its encoded part.
func splitEncoded(message string) (plain, encoded string) {
	before, after, ok := strings.Cut(message, "Encoded authorization failure message:")
	if !ok {
		return message, ""
	}
	encoded, rest, _ := strings.Cut(strings.TrimSpace(after), " ")
	return before + rest, strings.TrimSuffix(encoded, ".")
}

// maxEncoded bounds the encoded message in conditions. A longer one is left out, as a part
// of it cannot be decoded.
const maxEncoded = 4096

// decodeCommand decodes an authorization failure. It needs the permission
// sts:DecodeAuthorizationMessage, which this provider does not have.
const decodeCommand = "; for details run: aws sts decode-authorization-message --encoded-message "

// DecodeHint returns the command that decodes the authorization failure of err, to be
// appended to its text, or "" if EC2 returned no encoded message. It differs at each call.
func DecodeHint(err error) string {
	_, encoded := splitEncoded(message(err))
	if encoded == "" || len(encoded) > maxEncoded {
		return ""
	}
	return decodeCommand + encoded
}

// TrimDecodeHint returns a text without the result of DecodeHint.
func TrimDecodeHint(text string) string {
	text, _, _ = strings.Cut(text, decodeCommand)
	return text
}

// atHost returns " at HOST" for the host of the endpoint that a call was sent to, or "".
func atHost(err error) string {
	var sent *url.Error
	if !errors.As(err, &sent) {
		return ""
	}
	u, perr := url.Parse(sent.URL)
	if perr != nil || u.Host == "" {
		return ""
	}
	return " at " + u.Host
}

func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

type cleanError struct {
	text  string
	cause error
}

// Error implements error.
func (e *cleanError) Error() string { return e.text }

// Unwrap returns the wrapped error.
func (e *cleanError) Unwrap() error { return e.cause }
