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
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// unknownGrace is how long EC2 may not know the instance of a new node: its
// describe actions are eventually consistent.
const unknownGrace = 5 * time.Minute

// missingPoll is how often the instance of a deleted Node is observed: it may be
// terminated long before the grace period ends.
const missingPoll = time.Minute

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

	// stale are children of an earlier NodeENI of the same name. They are deleted,
	// and nothing is applied under their names before they are.
	stale map[string]bool
	// outdated are children whose objects, as read, are not what is wanted.
	outdated *nameSet
	// region is that of the NodeENI's config.
	region string
	// silent is why the agents of nodes do not answer, by node name.
	silent map[string]string
	// doubtful are nodes whose instances EC2 did not return, by name, with why
	// nothing is done about them.
	doubtful map[string]ec2.Absence
}

// vpcs returns the VPCs of the nodes, as far as they are known, sorted.
func (s *state) vpcs() []string {
	vpcs := map[string]bool{}
	for _, n := range s.nodes {
		vpcs[n.VPCID] = true
	}
	delete(vpcs, "")
	return slices.Sorted(maps.Keys(vpcs))
}

// usedSubnets returns the subnets that children are in, sorted.
func (s *state) usedSubnets() []string {
	used := map[string]bool{}
	for _, e := range s.found {
		used[e.SubnetID] = true
	}
	delete(used, "")
	return slices.Sorted(maps.Keys(used))
}

// nameSet is a set of names that several goroutines add to.
type nameSet struct {
	mu  sync.Mutex
	set map[string]bool
}

func (s *nameSet) add(name string) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set[name] = true
}

func (s *nameSet) has(name string) bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.set[name]
}

// children reads the objects made for a NodeENI: those in the provider's namespace
// whose controller it is, and those that an earlier NodeENI of the name left without
// a controller, as kubectl delete --cascade=orphan does.
func (r *Reconciler) children(ctx context.Context, name string, uid types.UID) (*state, error) {
	s := &state{
		interfaces:  map[string]*ec2v1alpha1.NetworkInterface{},
		attachments: map[string]*ec2v1alpha1.NetworkInterfaceAttachment{},
		hosts:       map[string]*v1alpha1.HostInterface{},
		stale:       map[string]bool{},
		doubtful:    map[string]ec2.Absence{},
		outdated:    &nameSet{set: map[string]bool{}},
	}
	of := client.MatchingFields{indexNodeENI: name}
	nis := &ec2v1alpha1.NetworkInterfaceList{}
	ats := &ec2v1alpha1.NetworkInterfaceAttachmentList{}
	his := &v1alpha1.HostInterfaceList{}
	for _, l := range []client.ObjectList{nis, ats, his} {
		opts := []client.ListOption{of, client.UnsafeDisableDeepCopy} // only read: copies of thousands cost more than all the rest
		if l != his {
			opts = append(opts, client.InNamespace(r.o.Namespace))
		}
		if err := r.client.List(ctx, l, opts...); err != nil {
			return nil, errors.Wrap(err, "cannot list the objects of the NodeENI")
		}
	}
	for i := range nis.Items {
		if s.claims(&nis.Items[i], name, uid) {
			s.interfaces[nis.Items[i].GetName()] = &nis.Items[i]
		}
	}
	for i := range ats.Items {
		if s.claims(&ats.Items[i], name, uid) {
			s.attachments[ats.Items[i].GetName()] = &ats.Items[i]
		}
	}
	for i := range his.Items {
		ref := his.Items[i].Spec.AttachmentRef
		if at := s.attachments[ref.Name]; at != nil && ref.Namespace == r.o.Namespace && ref.UID == string(at.GetUID()) {
			s.hosts[ref.Name] = &his.Items[i]
		}
	}
	s.found = existing(s)
	return s, nil
}

// claims reports whether an object with the NodeENI's label is its child.
func (s *state) claims(o client.Object, name string, uid types.UID) bool {
	c := metav1.GetControllerOf(o)
	switch {
	case c == nil:
		return o.GetAnnotations()[annotationApplied] != "" // left by an earlier NodeENI
	case c.UID == uid:
		return true
	case madeBy(c, name):
		s.stale[o.GetName()] = true
		return false
	default:
		return false
	}
}

