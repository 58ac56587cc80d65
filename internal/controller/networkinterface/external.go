package networkinterface

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// visibleWithin is how long EC2's describe actions may deny an ENI that it has
// just made.
const visibleWithin = time.Minute

// external observes and changes one ENI.
type external struct {
	kube    client.StatusClient
	ec2     *ec2.Client
	cluster string

	// seen is what Observe found; the other steps of one reconcile use it.
	seen   *ec2types.NetworkInterface
	wanted wanted
	// unrecorded says that tags are about to be set whose keys have not been
	// written down as ours.
	unrecorded bool
}

// Observe finds the ENI by its id or, where that may not have been written
// down, by its mark of ownership, and compares it with what is wanted.
func (e *external) Observe(ctx context.Context, mg *v1alpha1.NetworkInterface) (managed.ExternalObservation, error) {
	found, err := e.find(ctx, mg)
	if err != nil {
		return managed.ExternalObservation{}, err
	}
	if found == nil {
		return e.observeMissing(ctx, mg)
	}
	e.seen = found
	if readiness(found).Reason == xpv2.ReasonCreating && !meta.WasDeleted(mg) && meta.GetExternalName(mg) == ptr.Deref(found.NetworkInterfaceId, "") {
		// Nothing is worth a write until EC2 is done with it.
		mg.SetConditions(readiness(found))
		return managed.ExternalObservation{ResourceExists: true, ResourceUpToDate: true}, nil
	}

	late := false
	if id := ptr.Deref(found.NetworkInterfaceId, ""); meta.GetExternalName(mg) != id {
		// A create whose answer was lost: write its id down now.
		meta.SetExternalName(mg, id)
		managedresource.Answered(mg)
		late = true
	}
	late = lateInitialize(mg, found) || late

	subnet, err := e.ec2.Subnet(ctx, ptr.Deref(found.SubnetId, ""))
	if err != nil && !meta.WasDeleted(mg) {
		return managed.ExternalObservation{}, err
	}
	owner := e.owner(mg)
	managedKeys := mg.Status.AtProvider.ManagedTagKeys
	mg.Status.AtProvider = observation(found, subnet)
	mg.Status.AtProvider.ManagedTagKeys = managedTagKeys(owner.Tags(mg.Spec.ForProvider.Tags), ec2.Tags(found.TagSet), managedKeys)
	e.unrecorded = slices.ContainsFunc(mg.Status.AtProvider.ManagedTagKeys, func(k string) bool { return !slices.Contains(managedKeys, k) })
	mg.SetConditions(readiness(found))

	obs := managed.ExternalObservation{ResourceExists: true, ResourceLateInitialized: late, ConnectionDetails: connectionDetails(mg)}
	if meta.WasDeleted(mg) {
		// Nothing is corrected on the way out, and nothing must be resolved.
		obs.ResourceUpToDate = true
		return obs, nil
	}
	if reason := untouchable(found); reason != "" {
		obs.ResourceUpToDate = true
		mg.SetConditions(networkingv1alpha1.NotReady(networkingv1alpha1.ReasonNotOurs, reason))
		return obs, nil
	}
	if observeOnly(mg) {
		obs.ResourceUpToDate = true
		return obs, nil
	}
	groups, err := e.securityGroups(ctx, mg, ptr.Deref(found.VpcId, ""))
	if err != nil {
		return managed.ExternalObservation{}, err
	}
	e.wanted = wanted{groups: groups, tags: owner.Tags(mg.Spec.ForProvider.Tags)}
	d := drift(mg, e.wanted, found)
	obs.ResourceUpToDate = d.Empty()
	obs.Diff = d.String()
	for _, c := range d {
		if err := e.pay(ctx, mg, xpv2.ManagementActionUpdate, c.action); err != nil {
			return managed.ExternalObservation{}, err
		}
	}
	return obs, nil
}

