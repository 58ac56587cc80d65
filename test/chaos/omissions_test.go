// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// An omission omits existing resources from successful EC2 responses.
type omission struct {
	actions []string
	share   float64 // of the existing ENIs and instances, 1 for empty responses
	salt    int
	// last is the duration; 0: until the end of the round, or of the last of several
	// rounds.
	last time.Duration
}

// omit adds an omission.
func (p *planner) omit() { p.omitFrom(p.IntN(4) == 0) }

func (p *planner) omitFrom(long bool) {
	o := omission{salt: p.IntN(1 << 20), share: pick(p.Rand, []float64{1, 1, 0.8, 0.6, 0.3})}
	o.actions = pick(p.Rand, [][]string{
		{"DescribeNetworkInterfaces"},
		{"DescribeNetworkInterfaces"},
		{"DescribeInstances"},
		{"DescribeNetworkInterfaces", "DescribeInstances"},
		{"DescribeNetworkInterfaces", "DescribeInstances", "DescribeSubnets", "DescribeSecurityGroups"},
	})
	if !long {
		// Shorter than the absence period: the provider must not consider even a single
		// missing resource deleted.
		o.last = time.Duration(200+p.IntN(2000)) * time.Millisecond
	}
	what := fmt.Sprintf("EC2 omits %.0f%% from its responses to %s", 100*o.share, strings.Join(o.actions, ", "))
	if long {
		what += ", until the faults end"
	} else {
		what += ", for " + o.last.String()
	}
	p.add(step{what: what, do: func(ctx context.Context, w *world) error { w.omit(ctx, o); return nil }}, nil)
}

// omit starts an omission.
func (w *world) omit(ctx context.Context, o omission) {
	missing := w.missing(o)
	var handles []ec2emulator.FaultHandle
	for _, a := range o.actions {
		f := ec2emulator.Fault{Action: a, OmitIDs: missing}
		if o.share == 1 {
			f = ec2emulator.Fault{Action: a, Omit: 1}
		}
		handles = append(handles, w.EC2.Inject(f))
	}
	remove := func() {
		for _, h := range handles {
			h.Remove()
		}
	}
	if o.last > 0 {
		w.later(o.last, remove)
		return
	}
	// The provider considers resources deleted if few are missing for longer than the
	// absence period. End the omission before, when few of the remaining objects are
	// affected.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	w.mu.Lock()
	w.stops = append(w.stops, cancel)
	w.mu.Unlock()
	w.background.Go(func() {
		defer remove()
		for ctx.Err() == nil && w.muchMissing(ctx, o, missing) {
			sleep(ctx, 100*time.Millisecond)
		}
	})
}

// missing returns the ids of the ENIs and instances of an omission.
func (w *world) missing(o omission) []string {
	var out []string
	s := w.EC2.State()
	add := func(id string) {
		h := fnv.New64a()
		_, _ = fmt.Fprintf(h, "%d %s", o.salt, id)
		if float64(h.Sum64()>>11)/(1<<53) < o.share {
			out = append(out, id)
		}
	}
	for _, n := range s.NetworkInterfaces {
		add(n.ID)
	}
	for _, i := range s.Instances {
		add(i.ID)
	}
	return out
}

// muchMissing reports whether an omission affects more of the resources in the status
// of objects than the provider considers deleted at once.
func (w *world) muchMissing(ctx context.Context, o omission, missing []string) bool {
	omitted := map[string]bool{}
	for _, id := range missing {
		omitted[id] = true
	}
	much := func(claimed map[string]bool) bool {
		n := 0
		for id := range claimed {
			if o.share == 1 || omitted[id] {
				n++
			}
		}
		return n > 2 && float64(n) > 0.4*float64(len(claimed))
	}
	nis, ats := &ec2v1alpha1.NetworkInterfaceList{}, &ec2v1alpha1.NetworkInterfaceAttachmentList{}
	for _, l := range []client.ObjectList{nis, ats} {
		if w.kube.List(ctx, l) != nil {
			return false
		}
	}
	enis, instances := map[string]bool{}, map[string]bool{}
	for i := range nis.Items {
		if id := nis.Items[i].Status.AtProvider.ID; id != "" && nis.Items[i].GetDeletionTimestamp() == nil {
			enis[id] = true
		}
	}
	for i := range ats.Items {
		if id := ats.Items[i].Status.AtProvider.InstanceID; id != "" && ats.Items[i].GetDeletionTimestamp() == nil {
			instances[id] = true
		}
	}
	for _, a := range o.actions {
		if a == "DescribeNetworkInterfaces" && !much(enis) || a == "DescribeInstances" && !much(instances) {
			return false
		}
	}
	return true
}
