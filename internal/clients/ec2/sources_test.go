// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
)

// roundTripFunc is a transport without a network.
type roundTripFunc func(r *http.Request) *http.Response

func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

func respond(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(body))}
}

func ec2Error(code string) *http.Response {
	return respond(http.StatusBadRequest, "<Response><Errors><Error><Code>"+code+"</Code><Message>m</Message></Error></Errors></Response>")
}

// identities is a fake of EC2, STS and the EKS agent that records the credentials of calls.
type identities struct {
	keys     []string // access keys of the calls to EC2
	exchange []string // requests to STS and the agent
	reject   int      // so many calls to EC2 are answered with AuthFailure
}

func (i *identities) answer(r *http.Request) *http.Response {
	switch {
	case strings.HasPrefix(r.URL.Host, "ec2."):
		key, _ := signatureOf(r)
		i.keys = append(i.keys, key)
		if i.reject > 0 {
			i.reject--
			return ec2Error("AuthFailure")
		}
		return respond(http.StatusOK, `<DescribeSubnetsResponse><subnetSet/></DescribeSubnetsResponse>`)
	case strings.HasPrefix(r.URL.Host, "sts."):
		raw, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(raw))
		action := form.Get("Action")
		i.exchange = append(i.exchange, strings.TrimSpace(fmt.Sprint(action, " ", form.Get("RoleArn"), " ", form.Get("WebIdentityToken"))))
		return respond(http.StatusOK, fmt.Sprintf(`<%[1]sResponse><%[1]sResult><Credentials><AccessKeyId>%[2]s</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></%[1]sResult></%[1]sResponse>`, action, "OF-"+filepath.Base(form.Get("RoleArn"))))
	default:
		i.exchange = append(i.exchange, r.URL.String()+" "+r.Header.Get("Authorization"))
		return respond(http.StatusOK, `{"AccessKeyId": "OF-AGENT", "SecretAccessKey": "s", "Token": "t", "Expiration": "2100-01-01T00:00:00Z"}`)
	}
}

