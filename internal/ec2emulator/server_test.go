// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"
)

func TestCallersAndRegions(t *testing.T) {
	f := newFixture(t, Options{})
	other := awsec2.New(awsec2.Options{Region: "eu-west-1", BaseEndpoint: aws.String(f.url), RetryMaxAttempts: 1, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
	nobody := awsec2.New(awsec2.Options{Region: "us-east-1", BaseEndpoint: aws.String(f.url), RetryMaxAttempts: 1, Credentials: aws.AnonymousCredentials{}})
	for name, c := range map[string]*awsec2.Client{"A call for another Region is rejected.": other, "A call without a signature is rejected.": nobody} {
		_, err := c.DescribeVpcs(t.Context(), &awsec2.DescribeVpcsInput{})
		if diff := cmp.Diff("AuthFailure", code(err)); diff != "" {
			t.Errorf("%s\n-want, +got:\n%s", name, diff)
		}
	}
}

func TestSTS(t *testing.T) {
	f := newFixture(t, Options{})
	ctx := t.Context()
	client := func(p aws.CredentialsProvider) *sts.Client {
		return sts.New(sts.Options{Region: "us-east-1", BaseEndpoint: aws.String(f.url), RetryMaxAttempts: 1, Credentials: p})
	}
	me, err := client(credentials.NewStaticCredentialsProvider("AKIATEST", "s", "")).GetCallerIdentity(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	role, err := client(credentials.NewStaticCredentialsProvider("AKIATEST", "s", "")).AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::210987654321:role/path/admin"), RoleSessionName: aws.String("test"),
	})
	if err != nil {
		t.Fatal(err)
	}
	web, err := client(aws.AnonymousCredentials{}).AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: aws.String("arn:aws:iam::123456789012:role/irsa"), RoleSessionName: aws.String("test"), WebIdentityToken: aws.String("jwt"),
	})
	if err != nil {
		t.Fatal(err)
	}
	c := role.Credentials
	session := credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
	they, err := client(session).GetCallerIdentity(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{*me.Account, *me.Arn, *they.Account, *they.Arn, *web.AssumedRoleUser.Arn}
	want := []string{
		"123456789012", "arn:aws:iam::123456789012:user/emulated", "210987654321", "arn:aws:sts::210987654321:assumed-role/admin/test",
		"arn:aws:sts::123456789012:assumed-role/irsa/test",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("A role's credentials have the role's identity.\n-want, +got:\n%s", diff)
	}
	if got := f.Calls(ByAction("AssumeRoleWithWebIdentity"))[0].Parameters["WebIdentityToken"]; got != "" {
		t.Errorf("Session tokens are not recorded in the ledger: got %q", got)
	}
	asRole := awsec2.New(awsec2.Options{Region: "us-east-1", BaseEndpoint: aws.String(f.url), RetryMaxAttempts: 1, Credentials: session})
	_, now := asRole.DescribeVpcs(ctx, &awsec2.DescribeVpcsInput{})
	f.step(time.Hour)
	_, later := asRole.DescribeVpcs(ctx, &awsec2.DescribeVpcsInput{})
	_, expired := client(session).GetCallerIdentity(ctx, nil)
	if diff := cmp.Diff([]string{"", "RequestExpired", "ExpiredToken"}, []string{code(now), code(later), code(expired)}); diff != "" {
		t.Errorf("Temporary credentials expire.\n-want, +got:\n%s", diff)
	}
}

