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
)

// each does something about each of many children, a bounded number at a time.
// One that the API server refuses, as a webhook may, keeps no other. Once there is
// no answer no more are tried: thousands would each wait for one.
func each[T any](atOnce int, of []T, do func(t T) error) error {
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
	_ = g.Wait() // every error has its place
	return together(errs...)
}

// childErrors are what went wrong with several children, sorted.
type childErrors []error

// together returns the errors among errs as one, or nil if there is none.
func together(errs ...error) error {
	var all childErrors
	for _, err := range errs {
		if several, ok := err.(childErrors); ok { //nolint:errorlint // one that is part of another stays so
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

// Error names the first few, so that an object can keep it and it stays the same.
func (e childErrors) Error() string {
	var parts []string
	for _, err := range e[:min(len(e), maxNamed)] {
		parts = append(parts, err.Error())
	}
	text := strings.Join(parts, "; ")
	if more := len(e) - maxNamed; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

func (e childErrors) Unwrap() []error { return e }
