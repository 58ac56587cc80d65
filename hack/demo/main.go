// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Command demo runs the provider end to end on one machine: it starts etcd, a
// kube-apiserver, the EC2 emulator, the provider, and two agents in
// separate network namespaces, applies a NodeENI, and prints the result. It
// runs until it is interrupted, or exits at once with DEMO_ONCE=1, and then
// removes every process, namespace and file that it created. With
// DEMO_INSTALL=helm it applies a release of the Helm chart, and with
// DEMO_METRICS=127.0.0.1:18443 the provider serves its metrics there.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

func main() {
	// The kernel sends a child its parent-death signal when the thread that
	// started it exits. The main thread lasts as long as the program.
	runtime.LockOSThread()
	log.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	if os.Geteuid() != 0 {
		return errors.New("creating network namespaces requires root: run 'sudo make demo'")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		return errors.New("the program ip is missing: install the package iproute2")
	}
	dir, err := os.MkdirTemp("", "provider-aws-eni-demo-")
	if err != nil {
		return errors.Wrap(err, "cannot create a directory")
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a directory in /tmp

	s := &stage{dir: dir, started: time.Now()}
	defer func() {
		// The interrupt that starts the cleanup must not cancel it.
		if cerr := s.close(context.WithoutCancel(ctx)); cerr != nil && err == nil {
			err = cerr
		}
	}()
	if err := s.build(ctx); err != nil {
		return err
	}
	took, err := s.play(ctx)
	if err != nil {
		return errors.Join(err, s.logs())
	}
	s.show(ctx)
	fmt.Printf("\n%-58s %6.1f s\n", "kubectl apply to both HostInterfaces Ready (at most 5 s)", took.Seconds())
	fmt.Printf("%-58s %6.1f s\n", "start of the demo to here (at most 40 s)", time.Since(s.started).Seconds())
	if os.Getenv("DEMO_ONCE") != "" {
		return nil
	}
	fmt.Printf("\nPress Ctrl-C to stop. In another terminal:\n\n  export KUBECONFIG=%s\n  export PATH=%s:$PATH\n  kubectl get neni,eni,enia,hif -A\n  kubectl eni status\n  aws --endpoint-url %s --region us-east-1 ec2 describe-network-interfaces   # with any credentials\n  ip netns exec %s ip addr\n\n",
		filepath.Join(dir, "admin.kubeconfig"), s.cp.Assets+string(os.PathListSeparator)+filepath.Join(testbed.RepositoryRoot(), "bin"), s.world.EC2URL, s.namespaces[0])
	<-ctx.Done()
	fmt.Println("cleaning up")
	return nil
}
