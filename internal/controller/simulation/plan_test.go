// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// TestPlanIsExact plans changes of random fleets, makes them, and compares what the
// controllers do with the plan: the ENIs that they create and release, the device indexes, and
// the number of mutating EC2 calls by action.
//
// Two results depend on the order in which controllers run, and are not compared: the index on
// a node from which another ENI is released at the same time, and which of two NodeENIs gets
// the last place on a node that begins to match both.
func TestPlanIsExact(t *testing.T) {
	fleets := slices.Collect(seq(300))
	if testing.Short() { // with the fleets for which a plan was wrong: paused objects
		fleets = slices.AppendSeq([]int{42, 55, 176, 292}, seq(15))
	}
	for _, i := range fleets {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &randomFleet{Rand: rand.New(rand.NewPCG(17, uint64(i))), simulatedCluster: newCluster(t, ec2emulator.Options{})}
				defer f.close()
				f.reserve()
				f.build()
				f.start()
				f.quiet()
				f.keepsReserve()
				f.pause()
				before := f.placed()
				spec, change := f.edit()
				p := f.plan(spec)
				m := f.ec2.Mark()
				change()
				f.quiet()
				f.compare(p, before, m)
				if len(spec.NodeLabels) == 0 { // changed labels change what is reserved, and detach nothing
					f.keepsReserve()
				}
				if t.Failed() {
					f.print(p)
				}
			})
		})
	}
}

// seq yields the numbers from 0 to n-1.
func seq(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// A randomFleet is a cluster with random nodes and NodeENIs.
type randomFleet struct {
	*rand.Rand
	*simulatedCluster

	nodes    []string
	nodeENIs []*v1alpha1.NodeENI
}

// chance reports true with a probability of one in n.
func (f *randomFleet) chance(n int) bool { return f.IntN(n) == 0 }

// pick returns one of several values.
func pick[T any](f *randomFleet, of ...T) T { return of[f.IntN(len(of))] }

// planSubnets are subnets of two zones, with the zone.
func planSubnets() map[v1alpha1.SubnetID]string {
	return map[v1alpha1.SubnetID]string{
		fleetSubnet1: "us-east-1a", fleetSubnet2: "us-east-1a", "subnet-3": "us-east-1a", "subnet-b1": "us-east-1b", "subnet-b2": "us-east-1b",
	}
}

// reserve sets --reserved-enis in half of the fleets.
func (f *randomFleet) reserve() {
	var err error
	if f.settings.ReservedENIs, err = eni.ParseReserves(pick(f, "", "", "", "1", "m5.large:1", "pool=a:2; 1")); err != nil {
		f.t.Fatal(err)
	}
}

// keepsReserve verifies that each node has the places for the ENIs of others that are reserved.
func (f *randomFleet) keepsReserve() {
	f.t.Helper()
	limits := map[string]int{"m5.large": 3, "m5.xlarge": 4, "m5.4xlarge": 8}
	for _, name := range f.nodes {
		n := &corev1.Node{}
		if err := f.api.Get(f.t.Context(), keyOf(name), n); err != nil {
			f.t.Fatal(err)
		}
		i, ok := f.ec2.Instance(eni.InstanceID(n.Spec.ProviderID))
		if !ok {
			f.t.Fatalf("no instance of node %s", name)
		}
		ours, others := 0, 0
		for _, x := range f.ec2.ENIs(func(x ec2emulator.NetworkInterface) bool {
			return x.Attachment != nil && x.Attachment.InstanceID == i.ID
		}) {
			switch {
			case x.Attachment.DeviceIndex == 0:
			case x.Tags[eni.TagUID] != "":
				ours++
			default:
				others++
			}
		}
		n.Labels[corev1.LabelInstanceTypeStable] = i.Type
		if reserved := int(f.settings.ReservedENIs.For(n.Labels)); ours > 0 && 1+ours+max(others, reserved) > limits[i.Type] {
			f.t.Errorf("node %s of type %s has %d ENIs of the provider and %d of others, and %d are reserved", name, i.Type, ours, others, reserved)
		}
	}
}

// build adds nodes in two zones, some with ENIs of others, and NodeENIs.
func (f *randomFleet) build() {
	for i, id := range []string{"subnet-b0", "subnet-b1", "subnet-b2"} {
		if _, err := f.ec2.AddSubnet(ec2emulator.Subnet{ID: id, VPCID: "vpc-1", CIDR: fmt.Sprintf("10.0.%d.0/20", 64+16*i), AvailabilityZone: "us-east-1b"}); err != nil {
			f.t.Fatal(err)
		}
	}
	for i := range 2 + f.IntN(6) {
		zone, subnet := "us-east-1a", "subnet-0"
		if f.chance(3) {
			zone, subnet = "us-east-1b", "subnet-b0"
		}
		f.addRandomNode(i, zone, subnet)
	}
	for _, name := range []string{"one", "two", "three"}[:1+f.IntN(3)] {
		n := &v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: f.spec()}
		f.create(n)
		f.nodeENIs = append(f.nodeENIs, n)
		time.Sleep(2 * time.Second) // the order of creation decides who is served first
	}
}

