// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package render

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	fnv1 "github.com/crossplane/crossplane/v2/proto/fn/v1"
)

var update = flag.Bool("update", false, "write the rendered.yaml of each Composition")

// functions are the running functions, by the names in functions.yaml.
var functions = map[string]fnv1.FunctionRunnerServiceClient{}

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	programs := os.Getenv("CROSSPLANE_PROGRAMS")
	if programs == "" {
		return 0, fmt.Errorf("CROSSPLANE_PROGRAMS is not set: it is the directory of the composition functions, which test/crossplane/ensure.sh builds and prints; make e2e-crossplane sets it")
	}
	// A temporary directory of a test can be too long for the path of a socket.
	sockets, err := os.MkdirTemp("", "functions")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(sockets)
	for _, name := range []string{"function-patch-and-transform", "function-auto-ready"} {
		stop, err := start(name, filepath.Join(programs, name), filepath.Join(sockets, name))
		if err != nil {
			return 0, err
		}
		defer stop()
	}
	return m.Run(), nil
}

// start starts a function that listens on a socket, and waits until it is connected.
func start(name, program, socket string) (stop func(), err error) {
	var output bytes.Buffer
	cmd := exec.Command(program, "--insecure", "--network", "unix", "--address", socket)
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", name, err)
	}
	end := func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	conn, err := grpc.NewClient("unix://"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.WaitForReady(true)))
	if err != nil {
		end()
		return nil, err
	}
	client := fnv1.NewFunctionRunnerServiceClient(conn)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if _, err := client.RunFunction(ctx, &fnv1.RunFunctionRequest{}); err != nil {
		end()
		return nil, fmt.Errorf("%s does not respond: %w\n%s", name, err, output.String())
	}
	functions[name] = client
	return func() { _ = conn.Close(); end() }, nil
}
