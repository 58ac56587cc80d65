// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// instanceMetadata is an instance metadata service of an instance in a region.
func instanceMetadata(t *testing.T, region string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPut && r.URL.Path == "/latest/api/token":
			w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600")
			fmt.Fprint(w, "token")
		case r.URL.Path == "/latest/dynamic/instance-identity/document" && r.Header.Get("X-Aws-Ec2-Metadata-Token") == "token":
			fmt.Fprintf(w, `{"region": %q}`, region)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// withoutRegion clears what names a region on the machine that runs the tests.
func withoutRegion(t *testing.T) {
	t.Helper()
	for k, v := range map[string]string{
		"AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_PROFILE": "", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
		"AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(k, v)
	}
}

func TestDetectRegion(t *testing.T) {
	node := func(name, providerID string) *corev1.Node {
		return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.NodeSpec{ProviderID: providerID}}
	}
	const none = "neither the AWS configuration, nor a node's providerID, nor the instance metadata service has a region"
	cases := map[string]struct {
		reason   string
		env      map[string]string
		metadata string
		nodes    []client.Object
		want     string
		err      string
	}{
		"Nodes": {
			reason: "The nodes' region is used; a node that is no EC2 instance has none.",
			nodes:  []client.Object{node("a", "aws:///eu-west-1a/i-1"), node("b", "aws:///eu-west-1b/i-2"), node("c", "eks-hybrid:///us-east-1/c/mi-1")},
			want:   "eu-west-1",
		},
		"Configuration": {
			reason: "A region that the AWS configuration names is preferred to the nodes'.",
			env:    map[string]string{"AWS_DEFAULT_REGION": "us-west-2"},
			nodes:  []client.Object{node("a", "aws:///eu-west-1a/i-1")},
			want:   "us-west-2",
		},
		"Most": {
			reason: "A single node that states another region does not decide.",
			nodes:  []client.Object{node("a", "aws:///eu-west-1a/i-1"), node("b", "aws:///eu-west-1b/i-2"), node("c", "aws:///us-east-1a/i-3")},
			want:   "eu-west-1",
		},
		"Half": {
			reason: "Nodes of two regions decide nothing, and both are named.",
			nodes:  []client.Object{node("a", "aws:///eu-west-1a/i-1"), node("b", "aws:///us-east-1a/i-2")},
			err:    "nodes are in eu-west-1 (1) and us-east-1 (1): set spec.forProvider.region, or start the provider with --region",
		},
		"Metadata": {
			reason:   "Without EC2 nodes, the region of the provider's own instance is used.",
			metadata: "ap-south-1",
			nodes:    []client.Object{node("a", "kind://docker/kind/a")},
			want:     "ap-south-1",
		},
		"NodesFirst": {
			reason:   "The nodes' region takes precedence over the region of the provider's instance.",
			metadata: "ap-south-1",
			nodes:    []client.Object{node("a", "aws:///eu-west-1a/i-1")},
			want:     "eu-west-1",
		},
		"None": {
			reason: "Without any of these, the error states what to set.",
			err:    none,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			withoutRegion(t)
			if tc.metadata != "" {
				t.Setenv("AWS_EC2_METADATA_DISABLED", "false")
				t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", instanceMetadata(t, tc.metadata).URL)
			}
			for k, v := range tc.env {
				t.Setenv(k, v)
			}
			d := &regionDetector{nodes: kube(t, tc.nodes...)}
			for range 2 { // the second result is cached
				got, err := d.detect(t.Context())
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("\n%s\ndetect(...): -want, +got:\n%s", tc.reason, diff)
				}
				if (err == nil) != (tc.err == "") || (err != nil && !strings.Contains(err.Error(), tc.err)) {
					t.Errorf("\n%s\ndetect(...): got error %v, want %q", tc.reason, err, tc.err)
				}
			}
		})
	}
}

// TestRegionStays changes the nodes after their region was detected.
func TestRegionStays(t *testing.T) {
	withoutRegion(t)
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: corev1.NodeSpec{ProviderID: "aws:///eu-west-1a/i-1"}}
	k := kube(t, n)
	d := &regionDetector{nodes: k}
	for range 2 {
		if got, err := d.detect(t.Context()); got != "eu-west-1" || err != nil {
			t.Errorf("\nObjects are bound to a region: it stays while the process runs.\ndetect(...): %q, %v", got, err)
		}
		n.Spec.ProviderID = "aws:///us-east-1a/i-2"
		if err := k.Update(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
}
