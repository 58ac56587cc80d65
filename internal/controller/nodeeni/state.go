// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// state is the observed state of a NodeENI within one reconcile.
type state struct {
	nodes        []eni.Node
	found        []eni.Existing
	byNode       map[string][]string // names of found, by node UID
	cluster      []*corev1.Node      // all nodes of the cluster, read-only
	resolution   resolution
	plan         eni.Plan
	interfaces   map[string]*ec2v1alpha1.NetworkInterface
	attachments  map[string]*ec2v1alpha1.NetworkInterfaceAttachment
	hosts        map[string]*v1alpha1.HostInterface // by attachment name
	requeueAfter time.Duration                      // until the first missing node's grace ends; 0: none

	// stale contains the children of an earlier NodeENI of the same name. They are
	// deleted before objects with their names are applied.
	stale map[string]bool
	// outdated contains the children whose observed objects do not match the NodeENI.
	outdated *nameSet
	// withoutRange contains the children that get no part of the network's range.
	withoutRange []string
	// elasticIPs is the result of the assignment of Elastic IPs.
	elasticIPs elasticIPResult
	// region is the region of the NodeENI's provider config.
	region string
	// agentFailures has the reason why the agent of a node does not respond, by node name.
	agentFailures map[string]string
	// ready contains the children that are ready.
	ready map[string]bool
	// kept states until when the ENIs of a deleted node are kept whose instance runs, by its name.
	kept map[string]string
	// unconfirmed contains the nodes whose instances EC2 did not return and whose
	// termination is not confirmed, by name.
	unconfirmed map[string]ec2.Absence
}

// vpcs returns the known VPCs of the nodes, sorted.
func (s *state) vpcs() []string {
	vpcs := map[string]bool{}
	for _, n := range s.nodes {
		vpcs[n.VPCID] = true
	}
	delete(vpcs, "")
	return slices.Sorted(maps.Keys(vpcs))
}

// usedSubnets returns the subnets of the children, sorted.
func (s *state) usedSubnets() []string {
	used := map[string]bool{}
	for _, e := range s.found {
		used[e.SubnetID] = true
	}
	delete(used, "")
	return slices.Sorted(maps.Keys(used))
}

// nameSet is a concurrent set of names.
type nameSet struct {
	mu  sync.Mutex
	set map[string]bool
}

func newNameSet() *nameSet { return &nameSet{set: map[string]bool{}} }

func (s *nameSet) add(name string) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set[name] = true
}

func (s *nameSet) remove(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.set, name)
}

func (s *nameSet) has(name string) bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.set[name]
}

// children lists the child objects of a NodeENI: the objects in the provider's namespace
// that it controls, and objects that an earlier NodeENI of the name orphaned, as kubectl
// delete --cascade=orphan does.
func (r *Reconciler) children(ctx context.Context, name string, uid types.UID) (*state, error) {
	s := &state{
		interfaces:  map[string]*ec2v1alpha1.NetworkInterface{},
		attachments: map[string]*ec2v1alpha1.NetworkInterfaceAttachment{},
		hosts:       map[string]*v1alpha1.HostInterface{},
		stale:       map[string]bool{},
		kept:        map[string]string{},
		unconfirmed: map[string]ec2.Absence{},
		outdated:    newNameSet(),
	}
	all, err := r.objects().children(ctx, name)
	if err != nil {
		return nil, err
	}
	for _, ni := range all.interfaces {
		if ni.GetNamespace() == r.o.Namespace && s.isChild(ni, name, uid) {
			s.interfaces[ni.GetName()] = ni
		}
	}
	for _, at := range all.attachments {
		if at.GetNamespace() == r.o.Namespace && s.isChild(at, name, uid) {
			s.attachments[at.GetName()] = at
		}
	}
	for _, h := range all.hosts {
		ref := h.Spec.AttachmentRef
		if at := s.attachments[ref.Name]; at != nil && ref.Namespace == r.o.Namespace && ref.UID == string(at.GetUID()) {
			s.hosts[ref.Name] = h
		}
	}
	s.found = existing(s)
	return s, nil
}

// objects returns the reader of the fleet's objects.
func (r *Reconciler) objects() objectReader {
	if r.informers != nil {
		return r.informers
	}
	return listReader{r.client}
}

// isChild reports whether an object with the NodeENI's label is a child of this NodeENI.
func (s *state) isChild(o client.Object, name string, uid types.UID) bool {
	c := metav1.GetControllerOf(o)
	switch {
	case c == nil:
		return o.GetAnnotations()[annotationApplied] != "" // orphaned by an earlier NodeENI
	case c.UID == uid:
		return true
	case refersTo(c, name):
		s.stale[o.GetName()] = true
		return false
	default:
		return false
	}
}

// refersTo reports whether an owner reference names a NodeENI of the given name.
func refersTo(c *metav1.OwnerReference, name string) bool {
	return c != nil && c.APIVersion == v1alpha1.SchemeGroupVersion.String() && c.Kind == v1alpha1.NodeENIKind && c.Name == name
}

// existing returns the observed children, sorted by name.
func existing(s *state) []eni.Existing {
	byName := map[string]eni.Existing{}
	for name, ni := range s.interfaces {
		_, position := eni.ParseSlot(ni.GetLabels()[v1alpha1.LabelSlot])
		byName[name] = eni.Existing{
			Name: name, Position: position, NodeName: ni.GetLabels()[v1alpha1.LabelNode], NodeUID: ni.GetAnnotations()[v1alpha1.AnnotationNodeUID],
			SubnetID: string(ptr.Deref(ni.Spec.ForProvider.SubnetID, "")), Deleting: ni.GetDeletionTimestamp() != nil,
			Unmade:   ni.Status.AtProvider.ID == "" && meta.GetExternalName(ni) == "",
			Detached: true, RetainedSince: ni.GetAnnotations()[v1alpha1.AnnotationRetainedSince],
		}
		if e := byName[name]; e.RetainedSince != "" && s.attachments[name] == nil {
			e.LastNodeUID, e.NodeUID, e.NodeName = e.NodeUID, "", ""
			byName[name] = e
		}
	}
	for name, at := range s.attachments {
		e := byName[name]
		e.Name, e.NodeUID = name, at.GetAnnotations()[v1alpha1.AnnotationNodeUID]
		e.NodeName = ptr.Deref(at.Spec.ForProvider.NodeName, e.NodeName)
		if e.SubnetID == "" {
			e.SubnetID, e.Position = eni.ParseSlot(at.GetLabels()[v1alpha1.LabelSlot])
		}
		e.Attached = at.Status.AtProvider.Status == "attached"
		e.Detached, e.Detaching = false, at.GetDeletionTimestamp() != nil
		// A child is being deleted only if both its objects are being deleted or do not
		// exist: a half child is completed, or deleted again.
		if ni := s.interfaces[name]; ni == nil || ni.GetDeletionTimestamp() != nil {
			e.Deleting = at.GetDeletionTimestamp() != nil
		}
		byName[name] = e
	}
	out := make([]eni.Existing, 0, len(byName))
	for _, e := range byName {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b eni.Existing) int { return strings.Compare(a.Name, b.Name) })
	return out
}