// madeBy reports whether an owner reference names a NodeENI.
func madeBy(c *metav1.OwnerReference, name string) bool {
	return c != nil && c.APIVersion == v1alpha1.SchemeGroupVersion.String() && c.Kind == v1alpha1.NodeENIKind && c.Name == name
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
	place, _ := c.Place(ctx) // the region is known even if the account is not
	s.region = place.Region
	instances, err := r.instances(ctx, c, s, matched, byUID)
	if err != nil {
		return err
	}
	for _, node := range matched {
		out, err := r.node(ctx, n, c, s, node, instances)
		if err != nil {
			return err
		}
		s.nodes = append(s.nodes, out)
	}
	r.deselectedNodes(s, n, matched, byUID, instances)
	return r.missingNodes(ctx, n, c, s, byUID, instances)
}

// deselectedNodes adds the nodes that exist and have children, but match no more.
// A node that matches and is being deleted is missing, not deselected: its pods are
// being drained, and the grace period begins when the Node object is gone.
func (r *Reconciler) deselectedNodes(s *state, neni *v1alpha1.NodeENI, matched []*corev1.Node, byUID map[string]*corev1.Node, instances map[string]ec2.Instance) {
	seen := map[string]bool{}
	for _, n := range matched {
		seen[string(n.GetUID())] = true
	}
	for _, e := range s.found {
		n := byUID[e.NodeUID]
		if n == nil || seen[e.NodeUID] {
			continue
		}
		seen[e.NodeUID] = true
		out := eni.Node{Name: n.GetName(), UID: e.NodeUID, InstanceID: eni.InstanceID(n.Spec.ProviderID), Ready: ready(n)}
		out.Gone = instances[out.InstanceID].Terminated()
		out.Missing = n.GetDeletionTimestamp() != nil && eni.Selects(&neni.Spec, n.GetLabels())
		out.Deselected = !out.Missing
		s.nodes = append(s.nodes, out)
	}
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
	ask, changing, running := map[string]bool{}, map[string]bool{}, map[string]ec2.Instance{}
	for _, n := range matched {
		id, own := eni.InstanceID(n.Spec.ProviderID), children[string(n.GetUID())]
		switch {
		case id == "", len(own) == 0 && !inRegion(n, s.region):
		case well(n, s, own):
			running[id] = ec2.Instance{ID: id, State: ec2types.InstanceStateNameRunning, VPCID: s.interfaces[own[0]].Status.AtProvider.VPCID}
		case ready(n):
			ask[id] = true
		default:
			changing[id] = true // its kubelet is silent: what EC2 returned before is of no use
		}
	}
	for _, e := range s.found {
		if n, ok := byUID[e.NodeUID]; ok && n.GetDeletionTimestamp() == nil {
			continue
		}
		if id := instanceOf(s, e.Name); id != "" && !changing[id] {
			ask[id] = true
		}
	}
	found, err := c.Instances(ctx, slices.Sorted(maps.Keys(ask)), slices.Sorted(maps.Keys(changing)))
	if err != nil {
		return nil, err
	}
	maps.Copy(running, found)
	return running, nil
}

