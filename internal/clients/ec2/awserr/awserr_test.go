// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package awserr

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/google/go-cmp/cmp"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// apiError returns an error as the SDK returns it.
func apiError(code, message, requestID string) error {
	return &smithy.OperationError{ServiceID: "EC2", OperationName: "AttachNetworkInterface", Err: &awshttp.ResponseError{
		RequestID: requestID,
		ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusBadRequest}},
			Err:      &smithy.GenericAPIError{Code: code, Message: message},
		},
	}}
}

func TestPredicates(t *testing.T) {
	predicates := map[string]func(error) bool{
		"IsNotFound": IsNotFound, "IsMalformedID": IsMalformedID, "IsIndexTaken": IsIndexTaken, "IsInUse": IsInUse, "IsAttachmentLimit": IsAttachmentLimit,
		"IsIncorrectState": IsIncorrectState, "IsTokenMismatch": IsTokenMismatch, "IsThrottled": IsThrottled, "IsSubnetFull": IsSubnetFull,
		"IsNotPermitted": IsNotPermitted, "IsUnauthorized": IsUnauthorized, "IsLookup": IsLookup, "IsNotAssigned": IsNotAssigned,
	}
	cases := map[string]struct {
		reason string
		args   error
		want   string // the one predicate that is true
	}{
		"None":             {reason: "Without an error no predicate is true.", args: nil},
		"NotAWS":           {reason: "The text of another error is not a code.", args: errors.New("InvalidNetworkInterfaceID.NotFound")},
		"UnknownCode":      {reason: "A code without a predicate matches none.", args: apiError("InternalError", "", "")},
		"ENI":              {reason: "An ENI may not exist.", args: apiError("InvalidNetworkInterfaceID.NotFound", "", ""), want: "IsNotFound"},
		"Attachment":       {reason: "An attachment may not exist.", args: apiError("InvalidAttachmentID.NotFound", "", ""), want: "IsNotFound"},
		"Instance":         {reason: "An instance may not exist.", args: apiError("InvalidInstanceID.NotFound", "", ""), want: "IsNotFound"},
		"Subnet":           {reason: "A subnet may not exist.", args: apiError("InvalidSubnetID.NotFound", "", ""), want: "IsNotFound"},
		"Group":            {reason: "A group may not exist.", args: apiError("InvalidGroup.NotFound", "", ""), want: "IsNotFound"},
		"MalformedENI":     {reason: "A malformed id is not an id that does not exist yet.", args: apiError("InvalidNetworkInterfaceID.Malformed", "", ""), want: "IsMalformedID"},
		"MalformedId":      {reason: "EC2 has several spellings of a code.", args: apiError("InvalidNetworkInterfaceId.Malformed", "", ""), want: "IsMalformedID"},
		"MalformedGroup":   {reason: "EC2 has several spellings of the code of a group.", args: apiError("InvalidSecurityGroupId.Malformed", "", ""), want: "IsMalformedID"},
		"SubnetId":         {reason: "A subnet may not exist under another spelling.", args: apiError("InvalidSubnetId.NotFound", "", ""), want: "IsNotFound"},
		"SecurityGroup":    {reason: "A group may not exist under another spelling.", args: apiError("InvalidSecurityGroupID.NotFound", "", ""), want: "IsNotFound"},
		"ENIWithoutID":     {reason: "An ENI may not exist under another spelling.", args: apiError("InvalidNetworkInterface.NotFound", "", ""), want: "IsNotFound"},
		"ExpiredOfSTS":     {reason: "STS returns its own code for expired credentials.", args: apiError("ExpiredTokenException", "", ""), want: "IsUnauthorized"},
		"DeniedException":  {reason: "Some services return AccessDeniedException.", args: apiError("AccessDeniedException", "", ""), want: "IsUnauthorized"},
		"BadSignature":     {reason: "An incomplete signature is a problem of the credentials.", args: apiError("IncompleteSignature", "", ""), want: "IsUnauthorized"},
		"NotAssigned":      {reason: "An address may be unassigned already.", args: apiError("InvalidParameterValue", "Some of [10.0.1.9] is not assigned to interface eni-1.", ""), want: "IsNotAssigned"},
		"IndexTaken":       {reason: "InvalidParameterValue has several meanings; the message identifies a used index.", args: apiError("InvalidParameterValue", "Instance 'i-1' already has an interface attached at device index '1'.", ""), want: "IsIndexTaken"},
		"InUse":            {reason: "An ENI may be attached.", args: apiError("InvalidNetworkInterface.InUse", "", ""), want: "IsInUse"},
		"CurrentlyInUse":   {reason: "EC2 has two codes for an attached ENI.", args: apiError("InvalidParameterValue", "Network interface 'eni-1' is currently in use.", ""), want: "IsInUse"},
		"NotRunning":       {reason: "An instance may be in transition.", args: apiError("InvalidParameterValue", "Instance 'i-1' is not 'running'.", ""), want: "IsIncorrectState"},
		"IncorrectState":   {reason: "EC2 has two codes for an incorrect state.", args: apiError("IncorrectState", "", ""), want: "IsIncorrectState"},
		"OtherParameter":   {reason: "InvalidParameterValue without a known message matches none.", args: apiError("InvalidParameterValue", "Value (x) for parameter y is invalid.", "")},
		"Limit":            {reason: "An instance may have no free attachment.", args: apiError("AttachmentLimitExceeded", "", ""), want: "IsAttachmentLimit"},
		"Token":            {reason: "A client token may have been used for another request.", args: apiError("IdempotentParameterMismatch", "", ""), want: "IsTokenMismatch"},
		"Throttled":        {reason: "EC2 may throttle calls.", args: apiError("RequestLimitExceeded", "", ""), want: "IsThrottled"},
		"SubnetFull":       {reason: "A subnet may have no address left.", args: apiError("InsufficientFreeAddressesInSubnet", "", ""), want: "IsSubnetFull"},
		"NoCIDR":           {reason: "A subnet may have no prefix left.", args: apiError("InsufficientCidrBlocks", "", ""), want: "IsSubnetFull"},
		"NotPermitted":     {reason: "Some ENIs belong to AWS services.", args: apiError("OperationNotPermitted", "", ""), want: "IsNotPermitted"},
		"Unauthorized":     {reason: "The credentials may lack a permission.", args: apiError("UnauthorizedOperation", "", ""), want: "IsUnauthorized"},
		"Wrapped":          {reason: "Wrapping preserves the code.", args: errors.Wrap(Clean(apiError("AttachmentLimitExceeded", "", "")), "cannot attach"), want: "IsAttachmentLimit"},
		"Missing":          {reason: "A reference of a user may match nothing.", args: errors.Wrap(NewUnresolved("no such group"), "cannot resolve"), want: "IsLookup"},
		"AmbiguousForUser": {reason: "A reference of a user may match several resources.", args: NewAmbiguous("two groups"), want: "IsLookup"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			for p, holds := range predicates {
				if diff := cmp.Diff(p == tc.want, holds(tc.args)); diff != "" {
					t.Errorf("\n%s\n%s(%v): -want, +got:\n%s", tc.reason, p, tc.args, diff)
				}
			}
		})
	}
}

