// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package internal

import (
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	module = "github.com/nodeeni/provider-aws-eni/"
	root   = ".."
)

// goList runs go list in the root of the repository and returns its lines.
func goList(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	cmd.Dir = root
	var problem strings.Builder
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %s: %s\n%s", strings.Join(args, " "), err, problem.String())
	}
	return strings.Fields(string(out))
}

// TestPackagesAreDocumented verifies that each package has a package comment, from which
// a new contributor learns its purpose and its dependencies.
func TestPackagesAreDocumented(t *testing.T) {
	documented := map[string]bool{}
	walk(t, root, ".go", func(path string, content []byte) error {
		if strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, content, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		dir := filepath.Dir(path)
		documented[dir] = documented[dir] || f.Doc != nil && strings.TrimSpace(f.Doc.Text()) != ""
		return nil
	})
	if len(documented) == 0 {
		t.Fatal("no package found: the test reads the wrong directory")
	}
	for _, dir := range slices.Sorted(maps.Keys(documented)) {
		if !documented[dir] {
			t.Errorf("package %s has no package comment: document its purpose and its dependencies, in doc.go if it has several files", dir)
		}
	}
}

func TestLinkGraph(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   string
		// never are the prefixes of packages that must not be linked.
		never []string
	}{
		"ProviderLinksNoNetlink": {
			reason: "The provider runs on any node and changes no host: provider and agent communicate only through the API server.",
			args:   "./cmd/provider",
			never:  []string{"github.com/vishvananda/netlink", "github.com/vishvananda/netns", "github.com/safchain/ethtool", module + "internal/agent", module + "cmd/agent"},
		},
		"AgentLinksNoEC2Client": {
			reason: "The agent runs on every node and has no EC2 permission: a compromised node cannot change EC2 resources.",
			args:   "./cmd/agent",
			never:  []string{"github.com/aws/aws-sdk-go-v2", module + "internal/clients", module + "internal/controller", module + "cmd/provider"},
		},
		"PluginLinksNoCredentials": {
			reason: "The kubectl plugin reads from the API server only: it has no client of EC2, and changes no host.",
			args:   "./cmd/kubectl-eni",
			never:  []string{"github.com/aws/aws-sdk-go-v2", "github.com/vishvananda/netlink", module + "internal/clients", module + "internal/controller", module + "internal/agent", module + "internal/ec2emulator", module + "hack", module + "test"},
		},
		"ProviderLinksNoTestbed": {
			reason: "Test doubles of EC2 and of hosts are not shipped.",
			args:   "./cmd/provider",
			never:  []string{module + "internal/ec2emulator", module + "hack", module + "test", "sigs.k8s.io/controller-runtime/pkg/envtest", "testing"},
		},
		"AgentLinksNoTestbed": {
			reason: "Test doubles of EC2 and of hosts are not shipped.",
			args:   "./cmd/agent",
			never:  []string{module + "internal/ec2emulator", module + "internal/agent/agenttest", module + "internal/agent/link/fake", module + "internal/agent/pci/fake", module + "internal/agent/deviceplugin/plugintest", module + "internal/agent/extendedresource/kubelettest", module + "hack", module + "test", "sigs.k8s.io/controller-runtime/pkg/envtest", "testing"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := os.Stat(filepath.Join(root, tc.args)); err != nil {
				t.Skipf("%s does not exist yet: %s", tc.args, err)
			}
			for _, p := range goList(t, "-deps", tc.args) {
				for _, n := range tc.never {
					if p == n || strings.HasPrefix(p, n+"/") {
						t.Errorf("\n%s\n%s links %s", tc.reason, tc.args, p)
					}
				}
			}
		})
	}
}