// pay takes a token for a call of the step that follows, if that will be taken.
func (e *external) pay(ctx context.Context, mg *v1alpha1.NetworkInterface, step xpv2.ManagementAction, action string) error {
	if !managedresource.Allows(mg, step) {
		return nil
	}
	return e.ec2.Pay(ctx, action)
}

// observeMissing tells an ENI that EC2 does not show yet from one that is gone.
// EC2's describe actions are eventually consistent, but what they have shown
// once they only stop showing when it is deleted.
func (e *external) observeMissing(ctx context.Context, mg *v1alpha1.NetworkInterface) (managed.ExternalObservation, error) {
	name := meta.GetExternalName(mg)
	seen := name == "" || mg.Status.AtProvider.ID == name
	if !seen && meta.ExternalCreateSucceededDuring(mg, visibleWithin) {
		mg.SetConditions(xpv2.Creating())
		return managed.ExternalObservation{ResourceExists: true, ResourceUpToDate: true}, nil
	}
	if meta.WasDeleted(mg) && managedresource.MayAppear(mg, visibleWithin, time.Now()) {
		// A create was cut short, or not answered. What it may have made is not
		// shown yet, and would be left behind.
		return managed.ExternalObservation{ResourceExists: true, ResourceUpToDate: true}, nil
	}
	instance := mg.GetAnnotations()[networkingv1alpha1.AnnotationInstanceID]
	if name != "" && instance != "" && !meta.WasDeleted(mg) {
		// EC2 deleted the ENI with its instance. Another one would be made for
		// nobody: whoever made this object for the instance takes it away.
		i, err := e.ec2.InstanceNow(ctx, instance)
		if err != nil {
			return managed.ExternalObservation{}, err
		}
		if i.Gone() {
			mg.SetConditions(networkingv1alpha1.NotReady(networkingv1alpha1.ReasonInstanceGone, "instance "+instance+" is terminated, and its network interface with it"))
			return managed.ExternalObservation{ResourceExists: true, ResourceUpToDate: true}, nil
		}
	}
	if meta.WasDeleted(mg) {
		return managed.ExternalObservation{}, nil
	}
	if err := e.pay(ctx, mg, xpv2.ManagementActionCreate, ec2.ActionCreate); err != nil {
		return managed.ExternalObservation{}, err
	}
	mg.Status.AtProvider = v1alpha1.NetworkInterfaceObservation{}
	return managed.ExternalObservation{}, nil
}

// find returns the ENI, or nil if there is none.
func (e *external) find(ctx context.Context, mg *v1alpha1.NetworkInterface) (*ec2types.NetworkInterface, error) {
	name := meta.GetExternalName(mg)
	if name != "" {
		if !strings.HasPrefix(name, "eni-") {
			return nil, errors.Errorf("annotation %s is %q: it must be the id of an ENI, eni-…", meta.AnnotationKeyExternalName, name)
		}
		found, err := e.ec2.NetworkInterface(ctx, name)
		if err != nil || found != nil {
			return found, err
		}
	}
	if !managedresource.CreateAttempted(mg) {
		return e.toAdopt(ctx, mg)
	}
	// The id is not known or no longer good, and a create has been tried:
	// whatever it made carries our mark.
	return e.ec2.NetworkInterfaceOwnedBy(ctx, string(mg.GetUID()))
}

// toAdopt returns the ENI that a user has marked to be taken over by this
// object, or nil. A NodeENI looks for those of its children itself.
func (e *external) toAdopt(ctx context.Context, mg *v1alpha1.NetworkInterface) (*ec2types.NetworkInterface, error) {
	if meta.WasDeleted(mg) || mg.GetLabels()[networkingv1alpha1.LabelNodeENI] != "" {
		return nil, nil
	}
	found, err := e.ec2.Adoptable(ctx, eni.TagAdopt, mg.GetNamespace()+"/"+mg.GetName())
	if err != nil || len(found) == 0 {
		return nil, err
	}
	if len(found) > 1 {
		return nil, ec2.NewAmbiguous(fmt.Sprintf("%d network interfaces carry the tag %s=%s/%s, %s and %s among them: leave it on one",
			len(found), eni.TagAdopt, mg.GetNamespace(), mg.GetName(), ptr.Deref(found[0].NetworkInterfaceId, ""), ptr.Deref(found[1].NetworkInterfaceId, "")))
	}
	return &found[0], nil
}

