package chaos

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// A witness watches objects come and go, and compares their going with EC2 at
// that moment: what is over by the end of a round can still have been wrong.
type witness struct {
	w *world

	mu    sync.Mutex
	wrong []violation
	hosts map[types.UID]*hostRecord
	// epoch counts the restores of the API server from a backup: what does not exist
	// after one was not deleted.
	epoch int
}

// A hostRecord is what a HostInterface stood for, and when.
type hostRecord struct {
	name, node, eni string
	// seen and released are places in the ledger: nothing before seen, and
	// everything after released, found the HostInterface let go.
	seen     ec2emulator.Mark
	released *ec2emulator.Mark
}

func newWitness(w *world) *witness { return &witness{w: w, hosts: map[types.UID]*hostRecord{}} }

func (x *witness) accusef(check, format string, args ...any) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.wrong = append(x.wrong, violation{check: check, text: fmt.Sprintf(format, args...)})
}

// verdict returns what was wrong.
func (x *witness) verdict() []violation {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.wrong)
}

// held returns the HostInterface that still held an ENI when a call was made.
func (x *witness) held(eni string, at uint64) (hostRecord, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, h := range x.hosts {
		if h.eni == eni && uint64(h.seen) < at && (h.released == nil || uint64(*h.released) >= at) {
			return *h, true
		}
	}
	return hostRecord{}, false
}

// startAgain forgets all objects. It is called before the API server starts with a
// backup.
func (x *witness) startAgain() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.epoch++
	clear(x.hosts)
}

func (x *witness) now() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.epoch
}

// forget drops the records of HostInterfaces that are gone, between rounds.
func (x *witness) forget() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for uid, h := range x.hosts {
		if h.released != nil {
			delete(x.hosts, uid)
		}
	}
}

// agentClient is what the agents use. It notes when they let go, before they
// say so: whatever the provider does about it comes after.
func (x *witness) agentClient(c client.WithWatch) client.WithWatch {
	return interceptor.NewClient(c, interceptor.Funcs{
		Update: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
			if h, ok := o.(*v1alpha1.HostInterface); ok && meta.WasDeleted(h) && !meta.FinalizerExists(h, v1alpha1.FinalizerAgent) {
				// A host takes its time; without it a provider that does not
				// wait would not be seen to hurry.
				sleep(ctx, 20*time.Millisecond)
				x.noteReleased(h)
			}
			return c.Update(ctx, o, opts...)
		},
	})
}

func (x *witness) noteReleased(h *v1alpha1.HostInterface) {
	at := x.w.EC2.Mark()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.record(h).released = &at
}

func (x *witness) record(h *v1alpha1.HostInterface) *hostRecord {
	r, ok := x.hosts[h.GetUID()]
	if !ok {
		r = &hostRecord{seen: x.w.EC2.Mark()}
		x.hosts[h.GetUID()] = r
	}
	r.name, r.node, r.eni = h.GetName(), h.Spec.NodeName, h.Spec.NetworkInterfaceID
	return r
}

func (x *witness) watchHosts(ctx context.Context) {
	x.follow(ctx, hostInterfaces, func(o client.Object, gone bool) {
		if h := o.(*v1alpha1.HostInterface); !gone {
			x.mu.Lock()
			defer x.mu.Unlock()
			x.record(h)
		}
	})
}

func (x *witness) watchInterfaces(ctx context.Context) {
	x.follow(ctx, networkInterfaces, func(o client.Object, gone bool) {
		if !gone {
			return
		}
		for _, n := range x.w.live() {
			if n.Tags[tagUID] == string(o.GetUID()) {
				x.accusef(checkFinalizer, "NetworkInterface %s/%s (uid %s) is gone from the API server, but its ENI %s stands in EC2: its finalizer was dropped too early", o.GetNamespace(), o.GetName(), o.GetUID(), n.ID)
			}
		}
	})
}

func (x *witness) watchAttachments(ctx context.Context) {
	x.follow(ctx, attachments, func(o client.Object, gone bool) {
		a := o.(*ec2v1alpha1.NetworkInterfaceAttachment)
		if !gone || a.GetNamespace() == tenantNamespace { // a tenant's object may end while its owner's attachment goes on
			return
		}
		for _, n := range x.w.live() {
			if n.Attachment == nil || n.Attachment.ID != a.Status.AtProvider.AttachmentID && n.Attachment.ID != meta.GetExternalName(a) {
				continue
			}
			x.accusef(checkFinalizer, "NetworkInterfaceAttachment %s/%s (uid %s) is gone from the API server, but %s of ENI %s is %s in EC2: its finalizer was dropped too early",
				a.GetNamespace(), a.GetName(), a.GetUID(), n.Attachment.ID, n.ID, n.Attachment.Status)
		}
	})
}

// follow tells of every object that comes, changes or goes until ctx ends,
// through outages of the API server: what went during one is told after it.
func (x *witness) follow(ctx context.Context, empty func() client.ObjectList, tell func(o client.Object, gone bool)) {
	c := x.w.kube
	known, epoch := map[types.UID]client.Object{}, 0
	for ctx.Err() == nil {
		if now := x.now(); now != epoch {
			epoch = now
			clear(known)
		}
		l := empty()
		if err := c.List(ctx, l); err != nil {
			sleep(ctx, 50*time.Millisecond)
			continue
		}
		there := map[types.UID]bool{}
		for _, o := range objects(l) {
			there[o.GetUID()] = true
			known[o.GetUID()] = o.DeepCopyObject().(client.Object)
			tell(o, false)
		}
		for uid, o := range known {
			if !there[uid] {
				delete(known, uid)
				tell(o, true)
			}
		}
		wi, err := c.Watch(ctx, l, &client.ListOptions{Raw: fromVersion(l)})
		if err != nil {
			sleep(ctx, 50*time.Millisecond)
			continue
		}
		for e := range wi.ResultChan() {
			o, ok := e.Object.(client.Object)
			if !ok || e.Type == watch.Error || e.Type == watch.Bookmark {
				break
			}
			if e.Type == watch.Deleted {
				delete(known, o.GetUID())
			} else {
				known[o.GetUID()] = o
			}
			tell(o, e.Type == watch.Deleted)
		}
		wi.Stop()
	}
}
