// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/runtime/schema"

	xpcontroller "github.com/crossplane/crossplane-runtime/v2/pkg/controller"
	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/gate"

	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
)

func TestSetupErrors(t *testing.T) {
	boom := errors.New("boom")
	cases := map[string]struct {
		reason  string
		setups  []error
		stopped bool
		want    error
	}{
		"Failed":   {reason: "The error of a set-up stops the manager.", setups: []error{nil, boom}, want: boom},
		"Repeated": {reason: "Further errors do not block their set-ups.", setups: []error{boom, boom, boom}, want: boom},
		"None":     {reason: "A manager without errors runs until it is stopped.", setups: []error{nil}, stopped: true},
		"Stopped":  {reason: "A set-up that fails after the manager was stopped is not an error.", setups: []error{boom}, stopped: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			for range 20 { // select is random
				e := newSetupErrors()
				done := make(chan struct{})
				o := options.Options{Options: xpcontroller.Options{Gate: new(gate.Gate[schema.GroupVersionKind])}}
				o.SetupFailed = func(err error) {
					e.report(err)
					done <- struct{}{}
				}
				for _, err := range tc.setups {
					o.SetupGated("K controller", func() error {
						if err == nil {
							go func() { done <- struct{}{} }()
						}
						return err
					})
				}
				for range tc.setups {
					<-done
				}
				ctx, cancel := context.WithCancel(t.Context())
				if tc.stopped {
					cancel()
				}
				err := e.Start(ctx)
				cancel()
				if diff := cmp.Diff(tc.want, err, cmpopts.EquateErrors()); diff != "" {
					t.Fatalf("\n%s\nStart(...): -want error, +got error:\n%s", tc.reason, diff)
				}
			}
		})
	}
}
