// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// requireClients names the environment variable that makes a missing client an error. hack/test.sh --whole sets it.
const requireClients = "REQUIRE_CLIENTS"

// clientPath returns the path of a client program, or ends the test if the program is not installed.
func clientPath(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		clientMissing(t, err)
	}
	return path
}

// clientMissing skips a test whose client cannot run here, or fails it if REQUIRE_CLIENTS is set.
func clientMissing(t *testing.T, err error) {
	t.Helper()
	if os.Getenv(requireClients) != "" {
		t.Fatalf("%s is set, and a client cannot run: %s", requireClients, err)
	}
	t.Skipf("a client cannot run, and %s is not set: %s", requireClients, err)
}

// clientEnvironment returns the environment of this process without the AWS settings of its user, and more variables.
func clientEnvironment(more ...string) []string {
	env := []string{"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_EC2_METADATA_DISABLED=true"}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "AWS_") {
			env = append(env, v)
		}
	}
	return append(env, more...)
}
