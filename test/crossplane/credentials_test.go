// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package crossplane

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

const (
	podIdentityKey   = "ASIAPODIDENTITYAGENT"
	podIdentityToken = "dG9rZW4tb2YtdGhlLXBvZA"                 //nolint:gosec // for the agent below
	podRole          = "arn:aws:iam::123456789012:role/of-pods" // by the variables of a pod
	configRole       = "arn:aws:iam::123456789012:role/of-config"
	chainRole        = "arn:aws:iam::123456789012:role/of-chain"
)

// A podIdentityAgent serves credentials as the EKS Pod Identity Agent of a node does.
type podIdentityAgent struct {
	address string
	denied  atomic.Bool
}

func startPodIdentityAgent(ctx context.Context) (*podIdentityAgent, error) {
	for path, content := range map[string]string{
		eksTokens + "/token":  "projected-token",
		eksTokens + "/pod-id": podIdentityToken,
		ownTokens + "/token":  "projected-token",
	} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil { //nolint:gosec // as fsGroup makes it readable
			return nil, err
		}
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &podIdentityAgent{address: l.Addr().String()}
	go http.Serve(l, a) //nolint:errcheck,gosec // until the test ends
	return a, nil
}

func (a *podIdentityAgent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if a.denied.Load() || r.Header.Get("Authorization") != podIdentityToken {
		http.Error(w, "AccessDeniedException: no association for the service account", http.StatusForbidden)
		return
	}
	_, _ = fmt.Fprintf(w, `{"AccessKeyId":%q,"SecretAccessKey":%q,"Token":"session","Expiration":%q}`, podIdentityKey, secretKey, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
}

// variables returns the variables that EKS adds to pods of a service account with an IAM
// role and with an association.
func (a *podIdentityAgent) variables() []string {
	return []string{
		"AWS_ROLE_ARN=" + podRole,
		"AWS_WEB_IDENTITY_TOKEN_FILE=" + filepath.Join("/var", eksTokens, "token"),
		"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://" + a.address + "/v1/credentials",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=" + filepath.Join("/var", eksTokens, "pod-id"),
		"AWS_REGION=us-east-1", "AWS_STS_REGIONAL_ENDPOINTS=regional",
	}
}

// testCredentials creates an ENI with each source of credentials, and checks which identity
// EC2 saw.
func testCredentials(t *testing.T) {
	e := installed(t)
	ctx := t.Context()
	const namespace = "credentials"
	e.namespaceFor(t, namespace)
	for name, key := range map[string]string{"keys": "AKIAKEYSOFSECRET0001", "rotated": "AKIABEFOREROTATION01"} {
		if err := e.kube.Create(ctx, awsKeys(namespace, name, key)); err != nil {
			t.Fatal(err)
		}
	}
	secret := func(name string) map[string]any {
		return map[string]any{"source": "Secret", "secretRef": map[string]any{"namespace": namespace, "name": name, "key": "credentials"}}
	}
	for _, c := range []struct {
		name        string
		credentials map[string]any
		chain       []any
		roles       []string // assumed, in order
		key         string   // prefix of the key that creates the ENI
		failure     []string // parts of the message of Synced
	}{
		{name: "none", credentials: map[string]any{"source": "None"}, roles: []string{podRole}, key: "ASIA"},
		{name: "secret", credentials: secret("keys"), key: "AKIAKEYSOFSECRET0001"},
		{name: "irsa", credentials: map[string]any{"source": "IRSA"}, roles: []string{podRole}, key: "ASIA"},
		{name: "web-identity", credentials: map[string]any{"source": "WebIdentity", "webIdentity": map[string]any{"roleARN": configRole}}, roles: []string{configRole}, key: "ASIA"},
		{name: "token-file", credentials: map[string]any{"source": "WebIdentity", "webIdentity": map[string]any{"roleARN": configRole, "tokenFile": filepath.Join("/var", ownTokens, "token")}}, roles: []string{configRole}, key: "ASIA"},
		{name: "pod-identity", credentials: map[string]any{"source": "PodIdentity"}, key: podIdentityKey},
		{name: "chain", credentials: secret("keys"), chain: []any{map[string]any{"roleARN": chainRole + "-1"}, map[string]any{"roleARN": chainRole + "-2"}}, roles: []string{chainRole + "-1", chainRole + "-2"}, key: "ASIA"},
		{name: "no-secret", credentials: secret("absent"), failure: []string{`cannot use ClusterProviderConfig "credentials-no-secret": cannot get credentials Secret "absent"`}},
		{name: "no-token", credentials: map[string]any{"source": "WebIdentity", "webIdentity": map[string]any{"roleARN": configRole, "tokenFile": filepath.Join("/var", ownTokens, "absent")}}, failure: []string{
			"cannot assume role " + configRole, ownTokens + "/absent", "mount a projected token", "(ClusterProviderConfig credentials-no-token)",
		}},
		{name: "denied-role", credentials: map[string]any{"source": "IRSA"}, failure: []string{
			"cannot assume role " + podRole, "AccessDenied", "allow sts:AssumeRoleWithWebIdentity in the role's trust policy", "(ClusterProviderConfig credentials-denied-role)",
		}},
		{name: "denied-chain", credentials: secret("keys"), chain: []any{map[string]any{"roleARN": chainRole}}, failure: []string{
			"cannot assume role " + chainRole, "AccessDenied", "allow sts:AssumeRole for this role", "(ClusterProviderConfig credentials-denied-chain)",
		}},
		{name: "denied-pod", credentials: map[string]any{"source": "PodIdentity"}, failure: []string{
			"cannot get credentials from the EKS Pod Identity agent", "no association", "create a pod identity association", "(ClusterProviderConfig credentials-denied-pod)",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.HasPrefix(c.name, "denied") {
				e.tokens.denied.Store(true)
				defer e.tokens.denied.Store(false)
				for _, a := range []string{"AssumeRole", "AssumeRoleWithWebIdentity"} {
					defer e.ec2.Inject(ec2emulator.Fault{Action: a, Code: "AccessDenied", Message: "Not authorized to perform: sts:" + a}).Remove()
				}
			}
			e.createENI(t, namespace, c.name, c.credentials, c.chain)
			if c.failure != nil {
				e.wait(t, 30*time.Second, func() error { return e.rejected(t, namespace, c.name, c.failure) })
				return
			}
			roles, key := e.caller(t, namespace, c.name)
			if !slices.Equal(roles, c.roles) || !strings.HasPrefix(key, c.key) {
				t.Errorf("the roles %v were assumed and the ENI was created by %s, want %v and %s", roles, key, c.roles, c.key)
			}
		})
	}

	t.Log("what was missing or denied is there: the ENIs are created, without a restart")
	if err := e.kube.Create(ctx, awsKeys(namespace, "absent", "AKIANOLONGERABSENT01")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(ownTokens+"/absent", []byte("projected-token"), 0o644); err != nil { //nolint:gosec // as fsGroup makes it readable
		t.Fatal(err)
	}
	e.requestReconcile(t, "corrected")
	e.wait(t, time.Minute, func() error { return e.allReady(t, resourceAPI, "NetworkInterface", namespace, 12) })
	e.wait(t, 30*time.Second, func() error { // so that it outlives the ENIs when the namespace is deleted
		s, err := e.get(ctx, "v1", "Secret", namespace, "absent")
		if err == nil && len(s.GetFinalizers()) == 0 {
			err = errors.New("the Secret has no finalizer")
		}
		return err
	})

	t.Log("rotation: the next call uses the new key, without a restart")
	e.createENI(t, namespace, "rotated", secret("rotated"), nil)
	if _, key := e.caller(t, namespace, "rotated"); key != "AKIABEFOREROTATION01" {
		t.Errorf("the ENI was created by %s", key)
	}
	after := awsKeys(namespace, "rotated", "AKIAAFTERROTATION001")
	after.Data = map[string][]byte{"credentials": []byte(after.StringData["credentials"])}
	raw, err := json.Marshal(map[string]any{"data": after.Data})
	if err != nil {
		t.Fatal(err)
	}
	e.patch(t, "v1", "Secret", namespace, "rotated", string(raw)) // keeps the finalizer, as kubectl apply does
	mark := e.ec2.Mark()
	e.patch(t, resourceAPI, "NetworkInterface", namespace, "rotated", `{"spec":{"forProvider":{"description":"after"}}}`)
	e.wait(t, 30*time.Second, func() error {
		for _, call := range e.ec2.Since(mark) {
			if call.Action == "ModifyNetworkInterfaceAttribute" && call.Parameters["Description.Value"] == "after" {
				if call.AccessKeyID != "AKIAAFTERROTATION001" {
					return fmt.Errorf("the call was made by %s", call.AccessKeyID)
				}
				return nil
			}
		}
		return fmt.Errorf("there was no call")
	})

	e.deleteNamespace(t, namespace)
	if _, err := e.kubectl(ctx, "delete", "clusterproviderconfigs.networking.k8s.aws", "-l", "test="+namespace, "--timeout=30s"); err != nil {
		t.Error(err)
	}
}

// awsKeys returns a Secret with an access key.
func awsKeys(namespace, name, key string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		StringData: map[string]string{"credentials": "[default]\naws_access_key_id = " + key + "\naws_secret_access_key = " + secretKey + "\n"},
	}
}

// createENI creates a ClusterProviderConfig with credentials and a NetworkInterface that uses
// it.
func (e *environment) createENI(t *testing.T, namespace, name string, credentials map[string]any, chain []any) {
	t.Helper()
	spec := map[string]any{"credentials": credentials, "endpoint": map[string]any{"url": map[string]any{"type": "Static", "static": e.ec2URL}}}
	if chain != nil {
		spec["assumeRoleChain"] = chain
	}
	config := object(hostAPI, "ClusterProviderConfig", "", namespace+"-"+name, spec)
	config.SetLabels(map[string]string{"test": namespace})
	eni := object(resourceAPI, "NetworkInterface", namespace, name, map[string]any{
		"providerConfigRef": map[string]any{"kind": "ClusterProviderConfig", "name": config.GetName()},
		"forProvider":       map[string]any{"subnetId": "subnet-0f59b4f14737be9ad", "description": name},
	})
	if err := e.kube.Create(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	if err := e.kube.Create(t.Context(), eni); err != nil {
		t.Fatal(err)
	}
}

// caller waits until an ENI is Ready, and returns the roles that were assumed for it and the
// access key that created it.
func (e *environment) caller(t *testing.T, namespace, name string) (roles []string, key string) {
	t.Helper()
	e.wait(t, 30*time.Second, func() error {
		u, err := e.get(t.Context(), resourceAPI, "NetworkInterface", namespace, name)
		if status, _, message := condition(u, "Ready"); err != nil || status != "True" {
			_, _, synced := condition(u, "Synced")
			return fmt.Errorf("%s is not Ready: %s %s %w", name, message, synced, err)
		}
		return nil
	})
	calls := e.ec2.Calls()
	created := slices.IndexFunc(calls, func(c ec2emulator.Call) bool {
		return c.Action == "CreateNetworkInterface" && c.Parameters["Description"] == name && c.Code == ""
	})
	if created < 0 {
		t.Fatalf("%s was not created", name)
	}
	earlier := ec2emulator.ByAction("CreateNetworkInterface") // not a dry run of the preflight
	for i := created - 1; i >= 0 && !earlier(calls[i]); i-- {
		if role := calls[i].Parameters["RoleArn"]; role != "" && !slices.Contains(roles, role) {
			roles = append([]string{role}, roles...)
		}
	}
	return roles, calls[created].AccessKeyID
}

// rejected returns an error unless an ENI is not Synced, with a message that contains all
// parts.
func (e *environment) rejected(t *testing.T, namespace, name string, parts []string) error {
	t.Helper()
	u, err := e.get(t.Context(), resourceAPI, "NetworkInterface", namespace, name)
	if err != nil {
		return err
	}
	status, _, message := condition(u, "Synced")
	for _, p := range parts {
		if status != "False" || !strings.Contains(message, p) {
			return fmt.Errorf("Synced is %s: %q, want %q", status, message, p)
		}
	}
	return nil
}
