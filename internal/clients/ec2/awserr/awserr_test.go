package awserr

import (
	"fmt"
	"net/http"
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

// apiError returns an error as the SDK hands it on.
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
		want   string // the one predicate that holds
	}{
		"None":             {reason: "No error is no problem.", args: nil},
		"NotAWS":           {reason: "An error that is not AWS's has no code.", args: errors.New("InvalidNetworkInterfaceID.NotFound")},
		"UnknownCode":      {reason: "A code that is not known means nothing in particular.", args: apiError("InternalError", "", "")},
		"ENI":              {reason: "An ENI may not exist.", args: apiError("InvalidNetworkInterfaceID.NotFound", "", ""), want: "IsNotFound"},
		"Attachment":       {reason: "An attachment may not exist.", args: apiError("InvalidAttachmentID.NotFound", "", ""), want: "IsNotFound"},
		"Instance":         {reason: "An instance may not exist.", args: apiError("InvalidInstanceID.NotFound", "", ""), want: "IsNotFound"},
		"Subnet":           {reason: "A subnet may not exist.", args: apiError("InvalidSubnetID.NotFound", "", ""), want: "IsNotFound"},
		"Group":            {reason: "A group may not exist.", args: apiError("InvalidGroup.NotFound", "", ""), want: "IsNotFound"},
		"MalformedENI":     {reason: "What is no id names nothing that could be waited for.", args: apiError("InvalidNetworkInterfaceID.Malformed", "", ""), want: "IsMalformedID"},
		"MalformedId":      {reason: "EC2 spells a code in several ways.", args: apiError("InvalidNetworkInterfaceId.Malformed", "", ""), want: "IsMalformedID"},
		"MalformedGroup":   {reason: "Codes of groups among them.", args: apiError("InvalidSecurityGroupId.Malformed", "", ""), want: "IsMalformedID"},
		"SubnetId":         {reason: "A subnet may not exist under another spelling.", args: apiError("InvalidSubnetId.NotFound", "", ""), want: "IsNotFound"},
		"SecurityGroup":    {reason: "Nor a group.", args: apiError("InvalidSecurityGroupID.NotFound", "", ""), want: "IsNotFound"},
		"ENIWithoutID":     {reason: "Nor an ENI.", args: apiError("InvalidNetworkInterface.NotFound", "", ""), want: "IsNotFound"},
		"ExpiredOfSTS":     {reason: "Credentials that STS rejects are not good enough.", args: apiError("ExpiredTokenException", "", ""), want: "IsUnauthorized"},
		"DeniedException":  {reason: "Nor are those that a policy denies.", args: apiError("AccessDeniedException", "", ""), want: "IsUnauthorized"},
		"NotAssigned":      {reason: "An address may be gone already.", args: apiError("InvalidParameterValue", "Some of [10.0.1.9] is not assigned to interface eni-1.", ""), want: "IsNotAssigned"},
		"IndexTaken":       {reason: "Of the meanings of InvalidParameterValue the message tells that an index is taken.", args: apiError("InvalidParameterValue", "Instance 'i-1' already has an interface attached at device index '1'.", ""), want: "IsIndexTaken"},
		"InUse":            {reason: "An ENI may be attached.", args: apiError("InvalidNetworkInterface.InUse", "", ""), want: "IsInUse"},
		"CurrentlyInUse":   {reason: "EC2 says so in two ways.", args: apiError("InvalidParameterValue", "Network interface 'eni-1' is currently in use.", ""), want: "IsInUse"},
		"NotRunning":       {reason: "An instance may be in between states.", args: apiError("InvalidParameterValue", "Instance 'i-1' is not 'running'.", ""), want: "IsIncorrectState"},
		"IncorrectState":   {reason: "EC2 says so in another way.", args: apiError("IncorrectState", "", ""), want: "IsIncorrectState"},
		"OtherParameter":   {reason: "InvalidParameterValue alone means none of these.", args: apiError("InvalidParameterValue", "Value (x) for parameter y is invalid.", "")},
		"Limit":            {reason: "An instance may be full.", args: apiError("AttachmentLimitExceeded", "", ""), want: "IsAttachmentLimit"},
		"Token":            {reason: "A client token may have been used for another request.", args: apiError("IdempotentParameterMismatch", "", ""), want: "IsTokenMismatch"},
		"Throttled":        {reason: "EC2 may want fewer calls.", args: apiError("RequestLimitExceeded", "", ""), want: "IsThrottled"},
		"SubnetFull":       {reason: "A subnet may have no address left.", args: apiError("InsufficientFreeAddressesInSubnet", "", ""), want: "IsSubnetFull"},
		"NoCIDR":           {reason: "A subnet may have no prefix left.", args: apiError("InsufficientCidrBlocks", "", ""), want: "IsSubnetFull"},
		"NotPermitted":     {reason: "Some ENIs nobody may change.", args: apiError("OperationNotPermitted", "", ""), want: "IsNotPermitted"},
		"Unauthorized":     {reason: "The credentials may not be good enough.", args: apiError("UnauthorizedOperation", "", ""), want: "IsUnauthorized"},
		"Wrapped":          {reason: "A wrapped error is what it was.", args: errors.Wrap(Clean(apiError("AttachmentLimitExceeded", "", "")), "cannot attach"), want: "IsAttachmentLimit"},
		"Missing":          {reason: "What a user names may not be there.", args: errors.Wrap(NewUnresolved("no such group"), "cannot resolve"), want: "IsLookup"},
		"AmbiguousForUser": {reason: "What a user names may not be one thing.", args: NewAmbiguous("two groups"), want: "IsLookup"},
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
		"AWS":     {reason: "AWS's code and message are what a user needs.", args: apiError("AttachmentLimitExceeded", "Interface count 4 exceeds the limit for m5.xlarge.", "req-1"), want: "AttachmentLimitExceeded: Interface count 4 exceeds the limit for m5.xlarge"},
		"Wrapped": {reason: "What is around AWS's answer is the SDK's, and goes.", args: fmt.Errorf("operation error: %w", apiError("A", "b", "req-2")), want: "A: b"},
		"NotAWS":  {reason: "Another error stays as it is.", args: errBoom, want: "boom"},
		"Encoded": {
			reason: "What EC2 encodes anew at each refusal is of no use to a reader, and goes.",
			args:   apiError("UnauthorizedOperation", "You are not authorized to perform this operation. User: u is not authorized to perform: ec2:CreateTags. Encoded authorization failure message: req-Ab_9-x==", "req-4"),
			want:   "UnauthorizedOperation: You are not authorized to perform this operation. User: u is not authorized to perform: ec2:CreateTags",
		},
		"EncodedFirst": {
			reason: "What stands after it stays.",
			args:   apiError("UnauthorizedOperation", "Encoded authorization failure message: req-Ab_9-x== Ask your administrator.", "req-5"),
			want:   "UnauthorizedOperation: Ask your administrator",
		},
		"CleanTwo": {reason: "A clean error stays clean.", args: Clean(apiError("A", "b.", "req-3")), want: "A: b"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := Clean(tc.args)
			if diff := cmp.Diff(tc.want, got.Error()); diff != "" {
				t.Errorf("\n%s\nClean(...): -want, +got:\n%s", tc.reason, diff)
			}
			if strings.Contains(got.Error(), "req-") {
				t.Errorf("\n%s\nClean(...): %q has a request id, and would be another condition at each retry", tc.reason, got)
			}
			if !errors.Is(got, tc.args) || Code(got) != Code(tc.args) {
				t.Errorf("\n%s\nClean(...): is no longer the error that it was", tc.reason)
			}
		})
	}
	if Clean(nil) != nil {
		t.Error("\nNo error stays none.\nClean(nil): want nil")
	}
}

