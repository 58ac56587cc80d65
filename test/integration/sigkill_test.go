// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// builtVersion is the version of the binary that buildProvider builds.
const builtVersion = "v0.0.0-integration"

var built struct {
	once sync.Once
	dir  string
	err  error
}

// buildProvider builds the provider binary once for all tests, for tests that kill the
// process or use its flags.
func buildProvider(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "provider"); built.err != nil { //nolint:usetesting // it outlives the test that builds it
			return
		}
		cmd := exec.Command("go", "build", "-ldflags", "-X github.com/nodeeni/provider-aws-eni/internal/version.Version="+builtVersion, "-o", built.dir, "./cmd/provider")
		cmd.Dir = testbed.RepositoryRoot()
		if out, err := cmd.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("cannot build the provider: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.dir, "provider")
}

// command returns the command of a provider process.
func command(bin, kubeconfig string, args ...string) *exec.Cmd {
	cmd := exec.Command(bin, append([]string{
		"--region", testbed.Region, "--namespace", testbed.Namespace, "--no-leader-election",
		"--metrics-bind-address", "0", "--health-probe-bind-address", "0",
	}, args...)...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig)
	return cmd
}

// process starts a provider process.
func (e *env) process(bin, kubeconfig string) *exec.Cmd {
	e.t.Helper()
	cmd := command(bin, kubeconfig, "--poll", "2s", "--poll-jitter", "0s", "--max-reconcile-rate", "20",
		// After a kill between an accepted deletion and its record the provider must prove
		// the deletion, which takes the absence period each time. TestManualChanges uses
		// the default period.
		"--absence-period", "2s")
	if *debug {
		cmd.Args = append(cmd.Args, "--debug")
		cmd.Stderr = os.Stderr
	}
	if err := cmd.Start(); err != nil {
		e.t.Fatal(err)
	}
	return cmd
}

func kill(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// TestSIGKILL kills the provider right after random mutating EC2 calls, while 20 ENIs are
// created and deleted. In short mode it is killed 15 times.
func TestSIGKILL(t *testing.T) {
	kills, nodes := 50, 10
	if testing.Short() {
		kills = 6
	}
	ec2 := emulatorOptions()
	ec2.VisibilityDelay = 150 * time.Millisecond
	e := newEnv(t, options{ec2: ec2, noProvider: true, long: true})
	bin := buildProvider(t)
	kubeconfig, err := e.cp.Kubeconfig(t.Context(), e.kube, testbed.ProviderServiceAccount, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range nodes {
		e.node(fmt.Sprintf("node-%d", i))
	}

	killed, rounds, expected := 0, 0, 0
	for killed < kills {
		rounds++
		name := fmt.Sprintf("round-%d", rounds)
		e.apply(head(name) + "  subnetIDs: [subnet-0f59b4f14737be9ad, subnet-abcdef1234567890]\n  securityGroupIDs: [sg-05da196f3314d4af8]\n  deviceIndex: 2\n")
		expected += 2 * nodes
		killed += e.killWhile(bin, kubeconfig, random, kills/2, e.ready(name, 2*nodes))
		e.noDuplicates(2 * nodes)
		e.deleteAllNodeENIs()
		killed += e.killWhile(bin, kubeconfig, random, kills/2, e.allDeleted)
	}
	if made := e.created(); made != expected {
		t.Errorf("%d ENIs were created in %d rounds, want %d: some were created twice", made, rounds, expected)
	}
	e.neverForced()
	t.Logf("killed %d times in %d rounds of %d ENIs", killed, rounds, 2*nodes)
}

// killWhile runs the provider until done, and kills it up to a number of times.
func (e *env) killWhile(bin, kubeconfig string, random *rand.Rand, most int, done func() error) int {
	e.t.Helper()
	killed := 0
	for killed < most && done() != nil {
		p := e.process(bin, kubeconfig)
		mark := e.EC2.Mark()
		after, limit := 1+random.IntN(3), time.Now().Add(20*time.Second)
		for len(e.EC2.Since(mark, mutates)) < after && done() != nil && time.Now().Before(limit) {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(random.IntN(15)) * time.Millisecond)
		kill(p)
		killed++
	}
	p := e.process(bin, kubeconfig)
	defer kill(p)
	// The provider waits for the absence period of an ENI whose create or deletion the
	// last kill interrupted.
	e.eventually(2*time.Minute, done)
	return killed
}

func mutates(c callRecord) bool { return c.Mutating && c.Committed }

// noDuplicates returns an error unless EC2 has a number of the provider's ENIs, each of
// another object.
func (e *env) noDuplicates(want int) {
	e.t.Helper()
	owners := map[string]string{}
	for _, x := range e.live() {
		uid := x.Tags["networking.k8s.aws/mr-uid"]
		if other, ok := owners[uid]; ok {
			e.t.Errorf("ENIs %s and %s belong to one object", x.ID, other)
		}
		owners[uid] = x.ID
	}
	if len(owners) != want {
		e.t.Errorf("EC2 has ENIs of %d objects, want %d", len(owners), want)
	}
}
