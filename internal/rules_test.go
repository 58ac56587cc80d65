package internal

import (
	"go/parser"
	"go/token"
	"io/fs"
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

// A newcomer opens a package by its documentation: what it knows, and what it
// refuses to know.
func TestPackagesAreDocumented(t *testing.T) {
	documented := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != root && (strings.HasPrefix(name, ".") || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		dir := filepath.Dir(path)
		documented[dir] = documented[dir] || f.Doc != nil && strings.TrimSpace(f.Doc.Text()) != ""
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(documented) == 0 {
		t.Fatal("no package was found: the rule looks in the wrong place")
	}
	for _, dir := range slices.Sorted(maps.Keys(documented)) {
		if !documented[dir] {
			t.Errorf("package %s has no documentation: say above its package clause, in doc.go where it has several files, what it knows and what it refuses to know", dir)
		}
	}
}

func TestLinkGraph(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   string
		// never are the beginnings of packages that must not be linked.
		never []string
	}{
		"ProviderLinksNoNetlink": {
			reason: "The provider runs anywhere and changes no host: provider and agent meet in the API server.",
			args:   "./cmd/provider",
			never:  []string{"github.com/vishvananda/netlink", "github.com/vishvananda/netns", "github.com/safchain/ethtool", module + "internal/agent", module + "cmd/agent"},
		},
		"AgentLinksNoEC2Client": {
			reason: "The agent runs on every node and holds no EC2 permission: a node that is taken over commands nothing in EC2.",
			args:   "./cmd/agent",
			never:  []string{"github.com/aws/aws-sdk-go-v2", module + "internal/clients", module + "internal/controller", module + "cmd/provider"},
		},
		"ProviderLinksNoTestbed": {
			reason: "What stands in for EC2 or for a host in tests is not shipped.",
			args:   "./cmd/provider",
			never:  []string{module + "internal/ec2emulator", module + "hack", module + "test", "sigs.k8s.io/controller-runtime/pkg/envtest", "testing"},
		},
		"AgentLinksNoTestbed": {
			reason: "What stands in for EC2 or for a host in tests is not shipped.",
			args:   "./cmd/agent",
			never:  []string{module + "internal/ec2emulator", module + "internal/agent/agenttest", module + "internal/agent/link/fake", module + "internal/agent/pci/fake", module + "internal/agent/deviceplugin/plugintest", module + "hack", module + "test", "sigs.k8s.io/controller-runtime/pkg/envtest", "testing"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := os.Stat(filepath.Join(root, tc.args)); err != nil {
				t.Skipf("%s is not there yet: %s", tc.args, err)
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
			reason: "The rules of the domain are tested as values: package eni knows no cloud, no kernel and no client of the API server.",
			args:   "./internal/eni",
			never: []string{
				"sigs.k8s.io/controller-runtime", "k8s.io/client-go", "github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go",
				"github.com/vishvananda/netlink", "net/http", "os", "os/exec",
				module + "internal/clients", module + "internal/controller", module + "internal/agent", module + "internal/ec2emulator",
			},
		},
		"KindsKnowNobody": {
			reason: "Programs of other people import the kinds: they must not import the rest with them.",
			args:   "./apis/...",
			never:  []string{module + "internal", module + "cmd", module + "hack", module + "test", "github.com/aws/aws-sdk-go-v2"},
		},
		"ClientKnowsNoController": {
			reason: "The arrows point from the controllers to EC2, never back. Of the domain the client knows the permits without which it changes no ENI.",
			args:   "./internal/clients/...",
			never:  []string{module + "internal/controller", module + "internal/agent"},
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
		"EmulatorIsNoProduct": {
			reason: "An emulator that knew the product would agree with its mistakes.",
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

// A retry policy, a limiter or a fake that is keyed by AWS's codes belongs into
// one file, so that a code that EC2 changes is changed once.
func TestCodesAreSpelledOnce(t *testing.T) {
	codes := []string{".NotFound\"", ".Malformed\"", "RequestLimitExceeded", "AttachmentLimitExceeded", "UnauthorizedOperation", "IdempotentParameterMismatch"}
	for _, dir := range []string{"controller", "clients", "agent", "eni"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || path == filepath.Join("clients", "ec2", "awserr", "codes.go") {
				return err
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, c := range codes {
				if strings.Contains(string(b), c) {
					t.Errorf("%s spells the AWS code %s: make it a predicate of internal/clients/ec2/awserr", path, strings.Trim(c, "\""))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestSecurityDocument checks that the tests which docs/security.md names exist.
func TestSecurityDocument(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	declared := map[string]bool{}
	for _, dir := range []string{"internal", "test"} {
		if err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(d.Name(), "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(source, -1) {
				declared[string(m[1])] = true
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	named := regexp.MustCompile("`(Test\\w+)`").FindAllSubmatch(raw, -1)
	if len(named) < 20 {
		t.Errorf("\nThe document names the test of each claim: it names %d", len(named))
	}
	for _, m := range named {
		if !declared[string(m[1])] {
			t.Errorf("\nA claim is as good as its test: %s does not exist", m[1])
		}
	}
}
