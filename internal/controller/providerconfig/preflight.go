// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package providerconfig

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/event"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
)

const (
	// verifyEvery is the shortest interval between two dry runs of one action with the same
	// credentials.
	verifyEvery = time.Hour

	// verifyRetry is the interval after a dry run that verified nothing, and after which
	// changed credentials are noticed: no event reports them.
	verifyRetry = 10 * time.Minute

	// samplePoll is how often the resources that dry runs need are searched for. It makes no
	// call.
	samplePoll = time.Minute

	// preflightTimeout bounds the dry runs of one reconcile.
	preflightTimeout = time.Minute

	// maxClockSkew is the difference of clocks that is reported. AWS rejects requests whose
	// time differs by more than five minutes.
	maxClockSkew = time.Minute
)

// A verifier verifies the permissions of credentials. *ec2.Client is one.
type verifier interface {
	Place(ctx context.Context) (ec2.Place, error)
	Principal(ctx context.Context) (string, error)
	ClusterNetworkInterfaces(ctx context.Context) ([]*ec2types.NetworkInterface, error)
	DryRuns() []ec2.DryRun
	VerifyPermissions(ctx context.Context, runs []ec2.DryRun) ec2.Verification
}

// A Preflight verifies the permissions of each provider config, and reports them in its condition
// Preflight: after the start and a change of the credentials, when the resources that a dry run
// needs exist, and then hourly.
type Preflight struct {
	client    client.Client
	verifier  func(ctx context.Context, ref ec2.ConfigReference) (verifier, error)
	record    event.Recorder
	kind      string
	newConfig func() apiConfig
	now       func() time.Time

	mu      sync.Mutex
	results map[types.NamespacedName]*preflightResult
}

// A preflightResult is what is known of credentials.
type preflightResult struct {
	began       time.Time
	verifier    verifier
	listed      bool // EC2 has returned the ENIs of the cluster
	principal   string
	place       ec2.Place
	skew        time.Duration
	next        map[string]time.Time // when an action may be verified again
	permissions map[string]ec2.Permission
}

// Reconcile verifies the permissions of a config if it is time.
func (p *Preflight) Reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	result, err := p.reconcile(ctx, req)
	return errors.SilentlyRequeueOnConflict(result, err)
}

func (p *Preflight) reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	pc := p.newConfig()
	err := p.client.Get(ctx, req.NamespacedName, pc)
	if err != nil || meta.WasDeleted(pc) {
		p.forget(req.NamespacedName)
		return reconcile.Result{}, errors.Wrapf(client.IgnoreNotFound(err), "cannot get %s %q", p.kind, req.Name)
	}
	v, err := p.verifier(ctx, ec2.ConfigReference{Kind: p.kind, Namespace: pc.GetNamespace(), Name: pc.GetName()})
	if err != nil {
		p.forget(req.NamespacedName)
		return reconcile.Result{RequeueAfter: samplePoll}, p.report(ctx, pc, v1alpha1.Preflight(corev1.ConditionFalse, v1alpha1.ReasonCredentialsRejected, awserr.Clean(err).Error()))
	}
	r := p.resultOf(req.NamespacedName, v)
	r.verify(ctx, p.now)
	c := r.condition()
	if !slices.ContainsFunc(r.sorted(), func(x ec2.Permission) bool { return x.Needs != "" }) {
		return reconcile.Result{RequeueAfter: verifyRetry}, p.report(ctx, pc, c)
	}
	was := pc.GetCondition(v1alpha1.TypePreflight)
	if !r.listed && c.Status == corev1.ConditionTrue && was.Status != corev1.ConditionUnknown && p.now().Sub(r.began) < verifyRetry {
		// The ENIs are not known yet with which the permissions were verified before a restart.
		return reconcile.Result{RequeueAfter: samplePoll}, nil
	}
	return reconcile.Result{RequeueAfter: samplePoll}, p.report(ctx, pc, c)
}

func (p *Preflight) forget(k types.NamespacedName) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.results, k)
}

// resultOf returns the result of a config, an empty one if its credentials have changed.
func (p *Preflight) resultOf(k types.NamespacedName, v verifier) *preflightResult {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.results[k]
	if r == nil || r.verifier != v {
		r = &preflightResult{began: p.now(), verifier: v, next: map[string]time.Time{}, permissions: map[string]ec2.Permission{}}
		p.results[k] = r
	}
	return r
}

// report writes a condition if it differs, and sends an event about a new problem.
func (p *Preflight) report(ctx context.Context, pc apiConfig, c xpv2.Condition) error {
	written, err := writeStatus(ctx, p.client, p.kind, pc, c, func(*v1alpha1.ProviderConfigStatus) {})
	if written && c.Status == corev1.ConditionFalse {
		p.record.Event(pc, warning(c))
	}
	return err
}

