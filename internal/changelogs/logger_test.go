// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package changelogs

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/crossplane/crossplane-runtime/v2/apis/changelogs/proto/v1alpha1"
	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
)

// sidecar is a change log service that answers as fail decides, or never.
type sidecar struct {
	mu      sync.Mutex
	fail    func(attempt int) error
	silent  bool
	attempt int
	entries []*v1alpha1.ChangeLogEntry
}

func (s *sidecar) SendChangeLog(ctx context.Context, in *v1alpha1.SendChangeLogRequest, _ ...grpc.CallOption) (*v1alpha1.SendChangeLogResponse, error) {
	if s.silent {
		<-ctx.Done()
		return nil, status.FromContextError(ctx.Err()).Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempt++
	if s.fail != nil {
		if err := s.fail(s.attempt); err != nil {
			return nil, err
		}
	}
	s.entries = append(s.entries, in.GetEntry())
	return &v1alpha1.SendChangeLogResponse{}, nil
}

// names returns the names of the received entries.
func (s *sidecar) names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, e := range s.entries {
		out = append(out, e.GetName())
	}
	return out
}

// lines collects log lines.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) logger() logging.Logger {
	return logging.NewLogrLogger(funcr.New(func(_, args string) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.all = append(l.all, args)
	}, funcr.Options{}))
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(strings.Join(l.all, "\n"), text)
}

func networkInterface(name, externalName string) *ec2v1alpha1.NetworkInterface {
	n := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name}}
	n.SetGroupVersionKind(ec2v1alpha1.NetworkInterfaceGroupVersionKind)
	meta.SetExternalName(n, externalName)
	return n
}

const (
	created = v1alpha1.OperationType_OPERATION_TYPE_CREATE
	updated = v1alpha1.OperationType_OPERATION_TYPE_UPDATE
	deleted = v1alpha1.OperationType_OPERATION_TYPE_DELETE
)

