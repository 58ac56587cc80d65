// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// A fieldCase sets a field of a spec, changes it and removes it, with the default poll
// interval. Patches are JSON merge patches.
type fieldCase struct {
	// setup is applied first and kept.
	setup string
	// instanceType of the node; m5.xlarge if it is empty.
	instanceType string

	// set, change and removal are the three steps. The default patch of removal removes the
	// fields of set.
	set, change, removal fieldStep

	// created is true if set is applied on creation, because the field cannot be set later.
	created bool
}

// A fieldStep is a patch and its expected results.
type fieldStep struct {
	patch string
	// calls are the mutating EC2 calls with their numbers, such as
	// "ModifyNetworkInterfaceAttribute 1".
	calls []string
	// has are the differences to the state before set, in EC2 and on the host.
	has map[string]string
	// rejected is part of the API server's error, if it rejects the patch.
	rejected string
	// kept is true if the state of the previous step is expected.
	kept bool
}

// settledWithin is the time limit of a change while the matrix runs many cases
// concurrently. A single change takes less than three seconds: see make bench.
const settledWithin = 30 * time.Second

// leaves returns the JSON paths of the fields of a type without fields of their own.
func leaves(t reflect.Type, prefix string) []string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[metav1.Duration](), reflect.TypeFor[intstr.IntOrString](), reflect.TypeFor[resource.Quantity]():
		return []string{prefix}
	}
	if t.Kind() != reflect.Struct {
		return []string{prefix}
	}
	var out []string
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "" && f.Anonymous:
			out = append(out, leaves(f.Type, prefix)...)
		case prefix == "":
			out = append(out, leaves(f.Type, name)...)
		default:
			out = append(out, leaves(f.Type, prefix+"."+name)...)
		}
	}
	return out
}

// checkComplete fails for each field without a case, and for each case without a field.
func checkComplete(t *testing.T, fields []string, cases map[string]fieldCase, elsewhere map[string]string) {
	t.Helper()
	known := map[string]bool{}
	for _, f := range fields {
		known[f] = true
		_, row := cases[f]
		if _, other := elsewhere[f]; row == other {
			t.Errorf("\nEach field has either a case that sets, changes and removes it, or the name of a test that does.\nfield %s: case %t, named %t", f, row, other)
		}
	}
	for _, f := range slices.Concat(slices.Collect(maps.Keys(cases)), slices.Collect(maps.Keys(elsewhere))) {
		if !known[f] {
			t.Errorf("\nEach case has a field.\nfield %s does not exist", f)
		}
	}
}

// A subject is the object of a case.
type subject interface {
	// create creates the object with a patch to its spec applied.
	create(patch string)
	object() client.Object
	// settled returns an error unless the object has converged to its spec.
	settled() error
	// eni returns the id of its ENI.
	eni() string
	// view returns the state of the object in EC2 and on the host.
	view() map[string]string
}

// run sets a field of a subject, changes it and removes it.
func (c fieldCase) run(e *env, s subject) {
	e.t.Helper()
	initial := c.setup
	if c.created {
		initial = merge(e.t, c.setup, c.set.patch)
	}
	s.create(initial)
	e.eventually(settledWithin, s.settled)
	before := s.view()
	for k, v := range c.set.has {
		if c.created && before[k] != v {
			e.t.Errorf("\nThe field is applied on creation.\n%s is %q, want %q", k, before[k], v)
		}
	}
	if c.removal.patch == "" {
		c.removal.patch = nulls(e.t, c.set.patch)
	}
	if !c.created {
		c.step(e, s, "set", c.set, before, nil)
	}
	last := s.view()
	if c.change.patch != "" {
		c.step(e, s, "change", c.change, before, last)
	}
	last = s.view()
	c.step(e, s, "removal", c.removal, before, last)
}

func (c fieldCase) step(e *env, s subject, name string, step fieldStep, before, last map[string]string) {
	e.t.Helper()
	mark := e.EC2.Mark()
	o := s.object()
	err := e.kube.Patch(e.t.Context(), o, client.RawPatch(types.MergePatchType, []byte(fmt.Sprintf(`{"spec":%s}`, step.patch))))
	if step.rejected != "" {
		if err == nil || !strings.Contains(err.Error(), step.rejected) {
			e.t.Errorf("\n%s is rejected.\nwant %q, got: %v", name, step.rejected, err)
		}
		return
	}
	if err != nil {
		e.t.Fatalf("\n%s: %v", name, err)
	}
	want := maps.Clone(before)
	if step.kept {
		want = maps.Clone(last)
	}
	maps.Copy(want, step.has)
	e.eventually(settledWithin, func() error {
		if err := s.settled(); err != nil {
			return err
		}
		if d := cmp.Diff(want, s.view()); d != "" {
			return fmt.Errorf("%s: -want, +got:\n%s", name, d)
		}
		return nil
	})
	got := e.changes(mark, s.eni())
	if d := cmp.Diff(step.calls, got); d != "" {
		e.t.Errorf("\n%s: EC2 calls: -want, +got:\n%s", name, d)
	}
}

