// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package changelogs

import (
	"cmp"
	"context"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
	kerrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/crossplane/crossplane-runtime/v2/apis/changelogs/proto/v1alpha1"
	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
)

// Keys of the additional details of an entry.
const (
	// DetailCalls lists the mutating EC2 actions that the operation called. An
	// operation without any changed nothing, and has no entry unless it failed.
	DetailCalls = "ec2Calls"

	// DetailError is EC2's error, where the reconciler's own does not contain it.
	DetailError = "ec2Error"

	// DetailExternalName is the external name that the operation gave the resource.
	// Crossplane's snapshot of a resource that is created precedes it.
	DetailExternalName = "externalName"
)

const (
	// queueLength bounds the memory of entries that are not sent yet: about 11 KiB each.
	queueLength = 1000

	sendTimeout    = 10 * time.Second
	retryInterval  = time.Second
	maxDialBackoff = 5 * time.Second

	// closeTimeout bounds how long Close sends queued entries: less than the grace
	// period of a pod.
	closeTimeout = 5 * time.Second
)

var _ managed.ChangeLogger = &Logger{}

// A Logger sends change log entries in the order of the changes. Unlike
// managed.GRPCChangeLogger it never blocks a reconcile, and an entry is kept while the
// sidecar is unavailable.
type Logger struct {
	client   v1alpha1.ChangeLogServiceClient
	provider string
	log      logging.Logger
	interval time.Duration // between two attempts to send an entry

	mu      sync.Mutex // guards closed and dropped
	closed  bool
	dropped int

	queue  chan *v1alpha1.ChangeLogEntry
	cancel context.CancelFunc
	done   chan struct{}
	conn   *grpc.ClientConn
}

// Dial returns a Logger of a provider, given as name and version, that sends to the
// sidecar at a socket. The sidecar may start later. Close ends the Logger, not ctx: the
// entries of the last reconciles are still sent.
func Dial(ctx context.Context, socket, provider string, log logging.Logger) (*Logger, error) {
	retry := backoff.DefaultConfig
	retry.MaxDelay = maxDialBackoff
	conn, err := grpc.NewClient("unix://"+socket,
		grpc.WithTransportCredentials(insecure.NewCredentials()), // a socket in the pod's own file system
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: retry, MinConnectTimeout: sendTimeout}))
	if err != nil {
		return nil, errors.Wrapf(err, "cannot use %q as the socket of the change log sidecar", socket)
	}
	l := newLogger(ctx, v1alpha1.NewChangeLogServiceClient(conn), provider, log.WithValues("socket", socket), queueLength, retryInterval)
	l.conn = conn
	return l, nil
}

func newLogger(ctx context.Context, c v1alpha1.ChangeLogServiceClient, provider string, log logging.Logger, length int, interval time.Duration) *Logger {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	l := &Logger{
		client: c, provider: provider, log: log, interval: interval,
		queue: make(chan *v1alpha1.ChangeLogEntry, length), cancel: cancel, done: make(chan struct{}),
	}
	go l.run(ctx)
	return l
}

// Log queues an entry for an operation on a managed resource, given as it was before the
// operation. It returns at once.
func (l *Logger) Log(_ context.Context, mg resource.Managed, op v1alpha1.OperationType, opErr error, ad managed.AdditionalDetails) error {
	if ad[DetailCalls] == "" && (opErr == nil || kerrors.IsConflict(opErr)) {
		return nil // EC2 was not called: the operation waits, or there was nothing to change
	}
	snapshot, err := resource.AsProtobufStruct(mg)
	if err != nil {
		return errors.Wrap(err, "cannot snapshot managed resource")
	}
	gvk := mg.GetObjectKind().GroupVersionKind()
	e := &v1alpha1.ChangeLogEntry{
		Timestamp:         timestamppb.Now(),
		Provider:          l.provider,
		ApiVersion:        gvk.GroupVersion().String(),
		Kind:              gvk.Kind,
		Name:              mg.GetName(),
		ExternalName:      cmp.Or(meta.GetExternalName(mg), ad[DetailExternalName]),
		Operation:         op,
		Snapshot:          snapshot,
		AdditionalDetails: ad,
	}
	if opErr != nil {
		e.ErrorMessage = new(cmp.Or(ad[DetailError], opErr.Error()))
	}
	l.enqueue(e)
	return nil
}

// enqueue queues an entry, or drops it if the queue is full.
func (l *Logger) enqueue(e *v1alpha1.ChangeLogEntry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	select {
	case l.queue <- e:
		if l.dropped > 0 {
			l.log.Info("The queue of change log entries accepts entries again", "dropped", l.dropped)
			l.dropped = 0
		}
	default:
		if l.dropped == 0 {
			l.log.Info("The queue of change log entries is full: dropping entries", "length", cap(l.queue))
		}
		l.dropped++
	}
}

// Close sends the queued entries for a bounded time, and closes the connection.
// Changes that are logged afterwards have no entry.
func (l *Logger) Close() {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.queue)
	}
	l.mu.Unlock()
	select {
	case <-l.done:
	case <-time.After(closeTimeout): //nolint:forbidigo // the provider ends
	}
	l.cancel()
	<-l.done
	if l.conn != nil {
		_ = l.conn.Close()
	}
}

// run sends queued entries until the queue is closed and empty, or ctx is done.
func (l *Logger) run(ctx context.Context) {
	defer close(l.done)
	unsent := 0
	for e := range l.queue {
		if ctx.Err() != nil || !l.deliver(ctx, e) {
			unsent++
		}
	}
	if unsent > 0 {
		l.log.Info("Change log entries were not sent before the provider ended", "entries", unsent)
	}
}

// deliver sends an entry, and retries while the sidecar is unavailable. It reports whether
// the entry was sent or rejected before ctx was done.
func (l *Logger) deliver(ctx context.Context, e *v1alpha1.ChangeLogEntry) bool {
	for unavailable := false; ; unavailable = true {
		err := l.send(ctx, e)
		switch {
		case err == nil:
			if unavailable {
				l.log.Info("The change log sidecar is available: sending queued entries")
			}
			return true
		case ctx.Err() != nil:
			return false
		case !isUnavailable(err):
			// The sidecar would reject it again, and it would block all later entries.
			l.log.Info("The change log sidecar rejected an entry", "error", err, "operation", e.GetOperation(), "kind", e.GetKind(), "name", e.GetName())
			return true
		case !unavailable:
			l.log.Info("The change log sidecar is unavailable: queueing entries, resources are reconciled meanwhile", "error", err)
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(l.interval): //nolint:forbidigo // no reconcile waits for it
		}
	}
}

func (l *Logger) send(ctx context.Context, e *v1alpha1.ChangeLogEntry) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	_, err := l.client.SendChangeLog(ctx, &v1alpha1.SendChangeLogRequest{Entry: e})
	return err
}

// isUnavailable reports whether err is about the sidecar, not about the entry.
func isUnavailable(err error) bool {
	c := status.Code(err)
	return c == codes.Unavailable || c == codes.DeadlineExceeded
}