func TestLog(t *testing.T) {
	waits := kerrors.NewConflict(schema.GroupResource{}, "one", errors.New("waiting for EC2"))
	cases := map[string]struct {
		reason       string
		externalName string
		operation    v1alpha1.OperationType
		err          error
		details      managed.AdditionalDetails
		want         string // external name, operation and error; empty for no entry
	}{
		"Create": {
			reason:    "The snapshot of a resource that is created has no external name: the entry has the new one.",
			operation: created, details: managed.AdditionalDetails{DetailCalls: "CreateNetworkInterface", DetailExternalName: "eni-1"},
			want: "eni-1 OPERATION_TYPE_CREATE ",
		},
		"Update": {
			reason:       "A change is logged with the resource's external name.",
			externalName: "eni-1", operation: updated, details: managed.AdditionalDetails{DetailCalls: "CreateTags"},
			want: "eni-1 OPERATION_TYPE_UPDATE ",
		},
		"NothingChanged": {
			reason:       "Crossplane's reconciler logs each reconcile of a resource that is being deleted; EC2 was called in one of them.",
			externalName: "eni-1", operation: deleted, details: managed.AdditionalDetails{},
		},
		"Throttled": {
			reason:    "An operation that waits for the request rate is no failure, and has not called EC2.",
			operation: created, err: waits, details: managed.AdditionalDetails{DetailError: "request rate"},
		},
		"FailedWithoutCall": {
			reason:    "An operation that fails before it calls EC2 has failed all the same.",
			operation: created, err: errors.New("cannot resolve subnet"),
			want: " OPERATION_TYPE_CREATE cannot resolve subnet",
		},
		"Rejected": {
			reason:       "EC2's error is logged, not the conflict that makes the reconciler retry.",
			externalName: "eni-1", operation: created, err: waits, details: managed.AdditionalDetails{DetailCalls: "AttachNetworkInterface", DetailError: "InvalidParameterValue: in use"},
			want: "eni-1 OPERATION_TYPE_CREATE InvalidParameterValue: in use",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := &sidecar{}
			l := newLogger(t.Context(), s, "provider-aws-eni:v1", logging.NewNopLogger(), 10, retryInterval)
			if err := l.Log(t.Context(), networkInterface("one", tc.externalName), tc.operation, tc.err, tc.details); err != nil {
				t.Fatalf("\n%s\nunexpected error: %v", tc.reason, err)
			}
			l.Close()
			got := ""
			for _, e := range s.entries {
				got += fmt.Sprintf("%s %s %s", e.GetExternalName(), e.GetOperation(), e.GetErrorMessage())
				if e.GetProvider() != "provider-aws-eni:v1" || e.GetApiVersion() != "ec2.networking.k8s.aws/v1alpha1" || e.GetKind() != "NetworkInterface" || e.GetName() != "one" || e.GetSnapshot() == nil || e.GetTimestamp() == nil {
					t.Errorf("\n%s\nunexpected entry: %v", tc.reason, e)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nentry: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestDelivery(t *testing.T) {
	unavailable := status.Error(codes.Unavailable, "no such file")
	const lost, rejected, full, unsent = "is unavailable", "rejected an entry", "is full", "were not sent"
	cases := map[string]struct {
		reason string
		fail   func(attempt int) error
		silent bool
		length int
		want   []string
		logged map[string]int // lines with a text
	}{
		"Available": {
			reason: "Entries arrive in the order of the changes.",
			length: 10, want: []string{"a", "b", "c"},
		},
		"Restarts": {
			reason: "A sidecar that starts late receives every entry, and its absence is logged once.",
			length: 10, want: []string{"a", "b", "c"}, logged: map[string]int{lost: 1},
			fail: func(attempt int) error {
				if attempt <= 3 {
					return unavailable
				}
				return nil
			},
		},
		"Rejects": {
			reason: "An entry that the sidecar rejects does not block later ones.",
			length: 10, want: []string{"b", "c"}, logged: map[string]int{rejected: 1},
			fail: func(attempt int) error {
				if attempt == 1 {
					return status.Error(codes.InvalidArgument, "too large")
				}
				return nil
			},
		},
		"Absent": {
			reason: "Without a sidecar nothing blocks, and the log reports the entries that were lost.",
			length: 10, logged: map[string]int{lost: 1, unsent: 1},
			fail: func(int) error { return unavailable },
		},
		"Silent": {
			reason: "A sidecar that does not answer blocks neither changes nor the end of the provider.",
			length: 10, silent: true, logged: map[string]int{unsent: 1},
		},
		"Full": {
			reason: "Memory is bounded: entries are dropped when the queue is full.",
			length: 1, logged: map[string]int{lost: 1, full: 1, unsent: 1},
			fail: func(int) error { return unavailable },
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, log := &sidecar{fail: tc.fail, silent: tc.silent}, &lines{}
				l := newLogger(t.Context(), s, "provider-aws-eni:v1", log.logger(), tc.length, retryInterval)
				for _, n := range []string{"a", "b", "c"} {
					if err := l.Log(t.Context(), networkInterface(n, "eni-1"), updated, nil, managed.AdditionalDetails{DetailCalls: "CreateTags"}); err != nil {
						t.Fatal(err)
					}
					synctest.Wait()
				}
				l.Close()
				if diff := cmp.Diff(tc.want, s.names()); diff != "" {
					t.Errorf("\n%s\nentries: -want, +got:\n%s", tc.reason, diff)
				}
				for text, want := range tc.logged {
					if got := log.count(text); got != want {
						t.Errorf("\n%s\n%q is logged %d times, want %d: %v", tc.reason, text, got, want, log.all)
					}
				}
				if err := l.Log(t.Context(), networkInterface("late", "eni-1"), updated, nil, managed.AdditionalDetails{DetailCalls: "CreateTags"}); err != nil {
					t.Errorf("\nA change after Close is not logged, and is no error.\nunexpected error: %v", err)
				}
			})
		})
	}
}
