// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package garbage

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/event"
	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

const (
	// maxPerPass limits the damage of one mistake.
	maxPerPass = 25

	// countTTL is how long the highest number of objects is kept for comparison, and for
	// how long after its start the collector, which has no earlier number, only reports. It
	// gives an operator time to react.
	countTTL = time.Hour

	pageSize = 500

	reasonLeaked  event.Reason = "LeakedNetworkInterfaces"
	reasonDeleted event.Reason = "DeletedLeakedNetworkInterfaces"
	reasonRefused event.Reason = "RefusedGarbageCollection"
)

// A Collector periodically searches for leaked ENIs.
type Collector struct {
	uncached client.Reader
	clients  clients
	reports  reports
	log      logging.Logger
	record   event.Recorder
	metrics  *metrics
	every    time.Duration
	remove   bool
	cluster  string
	now      func() time.Time
	began    time.Time

	// State of earlier passes.
	suspects map[string]bool
	trusted  bool // the last pass trusted the number of objects
	most     int
	mostAt   time.Time
}

// clients returns the EC2 clients that reach this cluster's ENIs.
type clients interface {
	All(ctx context.Context) ([]ec2.ConfiguredClient, error)
}

// NeedLeaderElection implements manager.LeaderElectionRunnable; only the leader collects.
func (c *Collector) NeedLeaderElection() bool { return true }

// Start makes passes until ctx is done. The first pass has a random delay within the
// interval, so that the clusters of an account do not call EC2 at the same time.
func (c *Collector) Start(ctx context.Context) error {
	c.began = c.now()
	first := time.NewTimer(rand.N(c.every)) //nolint:gosec // spreads load, guards nothing
	defer first.Stop()
	select {
	case <-ctx.Done():
		return nil
	case <-first.C:
	}
	wait.UntilWithContext(ctx, func(ctx context.Context) {
		if err := c.pass(ctx); err != nil && ctx.Err() == nil {
			c.log.Info("Cannot search for leaked network interfaces", "error", err)
		}
	}, c.every)
	return nil
}

// pass makes one search. Clients of the same account return the same ENIs.
func (c *Collector) pass(ctx context.Context) error {
	ctx = throttle.WithPriority(ctx, throttle.PriorityGarbage)
	reached, err := c.clients.All(ctx)
	if err != nil {
		return err
	}
	all := map[string]found{}
	unknown := map[ec2.ConfigReference]bool{}
	var failed []error
	for _, r := range reached {
		enis, err := r.Client.ClusterNetworkInterfaces(ctx)
		if err != nil {
			unknown[r.Config] = true
			failed = append(failed, errors.Wrapf(err, "%s in region %s", r.Config.Name, r.Client.Region))
			continue
		}
		for _, n := range enis {
			// The cluster's own configs come first: a namespace's config does not replace
			// their results.
			f := found{Interface: eniview.Interface(n), eni: n, by: r}
			if _, ok := all[f.ID]; !ok {
				all[f.ID] = f
			}
		}
	}
	// List the objects after the ENIs: the ENI of an object created in between is too
	// young to be leaked.
	live, err := c.live(ctx)
	if err != nil {
		return err
	}
	leaked := c.confirm(all, live)
	c.metrics.leaked.Set(float64(len(leaked)))
	failed = append(failed, c.report(ctx, reached, unknown, all, leaked))
	refused := c.distrust(len(live.UIDs))
	if refused != "" {
		c.metrics.refused.Inc()
		c.recordEvent(ctx, reached, event.Warning(reasonRefused, errors.New(refused)))
	}
	if len(leaked) > 0 {
		failed = append(failed, c.handle(ctx, all, leaked, live, refused == "" && c.trusted))
	}
	c.trusted = refused == ""
	return errors.Join(failed...)
}

// distrust returns why the number of objects is not trusted, or "". Leaked ENIs are then
// reported but not deleted.
func (c *Collector) distrust(n int) string {
	now := c.now()
	if n >= c.most || now.Sub(c.mostAt) > countTTL {
		c.most, c.mostAt = n, now
	}
	switch {
	case n == 0:
		return "there is no NetworkInterface at all, as in a cluster that is being restored: nothing is deleted"
	case eni.Shrunk(n, c.most):
		return fmt.Sprintf("there are %d NetworkInterfaces, but there were %d within the last hour: nothing is deleted until an hour has passed", n, c.most)
	default:
		return ""
	}
}

// confirm returns the ENIs that were leaked in this pass and in the last.
func (c *Collector) confirm(all map[string]found, live eni.Live) []string {
	us := make([]eni.Interface, 0, len(all))
	for _, f := range all {
		us = append(us, f.Interface)
	}
	suspects := map[string]bool{}
	var leaked []string
	for _, id := range eni.Garbage(us, live, c.now()) {
		suspects[id] = true
		if c.suspects[id] {
			leaked = append(leaked, id)
		}
	}
	c.suspects = suspects
	return leaked
}

