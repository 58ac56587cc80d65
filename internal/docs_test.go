// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package internal

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"sigs.k8s.io/yaml"

	"github.com/nodeeni/provider-aws-eni/apis"
)

// markdownFiles returns the Markdown files of the repository, by their paths below root.
func markdownFiles(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	walk(t, root, ".md", func(path string, content []byte) error {
		rel, err := filepath.Rel(root, path)
		out[rel] = string(content)
		return err
	})
	return out
}

var (
	fenced   = regexp.MustCompile("(?ms)^```([a-z]*)[^\n]*\n(.*?)^```")
	mdLink   = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	mdTitle  = regexp.MustCompile(`(?m)^#{1,6} (.+)$`)
	notInURL = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors returns the anchors of a document's headings, as GitHub makes them.
func anchors(text string) map[string]bool {
	out := map[string]bool{}
	for _, m := range mdTitle.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		a := strings.ReplaceAll(strings.ToLower(notInURL.ReplaceAllString(mdLink.ReplaceAllString(m[1], "]"), "")), " ", "-")
		for i := 0; out[a]; i++ {
			a += "-1"
		}
		out[a] = true
	}
	return out
}

// TestLinks verifies that each relative link in a document leads to a file, and to a heading if
// it has an anchor.
func TestLinks(t *testing.T) {
	files := markdownFiles(t)
	if len(files) < 20 {
		t.Fatalf("%d documents found: the test reads the wrong directory", len(files))
	}
	links := 0
	for name, text := range files {
		for _, m := range mdLink.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			links++
			target, anchor, _ := strings.Cut(m[1], "#")
			to := name
			if target != "" {
				to = filepath.Join(filepath.Dir(name), target)
			}
			if _, err := os.Stat(filepath.Join(root, to)); err != nil {
				t.Errorf("%s: the link %s leads to no file", name, m[1])
				continue
			}
			if doc, ok := files[to]; ok && anchor != "" && !anchors(doc)[anchor] {
				t.Errorf("%s: the link %s leads to no heading of %s", name, m[1], to)
			}
		}
	}
	if links < 100 {
		t.Errorf("%d links found", links)
	}
}

// manifests returns the manifests in the fenced and indented code of a document. A manifest begins
// with apiVersion and ends with its code, a separator or a here-document.
func manifests(text string) []string {
	var out []string
	indent, open := "", false
	for line := range strings.Lines(text) {
		code := strings.TrimLeft(line, " ")
		switch {
		case strings.HasPrefix(code, "apiVersion: ") && (!open || line == indent+code):
			indent, open = line[:len(line)-len(code)], true
			out = append(out, code)
		case !open:
		case strings.HasPrefix(code, "```"), strings.HasPrefix(code, "---"), strings.HasPrefix(code, "EOF"), code != "\n" && !strings.HasPrefix(line, indent):
			open = false
		default:
			out[len(out)-1] += strings.TrimPrefix(line, indent)
		}
	}
	return out
}

// TestManifestsInDocuments verifies that the manifests of our kinds in documents have no unknown
// or duplicate fields.
func TestManifestsInDocuments(t *testing.T) {
	s := runtime.NewScheme()
	if err := apis.AddToScheme(s); err != nil {
		t.Fatal(err)
	}
	strict := json.NewSerializerWithOptions(json.DefaultMetaFactory, s, s, json.SerializerOptions{Yaml: true, Strict: true})
	n := 0
	for name, text := range markdownFiles(t) {
		for _, doc := range manifests(text) {
			u := &unstructured.Unstructured{}
			if err := yaml.Unmarshal([]byte(doc), &u.Object); err != nil {
				t.Errorf("%s: %v:\n%s", name, err, doc)
				continue
			}
			if !s.Recognizes(u.GroupVersionKind()) {
				continue
			}
			n++
			if _, _, err := strict.Decode([]byte(doc), nil, nil); err != nil {
				t.Errorf("%s: %v:\n%s", name, err, doc)
			}
		}
	}
	t.Logf("%d manifests", n)
	if n < 5 {
		t.Errorf("%d manifests of our kinds found", n)
	}
}
