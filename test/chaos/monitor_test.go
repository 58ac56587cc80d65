// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

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

// A monitor watches objects and compares each deletion with the state of EC2 at that
// time, to find violations that are not visible at the end of a round.
type monitor struct {
	w *world

	mu    sync.Mutex
	wrong []violation
	hosts map[types.UID]*hostRecord
	// epoch is the number of restores of the API server from a backup. Objects that a
	// restore removes were not deleted.
	epoch int
}

// A hostRecord is the ENI of a HostInterface and the time of its existence.
type hostRecord struct {
	name, node, eni string
	// seen and released are positions in the ledger: the host used the ENI between them.
	seen     ec2emulator.Mark
	released *ec2emulator.Mark
}

func newMonitor(w *world) *monitor { return &monitor{w: w, hosts: map[types.UID]*hostRecord{}} }

func (x *monitor) reportf(check, format string, args ...any) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.wrong = append(x.wrong, violation{check: check, text: fmt.Sprintf(format, args...)})
}

// violations returns the violations found so far.
func (x *monitor) violations() []violation {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.wrong)
}

// held returns the HostInterface whose host used an ENI when a call was made.
func (x *monitor) held(eni string, at uint64) (hostRecord, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, h := range x.hosts {
		if h.eni == eni && uint64(h.seen) < at && (h.released == nil || uint64(*h.released) >= at) {
			return *h, true
		}
	}
	return hostRecord{}, false
}

// restored drops all records. It is called before the API server starts with a backup.
func (x *monitor) restored() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.epoch++
	clear(x.hosts)
}

func (x *monitor) now() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.epoch
}

// dropReleased drops the records of released HostInterfaces, between rounds.
func (x *monitor) dropReleased() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for uid, h := range x.hosts {
		if h.released != nil {
			delete(x.hosts, uid)
		}
	}
}

// agentClient returns the client of the agents. It records a release before the update
// that reports it to the provider.
func (x *monitor) agentClient(c client.WithWatch) client.WithWatch {
	return interceptor.NewClient(c, interceptor.Funcs{
		Update: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
			if h, ok := o.(*v1alpha1.HostInterface); ok && meta.WasDeleted(h) && !meta.FinalizerExists(h, v1alpha1.FinalizerAgent) {
				// The delay reveals a provider that does not wait for the release.
				sleep(ctx, 20*time.Millisecond)
				x.noteReleased(h)
			}
			return c.Update(ctx, o, opts...)
		},
	})
}

func (x *monitor) noteReleased(h *v1alpha1.HostInterface) {
	at := x.w.EC2.Mark()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.record(h).released = &at
}

func (x *monitor) record(h *v1alpha1.HostInterface) *hostRecord {
	r, ok := x.hosts[h.GetUID()]
	if !ok {
		r = &hostRecord{seen: x.w.EC2.Mark()}
		x.hosts[h.GetUID()] = r
	}
	r.name, r.node, r.eni = h.GetName(), h.Spec.NodeName, h.Spec.NetworkInterfaceID
	return r
}

func (x *monitor) watchHosts(ctx context.Context) {
	x.follow(ctx, hostInterfaces, func(o client.Object, deleted bool) {
		if h := o.(*v1alpha1.HostInterface); !deleted {
			x.mu.Lock()
			defer x.mu.Unlock()
			x.record(h)
		}
	})
}

func (x *monitor) watchInterfaces(ctx context.Context) {
	x.follow(ctx, networkInterfaces, func(o client.Object, deleted bool) {
		if !deleted {
			return
		}
		for _, n := range x.w.live() {
			if n.Tags[tagUID] == string(o.GetUID()) {
				x.reportf(checkFinalizer, "NetworkInterface %s/%s (uid %s) was deleted, but its ENI %s exists in EC2: its finalizer was removed too early", o.GetNamespace(), o.GetName(), o.GetUID(), n.ID)
			}
		}
	})
}

func (x *monitor) watchAttachments(ctx context.Context) {
	x.follow(ctx, attachments, func(o client.Object, deleted bool) {
		a := o.(*ec2v1alpha1.NetworkInterfaceAttachment)
		if !deleted || a.GetNamespace() == tenantNamespace { // the attachment has another owner
			return
		}
		for _, n := range x.w.live() {
			if n.Attachment == nil || n.Attachment.ID != a.Status.AtProvider.AttachmentID && n.Attachment.ID != meta.GetExternalName(a) {
				continue
			}
			x.reportf(checkFinalizer, "NetworkInterfaceAttachment %s/%s (uid %s) was deleted, but %s of ENI %s is %s in EC2: its finalizer was removed too early",
				a.GetNamespace(), a.GetName(), a.GetUID(), n.Attachment.ID, n.ID, n.Attachment.Status)
		}
	})
}

// follow calls handle for each added, changed or deleted object until ctx is done. It
// handles deletions during an outage of the API server after the outage.
func (x *monitor) follow(ctx context.Context, empty func() client.ObjectList, handle func(o client.Object, deleted bool)) {
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
			handle(o, false)
		}
		for uid, o := range known {
			if !there[uid] {
				delete(known, uid)
				handle(o, true)
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
			handle(o, e.Type == watch.Deleted)
		}
		wi.Stop()
	}
}
