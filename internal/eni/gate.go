// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"strings"
)

// An Action is a kind of change to an ENI or to its attachment.
type Action string

// Actions that need a Permit. Creating an ENI is not one of them: a new ENI has no
// other owner.
const (
	// ActionModify changes attributes, addresses or prefixes.
	ActionModify Action = "modify"
	// ActionTag sets or removes tags, the ownership tags included.
	ActionTag Action = "tag"
	// ActionDelete deletes the ENI.
	ActionDelete Action = "delete"
	// ActionAttach attaches the ENI to an instance.
	ActionAttach Action = "attach"
	// ActionDetach detaches the ENI from its instance.
	ActionDetach Action = "detach"
	// ActionModifyAttachment changes deleteOnTermination.
	ActionModifyAttachment Action = "modify the attachment of"
	// ActionAssociate associates an Elastic IP with the primary private IPv4 address.
	ActionAssociate Action = "associate an Elastic IP with"
	// ActionDisassociate ends the association of an Elastic IP.
	ActionDisassociate Action = "disassociate the Elastic IP of"
)

// An ObjectOwner is the NetworkInterface object in an ENI's ownership tags.
type ObjectOwner struct {
	// Lives is true unless the API server has confirmed that no object with the
	// tagged UID exists.
	Lives bool

	Namespace string
	Name      string
}

// An Actor is the object on whose behalf an ENI is changed.
type Actor struct {
	// Cluster that the provider runs in.
	Cluster string

	// Namespace and Name of the object.
	Namespace string
	Name      string

	// UID of the NetworkInterface or, for an attachment, of the NetworkInterface to
	// which it refers; empty if it refers to none.
	UID string

	// Adopts is the id of the ENI that a NetworkInterface adopts explicitly: its
	// external name.
	Adopts string

	// SubnetID is the subnet in the spec of a NetworkInterface; empty if the spec has none. An
	// ENI in another subnet is not adopted: EC2 cannot move it.
	SubnetID string

	// AttachmentID is the attachment that a NetworkInterfaceAttachment created or
	// imported; empty for a NetworkInterface.
	AttachmentID string

	// AllocationID is the Elastic IP that a NetworkInterface associated with the ENI; empty
	// if it associated none.
	AllocationID string

	// Attaches is true for a NetworkInterfaceAttachment.
	Attaches bool

	// Owner is the object in the ENI's ownership tags, if its UID differs from UID.
	Owner ObjectOwner

	// Library is the owner id of a client of the Go library, for which Cluster, Namespace,
	// Name and UID are empty. It is empty for an object.
	Library string
}

// A Permit allows an action on one ENI. Only Allow and AllowCollect return a valid
// Permit; the EC2 client requires it for every mutating call on an existing ENI.
type Permit struct {
	id          string
	action      Action
	attachment  string
	association string
}

// Covers reports whether the permit is for an action on an ENI.
func (p Permit) Covers(a Action, id string) bool {
	return id != "" && p.id == id && p.action == a
}

// CoversAttachment returns the ENI of the attachment if the permit is for an action on
// that attachment, or "".
func (p Permit) CoversAttachment(a Action, attachmentID string) string {
	if attachmentID == "" || p.attachment != attachmentID || p.action != a {
		return ""
	}
	return p.id
}

// Allow decides whether an actor may change an ENI, given the ENI as last observed.
// Every mutating EC2 call on an existing ENI requires its Permit.
func Allow(a Actor, action Action, n Interface) (Permit, *RefusalError) {
	if r := CheckOwner(a, n); r != nil {
		return Permit{}, r
	}
	if r := wrongState(a, action, n); r != nil {
		return Permit{}, r
	}
	p := Permit{id: n.ID, action: action}
	if n.Attachment != nil {
		p.attachment = n.Attachment.ID
	}
	if n.Association != nil {
		p.association = n.Association.ID
	}
	return p, nil
}

// CheckOwner returns the reason why the actor may not change the ENI in any way, or nil.
func CheckOwner(a Actor, n Interface) *RefusalError {
	if r := Protected(n); r != nil {
		return r
	}
	return notOwned(a, n)
}

// Protected returns the reason why no object of this provider may change the ENI, or nil.
func Protected(n Interface) *RefusalError {
	switch {
	case n.ID == "":
		return protected("the network interface is not known")
	case n.RequesterManaged:
		return protected("network interface %s is managed by an AWS service (requester %s)", n.ID, orUnknown(n.Requester))
	case n.OperatorManaged:
		return protected("network interface %s is managed by service provider %s", n.ID, orUnknown(n.Operator))
	case !manageableType(n.Type):
		return protected("network interface %s is of type %s, which is managed by another controller or an AWS service", n.ID, n.Type)
	}
	if owner := otherController(n.Tags); owner != "" {
		return protected("network interface %s is managed by %s", n.ID, owner)
	}
	if at := n.Attachment; at != nil {
		switch {
		case at.InstanceID == "":
			return protected("network interface %s is attached to an AWS service, not to an instance", n.ID)
		case at.DeviceIndex < 0:
			return protected("EC2 returned no device index for network interface %s", n.ID)
		case at.DeviceIndex == 0 && at.NetworkCardIndex <= 0:
			return protected("network interface %s is the primary network interface of instance %s", n.ID, at.InstanceID)
		}
	}
	return nil
}

// manageableType reports whether users create ENIs of a type. ENIs of other types are
// created by AWS services or, for trunk and branch, by the VPC resource controller.
func manageableType(t string) bool {
	switch t {
	case "", "interface", "efa", "efa-only":
		return true
	default:
		return false
	}
}