func TestDecodeHint(t *testing.T) {
	const refused = "You are not authorized to perform this operation."
	const command = "; for AWS's reasons run: aws sts decode-authorization-message --encoded-message "
	encoded := func(s string) string { return refused + " Encoded authorization failure message: " + s }
	cases := map[string]struct {
		reason string
		args   error
		want   string
	}{
		"Encoded": {reason: "What EC2 encodes is given to the command that decodes it.", args: apiError("UnauthorizedOperation", encoded("Ab_9-x=="), "r"), want: command + "Ab_9-x=="},
		"Clean":   {reason: "A clean error is still EC2's.", args: errors.Wrap(Clean(apiError("UnauthorizedOperation", encoded("Ab_9-x== Ask your administrator."), "r")), "cannot create"), want: command + "Ab_9-x=="},
		"Longest": {reason: "It can be long.", args: apiError("UnauthorizedOperation", encoded(strings.Repeat("x", maxEncoded)), "r"), want: command + strings.Repeat("x", maxEncoded)},
		"TooLong": {reason: "A part of it cannot be decoded.", args: apiError("UnauthorizedOperation", encoded(strings.Repeat("x", maxEncoded+1)), "r")},
		"Plain":   {reason: "Most refusals have nothing more to say.", args: apiError("UnauthorizedOperation", refused, "r")},
		"Empty":   {reason: "Nothing cannot be decoded.", args: apiError("UnauthorizedOperation", encoded(""), "r")},
		"NotAWS":  {reason: "Nor can what is not EC2's.", args: errors.New(encoded("x"))},
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

// TestSpellings judges codes as EC2 has been observed to spell them.
func TestSpellings(t *testing.T) {
	cases := map[string]struct {
		reason string
		codes  []string
		want   xpv2.ConditionReason
	}{
		"Malformed": {
			reason: "A malformed id is not waited for.",
			codes: []string{
				"InvalidNetworkInterfaceID.Malformed", "InvalidNetworkInterfaceId.Malformed", "InvalidNetworkInterfaceAttachmentId.Malformed", "InvalidInstanceID.Malformed",
				"InvalidInstanceId.Malformed", "InvalidSubnetID.Malformed", "InvalidSubnetId.Malformed", "InvalidGroupId.Malformed", "InvalidSecurityGroupID.Malformed", "InvalidSecurityGroupId.Malformed",
			},
			want: networkingv1alpha1.ReasonInvalidID,
		},
		"NoENI": {
			reason: "An ENI may be new.",
			codes:  []string{"InvalidNetworkInterfaceID.NotFound", "InvalidNetworkInterfaceId.NotFound", "InvalidNetworkInterface.NotFound", "InvalidAttachmentID.NotFound"},
			want:   networkingv1alpha1.ReasonWaitingForNetworkInterface,
		},
		"NoSubnet": {
			reason: "A subnet is named that does not exist.",
			codes:  []string{"InvalidSubnetID.NotFound", "InvalidSubnetId.NotFound", "InvalidSubnet"},
			want:   networkingv1alpha1.ReasonSubnetNotFound,
		},
		"NoGroup": {
			reason: "A security group is named that does not exist.",
			codes:  []string{"InvalidGroup.NotFound", "InvalidSecurityGroupID.NotFound", "InvalidSecurityGroupId.NotFound", "InvalidSecurityGroup.NotFound"},
			want:   networkingv1alpha1.ReasonSecurityGroupNotFound,
		},
		"Token": {
			reason: "A client token that EC2 does not take is an invalid parameter, not invalid credentials.",
			codes:  []string{"InvalidClientToken"},
			want:   networkingv1alpha1.ReasonInvalidParameters,
		},
		"Credentials": {
			reason: "Credentials are named by a code that looks like it.",
			codes:  []string{"InvalidClientTokenId", "ExpiredTokenException"},
			want:   networkingv1alpha1.ReasonCredentialsRejected,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			for _, code := range tc.codes {
				if diff := cmp.Diff(tc.want, Classify(apiError(code, "", "")).Reason); diff != "" || !Known(code) {
					t.Errorf("\n%s\nJudge(%s): -want, +got:\n%s", tc.reason, code, diff)
				}
			}
		})
	}
}

// TestErrorTable checks the table: of two rows for one code only the last may match any
// message.
func TestErrorTable(t *testing.T) {
	for code, rs := range rulesByCode() {
		for i, r := range rs {
			if last := i == len(rs)-1; (r.hint == "") != last && (r.hint == "" || !last) {
				t.Errorf("\nA row that no message reaches is none.\n%s: row %d of %d has hint %q", code, i+1, len(rs), r.hint)
			}
			if r.classification.Class == "" || r.classification.Reason == "" || r.hint != strings.ToLower(r.hint) {
				t.Errorf("\nA row has a class and a reason, and a hint in lower case.\n%s: %+v", code, r)
			}
		}
	}
}
