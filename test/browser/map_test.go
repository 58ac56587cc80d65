// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/nodeeni/provider-aws-eni/internal/kubectl/topology"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/topology/topologytest"
)

// A tab is a tab of a browser with a map.
type tab struct {
	ctx context.Context
	// address of the page, and dir for screenshots.
	address, dir string

	mu       sync.Mutex
	problems []string // errors of the console
	requests []string
}

// open opens the page of a cluster in a browser.
func open(t *testing.T, c *topologytest.Cluster) *tab {
	t.Helper()
	program := os.Getenv("CHROMIUM")
	if program == "" {
		t.Skip("CHROMIUM is not set: run CHROMIUM=$(test/browser/ensure.sh)")
	}
	dir, err := os.MkdirTemp("", "eni-map-") //nolint:usetesting // the screenshots remain
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "map.html")
	write(t, c, file)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.WindowSize(1280, 900), chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &tab{ctx: ctx, address: (&url.URL{Scheme: "file", Path: file}).String(), dir: dir}
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	_, err1 := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	_, err2 := chromedp.Call(ctx, log.Enable, cdp.Empty{})
	_, err3 := chromedp.Call(ctx, runtime.Enable, cdp.Empty{})
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	b.run(t, chromedp.Navigate(b.address))
	return b
}

// write writes the page of a cluster.
func write(t *testing.T, c *topologytest.Cluster, file string) {
	t.Helper()
	f, err := c.Fleet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := topology.Of(f).HTML(&page); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, page.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// listen records errors of the console, and requests.
func (b *tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.problems = append(b.problems, fmt.Sprintf("console.%s", e.Type))
	case *log.EventEntryAdded:
		b.problems = append(b.problems, e.Entry.Text)
	}
}