func TestClean(t *testing.T) {
	errBoom := errors.New("boom")
	cases := map[string]struct {
		reason string
		args   error
		want   string
	}{
		"AWS":     {reason: "The code and message are kept, the request id is not.", args: apiError("AttachmentLimitExceeded", "Interface count 4 exceeds the limit for m5.xlarge.", "req-1"), want: "AttachmentLimitExceeded: Interface count 4 exceeds the limit for m5.xlarge"},
		"Wrapped": {reason: "The SDK's wrapping is removed.", args: fmt.Errorf("operation error: %w", apiError("A", "b", "req-2")), want: "A: b"},
		"NotAWS":  {reason: "Another error is unchanged.", args: errBoom, want: "boom"},
		"Encoded": {
			reason: "The encoded message, which differs at each call, is removed.",
			args:   apiError("UnauthorizedOperation", "You are not authorized to perform this operation. User: u is not authorized to perform: ec2:CreateTags. Encoded authorization failure message: req-Ab_9-x==", "req-4"),
			want:   "UnauthorizedOperation: You are not authorized to perform this operation. User: u is not authorized to perform: ec2:CreateTags",
		},
		"EncodedFirst": {
			reason: "Text after the encoded message is kept.",
			args:   apiError("UnauthorizedOperation", "Encoded authorization failure message: req-Ab_9-x== Ask your administrator.", "req-5"),
			want:   "UnauthorizedOperation: Ask your administrator",
		},
		"NoAnswer": {
			reason: "A failed connection is reported with the endpoint's host, and without the ports of the connection.",
			args:   &url.Error{Op: "Post", URL: "http://ec2.example:8080/", Err: &net.OpError{Op: "read", Net: "tcp", Source: &net.TCPAddr{Port: 40123}, Err: errors.New("connection refused")}},
			want:   "no answer from EC2 at ec2.example:8080: connection refused",
		},
		"CleanTwo": {reason: "Cleaning is idempotent.", args: Clean(apiError("A", "b.", "req-3")), want: "A: b"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := Clean(tc.args)
			if diff := cmp.Diff(tc.want, got.Error()); diff != "" {
				t.Errorf("\n%s\nClean(...): -want, +got:\n%s", tc.reason, diff)
			}
			if strings.Contains(got.Error(), "req-") {
				t.Errorf("\n%s\nClean(...): %q has a request id, and would change the condition at each retry", tc.reason, got)
			}
			if !errors.Is(got, tc.args) || Code(got) != Code(tc.args) {
				t.Errorf("\n%s\nClean(...): does not wrap the original error", tc.reason)
			}
		})
	}
	if Clean(nil) != nil {
		t.Error("\nWithout an error there is none.\nClean(nil): want nil")
	}
}

