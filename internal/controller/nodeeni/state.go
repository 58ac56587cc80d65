package nodeeni

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// unknownGrace is how long EC2 may not know the instance of a new node: its
// describe actions are eventually consistent.
const unknownGrace = 5 * time.Minute

// state is everything that one look at a NodeENI gathers.
type state struct {
	nodes       []eni.Node
	found       []eni.Existing
	resolution  resolution
	plan        eni.Plan
	interfaces  map[string]*ec2v1alpha1.NetworkInterface
	attachments map[string]*ec2v1alpha1.NetworkInterfaceAttachment
	hosts       map[string]*v1alpha1.HostInterface // by attachment name
	graceEnds   time.Duration                      // until the first missing node's grace ends; 0: none
}

// children reads the objects made for a NodeENI.
func (r *Reconciler) children(ctx context.Context, name string) (*state, error) {
	s := &state{
		interfaces:  map[string]*ec2v1alpha1.NetworkInterface{},
		attachments: map[string]*ec2v1alpha1.NetworkInterfaceAttachment{},
		hosts:       map[string]*v1alpha1.HostInterface{},
	}
	of := client.MatchingFields{indexNodeENI: name}
	nis := &ec2v1alpha1.NetworkInterfaceList{}
	ats := &ec2v1alpha1.NetworkInterfaceAttachmentList{}
	his := &v1alpha1.HostInterfaceList{}
	for _, l := range []client.ObjectList{nis, ats, his} {
		// What is listed is only read: copies of thousands would cost more than
		// all that is done with them.
		if err := r.client.List(ctx, l, of, client.UnsafeDisableDeepCopy); err != nil {
			return nil, errors.Wrap(err, "cannot list the objects of the NodeENI")
		}
	}
	for i := range nis.Items {
		s.interfaces[nis.Items[i].GetName()] = &nis.Items[i]
	}
	for i := range ats.Items {
		s.attachments[ats.Items[i].GetName()] = &ats.Items[i]
	}
	for i := range his.Items {
		s.hosts[his.Items[i].Spec.AttachmentRef.Name] = &his.Items[i]
	}
	s.found = existing(s)
	return s, nil
}

