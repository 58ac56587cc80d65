// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/pkg/eni"
	"github.com/nodeeni/provider-aws-eni/pkg/eni/enitest"
)

// TestErrorClasses compares every predicate with the error of a call.
func TestErrorClasses(t *testing.T) {
	t.Parallel()
	predicates := map[string]func(error) bool{
		"NotFound": eni.IsNotFound, "Ambiguous": eni.IsAmbiguous, "Throttled": eni.IsThrottled, "Unavailable": eni.IsUnavailable, "InUse": eni.IsInUse,
		"DeviceIndexTaken": eni.IsDeviceIndexTaken, "AttachmentLimitExceeded": eni.IsAttachmentLimitExceeded, "QuotaExceeded": eni.IsQuotaExceeded,
		"SubnetFull": eni.IsSubnetFull, "Unauthorized": eni.IsUnauthorized, "IncorrectState": eni.IsIncorrectState, "ClientTokenMismatch": eni.IsClientTokenMismatch,
		"Invalid": eni.IsInvalid, "NotOwned": eni.IsNotOwned, "Protected": eni.IsProtected, "Transient": eni.IsTransient,
	}
	cases := map[string]string{ // the predicates that are true, by code
		"InvalidSubnetID.NotFound":          "NotFound",
		"RequestLimitExceeded":              "Throttled Transient",
		"InvalidNetworkInterface.InUse":     "InUse Transient",
		"AttachmentLimitExceeded":           "AttachmentLimitExceeded",
		"NetworkInterfaceLimitExceeded":     "QuotaExceeded",
		"InsufficientFreeAddressesInSubnet": "SubnetFull",
		"UnauthorizedOperation":             "Unauthorized",
		"AuthFailure":                       "Unauthorized",
		"IncorrectState":                    "IncorrectState Transient",
		"IdempotentParameterMismatch":       "ClientTokenMismatch Transient",
		"InvalidParameterCombination":       "",
		"SomethingNew":                      "Transient",
	}
	for code, want := range cases {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			s, c := serve(t, enitest.Options{})
			s.Inject(enitest.Fault{Action: "CreateNetworkInterface", Code: code})
			_, err := c.Create(t.Context(), &eni.CreateInput{SubnetID: enitest.SubnetID})
			for name, is := range predicates {
				if got := is(err); got != strings.Contains(" "+want+" ", " "+name+" ") {
					t.Errorf("Is%s(%v): got %t", name, err, got)
				}
			}
			var api smithy.APIError
			if !errors.As(err, &api) || api.ErrorCode() != code {
				t.Errorf("The SDK's error is wrapped. Create(...): %v", err)
			}
		})
	}
	for name, is := range predicates {
		if is(nil) {
			t.Errorf("Is%s(nil) is true", name)
		}
	}
}

// TestSharedRate makes calls beyond the client's share of the request rate.
func TestSharedRate(t *testing.T) {
	t.Parallel()
	// A burst of one call, and further calls minutes later.
	s, c := serve(t, enitest.Options{}, eni.WithRequestRateShare(0.001))
	var mu sync.Mutex
	var failed []error
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			if _, err := c.Create(t.Context(), &eni.CreateInput{SubnetID: enitest.SubnetID}); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = append(failed, err)
			}
		})
	}
	all.Wait()
	if len(failed) != 1 || s.Calls("CreateNetworkInterface") != 1 {
		t.Fatalf("Two calls share the rate: %d calls, errors %v", s.Calls("CreateNetworkInterface"), failed)
	}
	err := failed[0]
	if after, ok := eni.RetryAfter(err); !ok || after <= 0 || !eni.IsThrottled(err) || !eni.IsTransient(err) || !strings.Contains(err.Error(), "CreateNetworkInterface was not sent: the client's share of EC2's request rate is used up") {
		t.Errorf("Create(...): %v, retry after %s, %t", err, after, ok)
	}
}

// TestSharedRateDelays makes calls slightly beyond the client's share: they wait.
func TestSharedRateDelays(t *testing.T) {
	t.Parallel()
	_, c := serve(t, enitest.Options{}, eni.WithRequestRateShare(0.02)) // a burst of two calls, then one each ten seconds
	for range 2 {
		create(t, c)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := c.Create(ctx, &eni.CreateInput{SubnetID: enitest.SubnetID}); !eni.IsThrottled(err) || time.Since(began) > time.Second {
		t.Errorf("A call that cannot be sent before the end of its context is not delayed. Create(...): %v after %s", err, time.Since(began))
	}
}

func TestNewFromConfig(t *testing.T) {
	t.Parallel()
	s, _ := serve(t, enitest.Options{})
	cases := map[string]struct {
		reason string
		cfg    aws.Config
		opts   []eni.Option
		want   string
	}{
		"NoOwner":       {reason: "Without an owner, no network interface is owned.", cfg: s.Config(), want: "an owner is required: use WithOwner"},
		"Wildcard":      {reason: "EC2's filters have wildcards.", cfg: s.Config(), opts: []eni.Option{eni.WithOwner("team*")}, want: `owner "team*" is invalid`},
		"LongOwner":     {reason: "A tag's value is limited.", cfg: s.Config(), opts: []eni.Option{eni.WithOwner(strings.Repeat("a", 129))}, want: "is invalid"},
		"NoRate":        {reason: "No call could be sent.", cfg: s.Config(), opts: []eni.Option{eni.WithOwner(owner), eni.WithRequestRateShare(0)}, want: "request rate share 0 is invalid"},
		"HighRate":      {reason: "EC2 would throttle the calls.", cfg: s.Config(), opts: []eni.Option{eni.WithOwner(owner), eni.WithRequestRateShare(1.1)}, want: "request rate share 1.1 is invalid"},
		"NoRegion":      {reason: "A region is required.", cfg: without(s.Config(), func(c *aws.Config) { c.Region = "" }), opts: []eni.Option{eni.WithOwner(owner)}, want: "the AWS configuration has no region"},
		"NoCredentials": {reason: "Credentials are required.", cfg: without(s.Config(), func(c *aws.Config) { c.Credentials = nil }), opts: []eni.Option{eni.WithOwner(owner)}, want: "the AWS configuration has no credentials"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := eni.NewFromConfig(tc.cfg, tc.opts...); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("\n%s\nNewFromConfig(...): want %q, got %v", tc.reason, tc.want, err)
			}
		})
	}
}
