// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/clock"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// javascript is the directory of the client: its packages and life.js.
const javascript = "testdata/javascript"

// TestJavaScript runs life.js with the AWS SDK for JavaScript, and compares the result of each step.
func TestJavaScript(t *testing.T) {
	if testing.Short() {
		t.Skip("installing the SDK and waiting on the real clock takes seconds: make e2e runs it")
	}
	node, npm := clientPath(t, "node"), clientPath(t, "npm")
	modules, err := installModules(t, npm)
	if err != nil {
		clientMissing(t, err)
	}
	f := newFixture(t, Options{Clock: clock.RealClock{}})
	cmd := exec.CommandContext(t.Context(), node, filepath.Join(javascript, "life.js"), f.url, "subnet-a", "sg-a", "i-a")
	cmd.Env = clientEnvironment("NODE_PATH=" + modules)
	cmd.Stderr = &bytes.Buffer{}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node life.js: %s\n%s", err, cmd.Stderr)
	}
	got := map[string]json.RawMessage{}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%s: %q", err, out)
	}
	cases := javascriptSteps()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got[name] == nil {
				t.Fatal("life.js has no such step")
			}
			if diff := cmp.Diff(decoded(t, tc.want), decoded(t, string(got[name]))); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
	for name := range got {
		if cases[name].want == "" {
			t.Errorf("the step %s of life.js has no expected result", name)
		}
	}
}

// A javascriptStep is the JSON that a step of life.js returns.
type javascriptStep struct{ reason, want string }

func javascriptSteps() map[string]javascriptStep {
	return map[string]javascriptStep{
		"identity":          {reason: "The SDK reads the caller's account and ARN.", want: `{"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/emulated"}`},
		"assumeRole":        {reason: "The SDK reads the role's ARN, and when its credentials expire.", want: `{"arn": "arn:aws:sts::123456789012:assumed-role/provider/life", "expires": true}`},
		"assumeUser":        {reason: "The exception has the code of STS.", want: `{"error": "ValidationError", "status": 400}`},
		"createDryRun":      {reason: "A dry run is an exception.", want: `{"error": "DryRunOperation", "status": 412}`},
		"create":            {reason: "A new network interface is pending. Its list of IPv6 addresses is empty, not missing.", want: `{"status": "pending", "description": "of a life", "groups": [{"GroupId": "sg-a", "GroupName": "a"}], "tags": [{"Key": "Name", "Value": "life"}], "ipv6": []}`},
		"createAgain":       {reason: "A repeated client token returns the same network interface.", want: `{"same": true, "token": "once"}`},
		"createOther":       {reason: "A client token belongs to the parameters of its first call.", want: `{"error": "IdempotentParameterMismatch", "status": 400}`},
		"waitForAvailable":  {reason: "The waiter polls until the network interface is available.", want: `{"state": "SUCCESS", "status": "available"}`},
		"pages":             {reason: "The paginator follows the tokens to the last page.", want: `[5, 5, 5, 1]`},
		"byTag":             {reason: "A network interface is found by a part of a tag.", want: `[true]`},
		"byUnknownFilter":   {reason: "A filter that the API does not have is an exception.", want: `{"error": "InvalidParameterValue", "status": 400}`},
		"instanceType":      {reason: "The SDK reads the limits of a type.", want: `3`},
		"attach":            {reason: "The response has the network card.", want: `{"card": 0}`},
		"attachAgain":       {reason: "A network interface has one attachment.", want: `{"error": "InvalidNetworkInterface.InUse", "status": 400}`},
		"attached":          {reason: "The attachment becomes attached.", want: `{"status": "in-use", "same": true, "index": 2, "deleteOnTermination": false, "attachTime": true}`},
		"deleteAttached":    {reason: "An attached network interface cannot be deleted.", want: `{"error": "InvalidParameterValue", "status": 400}`},
		"modifyDescription": {reason: "The description is changed.", want: `"done"`},
		"modifySourceDestCheck": {
			reason: "The source/destination check is disabled.", want: `"done"`,
		},
		"modifyAttachment":  {reason: "deleteOnTermination is enabled.", want: `"done"`},
		"modifyNothing":     {reason: "A call changes an attribute.", want: `{"error": "InvalidParameterCombination", "status": 400}`},
		"modified":          {reason: "The description shows the changes.", want: `{"Description": "a new text", "SourceDestCheck": false, "DeleteOnTermination": true}`},
		"attribute":         {reason: "The SDK reads one attribute.", want: `["sg-a"]`},
		"assign":            {reason: "EC2 chooses as many addresses as the call requests.", want: `2`},
		"assignPrefix":      {reason: "EC2 chooses a prefix.", want: `1`},
		"assignTooMany":     {reason: "The type of the instance limits the addresses.", want: `{"error": "PrivateIpAddressLimitExceeded", "status": 400}`},
		"assignIPv6":        {reason: "The response is a list of IPv6 addresses.", want: `["2600:1f18:1234:5600::99"]`},
		"addresses":         {reason: "The description has the addresses and the prefix.", want: `[3, 1, 1]`},
		"unassign":          {reason: "The primary address is left.", want: `[true]`},
		"unassignIPv6":      {reason: "The response is a list of IPv6 addresses.", want: `["2600:1f18:1234:5600::99"]`},
		"tag":               {reason: "The SDK reads an empty tag as an empty value.", want: `[["network-interface", "Name", "life"], ["network-interface", "empty", ""]]`},
		"tagReserved":       {reason: "Keys that begin with aws: are reserved.", want: `{"error": "InvalidParameterValue", "status": 400}`},
		"detach":            {reason: "The attachment is detaching.", want: `"detaching"`},
		"detached":          {reason: "The network interface becomes available.", want: `"available"`},
		"detachAgain":       {reason: "An attachment that has ended does not exist.", want: `{"error": "InvalidAttachmentID.NotFound", "status": 400}`},
		"delete":            {reason: "A network interface that is not attached is deleted.", want: `"done"`},
		"deleted":           {reason: "A deleted network interface does not exist.", want: `{"error": "InvalidNetworkInterfaceID.NotFound", "status": 400}`},
		"run":               {reason: "A new instance is pending.", want: `[[{"Code": 0, "Name": "pending"}, true, [{"Key": "Name", "Value": "life"}]]]`},
		"waitForRunning":    {reason: "The waiter polls until the instance runs.", want: `"SUCCESS"`},
		"stop":              {reason: "The instance is stopping.", want: `["stopping"]`},
		"waitForStopped":    {reason: "The waiter polls until the instance is stopped.", want: `"SUCCESS"`},
		"terminate":         {reason: "The instance is shutting down.", want: `["shutting-down"]`},
		"waitForTerminated": {reason: "The waiter polls until the instance is terminated.", want: `"SUCCESS"`},
		"terminated":        {reason: "A terminated instance has an empty list of network interfaces.", want: `[]`},
		"startTerminated":   {reason: "A terminated instance cannot be started.", want: `{"error": "IncorrectInstanceState", "status": 400}`},
	}
}

