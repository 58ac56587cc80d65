//go:build !linux

package pci

import (
	"os"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

func finit(_ *os.File, _ bool) error {
	return errors.New("this is not Linux")
}

// Release fails: there is no kernel that has modules.
func Release() (string, error) {
	return "", errors.New("cannot read the release of the kernel: this is not Linux")
}

func because(_ error, _ bool) string { return "" }
