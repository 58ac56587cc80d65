// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package providerconfig

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/event"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
)

const (
	// capacityPoll is how often the subnets of a config are described, in one call, and
	// firstPoll how often its first ENI is searched for, without a call.
	capacityPoll = 5 * time.Minute
	firstPoll    = time.Minute

	// quotaPoll is how often quotas are read and all ENIs of the account are counted, and
	// quotaPollHalf how often if more than half of the quota is used.
	quotaPoll     = time.Hour
	quotaPollHalf = 10 * time.Minute

	// capacityTimeout bounds the calls of one reconcile, the count of all ENIs included.
	capacityTimeout = 5 * time.Minute

	// The condition becomes False when more than nearlyUsed percent of the quota are used, or
	// fewer than nearlyFull percent of a subnet's addresses are free.
	nearlyUsed = 80
	nearlyFull = 10

	// reservedAddresses is the number of addresses of each subnet that AWS reserves:
	// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
	reservedAddresses = 5
)

// An account returns the quotas and the subnets of credentials. *ec2.Client is one.
type account interface {
	Quota(ctx context.Context, code string) (int32, error)
	CountNetworkInterfaces(ctx context.Context) (int, error)
	SubnetsByID(ctx context.Context, ids []string) (map[string]ec2.Subnet, error)
}

// A Capacity reports how much of the account's quotas is used, and how many addresses the subnets of
// a provider config have, in its status and its condition CapacityAvailable.
type Capacity struct {
	client    client.Client
	accounts  func(ctx context.Context, ref ec2.ConfigReference) (account, string, error) // with the region
	record    event.Recorder
	kind      string
	newConfig func() apiConfig
	now       func() time.Time

	mu     sync.Mutex
	quotas map[types.NamespacedName]quotas
}

// quotas are the result of reading quotas with an account's credentials.
type quotas struct {
	of   account
	at   time.Time
	list []v1alpha1.Quota
	err  error
}

// Reconcile reads the quotas and the subnets of a config.
func (r *Capacity) Reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	result, err := r.reconcile(ctx, req)
	return errors.SilentlyRequeueOnConflict(result, err)
}

func (r *Capacity) reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	pc := r.newConfig()
	err := r.client.Get(ctx, req.NamespacedName, pc)
	if err != nil || meta.WasDeleted(pc) {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.quotas, req.NamespacedName)
		return reconcile.Result{}, errors.Wrapf(client.IgnoreNotFound(err), "cannot get %s %q", r.kind, req.Name)
	}
	ctx, cancel := context.WithTimeout(ctx, capacityTimeout)
	defer cancel()
	a, region, err := r.accounts(ctx, ec2.ConfigReference{Kind: r.kind, Namespace: pc.GetNamespace(), Name: pc.GetName()})
	if err != nil {
		return reconcile.Result{RequeueAfter: firstPoll}, nil // the condition Preflight has the error
	}
	ids, err := r.subnetsOf(ctx, pc, region)
	if err != nil || len(ids) == 0 && pc.GetCondition(v1alpha1.TypeCapacityAvailable).Status == corev1.ConditionUnknown {
		return reconcile.Result{RequeueAfter: firstPoll}, err // a config without ENIs needs no capacity
	}
	subnets, err := a.SubnetsByID(ctx, ids)
	if err != nil {
		return reconcile.Result{RequeueAfter: capacityPoll}, nil // the objects report the outage
	}
	q := r.quotasOf(ctx, req.NamespacedName, a)
	list := capacities(subnets)
	return reconcile.Result{RequeueAfter: capacityPoll}, r.report(ctx, pc, capacityCondition(q, list, region), q.list, list)
}

