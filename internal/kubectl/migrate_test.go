// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubectl

import "testing"

// TestMigrateNothing verifies that a migration without NodeENIs to move states this. TestMigrate of test/integration
// moves NodeENIs.
func TestMigrateNothing(t *testing.T) {
	for args, want := range map[string]string{
		"":           "Nothing to move: no NodeENI is managed by aws-multi-eni-controller\n",
		"--rollback": "Nothing to move back: no NodeENI was moved from aws-multi-eni-controller\n",
		"--dry-run":  "No NodeENI is managed by aws-multi-eni-controller\n",
	} {
		command := []string{"migrate"}
		if args != "" {
			command = append(command, args)
		}
		if got, err := run(t, t.Context(), world(), command...); err != nil || got != want {
			t.Errorf("migrate %s: %q, %v, want %q", args, got, err, want)
		}
	}
}