// run runs actions.
func (b *tab) run(t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// value returns the value of an action.
func value[T any](t *testing.T, b *tab, a chromedp.Action[T]) T {
	t.Helper()
	v, err := chromedp.Run(b.ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// number returns the value of an expression.
func (b *tab) number(t *testing.T, expression string) int {
	t.Helper()
	return value(t, b, chromedp.Evaluate[int](expression))
}

// count returns how many elements match a selector.
func (b *tab) count(t *testing.T, selector string) int {
	t.Helper()
	return b.number(t, fmt.Sprintf("document.querySelectorAll(%q).length", selector))
}

// text returns the value of an expression.
func (b *tab) text(t *testing.T, expression string) string {
	t.Helper()
	return value(t, b, chromedp.Evaluate[string](expression))
}

// search types into the search field.
func (b *tab) search(t *testing.T, term string) {
	t.Helper()
	b.run(t, chromedp.Evaluate[chromedp.Void]("document.getElementById('search').value = ''"), chromedp.SendKeys(chromedp.CSS("#search"), term))
}

// screenshot writes a screenshot of the window or of the whole page, and returns it.
func (b *tab) screenshot(t *testing.T, name string, whole bool) image.Image {
	t.Helper()
	action := chromedp.CaptureScreenshot()
	if whole {
		action = chromedp.FullScreenshot(100)
	}
	raw := value(t, b, action)
	file := filepath.Join(b.dir, name)
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Log("screenshot:", file)
	picture, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

// verify verifies that the page has caused no error and no request but for itself.
func (b *tab) verify(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		t.Errorf("the page wrote to the console: %s", p)
	}
	if len(b.requests) == 0 {
		t.Error("no request was recorded: the test does not observe requests")
	}
	for _, r := range b.requests {
		if page, _, _ := strings.Cut(r, "#"); page != b.address {
			t.Errorf("the page requested %s", r)
		}
	}
}

// colours returns how many different colours a picture has.
func colours(p image.Image) int {
	all := map[color.Color]bool{}
	for y := p.Bounds().Min.Y; y < p.Bounds().Max.Y; y++ {
		for x := p.Bounds().Min.X; x < p.Bounds().Max.X; x++ {
			all[p.At(x, y)] = true
		}
	}
	return len(all)
}

func TestPage(t *testing.T) {
	b := open(t, topologytest.Situations())
	for selector, want := range map[string]int{".zone": 4, ".node": 6, ".eni:not(.missing)": 11, ".eni.missing": 1, ".legend": 5, ".dim": 0} {
		if got := b.count(t, selector); got != want {
			t.Errorf("%d elements %s, want %d", got, selector, want)
		}
	}
	if got := colours(b.screenshot(t, "map.png", true)); got < 50 {
		t.Errorf("the page has %d colours: it is blank", got)
	}
	b.verify(t)
}

func TestSearch(t *testing.T) {
	cases := []struct {
		reason, term, count string
		bright              int // ENIs that are not dimmed
	}{
		{reason: "An address is found.", term: "10.2.0.5", count: "1 of 11 ENIs, 0 of 1 missing, 1 of 6 nodes", bright: 1},
		{reason: "A state is found as a field.", term: "state:failed", count: "2 of 11 ENIs, 0 of 1 missing, 1 of 6 nodes", bright: 2},
		{reason: "All words must match, in any case.", term: "US-EAST-1B state:waiting", count: "1 of 11 ENIs, 0 of 1 missing, 1 of 6 nodes", bright: 1},
		{reason: "A node is found with its ENIs.", term: "ip-10-0-128-10.", count: "3 of 11 ENIs, 0 of 1 missing, 1 of 6 nodes", bright: 3},
		{reason: "A NodeENI is found.", term: "nodeeni:firewall", count: "2 of 11 ENIs, 0 of 1 missing, 2 of 6 nodes", bright: 2},
		{reason: "An ENI is found.", term: "eni-00000000000000003", count: "1 of 11 ENIs, 0 of 1 missing, 1 of 6 nodes", bright: 1},
		{reason: "A subnet is found.", term: "subnet-00000000000000003", count: "2 of 11 ENIs, 0 of 1 missing, 2 of 6 nodes", bright: 2},
		{reason: "A missing ENI is found.", term: "state:missing", count: "0 of 11 ENIs, 1 of 1 missing, 1 of 6 nodes", bright: 1},
		{reason: "A retained ENI has no node.", term: "state:retained", count: "1 of 11 ENIs, 0 of 1 missing, 0 of 6 nodes", bright: 1},
		{reason: "Without a match, all is dimmed.", term: "nothing", count: "0 of 11 ENIs, 0 of 1 missing, 0 of 6 nodes: no match", bright: 0},
	}
	b := open(t, topologytest.Situations())
	for _, tc := range cases {
		b.search(t, tc.term)
		if got := b.text(t, "document.getElementById('count').textContent"); got != tc.count {
			t.Errorf("\n%s\n%q: %q, want %q", tc.reason, tc.term, got, tc.count)
		}
		if got := b.count(t, ".eni:not(.dim)"); got != tc.bright {
			t.Errorf("\n%s\n%q: %d ENIs are not dimmed, want %d", tc.reason, tc.term, got, tc.bright)
		}
		if got := b.text(t, "decodeURIComponent(location.hash.slice(1))"); got != tc.term {
			t.Errorf("\nThe search term is in the address of the page.\n%q, want %q", got, tc.term)
		}
	}
	b.search(t, "state:failed")
	b.screenshot(t, "search.png", false)
	b.run(t, chromedp.SendKeys(chromedp.CSS("#search"), kb.Escape))
	if value, hidden := b.text(t, "document.getElementById('search').value + document.getElementById('count').textContent"), b.count(t, ".dim"); value != "" || hidden != 0 {
		t.Errorf("\nEscape clears the search.\n%q, %d elements are dimmed", value, hidden)
	}
	b.verify(t)
}

// TestHash opens a page with a search term in its address.
func TestHash(t *testing.T) {
	b := open(t, topologytest.Situations())
	for hash, want := range map[string]string{"#state%3Afailed": "state:failed", "#%E0%A4%A": "%E0%A4%A"} {
		b.run(t, chromedp.Navigate("about:blank"), chromedp.Navigate(b.address+hash))
		if got := b.text(t, "document.getElementById('search').value"); got != want {
			t.Errorf("%s: the search field has %q, want %q", hash, got, want)
		}
	}
	b.run(t, chromedp.Navigate("about:blank"), chromedp.Navigate(b.address+"#state%3Afailed"))
	if got := b.count(t, ".eni:not(.dim)"); got != 2 {
		t.Errorf("%d ENIs are not dimmed, want 2", got)
	}
}

func TestDetails(t *testing.T) {
	b := open(t, topologytest.Situations())
	shown := "document.getElementById('tip').hidden ? '' : document.getElementById('tip').innerText"
	if got := b.text(t, shown); got != "" {
		t.Errorf("details are shown before a box has the focus: %s", got)
	}
	b.run(t, chromedp.SendKeys(chromedp.CSS("#fit"), kb.Tab+kb.Tab)) // to the first node, and its first ENI
	got := b.text(t, shown)
	for _, want := range []string{"10.1.0.4", "02:00:00:00:00:00", "i-00000000000000abc", "eni-attach-00000000000000000 attached", "ens6", "subnet-00000000000000001", "us-east-1a"} {
		if !strings.Contains(got, want) {
			t.Errorf("\nThe details of the ENI with the focus are shown.\nno %s in %s", want, got)
		}
	}
	b.screenshot(t, "focus.png", false)
	b.run(t, chromedp.KeyEvent(kb.Escape))
	if got := b.text(t, shown); got != "" {
		t.Errorf("\nEscape hides the details.\n%s", got)
	}
	b.run(t, chromedp.Evaluate[chromedp.Void]("document.querySelector('.eni.failed').dispatchEvent(new MouseEvent('mouseover', {bubbles: true}))"))
	if got := b.text(t, shown); !strings.Contains(got, "UnauthorizedOperation: add ec2:CreateTags to the policy") {
		t.Errorf("\nThe problem of the ENI below the pointer is shown.\n%s", got)
	}
	if out := b.number(t, `(r => (r.left < 0) + (r.top < 0) + (r.right > innerWidth) + (r.bottom > innerHeight))(document.getElementById('tip').getBoundingClientRect())`); out != 0 {
		t.Error("the details are not completely in the window")
	}
	b.screenshot(t, "hover.png", false)
	b.verify(t)
}

// TestTextFits measures each line of text in the browser.
func TestTextFits(t *testing.T) {
	b := open(t, topologytest.Situations())
	problems := b.text(t, `Array.from(document.querySelectorAll('.map .node text, .map .zone > g > text, .map .kept text, .map .legend text')).filter(function (text) {
		const group = text.closest('.eni, .head, .zone, .kept, .legend');
		const box = (group.querySelector('rect') || group).getBoundingClientRect();
		const right = group.classList.contains('legend') ? box.left + 144 : box.right;
		const line = text.getBoundingClientRect();
		return line.left < box.left || line.right > right || line.bottom > box.bottom + 1;
	}).map(function (text) { return text.textContent; }).join('\n')`)
	if problems != "" {
		t.Errorf("text is outside of its box:\n%s", problems)
	}
}

// TestHostileName verifies that a name is text, and that the page has no permission to run
// another script.
func TestHostileName(t *testing.T) {
	c := &topologytest.Cluster{}
	c.NodeENI("data")
	name := `"><script>document.title = "bad"</script><img src=x onerror="document.title = 'bad'">`
	c.Node(name, `z</title><svg onload="document.title = 'bad'">`, "data")
	c.ENI("data", name, 1)
	b := open(t, c)
	b.run(t, chromedp.Focus(chromedp.CSS(".eni")))
	if got := b.text(t, "document.title"); got != "Map of ENIs" {
		t.Errorf("the name of a node has run a script: %s", got)
	}
	if got := b.count(t, "img, svg svg, body script:not(:last-child)"); got != 0 {
		t.Errorf("the name of a node has added %d elements", got)
	}
	b.verify(t)
	b.run(t, chromedp.Evaluate[chromedp.Void](`document.body.insertAdjacentHTML('beforeend', '<b id="x" onclick="document.title = 1">x</b>'); document.getElementById('x').click()`))
	if got := b.text(t, "document.title"); got != "Map of ENIs" {
		t.Error("the Content-Security-Policy permits other scripts")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.problems) == 0 {
		t.Error("the violation of the policy was not recorded: the test does not observe the console")
	}
}

// TestLarge searches in a page of 1,000 nodes.
func TestLarge(t *testing.T) {
	b := open(t, topologytest.Large(1000, 4))
	if nodes, enis := b.count(t, ".node"), b.count(t, ".eni"); nodes != 1000 || enis != 4000 {
		t.Errorf("%d nodes and %d ENIs, want 1000 and 4000", nodes, enis)
	}
	b.search(t, "state:failed")
	if got := b.text(t, "document.getElementById('count').textContent"); got != "77 of 4000 ENIs, 77 of 1000 nodes" {
		t.Errorf("count %q", got)
	}
	b.run(t, chromedp.SendKeys(chromedp.CSS("#search"), kb.Enter+kb.Enter))
	if got := b.count(t, ".eni.failed.current"); got != 1 {
		t.Errorf("%d ENIs are the current match, want 1", got)
	}
	if colours(b.screenshot(t, "large.png", false)) < 50 {
		t.Error("the page is blank")
	}
	b.run(t, chromedp.Click(chromedp.CSS("#fit")), chromedp.Evaluate[chromedp.Void]("scrollTo(0, 0)"))
	b.screenshot(t, "large-fit.png", false)
	b.verify(t)
}