// inRegion reports whether a node may be in a region: the providerID of some names none.
func inRegion(n *corev1.Node, region string) bool {
	r := eni.Region(n.Spec.ProviderID, n.GetLabels())
	return r == "" || region == "" || r == region
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

func (r *Reconciler) node(ctx context.Context, neni *v1alpha1.NodeENI, c cloud, s *state, n *corev1.Node, instances map[string]ec2.Instance) (eni.Node, error) {
	out := eni.Node{
		Name: n.GetName(), UID: string(n.GetUID()), InstanceID: eni.InstanceID(n.Spec.ProviderID),
		Zone: n.GetLabels()[corev1.LabelTopologyZone], Ready: ready(n),
	}
	if out.InstanceID == "" {
		out.OtherProviderID = n.Spec.ProviderID
	}
	if i, ok := instances[out.InstanceID]; ok {
		out.Gone = i.Terminated()
		out.VPCID = i.VPCID
		if out.Zone == "" {
			out.Zone = i.AvailabilityZone
		}
		return out, nil
	}
	if len(s.childrenOf(out.UID)) == 0 && !inRegion(n, s.region) {
		out.OtherRegion = eni.Region(n.Spec.ProviderID, n.GetLabels())
		return out, nil
	}
	if out.InstanceID == "" || out.Ready {
		return out, nil // a new instance, which EC2 does not return yet, or one whose node works
	}
	if left := max(r.o.NodeGracePeriod, unknownGrace) - r.missing.since(neni.GetName()+"/"+out.UID, r.now()); left > 0 {
		s.observeAfter(left)
		return out, nil
	}
	var err error
	out.Gone, err = r.terminated(ctx, c, s, out.Name, out.InstanceID, s.childrenOf(out.UID))
	return out, err
}

// childrenOf returns the names of the children of a node.
func (s *state) childrenOf(nodeUID string) []string {
	var out []string
	for _, e := range s.found {
		if e.NodeUID == nodeUID {
			out = append(out, e.Name)
		}
	}
	return out
}

// terminated reports whether an instance that EC2 did not return is proven to be
// terminated. Otherwise it records the doubt, and when to observe again.
func (r *Reconciler) terminated(ctx context.Context, c cloud, s *state, node, instanceID string, children []string) (bool, error) {
	subnet := ""
	for _, name := range children {
		at := s.attachments[name]
		if at != nil && managedresource.ConfirmedDeleted(at, instanceID) {
			return true, nil
		}
		if ni := s.interfaces[name]; ni != nil {
			subnet = string(ptr.Deref(ni.Spec.ForProvider.SubnetID, ""))
		}
	}
	a, err := c.FateOfInstance(ctx, instanceID, subnet)
	if err != nil {
		return false, err
	}
	if a.Fate == eni.FateDeleted {
		return true, nil
	}
	s.doubtful[node] = a
	s.observeAfter(a.RequeueAfter)
	return false, nil
}

// observeAfter has the NodeENI reconciled again after at most d.
func (s *state) observeAfter(d time.Duration) {
	if s.graceEnds == 0 || d < s.graceEnds {
		s.graceEnds = d
	}
}

// missingNodes adds the nodes that only children know. One whose instance still
// runs is kept for the grace period, counted from when it was first missed. One
// whose instance EC2 did not return is kept until that is proven to be terminated.
func (r *Reconciler) missingNodes(ctx context.Context, n *v1alpha1.NodeENI, c cloud, s *state, byUID map[string]*corev1.Node, instances map[string]ec2.Instance) error {
	seen := map[string]bool{}
	for _, node := range s.nodes {
		if _, known := instances[node.InstanceID]; !known && !node.Ready && !node.Deselected {
			seen[node.UID] = true // its time without an instance is counted, too
		}
	}
	for _, e := range s.found {
		if _, ok := byUID[e.NodeUID]; ok || seen[e.NodeUID] {
			continue
		}
		seen[e.NodeUID] = true
		m := eni.Node{Name: e.NodeName, UID: e.NodeUID, Missing: true}
		m.InstanceID = instanceOf(s, e.Name)
		i, known := instances[m.InstanceID]
		left := r.o.NodeGracePeriod - r.missing.since(n.GetName()+"/"+e.NodeUID, r.now())
		switch {
		case i.Terminated(), left <= 0 && (known || m.InstanceID == ""):
			m.Gone = true
		case known || m.InstanceID == "":
			// What is known of a running instance may be a minute old.
			s.observeAfter(min(left, missingPoll))
		default:
			var err error
			if m.Gone, err = r.terminated(ctx, c, s, m.Name, m.InstanceID, s.childrenOf(m.UID)); err != nil {
				return err
			}
		}
		s.nodes = append(s.nodes, m)
	}
	r.missing.keep(n.GetName()+"/", seen)
	return nil
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
