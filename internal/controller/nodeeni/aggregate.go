// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	kerrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
)

// forEach calls do for each child, with at most atOnce calls in parallel. An item the API
// server rejects, for example by a webhook, does not block the others. After an error
// without a response from the API server it makes no more calls: each of thousands would
// run into the timeout.
func forEach[T any](atOnce int, of []T, do func(t T) error) error {
	var g errgroup.Group
	g.SetLimit(atOnce)
	errs := make([]error, len(of))
	var silent atomic.Bool
	for i, t := range of {
		g.Go(func() error {
			if silent.Load() {
				return nil
			}
			errs[i] = do(t)
			var answered kerrors.APIStatus
			if errs[i] != nil && !errors.As(errs[i], &answered) {
				silent.Store(true)
			}
			return nil
		})
	}
	_ = g.Wait() // the functions return no error
	return aggregate(errs...)
}

// childErrors are the errors of several children, sorted.
type childErrors []error

// aggregate returns the non-nil errors among errs as one error, or nil.
func aggregate(errs ...error) error {
	var all childErrors
	for _, err := range errs {
		if several, ok := err.(childErrors); ok { //nolint:errorlint // a wrapped one stays wrapped
			all = append(all, several...)
		} else if err != nil {
			all = append(all, err)
		}
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	default:
		slices.SortFunc(all, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
		return all
	}
}

// Error lists the first few errors in a stable order, so that a condition does not flap.
func (e childErrors) Error() string {
	var parts []string
	for _, err := range e[:min(len(e), managedresource.MaxNames)] {
		parts = append(parts, err.Error())
	}
	text := strings.Join(parts, "; ")
	if more := len(e) - managedresource.MaxNames; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

// Unwrap returns the wrapped error.
func (e childErrors) Unwrap() []error { return e }