// Each source is exactly that source, whatever else the environment offers, and at
// a renewal too.
func TestSources(t *testing.T) {
	const decoy, role, otherRole = "DECOY", "arn:aws:iam::123456789012:role/env", "arn:aws:iam::123456789012:role/spec"
	dir := t.TempDir()
	for name, content := range map[string]string{"token": "projected\n", "agent": "agent-token", "own": "own-token"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	irsa := map[string]string{"AWS_ROLE_ARN": role, "AWS_WEB_IDENTITY_TOKEN_FILE": filepath.Join(dir, "token")}
	pod := map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": filepath.Join(dir, "agent")}
	without := func(m map[string]string, key string) map[string]string {
		out := map[string]string{}
		for k, v := range m {
			if k != key {
				out[k] = v
			}
		}
		return out
	}
	secret := secretConfig("system", "").Credentials

	type args struct {
		credentials networkingv1alpha1.ProviderCredentials
		env         map[string]string
	}
	type want struct {
		Keys     []string
		Exchange []string
		Error    string
	}
	cases := map[string]struct {
		reason string
		args   args
		want   want
	}{
		"IRSA": {
			reason: "IRSA is the service account's role, whatever keys the environment has.",
			args:   args{networkingv1alpha1.ProviderCredentials{Source: networkingv1alpha1.CredentialsSourceIRSA}, irsa},
			want:   want{Keys: []string{"OF-env", "OF-env"}, Exchange: []string{"AssumeRoleWithWebIdentity " + role + " projected", "AssumeRoleWithWebIdentity " + role + " projected"}},
		},
		"IRSAWithoutRole": {
			reason: "IRSA without a role fails, and names the variable that is not set.",
			args:   args{networkingv1alpha1.ProviderCredentials{Source: networkingv1alpha1.CredentialsSourceIRSA}, without(irsa, "AWS_ROLE_ARN")},
			want:   want{Error: "AWS_ROLE_ARN is not set"},
		},
		"IRSAWithoutToken": {
			reason: "IRSA without a token fails, and names the variable that is not set.",
			args:   args{networkingv1alpha1.ProviderCredentials{Source: networkingv1alpha1.CredentialsSourceIRSA}, without(irsa, "AWS_WEB_IDENTITY_TOKEN_FILE")},
			want:   want{Error: "AWS_WEB_IDENTITY_TOKEN_FILE is not set"},
		},
		"IRSAKubernetesToken": {
			reason: "The Kubernetes API's token is never sent anywhere.",
			args:   args{networkingv1alpha1.ProviderCredentials{Source: networkingv1alpha1.CredentialsSourceIRSA}, map[string]string{"AWS_ROLE_ARN": role, "AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/secrets/kubernetes.io/serviceaccount/token"}},
			want:   want{Error: "is a token for the Kubernetes API"},
		},
		"PodIdentity": {
			reason: "PodIdentity is the agent's role, whatever keys the environment has.",
			args:   args{networkingv1alpha1.ProviderCredentials{Source: networkingv1alpha1.CredentialsSourcePodIdentity}, pod},
			want:   want{Keys: []string{"OF-AGENT", "OF-AGENT"}, Exchange: []string{"http://169.254.170.23/v1/credentials agent-token", "http://169.254.170.23/v1/credentials agent-token"}},
		},
		"PodIdentityWithoutAgent": {
			reason: "PodIdentity without an agent fails, and names the variable that is not set.",
			args:   args{networkingv1alpha1.ProviderCredentials{Source: networkingv1alpha1.CredentialsSourcePodIdentity}, without(pod, "AWS_CONTAINER_CREDENTIALS_FULL_URI")},
			want:   want{Error: "AWS_CONTAINER_CREDENTIALS_FULL_URI is not set"},
		},
		"PodIdentityElsewhere": {
			reason: "Over http only the agents' own addresses are accepted, as the SDK does.",
			args:   args{networkingv1alpha1.ProviderCredentials{Source: networkingv1alpha1.CredentialsSourcePodIdentity}, map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://10.0.0.1/", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": filepath.Join(dir, "agent")}},
			want:   want{Error: `"10.0.0.1" is neither loopback nor the address of the ECS or EKS agent`},
		},
		"WebIdentity": {
			reason: "WebIdentity is the role and the token of the config, not of the environment.",
			args:   args{networkingv1alpha1.ProviderCredentials{Source: networkingv1alpha1.CredentialsSourceWebIdentity, WebIdentity: &networkingv1alpha1.WebIdentity{RoleARN: otherRole, TokenFile: new(filepath.Join(dir, "own"))}}, irsa},
			want:   want{Keys: []string{"OF-spec", "OF-spec"}, Exchange: []string{"AssumeRoleWithWebIdentity " + otherRole + " own-token", "AssumeRoleWithWebIdentity " + otherRole + " own-token"}},
		},
		"WebIdentityWithoutToken": {
			reason: "WebIdentity without any token fails, and the error names both ways to set one.",
			args:   args{networkingv1alpha1.ProviderCredentials{Source: networkingv1alpha1.CredentialsSourceWebIdentity, WebIdentity: &networkingv1alpha1.WebIdentity{RoleARN: otherRole}}, nil},
			want:   want{Error: "set credentials.webIdentity.tokenFile, or AWS_WEB_IDENTITY_TOKEN_FILE"},
		},
		"WebIdentityWithoutRole": {
			reason: "A config that was stored without a role fails, and does not panic.",
			args:   args{networkingv1alpha1.ProviderCredentials{Source: networkingv1alpha1.CredentialsSourceWebIdentity}, irsa},
			want:   want{Error: "needs credentials.webIdentity.roleARN"},
		},
		"Secret": {
			reason: "Secret is the key of the Secret, whatever else the environment has.",
			args:   args{secret, irsa},
			want:   want{Keys: []string{"AKIA", "AKIA"}},
		},
		"None": {
			reason: "None is the SDK's default chain, in which keys of the environment come first.",
			args:   args{networkingv1alpha1.ProviderCredentials{Source: networkingv1alpha1.CredentialsSourceNone}, irsa},
			want:   want{Keys: []string{decoy, decoy}},
		},
		"Unknown": {
			reason: "An unknown source does not fall back to another source.",
			args:   args{networkingv1alpha1.ProviderCredentials{Source: "Environment"}, irsa},
			want:   want{Error: `credentials.source is "Environment": use None, Secret, IRSA, WebIdentity or PodIdentity`},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			for _, k := range []string{"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_SESSION_TOKEN", "AWS_PROFILE"} {
				t.Setenv(k, tc.args.env[k])
			}
			t.Setenv("AWS_ACCESS_KEY_ID", decoy)
			t.Setenv("AWS_SECRET_ACCESS_KEY", "s")
			t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "none"))
			t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "none"))
			t.Setenv("AWS_EC2_METADATA_DISABLED", "true")

			world := &identities{reject: 1}
			k := kube(t, credentialsSecret("credentials", credentialsFile), &networkingv1alpha1.ClusterProviderConfig{
				ObjectMeta: metav1.ObjectMeta{Name: "default"},
				Spec:       networkingv1alpha1.ClusterProviderConfigSpec{ProviderConfigSpec: networkingv1alpha1.ProviderConfigSpec{Credentials: tc.args.credentials}},
			})
			cs := NewClients(k, "us-east-1", WithTransport(func(http.RoundTripper) http.RoundTripper { return roundTripFunc(world.answer) }))
			cs.tokenDirs = []string{dir}
			c, err := cs.Get(t.Context(), ConfigReference{Kind: networkingv1alpha1.ClusterProviderConfigKind, Name: "default"}, "")
			if (err != nil) != (tc.want.Error != "") || !strings.Contains(text(err), tc.want.Error) {
				t.Fatalf("\n%s\nGet(...): want error %q, got %v", tc.reason, tc.want.Error, err)
			}
			if err != nil {
				return
			}
			for _, want := range []string{"AuthFailure", ""} { // the second call is with renewed credentials
				if _, err := c.SubnetsNamed(t.Context(), "a"); awserr.Code(err) != want {
					t.Errorf("\n%s\nSubnetsNamed(...): want code %q, got %v", tc.reason, want, err)
				}
			}
			if diff := cmp.Diff(tc.want, want{Keys: world.keys, Exchange: world.exchange}); diff != "" {
				t.Errorf("\n%s\ncalls: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// AWS does not redirect; a redirect would have the provider fetch any URL that it
// reaches.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/env")
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("projected"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", file)
	var hosts []string
	rt := roundTripFunc(func(r *http.Request) *http.Response {
		hosts = append(hosts, r.URL.Host)
		resp := respond(http.StatusFound, "")
		resp.Header.Set("Location", "https://elsewhere.example/")
		return resp
	})
	k := kube(t, &networkingv1alpha1.ClusterProviderConfig{
		ObjectMeta: metav1.ObjectMeta{Name: "default"},
		Spec: networkingv1alpha1.ClusterProviderConfigSpec{ProviderConfigSpec: networkingv1alpha1.ProviderConfigSpec{
			Credentials: networkingv1alpha1.ProviderCredentials{Source: networkingv1alpha1.CredentialsSourceIRSA},
		}},
	})
	c, err := NewClients(k, "us-east-1", WithTransport(func(http.RoundTripper) http.RoundTripper { return rt })).
		Get(t.Context(), ConfigReference{Kind: networkingv1alpha1.ClusterProviderConfigKind, Name: "default"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.SubnetsNamed(t.Context(), "a"); err == nil {
		t.Error("\nA redirect is no answer.\nSubnetsNamed(...): no error")
	}
	if diff := cmp.Diff([]string{"sts.us-east-1.amazonaws.com"}, hosts); diff != "" {
		t.Errorf("\nA redirect is not followed.\nhosts: -want, +got:\n%s", diff)
	}
}

func TestTokenFile(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "serviceaccount")
	versioned := filepath.Join(dir, "..2026_01_01")
	for _, d := range []string{versioned, filepath.Join(base, "secrets", "kubernetes.io")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write := func(path string, content []byte) {
		t.Helper()
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := func(target, path string) {
		t.Helper()
		if err := os.Symlink(target, path); err != nil {
			t.Fatal(err)
		}
	}
	outside := filepath.Join(base, "secret")
	write(outside, []byte("kubernetes"))
	write(filepath.Join(versioned, "token"), []byte("projected\n"))
	link("..2026_01_01", filepath.Join(dir, "..data"))
	link("..data/token", filepath.Join(dir, "token"))
	link("../secret", filepath.Join(dir, "relative"))
	link(outside, filepath.Join(dir, "absolute"))
	link("..", filepath.Join(dir, "up"))
	write(filepath.Join(dir, "large"), bytes.Repeat([]byte("x"), maxToken+1))
	write(filepath.Join(dir, "largest"), bytes.Repeat([]byte("x"), maxToken))
	write(filepath.Join(dir, "empty"), []byte("\n"))

	type want struct {
		Token string
		Error string
	}
	cases := map[string]struct {
		reason string
		args   string
		want   want
	}{
		"Projected":     {reason: "The links of a projected volume stay in its directory.", args: dir + "/token", want: want{Token: "projected"}},
		"Largest":       {reason: "A token of 64 KiB is read.", args: dir + "/largest", want: want{Token: strings.Repeat("x", maxToken)}},
		"Large":         {reason: "A larger file is no token.", args: dir + "/large", want: want{Error: "has more than 64 KiB"}},
		"Empty":         {reason: "An empty file is no token.", args: dir + "/empty", want: want{Error: "is empty"}},
		"Directory":     {reason: "A directory is no token.", args: dir + "/..data", want: want{Error: "is not a regular file"}},
		"Missing":       {reason: "A file that does not exist is named.", args: dir + "/missing", want: want{Error: "cannot read token file"}},
		"RelativeLink":  {reason: "No link leads out of the directory.", args: dir + "/relative", want: want{Error: "path escapes"}},
		"AbsoluteLink":  {reason: "No absolute link does either.", args: dir + "/absolute", want: want{Error: "path escapes"}},
		"DirectoryLink": {reason: "A link to a directory does not lead out.", args: dir + "/up/secret", want: want{Error: "path escapes"}},
		"DotDot":        {reason: "A path does not lead out.", args: dir + "/../secret", want: want{Error: "is not below " + dir}},
		"Elsewhere":     {reason: "Files elsewhere are not read.", args: outside, want: want{Error: "is not below " + dir}},
		"Prefix":        {reason: "A directory with the same prefix is another directory.", args: dir + "2/token", want: want{Error: "is not below " + dir}},
		"Relative":      {reason: "A relative path is below no directory.", args: "token", want: want{Error: "is not below " + dir}},
		"Kubernetes": {
			reason: "The Kubernetes API's token is not read, whatever the directories are.",
			args:   base + "/secrets/kubernetes.io/token", want: want{Error: "is not below " + dir},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var got want
			f, err := configuredToken([]string{dir, base + "/secrets"}, tc.args)
			if err == nil {
				var token []byte
				token, err = f.GetIdentityToken()
				got.Token = string(token)
			}
			if err != nil && strings.Contains(err.Error(), tc.want.Error) {
				got.Error = tc.want.Error
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\ntoken of %s: -want, +got:\n%s\n%v", tc.reason, tc.args, diff, err)
			}
		})
	}
}

func writeToken(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("projected"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestDefaultChain uses the SDK's default chain, whose calls to STS the config's endpoint
// receives and rejects.
func TestDefaultChain(t *testing.T) {
	const role = "arn:aws:iam::123456789012:role/env"
	calls := 0
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls++
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not authorized to perform sts:AssumeRoleWithWebIdentity</Message></Error></ErrorResponse>`)
	}))
	defer sts.Close()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("projected"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ROLE_ARN", role)
	t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", token)
	spec := &networkingv1alpha1.ProviderConfigSpec{
		Credentials: networkingv1alpha1.ProviderCredentials{Source: networkingv1alpha1.CredentialsSourceNone},
		Endpoint:    &networkingv1alpha1.EndpointConfig{URL: networkingv1alpha1.EndpointURL{Type: "Static", Static: sts.URL}},
	}
	p, err := source{spec: spec, load: []func(*config.LoadOptions) error{config.WithRegion("us-east-1")}}.credentials(t.Context(), aws.Config{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Retrieve(t.Context())
	if want := "cannot assume role " + role + " with sts:AssumeRoleWithWebIdentity: AccessDenied"; err == nil || !strings.HasPrefix(err.Error(), want) || calls == 0 {
		t.Errorf("the credentials fail with %v after %d calls to the endpoint, want %q", err, calls, want)
	}
}
