package ec2

import (
	"context"
	"slices"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

// pageTimeout bounds one page of a full look, its wait for a token included. How
// long all pages take grows with the cluster.
const pageTimeout = 30 * time.Second

// refresh looks at all ENIs of the cluster, unless somebody just has. Those who
// ask while it is under way share it.
func (e *enis) refresh(ctx context.Context) error {
	asked := e.flight.DoChan("all", func() (any, error) {
		if time.Since(e.refreshedAt()) < e.maxAge {
			return nil, nil
		}
		ctx, cancel := e.detached(throttle.WithoutTurn(ctx))
		defer cancel()
		return nil, e.look(ctx)
	})
	timeout := time.NewTimer(batchPatience)
	defer timeout.Stop()
	select {
	case r := <-asked:
		return errors.Wrap(r.Err, "cannot describe the network interfaces of this cluster")
	case <-ctx.Done():
		return ctx.Err()
	case <-timeout.C:
		return &throttle.WaitError{Action: "DescribeNetworkInterfaces", After: batchPatience}
	}
}

// look takes a full look. Each page is kept as it comes, as of when it was asked
// for: where there are many, those that wait for the first ones do not wait for
// the last, and one that fails takes no other with it.
func (e *enis) look(ctx context.Context) error {
	l := newFullLook(time.Now())
	if err := paginate(ctx, func(ctx context.Context, token *string) (int, *string, error) {
		asOf := time.Now()
		found, next, err := e.lookAtPage(ctx, token)
		if err == nil {
			e.take(l, found, asOf)
		}
		return len(found), next, err
	}); err != nil {
		return err
	}
	e.settle(l)
	return nil
}

func (e *enis) lookAtPage(ctx context.Context, token *string) ([]ec2types.NetworkInterface, *string, error) {
	ctx, cancel := context.WithTimeout(ctx, pageTimeout)
	defer cancel()
	return e.page(ctx, token, filter("tag:"+e.ClusterTag, e.Cluster))
}

// A fullLook is one look at all ENIs of the cluster.
type fullLook struct {
	began  time.Time
	shown  map[string]bool
	common pool
}

func newFullLook(began time.Time) *fullLook {
	return &fullLook{began: began, shown: map[string]bool{}, common: pool{}}
}

// take takes in a page of a full look.
func (e *enis) take(l *fullLook, found []ec2types.NetworkInterface, asOf time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range found {
		l.common.intern(&found[i], e.OwnerTag)
		l.shown[eniID(&found[i])] = true
		e.noteLocked(&found[i], asOf)
	}
}

// settle ends a full look. What it does not show any more is not gone on its
// word alone: it is asked for by its id when it is next wanted.
func (e *enis) settle(l *fullLook) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, s := range e.known {
		if !l.shown[id] && s.asOf.Before(l.began) && e.owner(s.eni) != "" {
			e.forgetLocked(id)
		}
	}
	e.refreshed = l.began
}

// A pool keeps once what thousands of ENIs have in common. It is as good as the
// look that it is made for.
type pool map[string]*string

func (p pool) shared(s *string) *string {
	if s == nil {
		return nil
	}
	if have, ok := p[*s]; ok {
		return have
	}
	p[*s] = s
	return s
}

// intern shares the strings of an ENI but those that are its own.
func (p pool) intern(n *ec2types.NetworkInterface, ownerTag string) {
	n.TagSet = slices.Clone(n.TagSet) // It grew as it was read, by half as much again.
	for i := range n.TagSet {
		n.TagSet[i].Key = p.shared(n.TagSet[i].Key)
		if ptr.Deref(n.TagSet[i].Key, "") != ownerTag {
			n.TagSet[i].Value = p.shared(n.TagSet[i].Value)
		}
	}
	for _, s := range []**string{&n.SubnetId, &n.VpcId, &n.AvailabilityZone, &n.AvailabilityZoneId, &n.OwnerId, &n.RequesterId, &n.Description} {
		*s = p.shared(*s)
	}
	for i := range n.Groups {
		n.Groups[i].GroupId, n.Groups[i].GroupName = p.shared(n.Groups[i].GroupId), p.shared(n.Groups[i].GroupName)
	}
	if a := n.Attachment; a != nil {
		a.InstanceId, a.InstanceOwnerId = p.shared(a.InstanceId), p.shared(a.InstanceOwnerId)
	}
}