func (f *randomFleet) addRandomNode(i int, zone, subnet string) {
	name, id := nodeOf("n", i), instanceOf("n", i)
	if _, err := f.ec2.AddInstance(ec2emulator.Instance{ID: id, Type: pick(f, "m5.large", "m5.xlarge", "m5.4xlarge"), SubnetID: subnet}); err != nil {
		f.t.Fatal(err)
	}
	f.create(&corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
			"pool": pick(f, "a", "b"), "tier": pick(f, "1", "2"), corev1.LabelTopologyZone: zone,
		}},
		Spec:   corev1.NodeSpec{ProviderID: "aws:///" + zone + "/" + id},
		Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}},
	})
	if f.chance(3) {
		if _, err := f.ec2.AddNetworkInterface(ec2emulator.NetworkInterface{SubnetID: subnet, Attachment: &ec2emulator.Attachment{InstanceID: id, DeviceIndex: 1 + f.IntN(3)}}); err != nil {
			f.t.Fatal(err)
		}
	}
	f.nodes = append(f.nodes, name)
}

// spec returns a random spec.
func (f *randomFleet) spec() v1alpha1.NodeENISpec {
	s := v1alpha1.NodeENISpec{NodeSelector: map[string]string{"pool": pick(f, "a", "b")}}
	if f.chance(3) {
		s.NodeSelector = map[string]string{"tier": pick(f, "1", "2")}
	}
	all := slices.Sorted(maps.Keys(planSubnets()))
	f.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	s.SubnetIDs = all[:1+f.IntN(3)]
	f.options(&s)
	return s
}

// options sets random optional fields.
func (f *randomFleet) options(s *v1alpha1.NodeENISpec) {
	if f.chance(4) {
		s.SubnetPolicy = v1alpha1.SubnetPolicyOnePerZone
	}
	if f.chance(4) {
		s.Count = new(int32(2))
	}
	if f.chance(3) {
		s.DeviceIndex = new(int32(1 + f.IntN(3)))
	}
	if f.chance(3) {
		s.SourceDestCheck = new(f.chance(2))
	}
	if f.chance(3) {
		s.DeleteOnTermination = new(f.chance(2))
	}
	if f.chance(3) {
		s.Tags = map[string]string{"team": pick(f, "red", "blue")}
	}
	if f.chance(3) {
		s.Description = new(pick(f, "first", "second"))
	}
	if f.chance(3) {
		s.Addresses = &v1alpha1.NodeENIAddresses{SecondaryPrivateIPCount: new(int32(f.IntN(4)))}
	}
	if f.chance(3) {
		s.Rollout = &v1alpha1.NodeENIRollout{MaxUnavailable: new(pick(f, intstr.FromInt32(1), intstr.FromString("100%")))}
	}
}

// pause pauses an object of one of three fleets, as a user does.
func (f *randomFleet) pause() {
	f.t.Helper()
	objects := f.managed()
	if len(objects) == 0 || !f.chance(3) {
		return
	}
	o := objects[f.IntN(len(objects))]
	meta.AddAnnotations(o, map[string]string{meta.AnnotationKeyReconciliationPaused: "true"})
	if err := f.api.Update(f.t.Context(), o); err != nil {
		f.t.Fatal(err)
	}
	time.Sleep(time.Minute)
}