func TestImports(t *testing.T) {
	const format = `{{join .Imports "\n"}}`
	cases := map[string]struct {
		reason string
		args   string
		never  []string
	}{
		"DomainIsPure": {
			reason: "Package eni contains pure functions: it imports no client of EC2, the kernel or the API server.",
			args:   "./internal/eni",
			never: []string{
				"sigs.k8s.io/controller-runtime", "k8s.io/client-go", "github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go",
				"github.com/vishvananda/netlink", "net/http", "os", "os/exec",
				module + "internal/clients", module + "internal/controller", module + "internal/agent", module + "internal/ec2emulator",
			},
		},
		"APIsImportNothing": {
			reason: "Other projects import the API types: they must not import the rest of this module with them.",
			args:   "./apis/...",
			never:  []string{module + "internal", module + "cmd", module + "hack", module + "test", "github.com/aws/aws-sdk-go-v2"},
		},
		"ClientImportsNoController": {
			reason: "Controllers depend on the EC2 client, never the reverse. The client depends on package eni for its permits.",
			args:   "./internal/clients/...",
			never:  []string{module + "internal/controller", module + "internal/agent"},
		},
		"LibraryImportsNoController": {
			reason: "The library makes the calls of the controllers through the EC2 client, without controllers.",
			args:   "./pkg/...",
			never:  []string{module + "internal/controller", module + "internal/agent", "sigs.k8s.io/controller-runtime", "k8s.io/client-go", "k8s.io/api", "testing"},
		},
		"DesiredIsPure": {
			reason: "The desired state is a function of HostInterfaces: package desired reads neither the host nor the API server.",
			args:   "./internal/agent/desired",
			never: []string{
				"github.com/vishvananda/netlink", "github.com/vishvananda/netns", "github.com/safchain/ethtool",
				"sigs.k8s.io/controller-runtime", "k8s.io/client-go", "net/http", "os", "os/exec", "golang.org/x/sys",
				module + "internal/agent/host", module + "internal/agent/plan", module + "internal/agent/offer", module + "internal/agent/sysfs", module + "internal/agent/nic", module + "internal/agent/journal",
			},
		},
		"PlanIsPure": {
			reason: "A plan is a function of the observed and the desired state: package plan reads and changes nothing.",
			args:   "./internal/agent/plan",
			never: []string{
				"github.com/vishvananda/netlink", "github.com/vishvananda/netns", "github.com/safchain/ethtool",
				"sigs.k8s.io/controller-runtime", "k8s.io/client-go", "net/http", "os", "os/exec", "golang.org/x/sys",
				module + "internal/agent/offer", module + "internal/agent/sysfs", module + "internal/agent/nic",
			},
		},
		"EmulatorImportsNoProduct": {
			reason: "An emulator that shared code with the provider would share its bugs.",
			args:   "./internal/ec2emulator",
			never:  []string{module + "apis", module + "internal", "k8s.io/api", "sigs.k8s.io/controller-runtime"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			for _, p := range goList(t, "-f", format, tc.args) {
				for _, n := range tc.never {
					if p == n || strings.HasPrefix(p, n+"/") {
						t.Errorf("\n%s\n%s imports %s", tc.reason, tc.args, p)
					}
				}
			}
		})
	}
}

// TestControllersImportNoSibling keeps controllers apart: code that two of them need is in
// a package of its own. A controller is a package with a setup.go. Package nodeeniplan predicts
// what the others do, with their code.
func TestControllersImportNoSibling(t *testing.T) {
	setups, err := filepath.Glob(filepath.Join("controller", "*", "setup.go"))
	if err != nil || len(setups) < 2 {
		t.Fatalf("found controllers %v: %v", setups, err)
	}
	controllers := map[string]bool{}
	for _, s := range setups {
		controllers[module+"internal/"+filepath.ToSlash(filepath.Dir(s))] = true
	}
	const format = `{{$p := .ImportPath}}{{range .Imports}}{{$p}}>{{.}}{{"\n"}}{{end}}`
	for _, edge := range goList(t, "-f", format, "./internal/controller/...") {
		from, to, _ := strings.Cut(edge, ">")
		if controllers[to] && from != module+"internal/controller" && from != module+"internal/controller/nodeeniplan" {
			t.Errorf("%s imports the controller %s: move the shared code to a package that both import", from, to)
		}
	}
}

// TestCodesAreSpelledOnce verifies that AWS error codes occur in one file only, so that a
// code that EC2 changes is changed once.
func TestCodesAreSpelledOnce(t *testing.T) {
	codes := []string{".NotFound\"", ".Malformed\"", "RequestLimitExceeded", "AttachmentLimitExceeded", "UnauthorizedOperation", "IdempotentParameterMismatch"}
	for _, dir := range []string{"controller", "clients", "agent", "eni"} {
		walk(t, dir, ".go", func(path string, b []byte) error {
			if strings.HasSuffix(path, "_test.go") || path == filepath.Join("clients", "ec2", "awserr", "codes.go") {
				return nil
			}
			for _, c := range codes {
				if strings.Contains(string(b), c) {
					t.Errorf("%s spells the AWS code %s: make it a predicate of internal/clients/ec2/awserr", path, strings.Trim(c, "\""))
				}
			}
			return nil
		})
	}
}

// TestSecurityDocument verifies that the tests in docs/security.md exist.
func TestSecurityDocument(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	declared := map[string]bool{}
	for _, dir := range []string{"internal", "test"} {
		walk(t, filepath.Join(root, dir), "_test.go", func(_ string, source []byte) error {
			for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(source, -1) {
				declared[string(m[1])] = true
			}
			return nil
		})
	}
	named := regexp.MustCompile("`(Test\\w+)`").FindAllSubmatch(raw, -1)
	if len(named) < 20 {
		t.Errorf("\nThe document cites a test for each claim: it cites %d", len(named))
	}
	for _, m := range named {
		if !declared[string(m[1])] {
			t.Errorf("\nThe test of a claim does not exist: %s", m[1])
		}
	}
}
