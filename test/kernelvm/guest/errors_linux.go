package main

import "fmt"

// wrapf is the Wrapf of crossplane-runtime's errors, which the rest of the
// repository uses: they bring 30 MB of Kubernetes, to be unpacked at each boot.
func wrapf(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), err)
}