// edit returns a random change as a plan and as a function that makes it.
func (f *randomFleet) edit() (v1alpha1.NodeENIPlanSpec, func()) {
	n := pick(f, f.nodeENIs...)
	switch f.IntN(6) {
	case 0:
		return v1alpha1.NodeENIPlanSpec{NodeENI: n.GetName(), Delete: true}, func() { f.delete(n) }
	case 1:
		spec := f.spec()
		return v1alpha1.NodeENIPlanSpec{NodeENI: "four", Apply: &spec}, func() {
			f.create(&v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: "four"}, Spec: spec})
		}
	case 2, 3:
		return f.editLabels()
	case 4: // another selector or other subnets
		return f.editSpec(n, f.spec())
	default: // other options
		spec := *n.Spec.DeepCopy()
		f.options(&spec)
		return f.editSpec(n, spec)
	}
}

func (f *randomFleet) editSpec(n *v1alpha1.NodeENI, spec v1alpha1.NodeENISpec) (v1alpha1.NodeENIPlanSpec, func()) {
	return v1alpha1.NodeENIPlanSpec{NodeENI: n.GetName(), Apply: &spec}, func() {
		now := &v1alpha1.NodeENI{}
		if err := f.api.Get(f.t.Context(), keyOf(n.GetName()), now); err != nil {
			f.t.Fatal(err)
		}
		now.Spec = spec
		if err := f.api.Update(f.t.Context(), now); err != nil {
			f.t.Fatal(err)
		}
	}
}

func (f *randomFleet) editLabels() (v1alpha1.NodeENIPlanSpec, func()) {
	node := pick(f, f.nodes...)
	c := v1alpha1.NodeLabelChange{Node: node, Set: map[string]string{"pool": pick(f, "a", "b")}}
	if f.chance(3) {
		c = v1alpha1.NodeLabelChange{Node: node, Remove: []string{"tier"}}
	}
	return v1alpha1.NodeENIPlanSpec{NodeLabels: []v1alpha1.NodeLabelChange{c}}, func() {
		n := &corev1.Node{}
		if err := f.api.Get(f.t.Context(), keyOf(node), n); err != nil {
			f.t.Fatal(err)
		}
		maps.Copy(n.Labels, c.Set)
		for _, k := range c.Remove {
			delete(n.Labels, k)
		}
		if err := f.api.Update(f.t.Context(), n); err != nil {
			f.t.Fatal(err)
		}
	}
}

// quiet lets time pass until no call has changed anything for three minutes.
func (f *randomFleet) quiet() {
	f.t.Helper()
	for range 40 {
		m := f.ec2.Mark()
		time.Sleep(3 * time.Minute)
		if len(f.ec2.Since(m, ec2emulator.Mutating)) == 0 {
			return
		}
	}
	f.t.Fatal("the controllers do not stop to change ENIs")
}

// plan returns the plan of a change.
func (f *randomFleet) plan(spec v1alpha1.NodeENIPlanSpec) *v1alpha1.NodeENIPlan {
	f.t.Helper()
	p := &v1alpha1.NodeENIPlan{ObjectMeta: metav1.ObjectMeta{Name: "plan"}, Spec: spec}
	m := f.ec2.Mark()
	f.create(p)
	f.must(time.Minute, func() error {
		if err := f.api.Get(f.t.Context(), keyOf("plan"), p); err != nil {
			return err
		}
		if c := p.GetCondition(v1alpha1.TypePlanned); c.Status != corev1.ConditionTrue {
			return errors.Errorf("Planned is %q: %s", c.Status, c.Message)
		}
		return nil
	})
	if calls := f.ec2.Since(m, ec2emulator.Mutating); len(calls) > 0 {
		f.t.Errorf("a plan made %d mutating calls", len(calls))
	}
	return p
}

// A placedENI is where an ENI of the provider is.
type placedENI struct {
	nodeENI, node, subnet string
	index                 int
}

// placed returns the ENIs of the provider by id.
func (f *randomFleet) placed() map[string]placedENI {
	out := map[string]placedENI{}
	for _, n := range f.ours() {
		p := placedENI{nodeENI: n.Tags[eni.TagNodeENI], node: n.Tags[eni.TagNode], subnet: n.SubnetID, index: -1}
		if n.Attachment != nil {
			p.index = n.Attachment.DeviceIndex
		}
		out[n.ID] = p
	}
	return out
}