// handle reports leaked ENIs, and deletes them if the mode and the state of the collector
// allow it.
func (c *Collector) handle(ctx context.Context, all map[string]found, leaked []string, live eni.Live, mayDelete bool) error {
	byConfig := map[client.Object][]string{}
	for _, id := range leaked {
		byConfig[all[id].by.Object] = append(byConfig[all[id].by.Object], id)
	}
	for config, ids := range byConfig {
		c.record.Event(config, event.Warning(reasonLeaked, errors.Errorf("%d network interfaces of this cluster belong to no object: %s", len(ids), firstFew(all, ids))))
	}
	if !mayDelete || !c.remove || c.now().Sub(c.began) < countTTL {
		return nil
	}
	var failed []error
	deleted := map[client.Object][]string{}
	free := slices.DeleteFunc(slices.Clone(leaked), func(id string) bool { return all[id].Attachment != nil })
	for _, id := range free[:min(len(free), maxPerPass)] {
		f := all[id]
		removed, err := c.delete(ctx, f.by.Client, id, live)
		if err != nil {
			failed = append(failed, errors.Wrapf(awserr.Clean(err), "cannot delete leaked network interface %q", id))
		}
		if !removed {
			continue
		}
		c.metrics.deleted.Inc()
		deleted[f.by.Object] = append(deleted[f.by.Object], id)
	}
	for config, ids := range deleted {
		c.record.Event(config, event.Normal(reasonDeleted, fmt.Sprintf("Deleted %d network interfaces that belonged to no object: %s", len(ids), firstFew(all, ids))))
	}
	return errors.Join(failed...)
}

// delete deletes an ENI that was leaked when the pass began, if package eni still permits
// it, and reports whether the ENI no longer exists.
func (c *Collector) delete(ctx context.Context, cl *ec2.Client, id string, live eni.Live) (bool, error) {
	n, err := cl.NetworkInterfaceFresh(ctx, id)
	if err != nil || n == nil {
		return false, err
	}
	view := eniview.Interface(n)
	namespace, name, uid, _ := eni.TaggedOwner(view.Tags)
	owner := eni.ObjectOwner{Lives: live.UIDs[uid] || live.IDs[id], Namespace: namespace, Name: name}
	permit, refused := eni.AllowCollect(c.cluster, owner, view)
	if refused != nil {
		return false, refused
	}
	_, err = cl.Mutate(permit).DeleteNetworkInterface(ctx, &awsec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &id})
	if awserr.IsNotFound(err) {
		err = nil
	}
	return err == nil, err
}

// live returns the ids and UIDs of all NetworkInterfaces from the API server: a stale cache
// would cause ENIs to be deleted.
func (c *Collector) live(ctx context.Context) (eni.Live, error) {
	out := eni.Live{UIDs: map[string]bool{}, IDs: map[string]bool{}}
	l := &metav1.PartialObjectMetadataList{}
	l.SetGroupVersionKind(ec2v1alpha1.SchemeGroupVersion.WithKind(ec2v1alpha1.NetworkInterfaceKind + "List"))
	for {
		if err := c.uncached.List(ctx, l, client.Limit(pageSize), client.Continue(l.Continue)); err != nil {
			return eni.Live{}, errors.Wrap(err, "cannot list NetworkInterfaces")
		}
		for i := range l.Items {
			out.UIDs[string(l.Items[i].GetUID())] = true
			out.IDs[meta.GetExternalName(&l.Items[i])] = true
		}
		if l.Continue == "" {
			return out, nil
		}
	}
}

func (c *Collector) recordEvent(_ context.Context, reached []ec2.ConfiguredClient, e event.Event) {
	told := map[string]bool{}
	for _, r := range reached {
		if uid := string(r.Object.GetUID()); !told[uid] {
			told[uid] = true
			c.record.Event(r.Object, e)
		}
	}
}

// found is an ENI of this cluster with the client that returned it.
type found struct {
	eni.Interface

	eni *ec2types.NetworkInterface
	by  ec2.ConfiguredClient
}

// firstFew lists the first few ENIs, and the instances they are attached to.
func firstFew(all map[string]found, ids []string) string {
	const most = 10
	ids = slices.Sorted(slices.Values(ids))
	var parts []string
	for i, id := range ids {
		if i == most {
			parts = append(parts, "…")
			break
		}
		if at := all[id].Attachment; at != nil {
			id += " (attached to " + at.InstanceID + ")"
		}
		parts = append(parts, id)
	}
	return strings.Join(parts, ", ")
}