// Ownership tags of other controllers.
const (
	tagVPCCNIInstance = "node.k8s.amazonaws.com/instance_id"
	tagENIOwner       = "eks:eni:owner"
	tagCiliumManaged  = "io.cilium/cilium-managed"
)

// otherController returns the other controller that manages an ENI, by its tags, or "".
// Sources of the tags: amazon-vpc-cni-k8s pkg/awsutils, the VPC resource controller and
// Cilium's ENI IPAM.
func otherController(tags map[string]string) string {
	switch {
	case tags[tagVPCCNIInstance] != "":
		return "the VPC CNI (tag " + tagVPCCNIInstance + ")"
	case tags[tagENIOwner] != "":
		return tags[tagENIOwner] + " (tag " + tagENIOwner + ")"
	case tags[tagCiliumManaged] == "true":
		return "Cilium (tag " + tagCiliumManaged + ")"
	default:
		return ""
	}
}

// notOwned returns the reason why the actor does not own the ENI, or nil.
func notOwned(a Actor, n Interface) *RefusalError {
	if c := n.Tags[TagCluster]; c != "" && c != a.Cluster {
		return foreign("network interface %s belongs to cluster %q (tag %s), not to %q", n.ID, c, TagCluster, a.Cluster)
	}
	if a.Library != "" || n.Tags[TagLibraryOwner] != "" {
		return notOwnedByLibrary(a, n)
	}
	uid := n.Tags[TagUID]
	switch {
	case uid != "" && uid == a.UID:
		return nil
	case uid != "" && a.Owner.Lives && (!a.Attaches || a.Owner.Namespace != a.Namespace):
		return foreign("network interface %s is managed by NetworkInterface %s/%s", n.ID, a.Owner.Namespace, a.Owner.Name)
	case uid != "" && a.Owner.Namespace != a.Namespace:
		return foreign("network interface %s was created for NetworkInterface %s/%s, which no longer exists: to use it in namespace %s, delete its tag %s in EC2",
			n.ID, a.Owner.Namespace, a.Owner.Name, a.Namespace, TagUID)
	case !a.Attaches && a.SubnetID != "" && n.SubnetID != "" && a.SubnetID != n.SubnetID:
		return foreign("network interface %s is in subnet %s, not in %s as in spec.forProvider.subnetId: delete this object, which keeps the network interface, and create it with the right subnet",
			n.ID, n.SubnetID, a.SubnetID)
	case a.Attaches, a.Adopts == n.ID, uid == "" && n.Tags[TagAdopt] == a.Namespace+"/"+a.Name:
		return nil
	default:
		return foreign("network interface %s does not have this object's ownership tag %s, and is not its external name", n.ID, TagUID)
	}
}

// wrongState returns the reason why the ENI's attachment does not allow the action, or nil.
func wrongState(a Actor, action Action, n Interface) *RefusalError {
	at := n.Attachment
	switch action {
	case ActionDelete:
		if at != nil {
			return foreign("network interface %s is attached to instance %s", n.ID, at.InstanceID)
		}
		if a.Attaches {
			return foreign("a NetworkInterfaceAttachment does not delete network interfaces")
		}
	case ActionAttach:
		if at != nil {
			return foreign("network interface %s is already attached to instance %s", n.ID, at.InstanceID)
		}
		if !a.Attaches {
			return foreign("only a NetworkInterfaceAttachment attaches network interfaces")
		}
	case ActionDetach, ActionModifyAttachment:
		if at == nil {
			return foreign("network interface %s is not attached", n.ID)
		}
		if !a.Attaches || a.AttachmentID == "" || a.AttachmentID != at.ID {
			return foreign("attachment %s of network interface %s was neither created nor imported by this object", at.ID, n.ID)
		}
	case ActionAssociate, ActionDisassociate:
		return wrongAssociation(a, action, n)
	case ActionModify, ActionTag:
		if a.Attaches {
			return foreign("a NetworkInterfaceAttachment does not change attributes of network interface %s", n.ID)
		}
	}
	return nil
}

// AllowCollect decides whether the garbage collector may delete an ENI. The ENI must
// have this cluster's tag and the UID of an object that no longer exists, and must not
// be attached.
func AllowCollect(cluster string, owner ObjectOwner, n Interface) (Permit, *RefusalError) {
	if r := Protected(n); r != nil {
		return Permit{}, r
	}
	switch {
	case n.Tags[TagCluster] == "" || n.Tags[TagCluster] != cluster:
		return Permit{}, foreign("network interface %s does not have this cluster's tag %s=%s", n.ID, TagCluster, cluster)
	case n.Tags[TagUID] == "":
		return Permit{}, foreign("network interface %s does not have the ownership tag %s", n.ID, TagUID)
	case n.Tags[TagKeep] != "":
		return Permit{}, foreign("network interface %s has the tag %s", n.ID, TagKeep)
	case owner.Lives:
		return Permit{}, foreign("network interface %s is managed by NetworkInterface %s/%s", n.ID, owner.Namespace, owner.Name)
	case n.Attachment != nil:
		return Permit{}, foreign("network interface %s is attached to instance %s", n.ID, n.Attachment.InstanceID)
	}
	return Permit{id: n.ID, action: ActionDelete}, nil
}

// TaggedOwner returns the object in an ENI's ownership tags. ok is false if the tags are
// incomplete: EC2 limits a tag value to 256 characters, fewer than a namespace and a name
// may have together.
func TaggedOwner(tags map[string]string) (namespace, name, uid string, ok bool) {
	namespace, name, ok = strings.Cut(tags[TagObject], "/")
	return namespace, name, tags[TagUID], ok && len(tags[TagObject]) < maxTagValue
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}
