package link

import (
	"golang.org/x/sys/unix"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A refusal is an error of the kernel that callers can tell apart, with the
// kernel's own words.
type refusal struct {
	kind  error
	cause error
}

func (r refusal) Error() string   { return r.cause.Error() }
func (r refusal) Unwrap() []error { return []error{r.kind, r.cause} }

// classify adds to an error of the kernel what it means here.
func classify(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EEXIST):
		return refusal{kind: ErrExists, cause: err}
	case errors.Is(err, unix.ENODEV):
		return refusal{kind: ErrNoLink, cause: err}
	// A missing rule or alternative name is ENOENT, a missing route ESRCH, a
	// missing address EADDRNOTAVAIL.
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ESRCH), errors.Is(err, unix.EADDRNOTAVAIL):
		return refusal{kind: ErrNotFound, cause: err}
	default:
		return err
	}
}