// compare compares a plan with the changes since a mark.
func (f *randomFleet) compare(p *v1alpha1.NodeENIPlan, before map[string]placedENI, m ec2emulator.Mark) {
	f.t.Helper()
	after := f.placed()
	var created, released, wantCreated, wantReleased []string
	freed := map[string]bool{} // nodes on which indexes become free meanwhile
	for id, e := range before {
		if _, ok := after[id]; !ok {
			released = append(released, id)
			freed[e.node] = true
		}
	}
	contested := contestedNodes(p)
	line := func(nodeENI, subnet, node string, index int) string {
		if contested[node] {
			return "one on " + node
		}
		if freed[node] && index > 0 {
			return fmt.Sprintf("%s in %s on %s", nodeENI, subnet, node)
		}
		return fmt.Sprintf("%s in %s on %s at %d", nodeENI, subnet, node, index)
	}
	for id, e := range after {
		if _, ok := before[id]; !ok {
			created = append(created, line(e.nodeENI, e.subnet, e.node, e.index))
		}
	}
	for _, e := range p.Status.ENIs {
		switch e.Action {
		case v1alpha1.PlanCreate:
			index := -1
			if e.DeviceIndex != nil {
				index = int(*e.DeviceIndex)
			}
			wantCreated = append(wantCreated, line(e.NodeENI, e.SubnetID, e.Node, index))
		case v1alpha1.PlanRelease:
			wantReleased = append(wantReleased, e.ENIID)
		}
	}
	wantCalls, calls := map[string]int{}, map[string]int{}
	for _, c := range p.Status.Calls {
		wantCalls[c.Action] = int(c.Count)
	}
	for _, c := range f.ec2.Since(m, ec2emulator.Mutating) {
		calls[c.Action]++
	}
	if len(contested) > 0 { // NodeENIs have different settings after the creation
		delete(wantCalls, "ModifyNetworkInterfaceAttribute")
		delete(calls, "ModifyNetworkInterfaceAttribute")
	}
	for _, l := range [][]string{created, released, wantCreated, wantReleased} {
		slices.Sort(l)
	}
	if diff := cmp.Diff(wantCreated, created); diff != "" {
		f.t.Errorf("ENIs created: -planned, +done:\n%s", diff)
	}
	if diff := cmp.Diff(wantReleased, released); diff != "" {
		f.t.Errorf("ENIs released: -planned, +done:\n%s", diff)
	}
	if diff := cmp.Diff(wantCalls, calls); diff != "" {
		f.t.Errorf("mutating calls: -planned, +done:\n%s", diff)
	}
}

// contestedNodes are the full nodes of which several NodeENIs want the last places. The older
// NodeENI gets them, unless the controller creates the objects of the younger one first.
func contestedNodes(p *v1alpha1.NodeENIPlan) map[string]bool {
	wants, full := map[string]map[string]bool{}, map[string]bool{}
	for _, e := range p.Status.ENIs {
		if e.Action != v1alpha1.PlanCreate && e.Action != v1alpha1.PlanWait {
			continue
		}
		if wants[e.Node] == nil {
			wants[e.Node] = map[string]bool{}
		}
		wants[e.Node][e.NodeENI] = true
		full[e.Node] = full[e.Node] || strings.Contains(e.Message, "to be attached first")
	}
	maps.DeleteFunc(full, func(node string, full bool) bool { return !full || len(wants[node]) < 2 })
	return full
}

// print logs a plan and the state of the fleet.
func (f *randomFleet) print(p *v1alpha1.NodeENIPlan) {
	for _, x := range []any{p.Spec, p.Status} {
		raw, _ := yaml.Marshal(x)
		f.t.Log(string(raw))
	}
	var lines []string
	for id, e := range f.placed() {
		lines = append(lines, fmt.Sprintf("%s: %s in %s on %s at %d", id, e.nodeENI, e.subnet, e.node, e.index))
	}
	slices.Sort(lines)
	f.t.Log(strings.Join(lines, "\n"))
}
