// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/nodeeni/provider-aws-eni/internal/kubectl"
)

// kubeconfig writes a kubeconfig file of an administrator, and returns its path.
func (e *env) kubeconfig() string {
	e.t.Helper()
	path := filepath.Join(e.t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, e.cp.KubeconfigData, 0o600); err != nil {
		e.t.Fatal(err)
	}
	return path
}

// kubectl returns a kubectl command of an administrator.
func (e *env) kubectl(ctx context.Context, args ...string) *exec.Cmd {
	e.t.Helper()
	cmd := exec.CommandContext(ctx, filepath.Join(e.cp.Assets, "kubectl"), args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+e.kubeconfig())
	return cmd
}

// plugin runs kubectl-eni as an administrator.
func (e *env) plugin(in string, args ...string) (stdout, stderr string, err error) {
	e.t.Helper()
	var out, problem bytes.Buffer
	cmd := kubectl.NewCommand(genericiooptions.IOStreams{In: strings.NewReader(in), Out: &out, ErrOut: &problem})
	cmd.SetArgs(append(args, "--kubeconfig", e.kubeconfig()))
	err = cmd.ExecuteContext(e.t.Context())
	return out.String(), problem.String(), err
}

// TestKubectl runs the kubectl commands of the README.
func TestKubectl(t *testing.T) {
	e := newEnv(t, options{core: true})
	e.node("node-a")
	e.node("node-b")
	e.apply(basic)
	e.eventually(20*time.Second, e.ready("multus-eni-config", 2))

	kubectl := func(args ...string) string {
		out, err := e.kubectl(t.Context(), args...).CombinedOutput()
		if err != nil {
			t.Errorf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}

	out := kubectl("get", "nodeeni", "-o", "custom-columns=NAME:.metadata.name,NODES:.status.attachments[*].nodeID,ENIs:.status.attachments[*].eniID,STATUS:.status.attachments[*].status")
	for _, want := range []string{"multus-eni-config", "node-a,node-b", "attached,attached", e.live()[0].ID, e.live()[1].ID} {
		if !strings.Contains(out, want) {
			t.Errorf("custom columns lack %q:\n%s", want, out)
		}
	}
	out = kubectl("get", "nodeeni", "-o", "wide")
	for _, want := range []string{"READY", "DESIRED", "ATTACHED", "MTU", "9001", "AllReady"} {
		if !strings.Contains(out, want) {
			t.Errorf("wide output lacks %q:\n%s", want, out)
		}
	}
	for short, kind := range map[string]string{"neni": "multus-eni-config", "eni": "eni-", "enia": "eni-attach-", "hif": "Configured"} {
		if out := kubectl("get", short, "-A"); !strings.Contains(out, kind) {
			t.Errorf("kubectl get %s lacks %q:\n%s", short, kind, out)
		}
	}
	if out := kubectl("get", "managed", "-A"); !strings.Contains(out, "networkinterfaceattachment.ec2.networking.k8s.aws") {
		t.Errorf("category managed lacks attachments:\n%s", out)
	}
	if out := kubectl("get", "hif", "--field-selector", "spec.nodeName=node-a"); strings.Count(out, "node-a") != 1 || strings.Contains(out, "node-b") {
		t.Errorf("field selector spec.nodeName:\n%s", out)
	}
	out = kubectl("get", "hif", "-o", `custom-columns=NODE:.spec.nodeName,READY:.status.conditions[?(@.type=="Ready")].reason`)
	if strings.Count(out, "Configured") != 2 {
		t.Errorf("custom columns lack a condition's reason:\n%s", out)
	}
	if out := kubectl("explain", "nodeeni.spec"); !strings.Contains(out, "nodeSelector") || strings.Contains(out, "<no description>") {
		t.Errorf("kubectl explain nodeeni.spec:\n%s", out)
	}

	crds := &apiextensionsv1.CustomResourceDefinitionList{}
	if err := e.kube.List(t.Context(), crds); err != nil {
		t.Fatal(err)
	}
	explained := 0
	for _, c := range crds.Items {
		if !strings.HasSuffix(c.Spec.Group, "networking.k8s.aws") {
			continue
		}
		s := c.Spec.Versions[0].Schema.OpenAPIV3Schema
		explained += describedFields(t, c.Spec.Names.Singular, s)
		if c.Spec.Names.Singular == "nodeeni" {
			for name := range s.Properties["spec"].Properties {
				if out := kubectl("explain", "nodeeni.spec."+name); strings.Contains(out, "<empty>") {
					t.Errorf("kubectl explain nodeeni.spec.%s:\n%s", name, out)
				}
			}
		}
	}
	t.Logf("%d fields are explained", explained)
}

// describedFields fails for each field of a schema without a description.
func describedFields(t *testing.T, path string, s *apiextensionsv1.JSONSchemaProps) int {
	n := 0
	for name, p := range s.Properties {
		at := path + "." + name
		if p.Description == "" && !slices.Contains([]string{"metadata"}, name) {
			t.Errorf("%s has no description", at)
		}
		n += 1 + describedFields(t, at, &p)
	}
	if s.Items != nil && s.Items.Schema != nil {
		n += describedFields(t, path+"[]", s.Items.Schema)
	}
	return n
}
