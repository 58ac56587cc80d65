package networkinterface

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// IndexInstance indexes NetworkInterfaces by the instance they are created for.
const IndexInstance = "metadata.annotations.instance-id"

// ByInstance returns the index key of IndexInstance.
func ByInstance(o client.Object) []string {
	if id := o.GetAnnotations()[networkingv1alpha1.AnnotationInstanceID]; id != "" {
		return []string{id}
	}
	return nil
}

// noRoom returns the condition of a NetworkInterface whose instance is full: an ENI that
// cannot be attached would only use an address. It returns false if the ENI can be
// created.
func (e *external) noRoom(ctx context.Context, mg *v1alpha1.NetworkInterface) (xpv2.Condition, bool, error) {
	id := mg.GetAnnotations()[networkingv1alpha1.AnnotationInstanceID]
	if id == "" || mg.GetLabels()[networkingv1alpha1.LabelNodeENI] == "" {
		return xpv2.Condition{}, false, nil
	}
	i, err := e.ec2.Instance(ctx, id)
	if err != nil || i.ID == "" || i.Terminated() {
		return xpv2.Condition{}, false, err // the NodeENI controller deletes the children of a terminated instance
	}
	t, err := e.ec2.InstanceType(ctx, i.Type)
	if err != nil {
		return xpv2.Condition{}, false, err
	}
	limits := eni.Limits{Total: t.MaxNetworkInterfaces, Cards: t.CardLimits}
	var s eni.Slot
	var there, ahead []eni.Occupant
	for _, now := range []bool{false, true} {
		if there, err = Occupants(ctx, e.ec2, id, now); err != nil {
			return xpv2.Condition{}, false, err
		}
		if ahead, err = e.ahead(ctx, mg, id, there); err != nil {
			return xpv2.Condition{}, false, err
		}
		s = eni.FindSlot(append(ahead, there...), limits, eni.SlotRequest{NetworkCardIndex: card(mg)})
		if !s.Full {
			return xpv2.Condition{}, false, nil
		}
	}
	what := "instance " + id
	if node := mg.GetLabels()[networkingv1alpha1.LabelNode]; node != "" {
		what += " (node " + node + ")"
	}
	s.Coming = int32(len(ahead)) //nolint:gosec // a few
	return managedresource.InstanceFull(s, what, i.Type, card(mg), "no network interface is created; "), true, nil
}

// Occupants returns the ENIs on an instance. With now, EC2 is called.
func Occupants(ctx context.Context, c *ec2.Client, instanceID string, now bool) ([]eni.Occupant, error) {
	there, err := c.Occupants(ctx, instanceID, now)
	if err != nil {
		return nil, err
	}
	out := make([]eni.Occupant, len(there))
	for i, o := range there {
		out[i] = eni.Occupant{
			NetworkInterfaceID: o.NetworkInterfaceID, NetworkCardIndex: o.NetworkCardIndex, DeviceIndex: o.DeviceIndex,
			Ours: c.Ours(o.NetworkInterfaceID),
		}
	}
	return out, nil
}

// ahead returns the ENIs that are attached to an instance before mg's: ENIs that exist
// and are not attached yet, and ENIs that are created first. All NetworkInterfaces of an
// instance use the same order, so that no more ENIs are created than can be attached.
func (e *external) ahead(ctx context.Context, mg *v1alpha1.NetworkInterface, instanceID string, there []eni.Occupant) ([]eni.Occupant, error) {
	l := &v1alpha1.NetworkInterfaceList{}
	if err := e.cached.List(ctx, l, client.MatchingFields{IndexInstance: instanceID}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, errors.Wrapf(err, "cannot list the NetworkInterfaces of instance %q", instanceID)
	}
	attached := map[string]bool{}
	for _, o := range there {
		attached[o.NetworkInterfaceID] = true
	}
	order, err := OrderOfNodeENIs(ctx, e.cached)
	if err != nil {
		return nil, err
	}
	var out []eni.Occupant
	for i := range l.Items {
		o := &l.Items[i]
		id := meta.GetExternalName(o)
		if o.GetUID() == mg.GetUID() || meta.WasDeleted(o) || attached[id] {
			continue
		}
		if id != "" || precedes(o, mg, order) {
			out = append(out, eni.Occupant{NetworkInterfaceID: id, NetworkCardIndex: card(o), Ours: true})
		}
	}
	return out, nil
}

// precedes reports whether a is created before b, for two NetworkInterfaces that compete
// for a network card: by the order of their NodeENIs, and by device index within one
// NodeENI, which is the same on every node. A NetworkInterface that EC2 rejects does not
// delay others.
func precedes(a, b *v1alpha1.NetworkInterface, order func(a, b string) int) bool {
	if card(a) != card(b) || a.GetCondition(xpv2.TypeSynced).Status == corev1.ConditionFalse {
		return false
	}
	ar, _ := DeviceIndexes(a)
	br, _ := DeviceIndexes(b)
	of := networkingv1alpha1.LabelNodeENI
	return cmp.Or(order(a.GetLabels()[of], b.GetLabels()[of]), cmp.Compare(ar.Its, br.Its), strings.Compare(a.GetName(), b.GetName())) < 0
}

// OrderOfNodeENIs returns a function that compares the names of two NodeENIs by their
// creation. NodeENIs that compete for room on nodes are served in this order.
func OrderOfNodeENIs(ctx context.Context, c client.Reader) (func(a, b string) int, error) {
	all := &networkingv1alpha1.NodeENIList{}
	if err := c.List(ctx, all, client.UnsafeDisableDeepCopy); err != nil {
		return nil, errors.Wrap(err, "cannot list NodeENIs")
	}
	created := map[string]metav1.Time{}
	for i := range all.Items {
		created[all.Items[i].GetName()] = all.Items[i].GetCreationTimestamp()
	}
	return func(a, b string) int {
		at, bt := created[a], created[b]
		return cmp.Or(at.Compare(bt.Time), strings.Compare(a, b))
	}, nil
}

// An IndexRange has the device index of an ENI, and the first and last index of its
// NodeENI's ENIs on the node, if all of them are free.
type IndexRange struct{ Its, First, Last int32 }

// DeviceIndexes returns the device indexes recorded on a child of a NodeENI with several
// ENIs per node.
func DeviceIndexes(o client.Object) (IndexRange, bool) {
	var r IndexRange
	n, err := fmt.Sscanf(o.GetAnnotations()[networkingv1alpha1.AnnotationDeviceIndexes], "%d of %d-%d", &r.Its, &r.First, &r.Last)
	return r, err == nil && n == 3
}

// card returns the network card for which a NetworkInterface is created.
func card(mg *v1alpha1.NetworkInterface) int32 {
	n, err := strconv.ParseInt(mg.GetAnnotations()[networkingv1alpha1.AnnotationNetworkCardIndex], 10, 32)
	if err != nil {
		return 0
	}
	return int32(n)
}

// waitsForRoom reports whether a NetworkInterface is not created because its instance is
// full.
func waitsForRoom(mg *v1alpha1.NetworkInterface) bool {
	return mg.GetCondition(xpv2.TypeReady).Reason == networkingv1alpha1.ReasonInstanceENILimit && !meta.WasDeleted(mg)
}
