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

// An omission has EC2 answer with success, and leave out resources that exist.
type omission struct {
	actions []string
	share   float64 // of the ENIs and instances that exist, 1 for empty answers
	salt    int
	// last is how long it lasts; 0 is until the round ends, or the last of several
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
		// Shorter than what confirms a deletion: even one that is missing alone is
		// not deleted.
		o.last = time.Duration(200+p.IntN(2000)) * time.Millisecond
	}
	what := fmt.Sprintf("EC2 leaves %.0f%% out of its answers to %s", 100*o.share, strings.Join(o.actions, ", "))
	if long {
		what += ", until the faults end"
	} else {
		what += ", for " + o.last.String()
	}
	p.add(step{what: what, do: func(ctx context.Context, w *world) error { w.omit(ctx, o); return nil }}, nil)
}

// omit begins an omission.
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
	// What confirms a deletion is that little is missing for longer than the
	// absence period. The omission ends before that, when so many objects have been
	// deleted that what it omits is little.
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

// missing picks the ENIs and instances that an omission leaves out.
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

// muchMissing reports whether an omission leaves out clearly more of what objects
// claim to exist than is taken for deletions.
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