// Create makes the ENI. It does not wait for EC2.
func (e *external) Create(ctx context.Context, mg *v1alpha1.NetworkInterface) (managed.ExternalCreation, error) {
	subnet, err := e.subnet(ctx, mg)
	if err != nil {
		return managed.ExternalCreation{}, err
	}
	groups, err := e.securityGroups(ctx, mg, subnet.VPCID)
	if err != nil {
		return managed.ExternalCreation{}, err
	}
	in := createInput(mg, subnet.ID, groups, e.owner(mg).CreationTags(mg.Spec.ForProvider.Tags, mg.GetCreationTimestamp().Time))
	in.ClientToken = new(eni.ClientToken(string(mg.GetUID()), meta.GetExternalName(mg), ""))
	out, err := e.ec2.CreateNetworkInterface(ctx, in)
	if ec2.IsTokenMismatch(err) {
		// The spec changed since a create whose answer was lost. If that create
		// made an ENI it is found by its mark, once EC2 shows it; if not, the
		// parameters make a token of their own.
		owned, ferr := e.ec2.NetworkInterfaceOwnedBy(ctx, string(mg.GetUID()))
		if ferr != nil {
			return managed.ExternalCreation{}, ferr
		}
		if owned != nil {
			meta.SetExternalName(mg, ptr.Deref(owned.NetworkInterfaceId, ""))
			return managed.ExternalCreation{}, nil
		}
		if managedresource.Unanswered(mg, visibleWithin, time.Now()) {
			return managed.ExternalCreation{}, managedresource.Contradicted(errors.Wrap(ec2.Clean(err), "cannot tell yet what a create has made that was not answered"))
		}
		in.ClientToken = new(eni.ClientToken(string(mg.GetUID()), meta.GetExternalName(mg), fingerprint(in)))
		out, err = e.ec2.CreateNetworkInterface(ctx, in)
	}
	if err != nil {
		return managed.ExternalCreation{}, errors.Wrapf(ec2.Clean(err), "cannot create network interface in subnet %q", subnet.ID)
	}
	meta.SetExternalName(mg, ptr.Deref(out.NetworkInterface.NetworkInterfaceId, ""))
	return managed.ExternalCreation{}, nil
}

// Update corrects what differs, one EC2 call for each kind of difference.
func (e *external) Update(ctx context.Context, mg *v1alpha1.NetworkInterface) (managed.ExternalUpdate, error) {
	if e.seen == nil {
		return managed.ExternalUpdate{}, nil
	}
	for _, c := range drift(mg, e.wanted, e.seen) {
		if c.action == ec2.ActionCreateTags && e.unrecorded {
			// Written down first: a tag that is set and then not known as ours
			// would stay when the spec drops it.
			if err := e.kube.Status().Update(ctx, mg); err != nil {
				return managed.ExternalUpdate{}, errors.Wrap(err, "cannot write down which tags are about to be set")
			}
			e.unrecorded = false
		}
		if err := c.apply(ctx, e.ec2); err != nil {
			return managed.ExternalUpdate{}, errors.Wrapf(ec2.Clean(err), "cannot set %s of network interface %q", c.what, ptr.Deref(e.seen.NetworkInterfaceId, ""))
		}
	}
	return managed.ExternalUpdate{}, nil
}

