// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	changelogsv1alpha1 "github.com/crossplane/crossplane-runtime/v2/apis/changelogs/proto/v1alpha1"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// A changeLogSidecar is a change log server on a Unix socket.
type changeLogSidecar struct {
	changelogsv1alpha1.UnimplementedChangeLogServiceServer

	mu      sync.Mutex
	entries []*changelogsv1alpha1.ChangeLogEntry
}

// SendChangeLog implements changelogsv1alpha1.ChangeLogServiceServer.
func (s *changeLogSidecar) SendChangeLog(_ context.Context, in *changelogsv1alpha1.SendChangeLogRequest) (*changelogsv1alpha1.SendChangeLogResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = append(s.entries, in.GetEntry())
	return &changelogsv1alpha1.SendChangeLogResponse{}, nil
}

// of returns the entries of an object, in order.
func (s *changeLogSidecar) of(kind, name string) []*changelogsv1alpha1.ChangeLogEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.entries), func(e *changelogsv1alpha1.ChangeLogEntry) bool {
		return e.GetKind() != kind || e.GetName() != name
	})
}

// startSidecar starts a sidecar and stops it at the end of the test.
func startSidecar(t *testing.T, socket string) *changeLogSidecar {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	s, server := &changeLogSidecar{}, grpc.NewServer()
	changelogsv1alpha1.RegisterChangeLogServiceServer(server, s)
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

// A loggingProvider is a provider process with its log in a file.
type loggingProvider struct {
	log  string
	stop func() error
}

// startLogging starts the provider with change logs. stop terminates it as the kubelet
// does.
func (e *env) startLogging(socket string) loggingProvider {
	e.t.Helper()
	kubeconfig, err := e.cp.Kubeconfig(e.t.Context(), e.kube, testbed.ProviderServiceAccount, e.t.TempDir())
	if err != nil {
		e.t.Fatal(err)
	}
	p := loggingProvider{log: filepath.Join(e.t.TempDir(), "log")}
	f, err := os.Create(p.log)
	if err != nil {
		e.t.Fatal(err)
	}
	// With one worker a blocking change log would block all reconciles.
	cmd := command(buildProvider(e.t), kubeconfig, "--max-reconcile-rate", "1", "--enable-changelogs", "--changelogs-socket-path", socket)
	cmd.Stderr = f
	if err := cmd.Start(); err != nil {
		e.t.Fatal(err)
	}
	p.stop = sync.OnceValue(func() error {
		defer f.Close()
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			return err
		}
		return cmd.Wait()
	})
	e.t.Cleanup(func() {
		if err := p.stop(); err != nil {
			e.t.Errorf("the provider ended: %v", err)
		}
	})
	return p
}

// logged reports whether the provider has logged a text.
func (p loggingProvider) logged(text string) func() error {
	return func() error {
		raw, err := os.ReadFile(p.log)
		if err != nil {
			return err
		}
		if !strings.Contains(string(raw), text) {
			return fmt.Errorf("the log does not contain %q:\n%s", text, raw)
		}
		return nil
	}
}

// TestChangeLogs reads the change logs of a provider process. The sidecar starts after
// the first changes.
func TestChangeLogs(t *testing.T) {
	e := newEnv(t, options{noProvider: true, noAgents: true})
	socket := filepath.Join(t.TempDir(), "changelogs.sock")
	provider := e.startLogging(socket)
	node := e.node("node-a")
	names := []string{"logged", "rejected", "more-1", "more-2", "more-3", "more-4"}

	t.Log("without the sidecar objects are reconciled, and the log reports that it is unavailable")
	for _, n := range names {
		e.apply(interfaceYAML(n, "", forProvider+"    subnetId: subnet-0f59b4f14737be9ad\n"))
	}
	for _, n := range names {
		e.eventually(40*time.Second, e.eniReady(n))
	}
	e.eventually(10*time.Second, provider.logged("The change log sidecar is unavailable"))
	e.eventually(10*time.Second, provider.logged(socket))

	t.Log("the sidecar starts: it receives the queued entries")
	s := startSidecar(t, socket)
	for _, n := range names {
		e.entries(s, "NetworkInterface", n, e.eni(n), "CREATE CreateNetworkInterface")
	}

	e.changeLogged(s, node)
	e.changeRejected(s)
	e.unchangedHaveNoEntry(s)

	t.Log("the provider sends queued entries before it exits")
	if err := provider.stop(); err != nil {
		t.Errorf("the provider ended: %v", err)
	}
	if err := provider.logged("were not sent")(); err == nil {
		t.Error("the provider exited before it sent all entries")
	}
}