// changes returns the mutating calls for an ENI since a mark, with their numbers.
func (e *env) changes(mark ec2emulator.Mark, eni string) []string {
	n := map[string]int{}
	for _, c := range e.EC2.Since(mark, func(c ec2emulator.Call) bool { return c.Mutating && c.Committed }) {
		if slices.Contains(c.ResourceIDs, eni) {
			n[c.Action]++
		}
	}
	var out []string
	for _, a := range slices.Sorted(maps.Keys(n)) {
		out = append(out, fmt.Sprintf("%s %d", a, n[a]))
	}
	return out
}

// viewENI returns the state of an ENI in EC2. Addresses, which EC2 assigns, are counted.
func (e *env) viewENI(id string, into map[string]string) {
	e.t.Helper()
	n, ok := e.EC2.NetworkInterface(id)
	if !ok || !ec2emulator.Exists(n) {
		into["ENI"] = "none"
		return
	}
	put := func(k string, v any) { into[k] = fmt.Sprint(v) }
	put("description", n.Description)
	put("groups", slices.Sorted(slices.Values(n.SecurityGroupIDs)))
	put("subnet", n.SubnetID)
	put("sourceDestCheck", !n.SourceDestCheckDisabled)
	put("IPv4", len(n.PrivateIPAddresses))
	put("IPv4 prefixes", len(n.IPv4Prefixes))
	put("IPv6", len(n.IPv6Addresses))
	put("IPv6 prefixes", len(n.IPv6Prefixes))
	put("connection tracking", n.ConnectionTracking)
	put("associated subnets", n.AssociatedSubnetIDs)
	put("Elastic IP", n.AllocationID)
	tags := map[string]string{}
	for k, v := range n.Tags {
		if strings.HasPrefix(k, "my-") {
			tags[k] = v
		}
	}
	put("tags", tags)
	if a := n.Attachment; a != nil {
		put("deleteOnTermination", a.DeleteOnTermination)
		put("place", fmt.Sprintf("%d/%d", a.NetworkCardIndex, a.DeviceIndex))
		put("ENA Express", fmt.Sprint(a.EnaSrdEnabled, " UDP ", a.EnaSrdUDPEnabled))
		put("queues", a.EnaQueueCount)
	}
}

// flatten returns the leaves of a JSON object by their paths.
func flatten(prefix string, v any, into map[string]string) {
	if m, ok := v.(map[string]any); ok {
		for k, x := range m {
			flatten(strings.TrimPrefix(prefix+"."+k, "."), x, into)
		}
		return
	}
	into[prefix] = fmt.Sprint(v)
}

// toMap returns an object as decoded JSON.
func toMap(t *testing.T, v any) map[string]any {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func fromJSON(t *testing.T, text string) map[string]any {
	t.Helper()
	out := map[string]any{}
	if text == "" {
		return out
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("cannot read %q: %v", text, err)
	}
	return out
}

// merge merges two patches.
func merge(t *testing.T, a, b string) string {
	t.Helper()
	var into func(x, y map[string]any)
	into = func(x, y map[string]any) {
		for k, v := range y {
			m, ok := v.(map[string]any)
			n, also := x[k].(map[string]any)
			if ok && also {
				into(n, m)
				continue
			}
			x[k] = v
		}
	}
	x := fromJSON(t, a)
	into(x, fromJSON(t, b))
	raw, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// nulls returns the patch that removes the fields of another patch.
func nulls(t *testing.T, patch string) string {
	t.Helper()
	var of func(m map[string]any) map[string]any
	of = func(m map[string]any) map[string]any {
		out := map[string]any{}
		for k, v := range m {
			if x, ok := v.(map[string]any); ok && !isMapField(k) {
				out[k] = of(x)
				continue
			}
			out[k] = nil
		}
		return out
	}
	raw, err := json.Marshal(of(fromJSON(t, patch)))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// isMapField reports whether a field is removed as a whole.
func isMapField(name string) bool {
	return slices.Contains([]string{
		"tags", "subnetSelector", "securityGroupSelector", "enaSrdSpecification", "connectionTracking", "dpdk", "releasePolicy", "detachPolicy", "rollout", "providerConfigRef",
	}, name)
}

// runMatrix runs the cases of a kind, a few at a time. In short mode it runs every twelfth
// case, with a start that depends on the day. make e2e runs all cases.
func runMatrix(t *testing.T, e *env, cases map[string]fieldCase, of func(*env, string, fieldCase) subject) {
	t.Helper()
	turns := make(chan struct{}, 6)
	t.Run("fields", func(t *testing.T) {
		for i, name := range slices.Sorted(maps.Keys(cases)) {
			if testing.Short() && (i+time.Now().YearDay())%12 != 0 {
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				turns <- struct{}{}
				defer func() { <-turns }()
				sub := e.with(t)
				cases[name].run(sub, of(sub, fmt.Sprintf("field-%02d", i), cases[name]))
			})
		}
	})
}
