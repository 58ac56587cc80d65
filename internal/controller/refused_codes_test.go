package controller

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// otherSpellings are refusals with codes that AWS's services have for the same
// problem, and with those of what a spec that was validated does not ask for.
func otherSpellings() []refusedCall {
	create := func(code string, reason xpv2.ConditionReason, calls int, recovers time.Duration) refusedCall {
		return refusedCall{action: "CreateNetworkInterface", code: code, reason: reason, calls: calls, recovers: recovers}
	}
	edit := func(r refusedCall) refusedCall { r.edit = true; return r }
	return []refusedCall{
		create("InternalServerError", v1alpha1.ReasonEC2Unavailable, soon*thrice, seconds),
		create("AccessDeniedException", v1alpha1.ReasonMissingPermission, slow, minutes),
		create("ExpiredTokenException", v1alpha1.ReasonCredentialsRejected, slow, minutes),
		create("IncompleteSignature", v1alpha1.ReasonCredentialsRejected, slow, minutes),
		edit(create("InvalidSubnetID.Malformed", v1alpha1.ReasonInvalidID, terminal, seconds)),
		edit(create("InvalidGroupId.Malformed", v1alpha1.ReasonInvalidID, terminal, seconds)),
		edit(create("InvalidParameter", v1alpha1.ReasonInvalidParameters, terminal, seconds)),
		edit(create("MissingParameter", v1alpha1.ReasonInvalidParameters, terminal, seconds)),
		edit(create("UnknownParameter", v1alpha1.ReasonInvalidParameters, terminal, seconds)),
		edit(create("InvalidTagKey.Malformed", v1alpha1.ReasonInvalidParameters, terminal, seconds)),
	}
}

// notInjected are the codes of the table that no row injects, and why not.
func notInjected() map[string]string {
	return map[string]string{
		"InvalidAttachmentID.NotFound":               "TestContradictedRelease injects it: to the one call that names an attachment it says that there is nothing to do.",
		"InvalidAttachmentID.Malformed":              "DetachNetworkInterface has InvalidNetworkInterfaceAttachmentId.Malformed for it; this is how other actions may spell it.",
		"InvalidNetworkInterfacePermission.NotFound": "It is of a permission to use a network interface, and the provider makes no call about those.",
		"InvalidPermission.NotFound":                 "It is of a rule of a security group, and the provider makes no call about those.",
	}
}

// tableOfCodes returns the codes that internal/clients/ec2 knows, as its source
// has them: the table is that package's own.
func tableOfCodes(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../clients/ec2/errors.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	literals := func(n ast.Node) {
		ast.Inspect(n, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				code, err := strconv.Unquote(l.Value)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, code)
			}
			return true
		})
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Name.Name == "throttleCodes" {
				literals(n.Body)
			}
			return n.Name.Name == "refusals"
		case *ast.ValueSpec:
			if n.Names[0].Name == "invalidValue" {
				literals(n)
			}
		case *ast.KeyValueExpr:
			if k, ok := n.Key.(*ast.Ident); ok && k.Name == "codes" {
				literals(n.Value)
			}
		}
		return true
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// injectedCodes are those that the simulations of refusals inject.
func injectedCodes() map[string]bool {
	all := append(refusedCalls(), refusedBefores()...)
	for _, c := range lateCalls() {
		all = append(all, lateRefusals(c.action)...)
	}
	for _, c := range addressCalls() {
		all = append(all, addressRefusals(c.action)...)
	}
	out := map[string]bool{}
	for _, r := range all {
		out[r.code] = true
	}
	return out
}

// TestEachCodeIsInjected looks that what is known of a code was seen to hold.
func TestEachCodeIsInjected(t *testing.T) {
	codes := tableOfCodes(t)
	if len(codes) < 50 {
		t.Fatalf("%d codes were found in the table: it is written otherwise than this test reads it", len(codes))
	}
	injected, excused := injectedCodes(), notInjected()
	var missing []string
	for _, c := range codes {
		if !injected[c] {
			missing = append(missing, c)
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(excused)), missing); diff != "" {
		t.Errorf("\nEach code of the table is injected by a simulation of refusals, but for those that are listed with the reason why not.\n-listed, +not injected:\n%s", diff)
	}
}
