// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// A docCommand is a command in a document.
type docCommand struct{ document, text string }

var (
	docFence   = regexp.MustCompile("^\\s*```(\\w*)")
	docPrompt  = regexp.MustCompile(`^(kubectl|helm|make|aws|systemctl|sed|cp|go|git|curl|docker|crossplane)\s`)
	docComment = regexp.MustCompile(`\s+#\s.*$`)
	docPath    = regexp.MustCompile(`(?:^|[\s=,])((?:cluster|package|examples|hack|cmd)/[A-Za-z0-9_./-]+)`)
)

// docCommands returns the commands in the code blocks of the documents for users. Continued lines are
// joined, and comments removed.
func docCommands(t *testing.T) []docCommand {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(testbed.RepositoryRoot(), "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, filepath.Join(testbed.RepositoryRoot(), "README.md"), filepath.Join(testbed.RepositoryRoot(), "cluster", "charts", "provider-aws-eni", "README.md"))
	var out []docCommand
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		rel, err := filepath.Rel(testbed.RepositoryRoot(), f)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range codeLines(string(raw)) {
			if line = strings.TrimSpace(docComment.ReplaceAllString(line, "")); docPrompt.MatchString(line) {
				out = append(out, docCommand{rel, line})
			}
		}
	}
	return out
}

// codeLines returns the lines of indented blocks, and of fenced blocks of shell commands.
func codeLines(text string) []string {
	var out []string
	fence, blank, indented := "", true, false
	for line := range strings.SplitSeq(regexp.MustCompile(`\\\n\s*`).ReplaceAllString(text, " "), "\n") {
		if m := docFence.FindStringSubmatch(line); m != nil {
			if fence != "" {
				fence = ""
			} else if fence = m[1]; fence == "" {
				fence = "text"
			}
			continue
		}
		indented = fence == "" && strings.HasPrefix(line, "    ") && (blank || indented)
		blank = strings.TrimSpace(line) == ""
		if indented || slices.Contains([]string{"sh", "bash", "shell", "console", "text"}, fence) {
			out = append(out, line)
		}
	}
	return out
}

// elsewhereInDocs are commands that this test does not run, with what does.
func elsewhereInDocs() map[string]string {
	return map[string]string{
		`^helm `:          "test/helm installs, upgrades and uninstalls the chart",
		`^make `:          "verified below: the target exists",
		`^aws (iam|eks) `: "the emulator has no IAM and no EKS; TestIAMPolicyIsTheAPI reads the policies",
		`^aws (--endpoint-url URL --region us-east-1 )?ec2 `:                      "internal/ec2emulator, TestCLI runs each action of the AWS CLI",
		`^(sed|cp|go|systemctl) `:                                                 "a command of the host",
		`^kubectl .*(logs|exec) `:                                                 "needs a kubelet: test/kubelet",
		`^kubectl .*rollout status `:                                              "waits for pods, which need a kubelet: test/kubelet",
		`^kubectl .*(provider\.pkg|function\.pkg)`:                                "kinds of Crossplane: test/crossplane",
		`^kubectl .*(xrd |secondarynetworks|clusterusages|examples/compositions)`: "kinds of Crossplane: test/crossplane",
		`^kubectl .*cluster/manifests/crossplane`:                                 "kinds of Crossplane: test/crossplane",
		`^kubectl apply .*cluster/manifests(/clusterproviderconfig\.yaml)?$`:      "the config would lose the endpoint of the emulator: TestUninstall applies the manifests",
		`^kubectl apply -k \.$`:                                                   "a kustomization of the user",
		`^kubectl (delete|apply) .*(package|files)/crds`:                          "the control plane is shared with other tests: TestUninstall, TestRecovery",
		`^kubectl delete crd `:                                                    "the control plane is shared with other tests: test/helm, TestTakeOwnershipOfMultiENIController",
		`^kubectl delete namespace `:                                              "the namespace of the provider, which the other commands need",
		`^kubectl eni (migrate|adopt)`:                                            "TestMigrate and TestAdopt",
		`^kubectl eni status --watch`:                                             "does not end; TestWatch of internal/kubectl",
		`^kubectl eni .*\| *xargs .* aws `:                                        "deletes ENIs; TestLeaks of internal/kubectl",
		`^kubectl .*(\$d|\$namespace|'\[?$|<<'?EOF)`:                              "a part of a script, without its other lines",
		`YOUR-NODEENIS|nodeenis-backup`:                                           "files of the user",
		`^kubectl get .*\| jq `:                                                   "a part of a script",
	}
}

// docValues are values for the placeholders of the documents, in the cluster of TestDocumentedCommands.
func docValues() *strings.Replacer {
	return strings.NewReplacer(
		"-n NAMESPACE NAME ", "-n provider-aws-eni-system CHILD ", "agent-NODE", "agent-node-a", "neni/NAME", "neni/data", "node/NAME", "node/node-a", "eni/ID", "eni/ENI-ID",
		"nodeeni NAME", "nodeeni data", "node-eni=NAME", "node-eni=data", "node NODE", "node node-a", "nodeName=NODE", "nodeName=node-a", "nodeeni public", "nodeeni data",
		"nodeeni multus-eni-config", "nodeeni data", "firewall", "data", "neni/storage", "neni/data", "nodeeni storage", "nodeeni data", "--delete storage", "--delete data", "node-c", "node-a", "pod POD", "pod web", "namespace monitoring", "namespace default",
		"plan -f nodeeni.yaml", "plan -f NODEENI-FILE", "--file=map.html", "--file=DIRECTORY/map.html", "> map.svg", "> DIRECTORY/map.svg", "> map.pdf", "> DIRECTORY/map.pdf", "eni collect", "eni collect --file=DIRECTORY/bundle.tar.gz",
	)
}