// installModules installs the packages of the lock file into a cache directory named after its hash, and returns the
// path of node_modules there. A directory that is complete is used again.
func installModules(t *testing.T, npm string) (string, error) {
	t.Helper()
	lock, err := os.ReadFile(filepath.Join(javascript, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", errors.Wrap(err, "cannot find a directory for npm packages")
	}
	hash := sha256.Sum256(lock)
	cache = filepath.Join(cache, "provider-aws-eni")
	done := filepath.Join(cache, "javascript-"+hex.EncodeToString(hash[:6]))
	modules := filepath.Join(done, "node_modules")
	if _, err := os.Stat(modules); err == nil {
		return modules, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", errors.Wrap(err, "cannot create a directory for npm packages")
	}
	// The rename below makes the directory appear complete or not at all.
	dir, err := os.MkdirTemp(cache, "javascript-") //nolint:usetesting // A rename needs a directory of the same file system.
	if err != nil {
		return "", errors.Wrap(err, "cannot create a directory for npm packages")
	}
	defer os.RemoveAll(dir)
	for _, name := range []string{"package.json", "package-lock.json"} {
		data, err := os.ReadFile(filepath.Join(javascript, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return "", errors.Wrap(err, "cannot copy the list of npm packages")
		}
	}
	cmd := exec.CommandContext(t.Context(), npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", errors.Wrapf(err, "npm ci: %s", out)
	}
	if err := os.Rename(dir, done); err != nil {
		// Another process may have been faster.
		if _, found := os.Stat(modules); found != nil {
			return "", errors.Wrap(err, "cannot keep npm packages")
		}
	}
	return modules, nil
}

func TestJavaScriptLock(t *testing.T) {
	lock, err := os.ReadFile(filepath.Join(javascript, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(lock, []byte(`"resolved"`)) {
		t.Error("package-lock.json names a registry: run npm install --package-lock-only --omit-lockfile-registry-resolved")
	}
}