// existing describes the children found, by name.
func existing(s *state) []eni.Existing {
	byName := map[string]eni.Existing{}
	for name, ni := range s.interfaces {
		byName[name] = eni.Existing{
			Name: name, NodeName: ni.GetLabels()[v1alpha1.LabelNode], NodeUID: ni.GetAnnotations()[v1alpha1.AnnotationNodeUID],
			SubnetID: string(ptr.Deref(ni.Spec.ForProvider.SubnetID, "")), Deleting: ni.GetDeletionTimestamp() != nil,
			Unmade: ni.Status.AtProvider.ID == "" && meta.GetExternalName(ni) == "",
		}
	}
	for name, at := range s.attachments {
		e := byName[name]
		e.Name, e.NodeUID = name, at.GetAnnotations()[v1alpha1.AnnotationNodeUID]
		e.NodeName = ptr.Deref(at.Spec.ForProvider.NodeName, e.NodeName)
		if e.SubnetID == "" {
			e.SubnetID = at.GetLabels()[v1alpha1.LabelSlot]
		}
		e.Attached = at.Status.AtProvider.Status == "attached"
		// A child is on its way out only when both of its objects are or the
		// other one is gone: half a child is completed, or released again.
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

// gatherNodes finds the nodes that match and those that only children know.
func (r *Reconciler) gatherNodes(ctx context.Context, n *v1alpha1.NodeENI, c cloud, s *state) error {
	l := &corev1.NodeList{}
	if err := r.client.List(ctx, l, client.UnsafeDisableDeepCopy); err != nil {
		return errors.Wrap(err, "cannot list nodes")
	}
	byUID := map[string]*corev1.Node{}
	byInstance := map[string]*corev1.Node{}
	for i := range l.Items {
		byUID[string(l.Items[i].GetUID())] = &l.Items[i]
		if id := eni.InstanceID(l.Items[i].Spec.ProviderID); id != "" {
			byInstance[id] = &l.Items[i]
		}
	}
	// A node that registers again has a new UID but the same instance: what was
	// made for it stays its own.
	for i, e := range s.found {
		if _, ok := byUID[e.NodeUID]; ok {
			continue
		}
		if node, ok := byInstance[instanceOf(s, e.Name)]; ok && node.GetName() == e.NodeName {
			s.found[i].NodeUID = string(node.GetUID())
		}
	}
	var matched []*corev1.Node
	for i := range l.Items {
		if eni.Selects(&n.Spec, l.Items[i].GetLabels()) && l.Items[i].GetDeletionTimestamp() == nil {
			matched = append(matched, &l.Items[i])
		}
	}
	instances, err := r.instances(ctx, c, s, matched, byUID)
	if err != nil {
		return err
	}
	for _, node := range matched {
		s.nodes = append(s.nodes, r.node(node, instances))
	}
	r.missingNodes(n, s, byUID, instances)
	return nil
}

// instanceOf returns the instance of a child: what EC2 said last, else what the
// child was made for.
func instanceOf(s *state, child string) string {
	at := s.attachments[child]
	if at != nil && at.Status.AtProvider.InstanceID != "" {
		return at.Status.AtProvider.InstanceID
	}
	if at != nil {
		return at.GetAnnotations()[v1alpha1.AnnotationInstanceID]
	}
	if ni := s.interfaces[child]; ni != nil {
		return ni.GetAnnotations()[v1alpha1.AnnotationInstanceID]
	}
	return ""
}

// instances asks EC2 about the instances of the nodes that are new, look unwell
// or are gone: a terminated instance must free its children even while its Node
// still stands. The instance of a node that is well is known to run.
func (r *Reconciler) instances(ctx context.Context, c cloud, s *state, matched []*corev1.Node, byUID map[string]*corev1.Node) (map[string]ec2.Instance, error) {
	children := map[string][]string{}
	for _, e := range s.found {
		children[e.NodeUID] = append(children[e.NodeUID], e.Name)
	}
	ask, running := map[string]bool{}, map[string]ec2.Instance{}
	for _, n := range matched {
		id, own := eni.InstanceID(n.Spec.ProviderID), children[string(n.GetUID())]
		switch {
		case id == "":
		case well(n, s, own):
			running[id] = ec2.Instance{ID: id, State: ec2types.InstanceStateNameRunning, VPCID: s.interfaces[own[0]].Status.AtProvider.VPCID}
		default:
			ask[id] = true
		}
	}
	for _, e := range s.found {
		if _, ok := byUID[e.NodeUID]; ok {
			continue
		}
		if id := instanceOf(s, e.Name); id != "" {
			ask[id] = true
		}
	}
	found, err := c.Instances(ctx, slices.Sorted(maps.Keys(ask)))
	if err != nil {
		return nil, err
	}
	maps.Copy(running, found)
	return running, nil
}

// well says that a node is ready, that its zone is known, and that all children
// made for it are ready; one without children is new.
func well(n *corev1.Node, s *state, children []string) bool {
	if !ready(n) || n.GetLabels()[corev1.LabelTopologyZone] == "" || len(children) == 0 {
		return false
	}
	for _, name := range children {
		ni, at := s.interfaces[name], s.attachments[name]
		if ni == nil || at == nil ||
			ni.GetCondition(xpv2.TypeReady).Status != corev1.ConditionTrue || at.GetCondition(xpv2.TypeReady).Status != corev1.ConditionTrue {
			return false
		}
	}
	return true
}

func (r *Reconciler) node(n *corev1.Node, instances map[string]ec2.Instance) eni.Node {
	out := eni.Node{
		Name: n.GetName(), UID: string(n.GetUID()), InstanceID: eni.InstanceID(n.Spec.ProviderID),
		Zone: n.GetLabels()[corev1.LabelTopologyZone],
	}
	if i, ok := instances[out.InstanceID]; ok {
		out.Gone = i.Gone()
		out.VPCID = i.VPCID
		if out.Zone == "" {
			out.Zone = i.AvailabilityZone
		}
	} else if out.InstanceID != "" {
		out.Gone = r.now().Sub(n.GetCreationTimestamp().Time) > unknownGrace
	}
	return out
}

// missingNodes adds the nodes that only children know. One whose instance still
// runs is kept for the grace period, counted from when it was first missed.
func (r *Reconciler) missingNodes(n *v1alpha1.NodeENI, s *state, byUID map[string]*corev1.Node, instances map[string]ec2.Instance) {
	seen := map[string]bool{}
	for _, e := range s.found {
		if _, ok := byUID[e.NodeUID]; ok || seen[e.NodeUID] {
			continue
		}
		seen[e.NodeUID] = true
		m := eni.Node{Name: e.NodeName, UID: e.NodeUID, Missing: true}
		m.InstanceID = instanceOf(s, e.Name)
		i, known := instances[m.InstanceID]
		left := r.o.NodeGracePeriod - r.missing.since(n.GetName()+"/"+e.NodeUID, r.now())
		if !known || i.Gone() || left <= 0 {
			m.Gone = true
		} else if s.graceEnds == 0 || left < s.graceEnds {
			s.graceEnds = left
		}
		s.nodes = append(s.nodes, m)
	}
	r.missing.keep(n.GetName()+"/", seen)
}

// sightings remembers since when nodes are missing. A restart forgets, which
// only makes a grace period longer.
type sightings struct {
	mu    sync.Mutex
	first map[string]time.Time
}

func newSightings() *sightings { return &sightings{first: map[string]time.Time{}} }

func (s *sightings) since(key string, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.first[key]
	if !ok {
		s.first[key] = now
		return 0
	}
	return now.Sub(t)
}

// keep forgets the keys with the prefix that are no longer missing.
func (s *sightings) keep(prefix string, missing map[string]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.first {
		if rest, ok := strings.CutPrefix(k, prefix); ok && !missing[rest] {
			delete(s.first, k)
		}
	}
}
