// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// endlessBody is a body that never ends. It counts the bytes read.
type endlessBody struct{ head, read int }

func (e *endlessBody) Read(p []byte) (int, error) {
	const head = "<DescribeSubnetsResponse><subnetSet><item><subnetId>"
	for i := range p {
		p[i] = 'x'
		if e.head < len(head) {
			p[i] = head[e.head]
			e.head++
		}
	}
	e.read += len(p)
	return len(p), nil
}

func (e *endlessBody) Close() error { return nil }

// clientOf returns a Client with transport rt.
func clientOf(t *testing.T, rt http.RoundTripper, source networkingv1alpha1.CredentialsSource, o ...ClientsOption) *Client {
	t.Helper()
	spec := secretConfig("system", "http://ec2.example")
	if source != networkingv1alpha1.CredentialsSourceSecret {
		spec.Credentials = networkingv1alpha1.ProviderCredentials{Source: source}
	}
	k := kube(t, credentialsSecret("credentials", credentialsFile), &networkingv1alpha1.ClusterProviderConfig{
		ObjectMeta: metav1.ObjectMeta{Name: "default"}, Spec: networkingv1alpha1.ClusterProviderConfigSpec{ProviderConfigSpec: spec},
	})
	c, err := NewClients(k, "us-east-1", append(o, WithShare(100), WithTransport(func(http.RoundTripper) http.RoundTripper { return rt }))...).
		Get(t.Context(), ConfigReference{Kind: networkingv1alpha1.ClusterProviderConfigKind, Name: "default"}, "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAnswersAreBounded(t *testing.T) {
	if raced {
		t.Skip("it reads 64 MiB, and ten times as slowly with the race detector: hack/test.sh runs it without")
	}
	body := &endlessBody{}
	of := func(status int, b io.ReadCloser) roundTripFunc {
		return func(*http.Request) *http.Response {
			resp := respond(status, "")
			resp.Body = b
			return resp
		}
	}
	cases := map[string]struct {
		reason string
		answer roundTripFunc
		limit  int
		tries  int // 1 where another attempt would read as much again
		want   string
	}{
		"Endless": {
			reason: "An answer of EC2 that never ends is an error.",
			answer: of(http.StatusOK, body), limit: maxAnswer, tries: 1, want: "cannot read EC2's answer: it has more than 65536 KiB",
		},
		"EndlessError": {
			reason: "An endless error response has a lower limit.",
			answer: of(http.StatusBadRequest, body), limit: maxErrorBody, want: "it has more than 64 KiB",
		},
		"Empty": {
			reason: "An answer without a body lists nothing, and is not an answer that there is nothing.",
			answer: of(http.StatusOK, io.NopCloser(strings.NewReader(""))), limit: maxAnswer, want: "cannot read EC2's answer: unexpected EOF",
		},
		"OtherDocument": {
			reason: "Another document, such as a proxy's, is an error.",
			answer: of(http.StatusOK, io.NopCloser(strings.NewReader("<html><body>Sign in</body></html>"))), limit: maxAnswer, want: "cannot read EC2's answer: it is not a DescribeSubnetsResponse",
		},
		"Short": {
			reason: "A truncated response is an error.",
			answer: of(http.StatusOK, io.NopCloser(strings.NewReader("<DescribeSubnetsResponse><subnetSet>"))), limit: maxAnswer, want: "cannot read EC2's answer: XML syntax error",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			*body = endlessBody{}
			c := clientOf(t, tc.answer, networkingv1alpha1.CredentialsSourceSecret)
			_, err := c.SubnetsNamed(t.Context(), "a")
			if !strings.Contains(text(err), tc.want) {
				t.Errorf("\n%s\nSubnetsNamed(...): want error %q, got %v", tc.reason, tc.want, err)
			}
			tries := max(tc.tries, 1)
			if tc.tries == 0 {
				tries = attempts
			}
			if most := tc.limit + (64 << 10); body.read > tries*most {
				t.Errorf("\n%s\n%d bytes were read, want at most %d at each of %d attempts", tc.reason, body.read, most, tries)
			}
		})
	}
}

