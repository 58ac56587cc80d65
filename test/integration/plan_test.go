// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// TestPlan plans changes with the plugin, a real API server and the provider's own permissions,
// and makes one of them.
func TestPlan(t *testing.T) {
	e := newEnv(t, options{core: true, noAgents: true})
	n := e.node("node-a")
	run := func(in string, args ...string) (string, error) {
		out, problem, err := e.plugin(in, args...)
		return out + problem, err
	}
	plan := func(in string, args ...string) v1alpha1.NodeENIPlanStatus {
		t.Helper()
		out, err := run(in, append([]string{"plan", "-o", "json"}, args...)...)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		var s v1alpha1.NodeENIPlanStatus
		if err := json.Unmarshal([]byte(out), &s); err != nil {
			t.Fatal(err)
		}
		return s
	}

	manifest := head("one") + "  subnetID: " + dataSubnet + "\n"
	mark := e.EC2.Mark()
	s := plan(manifest, "-f", "-")
	if want := (v1alpha1.PlanTotals{Create: 1}); s.Totals != want || len(s.ENIs) != 1 || s.ENIs[0].Node != "node-a" || s.ENIs[0].DeviceIndex == nil {
		t.Fatalf("plan of a new NodeENI: %+v, %+v", s.Totals, s.ENIs)
	}
	if calls := e.EC2.Since(mark, ec2emulator.Mutating); len(calls) > 0 {
		t.Errorf("a plan made %d mutating calls", len(calls))
	}
	e.apply(manifest)
	e.eventually(30*time.Second, func() error {
		for index, x := range e.attachedTo(n) {
			if x.SubnetID == dataSubnet && index == int(*s.ENIs[0].DeviceIndex) {
				return nil
			}
		}
		return fmt.Errorf("no ENI in %s at device index %d: %v", dataSubnet, *s.ENIs[0].DeviceIndex, e.attachedTo(n))
	})

	if s := plan("", "--label", "node-a", "ng-"); s.Totals.Release != 1 || s.Totals.Create != 0 {
		t.Errorf("plan of a label that is removed: %+v", s.Totals)
	}
	if s := plan("", "--delete", "one"); s.Totals.Release != 1 {
		t.Errorf("plan of a deletion: %+v", s.Totals)
	}
	if out, err := run("", "plan", "one"); err != nil || !strings.HasPrefix(out, "Network interfaces: 1 unchanged\n") {
		t.Errorf("plan of the present spec: %v\n%s", err, out)
	}
	changed := plan(manifest+"  mtu: 9000\n  deviceIndex: 3\n", "-f", "-")
	if len(changed.ENIs) != 1 || changed.ENIs[0].Action != v1alpha1.PlanChange || !slices.Equal(changed.ENIs[0].Changes, []string{"host.mtu"}) || len(changed.ENIs[0].Calls) > 0 {
		t.Errorf("plan of another MTU: %+v", changed.ENIs)
	}
	if len(changed.Problems) != 1 || !strings.HasPrefix(changed.Problems[0], "spec.deviceIndex changes") {
		t.Errorf("plan of another device index: %v", changed.Problems)
	}
	e.planPaused(plan, manifest+"  description: other\n")
	if _, err := run("", "plan", "two"); err == nil || !strings.Contains(err.Error(), `NodeENI "two" does not exist`) {
		t.Errorf("plan of a NodeENI that does not exist: %v", err)
	}
	l := &v1alpha1.NodeENIPlanList{}
	if err := e.kube.List(t.Context(), l); err != nil || len(l.Items) > 0 {
		t.Errorf("%d plans are left, %v", len(l.Items), err)
	}
	e.delete(e.nodeENI("one"))
	e.eventually(30*time.Second, e.allDeleted)
}

// planPaused plans a change while the NetworkInterface, and then the NodeENI, is paused.
func (e *env) planPaused(plan func(in string, args ...string) v1alpha1.NodeENIPlanStatus, manifest string) {
	e.t.Helper()
	l := &ec2v1alpha1.NetworkInterfaceList{}
	if err := e.kube.List(e.t.Context(), l, client.MatchingLabels{v1alpha1.LabelNodeENI: "one"}); err != nil || len(l.Items) != 1 {
		e.t.Fatalf("%d NetworkInterfaces, %v", len(l.Items), err)
	}
	for _, o := range []client.Object{&l.Items[0], e.nodeENI("one")} {
		e.patch(o, `{"metadata":{"annotations":{"crossplane.io/paused":"true"}}}`)
		e.eventually(20*time.Second, func() error {
			s := plan(manifest, "-f", "-")
			text := fmt.Sprintf("%+v %v", s.ENIs, s.Problems)
			if len(s.Calls) > 0 || !strings.Contains(text, "is paused") || !strings.Contains(text, "crossplane.io/paused") {
				return fmt.Errorf("plan of a paused %T: %s", o, text)
			}
			return nil
		})
		e.patch(o, `{"metadata":{"annotations":{"crossplane.io/paused":null}}}`)
	}
}

// TestPlanObject creates plans without the plugin: the API server validates them, and the provider
// deletes them.
func TestPlanObject(t *testing.T) {
	e := newEnv(t, options{noAgents: true})
	valid := &v1alpha1.NodeENISpec{NodeSelector: map[string]string{"a": "b"}, SubnetID: new(v1alpha1.SubnetID("subnet-1"))}
	for name, tc := range map[string]struct {
		spec v1alpha1.NodeENIPlanSpec
		want string
	}{
		"Nothing": {want: "nothing to plan: set nodeENI, nodeLabels or both"},
		"NoName":  {spec: v1alpha1.NodeENIPlanSpec{Apply: valid, NodeLabels: []v1alpha1.NodeLabelChange{{Node: "node-a"}}}, want: "set nodeENI to the name of the NodeENI to apply or to delete"},
		"Both":    {spec: v1alpha1.NodeENIPlanSpec{NodeENI: "one", Apply: valid, Delete: true}, want: "a NodeENI is either applied or deleted: set apply or delete"},
		"Invalid": {spec: v1alpha1.NodeENIPlanSpec{NodeENI: "one", Apply: &v1alpha1.NodeENISpec{NodeSelector: map[string]string{"a": "b"}}}, want: "no subnet given"},
	} {
		err := e.kube.Create(t.Context(), &v1alpha1.NodeENIPlan{ObjectMeta: metav1.ObjectMeta{Name: strings.ToLower(name)}, Spec: tc.spec})
		if !kerrors.IsInvalid(err) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}

	p := &v1alpha1.NodeENIPlan{ObjectMeta: metav1.ObjectMeta{Name: "p"}, Spec: v1alpha1.NodeENIPlanSpec{NodeENI: "one", Apply: valid, TTLSecondsAfterFinished: new(int32(10))}}
	if err := e.kube.Create(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	e.eventually(20*time.Second, func() error {
		if err := e.kube.Get(t.Context(), client.ObjectKeyFromObject(p), p); err != nil {
			return err
		}
		if c := p.GetCondition(v1alpha1.TypePlanned); c.Reason != v1alpha1.ReasonPlanned {
			return fmt.Errorf("Planned is %s: %s", c.Status, c.Message)
		}
		return nil
	})
	if diff := cmp.Diff([]string{`subnet "subnet-1" does not exist`, "no node matches nodeSelector and nodeSelectorTerms"}, p.Status.Problems); diff != "" {
		t.Errorf("problems: -want, +got:\n%s", diff)
	}
	e.eventually(40*time.Second, e.isDeleted(p))
}