// verify makes the dry runs whose time has come.
func (r *preflightResult) verify(ctx context.Context, now func() time.Time) {
	ctx, cancel := context.WithTimeout(ctx, preflightTimeout)
	defer cancel()
	if !r.listed {
		_, err := r.verifier.ClusterNetworkInterfaces(ctx)
		r.listed = err == nil
	}
	due := r.due(now())
	if !slices.ContainsFunc(due, func(d ec2.DryRun) bool { return d.Needs == "" }) {
		return
	}
	if name, err := r.verifier.Principal(ctx); err == nil {
		r.principal = name
	}
	r.place, _ = r.verifier.Place(ctx) // empty if it is not known
	v := r.verifier.VerifyPermissions(ctx, due)
	r.skew = v.ClockSkew
	for _, x := range v.Permissions {
		had, ok := r.permissions[x.Action]
		if x.State != ec2.PermissionNotVerified || !ok || had.State == ec2.PermissionNotVerified {
			r.permissions[x.Action] = x
		}
		switch {
		case x.State != ec2.PermissionNotVerified:
			r.next[x.Action] = now().Add(verifyEvery)
		case x.Needs == "":
			r.next[x.Action] = now().Add(verifyRetry)
		}
	}
}

// due returns the dry runs that may be made again.
func (r *preflightResult) due(at time.Time) []ec2.DryRun {
	return slices.DeleteFunc(r.verifier.DryRuns(), func(d ec2.DryRun) bool { return at.Before(r.next[d.Action]) })
}

// sorted returns the permissions by action.
func (r *preflightResult) sorted() []ec2.Permission {
	out := make([]ec2.Permission, 0, len(r.permissions))
	for _, x := range r.permissions {
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b ec2.Permission) int { return strings.Compare(a.Action, b.Action) })
	return out
}

// condition returns the condition of a result. The first of several problems is its reason;
// the message has all.
func (r *preflightResult) condition() xpv2.Condition {
	status, reason := corev1.ConditionTrue, v1alpha1.ReasonPreflightPassed
	var message []string
	problem := func(s corev1.ConditionStatus, c xpv2.ConditionReason, text string) {
		if status == corev1.ConditionTrue {
			status, reason = s, c
		}
		message = append(message, text)
	}
	who := r.place.String()
	if r.principal != "" {
		who = r.principal + ", " + who
	}
	granted, denied, missing, failed := r.byState()
	if len(denied) > 0 {
		problem(corev1.ConditionFalse, v1alpha1.ReasonMissingPermission, fmt.Sprintf("EC2 does not permit %s: add the actions to the IAM policy", strings.Join(denied, ", ")))
	}
	for _, x := range failed {
		if awserr.IsUnauthorized(x.Err) {
			problem(corev1.ConditionFalse, v1alpha1.ReasonCredentialsRejected, "AWS rejects the credentials: "+x.Err.Error())
			break
		}
	}
	if r.skew.Abs() > maxClockSkew {
		problem(corev1.ConditionFalse, v1alpha1.ReasonClockSkew, fmt.Sprintf("EC2's clock and the clock of the provider's node differ by %s: synchronize the node's clock", r.skew.Abs().Truncate(time.Minute)))
	}
	if status == corev1.ConditionTrue && len(granted) == 0 && len(failed) > 0 {
		problem(corev1.ConditionUnknown, v1alpha1.ReasonNotVerified, "EC2 does not respond to dry runs: "+failed[0].Err.Error())
	}
	if len(granted) > 0 {
		message = append(message, fmt.Sprintf("EC2 permits %d actions", len(granted)))
	}
	for _, needs := range slices.Sorted(maps.Keys(missing)) {
		message = append(message, fmt.Sprintf("not verified without %s: %s", needs, strings.Join(missing[needs], ", ")))
	}
	return v1alpha1.Preflight(status, reason, who+": "+strings.Join(message, "; "))
}

// byState groups the permissions by their state. missing has the actions by the resource that
// they need.
func (r *preflightResult) byState() (granted, denied []string, missing map[string][]string, failed []ec2.Permission) {
	missing = map[string][]string{}
	for _, x := range r.sorted() {
		switch {
		case x.State == ec2.PermissionGranted:
			granted = append(granted, x.Action)
		case x.State == ec2.PermissionDenied:
			denied = append(denied, x.Action)
		case x.Needs != "":
			missing[x.Needs] = append(missing[x.Needs], x.Action)
		default:
			failed = append(failed, x)
		}
	}
	return granted, denied, missing, failed
}