func TestAnswersOfSTSAreBounded(t *testing.T) {
	body := &endlessBody{head: 1 << 20}
	t.Setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/env")
	t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", writeToken(t))
	c := clientOf(t, roundTripFunc(func(*http.Request) *http.Response {
		resp := respond(http.StatusOK, "")
		resp.Body = body
		return resp
	}), networkingv1alpha1.CredentialsSourceIRSA)
	if _, err := c.SubnetsNamed(t.Context(), "a"); err == nil || body.read > attempts*2*maxSmallAnswer {
		t.Errorf("\nAn answer of STS that never ends is an error.\nSubnetsNamed(...): %v after %d bytes", err, body.read)
	}
}

func TestPaginate(t *testing.T) {
	type page struct {
		items int
		next  string
	}
	// pages returns the n-th of pages without end.
	type pages func(n int) page
	type want struct {
		Pages int
		Error string
	}
	token := func(n int) string { return fmt.Sprintf("token-%d", n) }
	until := func(last int, items int) pages {
		return func(n int) page {
			if n == last {
				return page{items: items}
			}
			return page{items: items, next: token(n)}
		}
	}
	cases := map[string]struct {
		reason string
		args   pages
		want   want
	}{
		"One":        {reason: "A page without a token is the last one.", args: until(0, 3), want: want{Pages: 1}},
		"Several":    {reason: "Pages are read until one has no token.", args: until(4, 3), want: want{Pages: 5}},
		"Most":       {reason: "So are as many pages as are allowed.", args: until(maxPages-1, 1), want: want{Pages: maxPages}},
		"Endless":    {reason: "Pages without end are an error.", args: func(n int) page { return page{1, token(n)} }, want: want{Pages: maxPages, Error: "EC2 returned more than 250 pages"}},
		"SameToken":  {reason: "A repeated token starts a cycle.", args: func(int) page { return page{1, "same"} }, want: want{Pages: 2, Error: "the same page token twice"}},
		"Circle":     {reason: "An earlier token starts a cycle.", args: func(n int) page { return page{1, token(n % 3)} }, want: want{Pages: 4, Error: "the same page token twice"}},
		"SomeEmpty":  {reason: "EC2 may send empty pages where a filter matches little.", args: until(maxEmptyPages-1, 0), want: want{Pages: maxEmptyPages}},
		"EmptyChain": {reason: "Empty pages without end are an error.", args: func(n int) page { return page{0, token(n)} }, want: want{Pages: maxEmptyPages, Error: "20 consecutive empty pages"}},
		"LongToken":  {reason: "A token that is as long as a page is an error.", args: func(int) page { return page{1, strings.Repeat("x", maxPageToken+1)} }, want: want{Pages: 1, Error: "a page token of more than 16 KiB"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var got want
			err := paginate(t.Context(), func(context.Context, *string) (int, *string, error) {
				p := tc.args(got.Pages)
				got.Pages++
				return p.items, &p.next, nil
			})
			if err != nil && tc.want.Error != "" && strings.Contains(err.Error(), tc.want.Error) {
				got.Error = tc.want.Error
			} else if err != nil {
				got.Error = err.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\npaginate(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestPaginateEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		err := paginate(t.Context(), func(ctx context.Context, _ *string) (int, *string, error) {
			next := time.Now().String()
			return 1, &next, sleep(ctx, time.Minute)
		})
		if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took != listTimeout {
			t.Errorf("\nA listing ends in time, however slow its pages are.\npaginate(...): %v after %s, want %s", err, took, listTimeout)
		}
	})
}

// TestListingsAreBounded checks that every listing uses paginate.
func TestListingsAreBounded(t *testing.T) {
	pagesOf := func(set, item string) roundTripFunc {
		n := 0
		return func(r *http.Request) *http.Response {
			n++
			raw, _ := io.ReadAll(r.Body)
			form, _ := url.ParseQuery(string(raw))
			return respond(http.StatusOK, fmt.Sprintf("<%[1]sResponse><%[2]s><item>%[3]s</item></%[2]s><nextToken>same</nextToken></%[1]sResponse>", form.Get("Action"), set, item))
		}
	}
	cases := map[string]struct {
		reason string
		answer roundTripFunc
		call   func(ctx context.Context, c *Client) error
	}{
		"Attachment": {
			reason: "ENIs by a filter.", answer: pagesOf("networkInterfaceSet", "<networkInterfaceId>eni-1</networkInterfaceId>"),
			call: func(ctx context.Context, c *Client) error {
				_, err := c.NetworkInterfaceOfAttachment(ctx, "eni-attach-1")
				return err
			},
		},
		"Refresh": {
			reason: "All ENIs of the cluster.", answer: pagesOf("networkInterfaceSet", "<networkInterfaceId>eni-1</networkInterfaceId>"),
			call: func(ctx context.Context, c *Client) error {
				_, err := c.NetworkInterface(ctx, "eni-2")
				return err
			},
		},
		"Instances": {
			reason: "Instances by their ids.", answer: pagesOf("reservationSet", "<instancesSet/>"),
			call: func(ctx context.Context, c *Client) error { _, err := c.Instance(ctx, "i-1"); return err },
		},
		"Subnets": {
			reason: "Subnets by a tag.", answer: pagesOf("subnetSet", "<subnetId>subnet-1</subnetId>"),
			call: func(ctx context.Context, c *Client) error { _, err := c.SubnetsNamed(ctx, "a"); return err },
		},
		"Groups": {
			reason: "Security groups by a name.", answer: pagesOf("securityGroupInfo", "<groupId>sg-1</groupId>"),
			call: func(ctx context.Context, c *Client) error {
				_, err := c.SecurityGroupNamed(ctx, "vpc-1", "a")
				return err
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := clientOf(t, tc.answer, networkingv1alpha1.CredentialsSourceSecret, WithOwnershipTags(OwnershipTags{ClusterTag: "cluster", Cluster: "c", OwnerTag: "owner"}, time.Minute))
				if err := tc.call(t.Context(), c); !strings.Contains(text(err), "the same page token twice") {
					t.Errorf("\n%s\nwant an error about the page token, got %v", tc.reason, err)
				}
			})
		})
	}
}

// hangingTransport blocks each request until it is cancelled.
type hangingTransport struct{ begun, ended chan struct{} }

func (h hangingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	h.begun <- struct{}{}
	<-r.Context().Done()
	h.ended <- struct{}{}
	return nil, r.Context().Err()
}

// A call that serves many outlives the caller that started it, but not the manager.
func TestSharedCallsEndWithTheManager(t *testing.T) {
	cases := map[string]struct {
		reason string
		call   func(ctx context.Context, c *Client) error
	}{
		"Batch":   {reason: "A batch ends.", call: func(ctx context.Context, c *Client) error { _, err := c.Instance(ctx, "i-1"); return err }},
		"Refresh": {reason: "A listing of all ENIs ends.", call: func(ctx context.Context, c *Client) error { _, err := c.NetworkInterface(ctx, "eni-1"); return err }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := hangingTransport{begun: make(chan struct{}, 10), ended: make(chan struct{}, 10)}
				manager, stop := context.WithCancel(t.Context())
				c := clientOf(t, h, networkingv1alpha1.CredentialsSourceSecret, WithBaseContext(manager), WithOwnershipTags(OwnershipTags{ClusterTag: "cluster", Cluster: "c", OwnerTag: "owner"}, time.Minute))
				caller, leave := context.WithCancel(t.Context())
				go func() { _ = tc.call(caller, c) }()
				<-h.begun
				leave()
				synctest.Wait()
				if len(h.ended) != 0 {
					t.Errorf("\nThe call continues for other callers.\nit ended with its first caller")
				}
				stop()
				synctest.Wait()
				if len(h.ended) != 1 || len(h.begun) != 0 {
					t.Errorf("\n%s\n%d of 1 calls ended, %d more begun", tc.reason, len(h.ended), len(h.begun))
				}
			})
		})
	}
}
