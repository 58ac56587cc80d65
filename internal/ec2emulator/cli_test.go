package ec2emulator

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestCLI is one interface's life as an operator would live it, by the AWS CLI that is installed.
func TestCLI(t *testing.T) {
	if testing.Short() {
		t.Skip("the AWS CLI takes a second for each command")
	}
	path, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the AWS CLI is not installed")
	}
	f := newFixture(t, Options{})
	run := func(line string, more ...string) (string, string) {
		t.Helper()
		args := append(append([]string{"--endpoint-url", f.url, "--region", "us-east-1", "--output", "json", "ec2"}, strings.Fields(line)...), more...)
		cmd := exec.CommandContext(t.Context(), path, args...)
		cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=AKIACLI", "AWS_SECRET_ACCESS_KEY=s", "AWS_MAX_ATTEMPTS=1", "AWS_PAGER=", "AWS_CONFIG_FILE=/dev/null")
		stdout, stderr := &strings.Builder{}, &strings.Builder{}
		cmd.Stdout, cmd.Stderr = stdout, stderr
		// The exit code follows from standard error, which the test reads.
		_ = cmd.Run()
		return stdout.String(), stderr.String()
	}
	if out, _ := run("describe-vpcs"); out == "" {
		t.Skip("the AWS CLI does not run here")
	}
	id := func(out string) string {
		v := struct {
			NetworkInterface struct{ NetworkInterfaceID string }
			AttachmentID     string
		}{}
		if err := json.Unmarshal([]byte(out), &v); err != nil {
			t.Fatalf("%s: %q", err, out)
		}
		return v.NetworkInterface.NetworkInterfaceID + v.AttachmentID
	}

	const create = "create-network-interface --subnet-id subnet-a --groups sg-a --client-token once"
	tags := []string{"--tag-specifications", "ResourceType=network-interface,Tags=[{Key=Name,Value=cli}]"}
	_, stderr := run(create+" --dry-run", tags...)
	if !strings.Contains(stderr, "DryRunOperation") {
		t.Errorf("A dry run is answered as one: %q", stderr)
	}
	out, stderr := run(create, tags...)
	if stderr != "" {
		t.Fatal(stderr)
	}
	eni := id(out)
	out, _ = run(create, tags...)
	if diff := cmp.Diff(eni, id(out)); diff != "" {
		t.Errorf("A repeated token is the same interface.\n-want, +got:\n%s", diff)
	}
	out, _ = run("describe-network-interfaces --filters Name=tag:Name,Values=cl* --query NetworkInterfaces[].NetworkInterfaceId --output text")
	if diff := cmp.Diff(eni, strings.TrimSpace(out)); diff != "" {
		t.Errorf("An interface is found by tag.\n-want, +got:\n%s", diff)
	}
	out, _ = run("describe-network-interfaces --page-size 5 --query length(NetworkInterfaces[])")
	if diff := cmp.Diff("16", strings.TrimSpace(out)); diff != "" {
		t.Errorf("Pages are put together.\n-want, +got:\n%s", diff)
	}
	out, _ = run("describe-network-interfaces --page-size 5 --max-items 7 --query length(NetworkInterfaces[])")
	if diff := cmp.Diff("7", strings.TrimSpace(out)); diff != "" {
		t.Errorf("A listing can be cut short.\n-want, +got:\n%s", diff)
	}
	out, stderr = run("attach-network-interface --instance-id i-a --device-index 2 --network-interface-id " + eni)
	if stderr != "" {
		t.Fatal(stderr)
	}
	f.step(time.Second)
	if _, stderr = run("delete-network-interface --network-interface-id " + eni); !strings.Contains(stderr, "is currently in use") {
		t.Errorf("What is attached cannot be deleted: %q", stderr)
	}
	if _, stderr = run("detach-network-interface --attachment-id " + id(out)); stderr != "" {
		t.Error(stderr)
	}
	f.step(time.Second)
	if _, stderr = run("delete-network-interface --network-interface-id " + eni); stderr != "" {
		t.Error(stderr)
	}
	if _, ok := f.NetworkInterface(eni); ok {
		t.Error("A deleted interface is gone.")
	}
}