// changeLogged attaches, changes and deletes an ENI.
func (e *env) changeLogged(s *changeLogSidecar, node *corev1.Node) {
	e.t.Helper()
	const enis, attachments = "NetworkInterface", "NetworkInterfaceAttachment"
	e.t.Log("one entry for each change of an ENI and of an attachment")
	e.apply(attachmentYAML("logged", "", forProvider+"    networkInterfaceRef: {name: logged}\n    instanceId: "+instanceID(node)+"\n"))
	e.eventually(20*time.Second, e.eniaReady("logged"))
	n, a := e.eni("logged"), e.enia("logged")
	e.entries(s, attachments, "logged", a, "CREATE AttachNetworkInterface")

	e.patch(n, `{"spec":{"forProvider":{"description":"changed"}}}`)
	e.entries(s, enis, "logged", n, "CREATE CreateNetworkInterface", "UPDATE ModifyNetworkInterfaceAttribute")
	e.patch(a, `{"spec":{"forProvider":{"deleteOnTermination":true}}}`)
	e.entries(s, attachments, "logged", a, "CREATE AttachNetworkInterface", "UPDATE ModifyNetworkInterfaceAttribute")

	// Delete the ENI first: it waits for the attachment without EC2 calls.
	e.delete(n)
	e.delete(a)
	e.eventually(30*time.Second, e.isDeleted(n.DeepCopy()))
	e.entries(s, enis, "logged", n, "CREATE CreateNetworkInterface", "UPDATE ModifyNetworkInterfaceAttribute", "DELETE DeleteNetworkInterface")
	e.entries(s, attachments, "logged", a, "CREATE AttachNetworkInterface", "UPDATE ModifyNetworkInterfaceAttribute", "DELETE DetachNetworkInterface")
}

// changeRejected makes EC2 reject each kind of operation once.
func (e *env) changeRejected(s *changeLogSidecar) {
	e.t.Helper()
	cases := []struct {
		reason string
		action string
		change func()
		kind   string
		want   string // beginning of the last entry
	}{
		{
			reason: "The entry of a failed update has the EC2 error.",
			action: "ModifyNetworkInterfaceAttribute", kind: "NetworkInterface", want: "UPDATE ModifyNetworkInterfaceAttribute ",
			change: func() { e.patch(e.eni("rejected"), `{"spec":{"forProvider":{"description":"one"}}}`) },
		},
		{
			reason: "The entry of a failed create has the EC2 error.",
			action: "AttachNetworkInterface", kind: "NetworkInterfaceAttachment", want: "CREATE AttachNetworkInterface ",
			change: func() {
				e.apply(attachmentYAML("rejected", "", forProvider+"    networkInterfaceRef: {name: rejected}\n    nodeName: node-a\n"))
			},
		},
		{
			reason: "The entry of a failed delete has the EC2 error.",
			action: "DeleteNetworkInterface", kind: "NetworkInterface", want: "DELETE DeleteNetworkInterface ",
			change: func() {
				e.delete(e.enia("rejected"))
				e.delete(e.eni("rejected"))
			},
		},
	}
	for _, tc := range cases {
		e.t.Log(tc.reason)
		fault := e.EC2.Inject(ec2emulator.Fault{Action: tc.action, Code: "InvalidParameterValue"})
		tc.change()
		e.eventually(20*time.Second, func() error {
			all := s.of(tc.kind, "rejected")
			if len(all) == 0 {
				return fmt.Errorf("no entry of %s rejected", tc.kind)
			}
			last := all[len(all)-1]
			if got := describe(last); !strings.HasPrefix(got, tc.want) || !strings.Contains(got, "InvalidParameterValue") {
				return fmt.Errorf("%s\nthe last entry is %q, want %q and InvalidParameterValue", tc.reason, got, tc.want)
			}
			return nil
		})
		fault.Remove()
	}
}

// unchangedHaveNoEntry checks that objects without a change since their creation have no
// further entry.
func (e *env) unchangedHaveNoEntry(s *changeLogSidecar) {
	e.t.Helper()
	for _, n := range []string{"more-1", "more-2", "more-3", "more-4"} {
		e.entries(s, "NetworkInterface", n, e.eni(n), "CREATE CreateNetworkInterface")
	}
}

// describe formats an entry as operation, EC2 actions and error.
func describe(e *changelogsv1alpha1.ChangeLogEntry) string {
	operation := strings.TrimPrefix(e.GetOperation().String(), "OPERATION_TYPE_")
	return strings.TrimSpace(operation + " " + e.GetAdditionalDetails()["ec2Calls"] + " " + e.GetErrorMessage())
}

// entries waits until the entries of an object are as expected.
func (e *env) entries(s *changeLogSidecar, kind, name string, mg resource.Managed, want ...string) {
	e.t.Helper()
	e.eventually(20*time.Second, func() error {
		var got []string
		for _, x := range s.of(kind, name) {
			got = append(got, describe(x))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			return fmt.Errorf("entries of %s %s: -want, +got:\n%s", kind, name, diff)
		}
		return nil
	})
	for _, x := range s.of(kind, name) {
		want := []string{"provider-aws-eni:" + builtVersion, "ec2.networking.k8s.aws/v1alpha1", meta.GetExternalName(mg), "default"}
		got := []string{x.GetProvider(), x.GetApiVersion(), x.GetExternalName(), x.GetSnapshot().AsMap()["metadata"].(map[string]any)["namespace"].(string)}
		if diff := cmp.Diff(want, got); diff != "" {
			e.t.Errorf("\nAn entry has the provider, its version and the external resource.\n%s: -want, +got:\n%s", describe(x), diff)
		}
	}
}

func (e *env) patch(o client.Object, patch string) {
	e.t.Helper()
	if err := e.kube.Patch(e.t.Context(), o, client.RawPatch(types.MergePatchType, []byte(patch))); err != nil {
		e.t.Fatal(err)
	}
}