// dryRun are verbs that accept --dry-run=server.
var dryRunVerbs = regexp.MustCompile(`^kubectl (?:-n \S+ )?(apply|create|delete|label|annotate|patch|taint|set env)\b`)

// TestDocumentedCommands runs the kubectl commands of the documents, of the plugin included, against a
// cluster with the manifests and a NodeENI. Commands that change something are dry runs of the API
// server. A command that is not run is in elsewhereInDocs, with what runs it.
func TestDocumentedCommands(t *testing.T) {
	e := newEnv(t, options{long: true, noProvider: true})
	d := e.documented()
	makefile := read(t, "Makefile")
	ran, used := 0, map[string]bool{}
	for _, c := range docCommands(t) {
		for _, m := range docPath.FindAllStringSubmatch(c.text, -1) {
			if _, err := os.Stat(filepath.Join(testbed.RepositoryRoot(), m[1])); err != nil {
				t.Errorf("%s: %s: %v", c.document, c.text, err)
			}
		}
		if target, ok := strings.CutPrefix(c.text, "make "); ok && !strings.Contains(makefile, "\n"+strings.Fields(target)[0]+":") {
			t.Errorf("%s: the Makefile has no target of %s", c.document, c.text)
		}
		if reason := excluded(c.text, used); reason != "" {
			continue
		}
		ran++
		if err := d.run(t, c.text); err != nil {
			t.Errorf("%s: %s\n%v", c.document, c.text, err)
		}
	}
	for pattern := range elsewhereInDocs() {
		if !used[pattern] {
			t.Errorf("no document has a command that matches %s: remove it", pattern)
		}
	}
	if ran < 50 {
		t.Errorf("%d commands were run: the documents are not read", ran)
	}
	t.Logf("%d commands were run", ran)
}

// excluded returns why a command is not run, or "".
func excluded(text string, used map[string]bool) string {
	out := ""
	for pattern, reason := range elsewhereInDocs() {
		if regexp.MustCompile(pattern).MatchString(text) {
			used[pattern], out = true, reason
		}
	}
	return out
}

// A documentedCluster runs commands of the documents.
type documentedCluster struct {
	env    []string
	values *strings.Replacer
}

// documented returns a cluster with the manifests, a NodeENI, a pod and a plan, and the plugin in the
// PATH.
func (e *env) documented() documentedCluster {
	e.t.Helper()
	dir := e.t.TempDir()
	bin := filepath.Join(dir, "bin")
	build := exec.CommandContext(e.t.Context(), "go", "build", "-o", filepath.Join(bin, "kubectl-eni"), "./cmd/kubectl-eni")
	build.Dir = testbed.RepositoryRoot()
	if out, err := build.CombinedOutput(); err != nil {
		e.t.Fatalf("%v\n%s", err, out)
	}
	e.applyManifests()
	e.startProvider(nil)
	e.node("node-a")
	manifest := head("data") + "  subnetID: " + dataSubnet + "\n"
	e.apply(manifest)
	e.eventually(settledWithin, e.ready("data", 1))
	nodeENI := filepath.Join(dir, "nodeeni.yaml")
	if err := os.WriteFile(nodeENI, []byte(manifest), 0o600); err != nil {
		e.t.Fatal(err)
	}
	for _, text := range []string{docPod, docPlan, docDaemonSet, docLease} {
		e.apply(text)
	}
	child := e.live()[0]
	return documentedCluster{
		env: append(os.Environ(), "KUBECONFIG="+e.kubeconfig(), "PATH="+bin+string(os.PathListSeparator)+e.cp.Assets+string(os.PathListSeparator)+os.Getenv("PATH")),
		values: strings.NewReplacer("CHILD", strings.TrimPrefix(child.Tags[eni.TagObject], "provider-aws-eni-system/"), "ENI-ID", child.ID,
			"NODEENI-FILE", nodeENI, "DIRECTORY", dir),
	}
}

// run runs a command in the root of the repository. Of a pipeline only the first command is run.
func (d documentedCluster) run(t *testing.T, text string) error {
	t.Helper()
	first, _, _ := strings.Cut(docValues().Replace(text), " | ")
	if dryRunVerbs.MatchString(first) {
		first += " --dry-run=server"
	}
	if strings.HasPrefix(first, "kubectl wait ") {
		first += " --timeout=30s"
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", d.values.Replace(first))
	cmd.Dir, cmd.Env = testbed.RepositoryRoot(), d.env
	out, err := cmd.CombinedOutput()
	if err == nil || slices.ContainsFunc(acceptedErrors(), func(e string) bool { return strings.Contains(string(out), e) }) {
		return nil
	}
	return fmt.Errorf("%s: %w\n%s", d.values.Replace(first), err, out)
}

// acceptedErrors are errors of commands that have nothing to do, or were run just before.
func acceptedErrors() []string {
	return []string{`taint "networking.k8s.aws/releasing" not found`, "restart has already been triggered within the past second"}
}

const docPod = `apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: default
spec:
  containers:
  - name: web
    image: registry.example.org/web
`

const docPlan = `apiVersion: networking.k8s.aws/v1alpha1
kind: NodeENIPlan
metadata:
  name: delete-data
spec:
  nodeENI: data
  delete: true
`

const docDaemonSet = `apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: aws-node
  namespace: kube-system
spec:
  selector:
    matchLabels: {k8s-app: aws-node}
  template:
    metadata:
      labels: {k8s-app: aws-node}
    spec:
      containers:
      - name: aws-node
        image: registry.example.org/amazon-k8s-cni:v1.23.1
`

const docLease = `apiVersion: coordination.k8s.io/v1
kind: Lease
metadata:
  name: agent-node-a
  namespace: provider-aws-eni-system
`
