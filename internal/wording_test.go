// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package internal

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A wording is a way of writing that readers of controller-runtime and EC2 do not
// expect, and the way that they do.
type wording struct {
	name    string
	pattern *regexp.Regexp
	instead string
	// most is how many there may be for 1,000 lines of comments: as many as in
	// controller-runtime, crossplane-runtime and Karpenter.
	most float64
}

func words(alternatives string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:` + alternatives + `)\b`)
}

var wordings = []wording{
	{"speech", words(`say|says|said|tell|tells|told|speaks?|ask|asks|asked|asking|word of`), `"reports whether", "returns", "states"; "requests", "desired"`, 1},
	{"pronoun chains", words(`that of|those of|those that|those which|one that|one which|what is|what was|what it`), "the noun itself", 4},
	{"looks", words(`a look|looks|look at|looked|looking|looks at`), `"observe", "list", "get", "refresh", "poll"`, 1},
	{"farewells", words(`lets? go|letting go|gives? back|given back|takes? away|taken away|took away|goes|gone|on its way|on their way`), `"release", "detach", "delete"; "being deleted", "deleted"`, 1},
	{"persons", words(`somebody|nobody|whoever|someone|anybody|everybody|anyone|somebody's|nobody's`), "the actor: a user, another controller, a caller", 1},
	{"old words", words(`anew|mend|mends|mended|strike|struck|folder|folders|by hand|hands? over|handed over|at rest|no more ado|quarrel|nor is|so is|so does|so it is`), `"again", "fix", "remove", "directory", "manually", "bind", "idle"`, 1},
}

// A text is a comment, or a string literal, of a Go file.
type text struct {
	position token.Position
	text     string
}

// texts returns the comments and string literals of the repository's own Go files, and
// how many lines of comments there are.
func texts(t *testing.T) ([]text, int) {
	t.Helper()
	var out []text
	lines := 0
	walk(t, root, ".go", func(path string, content []byte) error {
		if name := filepath.Base(path); strings.HasPrefix(name, "zz_generated") || name == "wording_test.go" {
			return nil
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, path, content, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, g := range f.Comments {
			lines += files.Position(g.End()).Line - files.Position(g.Pos()).Line + 1
			out = append(out, text{files.Position(g.Pos()), g.Text()})
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				if s, err := strconv.Unquote(l.Value); err == nil {
					out = append(out, text{files.Position(l.Pos()), s})
				}
			}
			return true
		})
		return nil
	})
	return out, lines
}

// TestWording holds comments, messages and test reasons to the language of the projects
// that their readers know.
func TestWording(t *testing.T) {
	all, lines := texts(t)
	if lines == 0 {
		t.Fatal("no comment was found: the rule reads the wrong directory")
	}
	for _, w := range wordings {
		var found []string
		byDir := map[string]int{}
		for _, x := range all {
			for _, at := range w.pattern.FindAllStringIndex(x.text, -1) {
				found = append(found, fmt.Sprintf("%s: …%s…", x.position, around(x.text, at[0], at[1])))
				byDir[filepath.Dir(x.position.Filename)]++
			}
		}
		rate := float64(len(found)) * 1000 / float64(lines)
		t.Logf("%s: %.1f for 1,000 lines of comments, at most %.0f", w.name, rate, w.most)
		if rate > w.most {
			slices.Sort(found)
			t.Errorf("%s: %d in %d lines of comments, %.1f for 1,000, at most %.0f; write %s instead:\n%s",
				w.name, len(found), lines, rate, w.most, w.instead, strings.Join(found, "\n"))
		}
	}
}

// around returns a match in a text with the words beside it.
func around(s string, from, to int) string {
	const beside = 40
	return strings.Join(strings.Fields(s[max(0, from-beside):min(len(s), to+beside)]), " ")
}