// Delete deletes the ENI once it is attached to nothing. Until then it waits
// quietly: detaching is the attachment's part, and comes first.
func (e *external) Delete(ctx context.Context, mg *v1alpha1.NetworkInterface) (managed.ExternalDelete, error) {
	if e.seen == nil && meta.GetExternalName(mg) == "" {
		return managed.ExternalDelete{}, nil // what was made, if anything was, is being waited for
	}
	if e.seen == nil {
		// Made a moment ago and not shown yet: EC2 deletes it all the same.
		return managed.ExternalDelete{}, e.delete(ctx, mg, meta.GetExternalName(mg))
	}
	if reason := untouchable(e.seen); reason != "" {
		return managed.ExternalDelete{}, errors.Errorf("%s: to drop this object and leave the ENI, remove Delete from spec.managementPolicies", reason)
	}
	id := ptr.Deref(e.seen.NetworkInterfaceId, "")
	if a := e.seen.Attachment; a != nil && a.Status != ec2types.AttachmentStatusDetached {
		return managed.ExternalDelete{}, nil
	}
	return managed.ExternalDelete{}, e.delete(ctx, mg, id)
}

func (e *external) delete(ctx context.Context, mg *v1alpha1.NetworkInterface, id string) error {
	if err := e.ec2.Pay(ctx, ec2.ActionDelete); err != nil {
		return err
	}
	_, err := e.ec2.DeleteNetworkInterface(ctx, &awsec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &id})
	switch {
	case err == nil, ec2.IsNotFound(err):
		mg.Status.AtProvider.ID = id // it was there: from now on, not found is gone
		return nil
	case ec2.IsInUse(err):
		return managedresource.Contradicted(err) // attached since Observe looked; the next one sees it
	default:
		return errors.Wrapf(ec2.Clean(err), "cannot delete network interface %q", id)
	}
}

// Disconnect does nothing: the client is shared.
func (e *external) Disconnect(context.Context) error { return nil }

func (e *external) owner(mg *v1alpha1.NetworkInterface) eni.Owner {
	o := eni.Owner{
		UID: string(mg.GetUID()), Namespace: mg.GetNamespace(), Name: mg.GetName(), Cluster: e.cluster,
		Kind:    strings.ToLower(v1alpha1.NetworkInterfaceKind) + "." + v1alpha1.Group,
		NodeENI: mg.GetLabels()[networkingv1alpha1.LabelNodeENI],
		Node:    mg.GetLabels()[networkingv1alpha1.LabelNode],
		Slot:    mg.GetLabels()[networkingv1alpha1.LabelSlot],
		Keep:    !managedresource.Allows(mg, xpv2.ManagementActionDelete),
	}
	if r := mg.GetProviderConfigReference(); r != nil {
		o.ProviderConfig = r.Name
	}
	return o
}

func observeOnly(mg *v1alpha1.NetworkInterface) bool {
	p := mg.GetManagementPolicies()
	return len(p) == 1 && p[0] == xpv2.ManagementActionObserve
}

// untouchable says why nobody but an AWS service may change the ENI, or "".
func untouchable(n *ec2types.NetworkInterface) string {
	id := ptr.Deref(n.NetworkInterfaceId, "")
	switch {
	case ptr.Deref(n.RequesterManaged, false):
		return "network interface " + id + " is managed by an AWS service (requester " + ptr.Deref(n.RequesterId, "unknown") + ") and is only observed"
	case n.Operator != nil && ptr.Deref(n.Operator.Managed, false):
		return "network interface " + id + " is managed by " + ptr.Deref(n.Operator.Principal, "another operator") + " and is only observed"
	case n.InterfaceType == ec2types.NetworkInterfaceTypeTrunk || n.InterfaceType == ec2types.NetworkInterfaceTypeBranch:
		return "network interface " + id + " is of type " + string(n.InterfaceType) + ", which belongs to another controller, and is only observed"
	case n.Attachment != nil && ptr.Deref(n.Attachment.DeviceIndex, -1) == 0 && ptr.Deref(n.Attachment.NetworkCardIndex, 0) == 0:
		return "network interface " + id + " is the primary one of instance " + ptr.Deref(n.Attachment.InstanceId, "") + " and is only observed"
	default:
		return ""
	}
}