// send sends a request to the control surface, and returns the status and body of the response.
func (f *fixture) send(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, f.url+"/_emulator/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func TestControl(t *testing.T) {
	f := newFixture(t, Options{})
	look := func() string {
		_, err := f.client.DescribeVpcs(t.Context(), &awsec2.DescribeVpcsInput{})
		return code(err)
	}
	steps := []struct {
		reason, method, path, body string
		status                     int
		after                      string
	}{
		{"A rule is injected.", "POST", "faults", `{"action":"DescribeVpcs","code":"InternalError","delay":"0s"}`, 200, "InternalError"},
		{"Rules are listed.", "GET", "faults", "", 200, "InternalError"},
		{"One rule is removed.", "DELETE", "faults/1", "", 200, ""},
		{"An unknown field is rejected.", "POST", "faults", `{"colour":"blue"}`, 400, ""},
		{"An invalid delay is rejected.", "POST", "faults", `{"delay":"soon"}`, 400, ""},
		{"An outage starts.", "POST", "outage", `{"outage":"Unavailable"}`, 200, "Unavailable"},
		{"The control surface stays available, and ends the outage.", "POST", "outage", `{"outage":""}`, 200, ""},
		{"All rules are removed.", "DELETE", "faults", "", 200, ""},
		{"A seed can be YAML.", "POST", "seed", "vpcs:\n- id: vpc-late\n  cidr: 10.7.0.0/16\n", 200, ""},
		{"A conflicting seed is rejected.", "POST", "seed", `{"vpcs":[{"id":"vpc-late"}]}`, 400, ""},
		{"The state of an instance is set.", "POST", "instances/i-a/stopped", "", 200, ""},
		{"A state that does not exist is rejected.", "POST", "instances/i-a/dreaming", "", 400, ""},
		{"An unknown path is not found.", "GET", "nowhere", "", 404, ""},
	}
	for _, s := range steps {
		status, body := f.send(t, s.method, s.path, s.body)
		if diff := cmp.Diff(s.status, status); diff != "" {
			t.Errorf("%s\n-want, +got:\n%s\n%s", s.reason, diff, body)
		}
		if diff := cmp.Diff(s.after, look()); diff != "" {
			t.Errorf("%s\ncode: -want, +got:\n%s", s.reason, diff)
		}
	}
	state := State{}
	_, body := f.send(t, "GET", "state", "")
	if err := json.Unmarshal([]byte(body), &state); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f.State(), state); diff != "" {
		t.Errorf("The control surface returns the Server's state.\n-want, +got:\n%s", diff)
	}
	calls := []Call{}
	_, body = f.send(t, "GET", "ledger?since=1&action=DescribeVpcs", "")
	if err := json.Unmarshal([]byte(body), &calls); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(len(steps)-1, len(calls)); diff != "" {
		t.Errorf("The ledger can be narrowed.\n-want, +got:\n%s", diff)
	}
}

func TestUnknownParameter(t *testing.T) {
	f := newFixture(t, Options{})
	form := url.Values{"Action": {"DescribeVpcs"}, "Version": {"2016-11-15"}, "VpcIds.1": {"vpc-a"}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.url, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=A/20300102/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if !strings.Contains(string(body), "<Response><Errors><Error><Code>UnknownParameter</Code><Message>The parameter VpcIds.1 is not recognized</Message>") {
		t.Errorf("A parameter that EC2 does not know is an error in EC2's format: %s", body)
	}
}

func TestClose(t *testing.T) {
	f := newFixture(t, Options{})
	f.Inject(Fault{Delay: time.Hour})
	done := make(chan error)
	go func() {
		_, err := f.client.DescribeVpcs(t.Context(), &awsec2.DescribeVpcsInput{})
		done <- err
	}()
	for len(f.faults.list()) == 0 || f.faults.list()[0].Fired == 0 {
		time.Sleep(time.Millisecond)
	}
	f.Close()
	if err := <-done; err == nil {
		t.Error("Close ends a call in progress.")
	}
	if _, err := f.Start(t.Context(), ""); err == nil {
		t.Error("A closed Server does not start again.")
	}
}

func TestDefaultSeed(t *testing.T) {
	s := New(Options{Region: "eu-central-1"})
	defer s.Close()
	if err := s.Seed(DefaultSeed("eu-central-1")); err != nil {
		t.Fatal(err)
	}
	st := s.State()
	if diff := cmp.Diff([]int{1, 6, 3, 6, 6}, []int{len(st.VPCs), len(st.Subnets), len(st.SecurityGroups), len(st.Instances), len(st.NetworkInterfaces)}); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
}

func TestGlob(t *testing.T) {
	cases := map[string]struct {
		reason, pattern, text string
		want                  bool
	}{
		"Plain":          {"Without wildcards, texts are equal.", "abc", "abc", true},
		"Prefix":         {"A plain text is not a prefix.", "ab", "abc", false},
		"Star":           {"A star may be nothing.", "abc*", "abc", true},
		"StarInside":     {"A star finds the right place to end.", "a*bc", "abbbc", true},
		"ManyStars":      {"Stars can repeat.", "*b**d*", "abcd", true},
		"Question":       {"A question mark is not nothing.", "abc?", "abc", false},
		"EscapedStar":    {"An escaped star is a star.", `a\*`, "a*", true},
		"EscapedNotStar": {"An escaped star is nothing else.", `a\*`, "ab", false},
		"Slash":          {"A slash is a character like others.", "a*c", "a/b/c", true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, glob(tc.pattern, tc.text)); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
