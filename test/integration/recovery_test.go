// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// recoveryLimit bounds the recovery of a few nodes, on a loaded machine.
const recoveryLimit = 2 * time.Minute

// TestRecovery deletes the CRDs while their objects have finalizers, as the deletion of a
// Crossplane Provider does, and recovers as docs/install.md describes. No Kubernetes garbage
// collector runs here: the usages of deleted resources remain.
func TestRecovery(t *testing.T) {
	cases := map[string]struct {
		reason string
		// stopped is true if the provider stops before the deletion.
		stopped bool
		// recreate is true if the CRDs are created again as they end.
		recreate bool
	}{
		"Stopped":      {reason: "The provider's Deployment is deleted before its CRDs.", stopped: true, recreate: true},
		"Running":      {reason: "The provider runs while its CRDs are deleted, and created again.", recreate: true},
		"NotRecreated": {reason: "A provider that runs releases the objects without the CRDs of its configs and usages."},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && !tc.recreate {
				t.Skip("short mode")
			}
			ec2 := emulatorOptions()
			// While an ENI is detached, the CRD of the usages ends and is created again.
			ec2.DetachDelay = 5 * time.Second
			e := newEnv(t, options{ec2: ec2, discard: true})
			for i := range 3 {
				e.node(fmt.Sprintf("node-%d", i))
			}
			e.apply(basic)
			e.apply(interfaceYAML("one", "", forProvider+"    region: us-east-1\n    subnetId: subnet-abcdef1234567890\n    securityGroups: [sg-05da196f3314d4af8]\n"))
			e.apply(attachmentYAML("one", "", forProvider+"    networkInterfaceRef: {name: one}\n    nodeName: node-0\n    deviceIndex: 3\n  host: {}\n"))
			e.eventually(20*time.Second, e.ready("multus-eni-config", 3))
			e.eventually(20*time.Second, e.eniaReady("one"))
			if tc.stopped {
				e.provider.stop()
			}

			old := e.crds()
			before := e.objects(old)
			for i := range old {
				if err := e.kube.Delete(t.Context(), &old[i], client.PropagationPolicy(metav1.DeletePropagationBackground)); err != nil {
					t.Fatal(err)
				}
			}
			if tc.stopped {
				// No finalizer keeps the CRDs of ProviderConfigs and usages.
				e.eventually(20*time.Second, func() error {
					if left := len(e.crds()); left > len(old)-2 {
						return fmt.Errorf("%d of %d CRDs exist", left, len(old))
					}
					return nil
				})
				e.provider = e.startProvider(nil)
			}
			if tc.recreate {
				e.recreateCRDs()
			}
			e.eventually(recoveryLimit, func() error { return e.noneOf(old) })

			if l := e.live(); len(l) > 0 {
				t.Errorf("\n%s\n%d ENIs exist after the recovery, the first is %s: %+v", tc.reason, len(l), l[0].ID, l[0].Attachment)
			}
			recreated := e.crds()
			if want := len(old); tc.recreate && len(recreated) != want {
				t.Errorf("\n%s\n%d CRDs exist after the recovery, want %d", tc.reason, len(recreated), want)
			}
			for uid, o := range e.objects(recreated) {
				if _, ok := before[uid]; ok {
					t.Errorf("\n%s\n%s exists after the recovery", tc.reason, o)
				}
			}
		})
	}
}

// crds returns the provider's CRDs.
func (e *env) crds() []apiextensionsv1.CustomResourceDefinition {
	e.t.Helper()
	l := &apiextensionsv1.CustomResourceDefinitionList{}
	if err := e.kube.List(e.t.Context(), l); err != nil {
		e.t.Fatal(err)
	}
	return l.Items
}

// noneOf returns an error if one of the CRDs exists.
func (e *env) noneOf(old []apiextensionsv1.CustomResourceDefinition) error {
	for _, now := range e.crds() {
		if slices.ContainsFunc(old, func(c apiextensionsv1.CustomResourceDefinition) bool { return c.UID == now.UID }) {
			return fmt.Errorf("CRD %s was not deleted", now.Name)
		}
	}
	return nil
}

// objects returns the names of the objects of CRDs, by UID.
func (e *env) objects(crds []apiextensionsv1.CustomResourceDefinition) map[types.UID]string {
	e.t.Helper()
	out := map[types.UID]string{}
	for _, c := range crds {
		l := &metav1.PartialObjectMetadataList{}
		l.SetGroupVersionKind(schema.GroupVersionKind{Group: c.Spec.Group, Version: c.Spec.Versions[0].Name, Kind: c.Spec.Names.ListKind})
		if err := e.kube.List(e.t.Context(), l); err != nil && !kerrors.IsNotFound(err) {
			e.t.Fatal(err)
		}
		for _, o := range l.Items {
			out[o.UID] = c.Spec.Names.Singular + " " + o.Namespace + "/" + o.Name
		}
	}
	return out
}

// recreateCRDs runs the commands of docs/install.md that create the CRDs again as they end.
func (e *env) recreateCRDs() {
	e.t.Helper()
	loop := regexp.MustCompile(`(?s)    kubectl apply -k cluster/manifests\n(    while.*?)\n\n`).FindStringSubmatch(read(e.t, "docs/install.md"))
	if loop == nil {
		e.t.Fatal("docs/install.md lacks the commands of the recovery")
	}
	ctx, cancel := context.WithTimeout(e.t.Context(), recoveryLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", loop[1])
	cmd.Dir = testbed.RepositoryRoot()
	cmd.WaitDelay = time.Second
	cmd.Env = append(os.Environ(), "KUBECONFIG="+e.kubeconfig(), "PATH="+e.cp.Assets+string(os.PathListSeparator)+os.Getenv("PATH"))
	started := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		e.dump()
		e.t.Fatalf("the recovery did not end: %v\n%s", err, strings.TrimSpace(string(out)))
	}
	e.t.Logf("the recovery took %s", time.Since(started).Round(100*time.Millisecond))
}
