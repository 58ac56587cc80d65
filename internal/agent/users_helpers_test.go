// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/cnicache"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// A recorder records events with their objects.
type recorder struct{ events []string }

// Event implements record.EventRecorder.
func (r *recorder) Event(o runtime.Object, kind, reason, message string) {
	switch x := o.(type) {
	case *corev1.ObjectReference:
		r.events = append(r.events, fmt.Sprintf("%s %s/%s %s %s: %s", x.Kind, x.Namespace, x.Name, kind, reason, message))
	case *v1alpha1.HostInterface:
		r.events = append(r.events, fmt.Sprintf("HostInterface /%s %s %s: %s", x.Name, kind, reason, message))
	}
}

// Eventf implements record.EventRecorder.
func (r *recorder) Eventf(o runtime.Object, kind, reason, format string, args ...any) {
	r.Event(o, kind, reason, fmt.Sprintf(format, args...))
}

// AnnotatedEventf implements record.EventRecorder.
func (r *recorder) AnnotatedEventf(o runtime.Object, _ map[string]string, kind, reason, format string, args ...any) {
	r.Eventf(o, kind, reason, format, args...)
}

// about returns the events with one of the reasons, and forgets all.
func (r *recorder) about(reasons ...string) []string {
	out := slices.DeleteFunc(r.events, func(e string) bool {
		return !slices.ContainsFunc(reasons, func(x string) bool { return strings.Contains(e, " "+x+": ") })
	})
	r.events = nil
	return slices.Clone(out)
}

// record replaces the recorder of a harness.
func (r *harness) record() *recorder {
	out := &recorder{}
	r.recorder = out
	return out
}

// macvlan returns a macvlan above a link, in the network namespace of a pod.
func macvlan(namespace, lower int) link.Scanned {
	return link.Scanned{Namespace: namespace, Index: 3, Name: "net1", Kind: "macvlan", Lower: lower, Peer: link.HostNamespace}
}

// vethOf returns the veth that a pod has on the host.
func vethOf(namespace int) link.Scanned {
	return link.Scanned{Namespace: link.HostNamespace, Name: fmt.Sprintf("veth%d", namespace), Kind: "veth", Peer: namespace}
}

// cachePods writes the results of CNI plugins for pods: fw-3 has the veth veth3.
func cachePods(t *testing.T, namespaces ...int) *cnicache.Cache {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "results"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, n := range namespaces {
		file := fmt.Sprintf(`{"kind":"cniCacheV1","cniArgs":[["K8S_POD_NAMESPACE","apps"],["K8S_POD_NAME","fw-%d"],["K8S_POD_UID","u-%d"]],"result":{"interfaces":[{"name":"veth%d"}]}}`, n, n, n)
		if err := os.WriteFile(filepath.Join(dir, "results", fmt.Sprint(n)), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cnicache.New(dir)
}

func ofNodeENI(hi *v1alpha1.HostInterface) {
	hi.Labels = map[string]string{v1alpha1.LabelNodeENI: "data"}
}
