// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A cliCall is one command of a walk, with the expected output of the AWS CLI.
type cliCall struct {
	name, reason string
	// wait is how far the clock moves before the call.
	wait time.Duration
	// run is the command line after "aws", with variables of the environment in front. $name is a value captured
	// before, and '…' is one argument.
	run string
	// query is the CLI's --query. Without it, the call only has to succeed.
	query string
	// want is the JSON that the CLI prints, in which "<name>" captures a string. With a code, it is a part of the
	// message.
	want string
	// code is the EC2 error code of a call that fails.
	code string
	// recent is true for an option that Debian 12's CLI does not have. No later call depends on the call.
	recent bool
}

// A cliWalk is the calls of one walk, in order. Later calls depend on earlier ones.
type cliWalk struct {
	t       *testing.T
	f       *fixture
	program string
	values  map[string]string
}

// TestCLI drives the emulator with the AWS CLI that is installed.
func TestCLI(t *testing.T) {
	if testing.Short() {
		t.Skip("the AWS CLI takes a second for each of its calls, which depend on each other: make e2e runs them all")
	}
	program := clientPath(t, "aws")
	if out, err := exec.CommandContext(t.Context(), program, "--version").CombinedOutput(); err != nil {
		clientMissing(t, errors.Wrapf(err, "aws --version: %s", out))
	}
	for name, calls := range cliWalks() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := cliWalk{t: t, f: newFixture(t, Options{}), program: program, values: map[string]string{}}
			for _, c := range calls {
				if !t.Run(c.name, func(t *testing.T) { w.call(t, c) }) {
					t.Fatalf("%s failed, and later calls depend on it", c.name)
				}
			}
		})
	}
}

func (w *cliWalk) call(t *testing.T, c cliCall) {
	t.Helper()
	if c.wait > 0 {
		w.f.step(c.wait)
	}
	stdout, stderr, succeeded := w.execute(t, c)
	if c.recent && regexp.MustCompile(`Unknown (options|parameter)`).MatchString(stderr) {
		t.Skip("this AWS CLI is older than the option")
	}
	want := w.expand(t, c.want)
	if c.code != "" {
		if code, message := cliError(stderr); code != c.code || !strings.Contains(message, want) {
			t.Errorf("%s\nwant the error %s with %q in its message\naws %s\n%s%s", c.reason, c.code, want, c.run, stdout, stderr)
		}
		return
	}
	if !succeeded {
		t.Fatalf("%s\naws %s\n%s", c.reason, c.run, stderr)
	}
	if c.query == "" {
		return
	}
	if diff := cmp.Diff(w.capture(decoded(t, want), decoded(t, stdout)), decoded(t, stdout)); diff != "" {
		t.Errorf("%s\n-want, +got:\n%s\naws %s", c.reason, diff, c.run)
	}
}

// execute runs the command of a call, and returns its output and whether it succeeded.
func (w *cliWalk) execute(t *testing.T, c cliCall) (stdout, stderr string, succeeded bool) {
	t.Helper()
	env, args := splitCommand(w.expand(t, c.run))
	args = append([]string{"--endpoint-url", w.f.url, "--output", "json"}, args...)
	if c.query != "" {
		args = append(args, "--query", c.query)
	}
	cmd := exec.CommandContext(t.Context(), w.program, args...)
	cmd.Env = clientEnvironment(append([]string{
		"AWS_ACCESS_KEY_ID=AKIACLI", "AWS_SECRET_ACCESS_KEY=s", "AWS_DEFAULT_REGION=us-east-1", "AWS_MAX_ATTEMPTS=1", "AWS_PAGER=",
	}, env...)...)
	out, problem := &strings.Builder{}, &strings.Builder{}
	cmd.Stdout, cmd.Stderr = out, problem
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), problem.String(), err == nil
}

// expand replaces $name by the value captured under the name.
func (w *cliWalk) expand(t *testing.T, text string) string {
	t.Helper()
	return os.Expand(text, func(name string) string {
		v, ok := w.values[name]
		if !ok {
			t.Fatalf("no earlier call captured %q", name)
		}
		return v
	})
}

// capture returns want with each "<name>" replaced by the string at its place in got, which it keeps.
func (w *cliWalk) capture(want, got any) any {
	switch want := want.(type) {
	case string:
		name, opened := strings.CutPrefix(want, "<")
		name, closed := strings.CutSuffix(name, ">")
		if text, ok := got.(string); ok && opened && closed && text != "" {
			w.values[name] = text
			return got
		}
	case []any:
		if got, ok := got.([]any); ok && len(got) == len(want) {
			for i := range want {
				want[i] = w.capture(want[i], got[i])
			}
		}
	}
	return want
}

func decoded(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %q", err, text)
	}
	return v
}

// cliError returns the EC2 error in what the CLI writes to standard error.
func cliError(stderr string) (code, message string) {
	found := regexp.MustCompile(`An error occurred \(([^)]+)\) when calling the \w+ operation(?: \(reached max retries: \d+\))?: (.*)`).FindStringSubmatch(stderr)
	if found == nil {
		return "", ""
	}
	return found[1], found[2]
}

// splitCommand splits a command line into the variables in front of it and its arguments.
func splitCommand(line string) (env, args []string) {
	quoted := false
	words := strings.FieldsFunc(line, func(r rune) bool {
		if r == '\'' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	})
	for i, word := range words {
		words[i] = strings.ReplaceAll(word, "'", "")
	}
	first := slices.IndexFunc(words, func(word string) bool { return !strings.HasPrefix(word, "AWS_") })
	return words[:first], words[first:]
}

// operation returns the API operation of a command line; "" for a command that is no single operation.
func operation(line string) string {
	_, args := splitCommand(line)
	if args[1] == "wait" {
		return ""
	}
	var out strings.Builder
	for part := range strings.SplitSeq(args[1], "-") {
		out.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return out.String()
}

func TestCLICallsEveryOperation(t *testing.T) {
	succeeds, fails := map[string]bool{}, map[string]bool{}
	total := 0
	for walk, calls := range cliWalks() {
		names := map[string]bool{}
		for _, c := range calls {
			if c.reason == "" || names[c.name] {
				t.Errorf("%s/%s: a call has a reason, and a name of its own", walk, c.name)
			}
			names[c.name] = true
			if !c.recent {
				succeeds[operation(c.run)] = succeeds[operation(c.run)] || c.code == ""
				fails[operation(c.run)] = fails[operation(c.run)] || c.code != ""
				total++
			}
		}
	}
	for name := range actions() {
		if !succeeds[name] || !fails[name] {
			t.Errorf("%s needs a successful and a failing call in cliWalks", name)
		}
	}
	if least := 150; total < least {
		t.Errorf("cliWalks has %d calls for every CLI, and needs %d", total, least)
	}
}