func TestDecodeHint(t *testing.T) {
	const refused = "You are not authorized to perform this operation."
	const command = "; for details run: aws sts decode-authorization-message --encoded-message "
	encoded := func(s string) string { return refused + " Encoded authorization failure message: " + s }
	cases := map[string]struct {
		reason string
		args   error
		want   string
	}{
		"Encoded": {reason: "The encoded message is the argument of the command.", args: apiError("UnauthorizedOperation", encoded("Ab_9-x=="), "r"), want: command + "Ab_9-x=="},
		"Clean":   {reason: "A cleaned error has the encoded message.", args: errors.Wrap(Clean(apiError("UnauthorizedOperation", encoded("Ab_9-x== Ask your administrator."), "r")), "cannot create"), want: command + "Ab_9-x=="},
		"Longest": {reason: "The longest encoded message that is used.", args: apiError("UnauthorizedOperation", encoded(strings.Repeat("x", maxEncoded)), "r"), want: command + strings.Repeat("x", maxEncoded)},
		"TooLong": {reason: "A part of it cannot be decoded.", args: apiError("UnauthorizedOperation", encoded(strings.Repeat("x", maxEncoded+1)), "r")},
		"Plain":   {reason: "Most errors have no encoded message.", args: apiError("UnauthorizedOperation", refused, "r")},
		"Empty":   {reason: "An empty encoded message is not decoded.", args: apiError("UnauthorizedOperation", encoded(""), "r")},
		"NotAWS":  {reason: "Another error has no encoded message.", args: errors.New(encoded("x"))},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := DecodeHint(tc.args)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nDecode(...): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff("no; a reason", TrimDecodeHint("no; a reason"+got)); diff != "" {
				t.Errorf("\n%s\nBrief(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestSpellings classifies observed spellings of EC2's codes.
func TestSpellings(t *testing.T) {
	cases := map[string]struct {
		reason string
		codes  []string
		want   xpv2.ConditionReason
	}{
		"Malformed": {
			reason: "A malformed id is not retried soon.",
			codes: []string{
				"InvalidNetworkInterfaceID.Malformed", "InvalidNetworkInterfaceId.Malformed", "InvalidNetworkInterfaceAttachmentId.Malformed", "InvalidInstanceID.Malformed",
				"InvalidInstanceId.Malformed", "InvalidSubnetID.Malformed", "InvalidSubnetId.Malformed", "InvalidGroupId.Malformed", "InvalidSecurityGroupID.Malformed", "InvalidSecurityGroupId.Malformed",
			},
			want: networkingv1alpha1.ReasonInvalidID,
		},
		"NoENI": {
			reason: "A new ENI may not be visible yet.",
			codes:  []string{"InvalidNetworkInterfaceID.NotFound", "InvalidNetworkInterfaceId.NotFound", "InvalidNetworkInterface.NotFound", "InvalidAttachmentID.NotFound"},
			want:   networkingv1alpha1.ReasonWaitingForNetworkInterface,
		},
		"NoSubnet": {
			reason: "The subnet does not exist.",
			codes:  []string{"InvalidSubnetID.NotFound", "InvalidSubnetId.NotFound", "InvalidSubnet"},
			want:   networkingv1alpha1.ReasonSubnetNotFound,
		},
		"NoGroup": {
			reason: "The security group does not exist.",
			codes:  []string{"InvalidGroup.NotFound", "InvalidSecurityGroupID.NotFound", "InvalidSecurityGroupId.NotFound", "InvalidSecurityGroup.NotFound"},
			want:   networkingv1alpha1.ReasonSecurityGroupNotFound,
		},
		"Token": {
			reason: "A rejected client token is an invalid parameter, not invalid credentials.",
			codes:  []string{"InvalidClientToken"},
			want:   networkingv1alpha1.ReasonInvalidParameters,
		},
		"Credentials": {
			reason: "A similar code means invalid credentials.",
			codes:  []string{"InvalidClientTokenId", "ExpiredTokenException"},
			want:   networkingv1alpha1.ReasonCredentialsRejected,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			for _, code := range tc.codes {
				if diff := cmp.Diff(tc.want, Classify(apiError(code, "", "")).Reason); diff != "" || !Known(code) {
					t.Errorf("\n%s\nClassify(%s): -want, +got:\n%s", tc.reason, code, diff)
				}
			}
		})
	}
}

// TestErrorTable checks that only the last of several rules for a code has no hint.
func TestErrorTable(t *testing.T) {
	for code, rs := range rulesByCode() {
		for i, r := range rs {
			if last := i == len(rs)-1; (r.hint == "") != last && (r.hint == "" || !last) {
				t.Errorf("\nEach rule must be reachable.\n%s: rule %d of %d has hint %q", code, i+1, len(rs), r.hint)
			}
			if r.classification.Class == "" || r.classification.Reason == "" || r.hint != strings.ToLower(r.hint) {
				t.Errorf("\nA rule has a class and a reason, and a hint in lower case.\n%s: %+v", code, r)
			}
		}
	}
}