// subnetsOf returns the ids of the subnets of a config's ENIs in a region.
func (r *Capacity) subnetsOf(ctx context.Context, pc apiConfig, region string) ([]string, error) {
	all := &ec2v1alpha1.NetworkInterfaceList{}
	if err := r.client.List(ctx, all, client.UnsafeDisableDeepCopy, client.InNamespace(pc.GetNamespace())); err != nil {
		return nil, errors.Wrap(err, "cannot list NetworkInterfaces")
	}
	found := map[string]bool{}
	for i := range all.Items {
		n := &all.Items[i]
		ref := n.GetProviderConfigReference()
		if ref == nil || ref.Kind != r.kind || ref.Name != pc.GetName() || ptr.Deref(n.Spec.ForProvider.Region, region) != region {
			continue
		}
		if id := cmp.Or(n.Status.AtProvider.SubnetID, string(ptr.Deref(n.Spec.ForProvider.SubnetID, ""))); id != "" {
			found[id] = true
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// quotasOf returns the quotas of an account, read again after an hour and with changed credentials.
func (r *Capacity) quotasOf(ctx context.Context, k types.NamespacedName, a account) quotas {
	r.mu.Lock()
	q, ok := r.quotas[k]
	r.mu.Unlock()
	if ok && q.of == a && r.now().Sub(q.at) < q.poll() {
		return q
	}
	q = quotas{of: a, at: r.now()}
	q.list, q.err = readQuotas(ctx, a)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.quotas[k] = q
	return q
}

// poll returns after which time the quotas are read again.
func (q quotas) poll() time.Duration {
	for _, x := range q.list {
		if x.Used != nil && int64(*x.Used)*2 > int64(x.Limit) {
			return quotaPollHalf
		}
	}
	return quotaPoll
}

// readQuotas reads the quotas, and counts the ENIs of the account if their quota is known.
func readQuotas(ctx context.Context, a account) ([]v1alpha1.Quota, error) {
	limit, err := a.Quota(ctx, ec2.QuotaNetworkInterfaces)
	if err != nil {
		return nil, err
	}
	used, err := a.CountNetworkInterfaces(ctx)
	if err != nil {
		return nil, err
	}
	out := []v1alpha1.Quota{{Name: v1alpha1.QuotaNetworkInterfacesPerRegion, Code: ec2.QuotaNetworkInterfaces, Limit: limit, Used: new(int32(used))}} //nolint:gosec // at most 250 pages of 1,000
	if groups, err := a.Quota(ctx, ec2.QuotaSecurityGroups); err == nil {
		out = append(out, v1alpha1.Quota{Name: v1alpha1.QuotaSecurityGroupsPerNetworkInterface, Code: ec2.QuotaSecurityGroups, Limit: groups})
	}
	return out, nil
}

// capacities returns the use of subnets, the fewest free addresses first.
func capacities(subnets map[string]ec2.Subnet) []v1alpha1.SubnetCapacity {
	out := make([]v1alpha1.SubnetCapacity, 0, len(subnets))
	for _, s := range subnets {
		total := addressesIn(s.CIDR)
		if total == 0 {
			continue // a subnet with IPv6 only
		}
		out = append(out, v1alpha1.SubnetCapacity{SubnetID: s.ID, AvailabilityZone: s.AvailabilityZone, Addresses: total, FreeAddresses: s.FreeAddresses})
	}
	slices.SortFunc(out, func(a, b v1alpha1.SubnetCapacity) int {
		return cmp.Or(cmp.Compare(a.FreeAddresses, b.FreeAddresses), cmp.Compare(a.SubnetID, b.SubnetID))
	})
	return out[:min(len(out), v1alpha1.MaxSubnets)]
}

// addressesIn returns how many IPv4 addresses of a block EC2 assigns.
func addressesIn(cidr string) int32 {
	p, err := netip.ParsePrefix(cidr)
	if err != nil || !p.Addr().Is4() || p.Bits() < 8 {
		return 0
	}
	return max(0, int32(1)<<(32-p.Bits())-reservedAddresses)
}

// capacityCondition returns the condition. The first of several problems is its reason.
func capacityCondition(q quotas, subnets []v1alpha1.SubnetCapacity, region string) xpv2.Condition {
	status, reason := corev1.ConditionTrue, v1alpha1.ReasonCapacityAvailable
	var message []string
	for _, x := range q.list {
		if x.Used == nil {
			continue
		}
		text := fmt.Sprintf("the account has %d network interfaces in %s, of %d that its quota %s permits", *x.Used, region, x.Limit, x.Code)
		if int64(*x.Used)*100 > int64(x.Limit)*nearlyUsed {
			status, reason = corev1.ConditionFalse, v1alpha1.ReasonQuotaNearlyUsed
			text += ": request a higher quota, or delete network interfaces"
		}
		message = append(message, text)
	}
	if q.err != nil {
		message = append(message, "quotas are not known: "+awserr.Clean(q.err).Error())
	}
	var full []string
	for _, s := range subnets {
		if int64(s.FreeAddresses)*100 < int64(s.Addresses)*nearlyFull {
			full = append(full, fmt.Sprintf("%s (%d of %d)", s.SubnetID, s.FreeAddresses, s.Addresses))
		}
	}
	if len(full) > 0 {
		if status == corev1.ConditionTrue {
			status, reason = corev1.ConditionFalse, v1alpha1.ReasonSubnetNearlyFull
		}
		message = append(message, "few addresses are free in "+strings.Join(full[:min(len(full), maxNearlyFull)], ", ")+": use more or larger subnets")
	}
	return v1alpha1.CapacityAvailable(status, reason, strings.Join(message, "; "))
}

// maxNearlyFull limits how many subnets a message has.
const maxNearlyFull = 10

// report writes the condition, the quotas and the subnets if they differ, and sends an event about a
// new problem.
func (r *Capacity) report(ctx context.Context, pc apiConfig, c xpv2.Condition, q []v1alpha1.Quota, subnets []v1alpha1.SubnetCapacity) error {
	was := pc.GetCondition(v1alpha1.TypeCapacityAvailable)
	written, err := writeStatus(ctx, r.client, r.kind, pc, c, func(s *v1alpha1.ProviderConfigStatus) { s.Quotas, s.Subnets = q, subnets })
	if written && c.Status == corev1.ConditionFalse && c.Reason != was.Reason {
		r.record.Event(pc, warning(c))
	}
	return err
}
