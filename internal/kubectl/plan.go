// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/cli-runtime/pkg/resource"
	"sigs.k8s.io/controller-runtime/pkg/client"
	kjson "sigs.k8s.io/json"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpmeta "github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

const (
	// planPoll is how often a plan is read until it is complete.
	planPoll = 200 * time.Millisecond

	// planTTL is after which time the provider deletes a plan that the command did not
	// delete, in seconds.
	planTTL = 300
)

// planFlags are the flags of the command plan.
type planFlags struct {
	file, remove, label string
	timeout             time.Duration
}

// plan returns the command plan.
func (c *command) plan() *cobra.Command {
	var f planFlags
	cmd := &cobra.Command{
		Use:   "plan (-f FILE | NODEENI | --delete=NODEENI | --label=NODE KEY=VALUE...)",
		Short: "Shows what a change would do, without making it",
		Long: `Shows what the provider would do after a NodeENI is applied or deleted, or after labels of a node
change: the network interfaces that are created, changed and released, with their nodes, subnets and
device indexes, the addresses that they take, the EC2 calls, and the time that EC2's request rate
needs for the calls. Network interfaces that remain as they are, are only shown with --output=wide.

Several NodeENIs of a file are planned one by one, each as if only it changed.

The provider computes the plan with the code of its controllers. The command creates a NodeENIPlan,
and deletes it. Nothing else is changed.`,
		Example: `  kubectl eni plan -f nodeeni.yaml
  kubectl eni plan --delete firewall
  kubectl eni plan --label ip-10-0-128-10.ec2.internal network=fast old-`,
		RunE: func(cmd *cobra.Command, args []string) error {
			specs, err := f.specs(c.In, args)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), f.timeout)
			defer cancel()
			return c.runPlans(ctx, specs, f.timeout)
		},
	}
	cmd.Flags().StringVarP(&f.file, "filename", "f", "", "File, directory or URL with NodeENIs to apply. - is standard input.")
	cmd.Flags().StringVar(&f.remove, "delete", "", "NodeENI to delete.")
	cmd.Flags().StringVar(&f.label, "label", "", "Node of which labels change. The arguments are the changes, as for kubectl label: KEY=VALUE sets a label, KEY- removes it.")
	cmd.Flags().DurationVar(&f.timeout, "timeout", time.Minute, "Time to wait for the provider.")
	cmd.Flags().StringVarP(&c.output, "output", "o", "", "Output format: wide, json, yaml or name.")
	return cmd
}

// specs returns the plans to create.
func (f *planFlags) specs(stdin io.Reader, args []string) ([]v1alpha1.NodeENIPlanSpec, error) {
	given := 0
	for _, set := range []bool{f.file != "", f.remove != "", f.label != "", f.label == "" && len(args) > 0} {
		if set {
			given++
		}
	}
	switch {
	case given == 0:
		return nil, errors.New("nothing to plan: use -f FILE, the name of a NodeENI, --delete=NODEENI or --label=NODE KEY=VALUE")
	case given > 1:
		return nil, errors.New("use one of -f, the name of a NodeENI, --delete and --label")
	case f.file != "":
		return planFile(stdin, f.file)
	case f.remove != "":
		return []v1alpha1.NodeENIPlanSpec{{NodeENI: f.remove, Delete: true}}, nil
	case f.label != "":
		change, err := labelChange(f.label, args)
		return []v1alpha1.NodeENIPlanSpec{{NodeLabels: []v1alpha1.NodeLabelChange{change}}}, err
	}
	var out []v1alpha1.NodeENIPlanSpec
	for _, name := range args {
		out = append(out, v1alpha1.NodeENIPlanSpec{NodeENI: name})
	}
	return out, nil
}

// labelChange returns the change that arguments of kubectl label describe.
func labelChange(node string, args []string) (v1alpha1.NodeLabelChange, error) {
	c := v1alpha1.NodeLabelChange{Node: strings.TrimPrefix(node, "node/"), Set: map[string]string{}}
	for _, a := range args {
		key, value, set := strings.Cut(a, "=")
		switch {
		case set && key != "":
			c.Set[key] = value
		case !set && len(a) > 1 && strings.HasSuffix(a, "-"):
			c.Remove = append(c.Remove, strings.TrimSuffix(a, "-"))
		default:
			return c, errors.Errorf("%q is no change of a label: use KEY=VALUE or KEY-", a)
		}
	}
	if len(args) == 0 {
		return c, errors.New("--label needs changes as arguments: KEY=VALUE or KEY-")
	}
	return c, nil
}

// decodeStrict decodes an object. Errors name the field: an unknown one, a duplicate, or one of another
// type.
func decodeStrict(u *unstructured.Unstructured, into any) error {
	raw, err := u.MarshalJSON()
	if err != nil {
		return err
	}
	strict, err := kjson.UnmarshalStrict(raw, into)
	return errors.Join(append([]error{err}, strict...)...)
}

// planFile returns the plans of the NodeENIs in a file, a directory or a URL.
func planFile(stdin io.Reader, name string) ([]v1alpha1.NodeENIPlanSpec, error) {
	b := resource.NewLocalBuilder().Unstructured().Flatten()
	source := name
	if name == "-" {
		source = "standard input"
		b = b.Stream(stdin, source)
	} else {
		b = b.FilenameParam(false, &resource.FilenameOptions{Filenames: []string{name}})
	}
	infos, err := b.Do().Infos()
	if err != nil {
		return nil, errors.Wrap(err, "cannot read NodeENIs")
	}
	var out []v1alpha1.NodeENIPlanSpec
	for _, i := range infos {
		u, ok := i.Object.(*unstructured.Unstructured)
		if !ok || u.GroupVersionKind().GroupKind() != v1alpha1.NodeENIGroupVersionKind.GroupKind() {
			continue
		}
		if v := u.GetAPIVersion(); v != v1alpha1.SchemeGroupVersion.String() {
			return nil, errors.Errorf("NodeENI %q in %s has apiVersion %s: use %s", u.GetName(), i.Source, v, v1alpha1.SchemeGroupVersion)
		}
		n := &v1alpha1.NodeENI{}
		if err := decodeStrict(u, n); err != nil {
			return nil, errors.Wrapf(err, "cannot read NodeENI %q in %s", u.GetName(), i.Source)
		}
		if xpmeta.IsPaused(n) {
			return nil, errors.Errorf("NodeENI %q in %s has the annotation %s: the provider would change nothing; remove it to plan the change", n.GetName(), i.Source, xpmeta.AnnotationKeyReconciliationPaused)
		}
		if n.GetName() == "" {
			return nil, errors.Errorf("a NodeENI in %s has no metadata.name", i.Source)
		}
		out = append(out, v1alpha1.NodeENIPlanSpec{NodeENI: n.GetName(), Apply: &n.Spec})
	}
	if len(out) == 0 {
		return nil, errors.Errorf("%s has no NodeENI", source)
	}
	return out, nil
}

// runPlans creates plans one after the other, and prints them.
func (c *command) runPlans(ctx context.Context, specs []v1alpha1.NodeENIPlanSpec, timeout time.Duration) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	for i, spec := range specs {
		p, err := compute(ctx, api, spec, timeout)
		if err != nil {
			return err
		}
		if len(specs) > 1 {
			if _, err := fmt.Fprint(c.Out, c.planHeading(spec.NodeENI, i)); err != nil {
				return err
			}
		}
		if err := c.printPlan(p); err != nil {
			return err
		}
	}
	return nil
}

// planHeading returns what precedes a plan of several.
func (c *command) planHeading(nodeENI string, i int) string {
	separator := ""
	if i > 0 {
		separator = "\n"
	}
	switch c.output {
	case "", wide:
		return separator + "NodeENI " + nodeENI + "\n\n"
	case "yaml":
		return "---\n"
	default:
		return ""
	}
}

// compute creates a plan, waits for its completion, and deletes it.
func compute(ctx context.Context, api client.Client, spec v1alpha1.NodeENIPlanSpec, timeout time.Duration) (*v1alpha1.NodeENIPlan, error) {
	spec.TTLSecondsAfterFinished = new(int32(planTTL))
	p := &v1alpha1.NodeENIPlan{ObjectMeta: metav1.ObjectMeta{GenerateName: "kubectl-eni-"}, Spec: spec}
	switch err := api.Create(ctx, p); {
	case meta.IsNoMatchError(err) || kerrors.IsNotFound(err):
		return nil, errors.Wrap(err, "the cluster has no NodeENIPlans: install provider-aws-eni, or a newer version of it")
	case err != nil:
		return nil, errors.Wrap(err, "cannot create a NodeENIPlan")
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = api.Delete(ctx, p) // else the provider deletes it
	}()
	tick := time.NewTicker(planPoll)
	defer tick.Stop()
	for {
		switch planned := p.GetCondition(v1alpha1.TypePlanned); planned.Status { //nolint:exhaustive // no condition: not complete
		case corev1.ConditionTrue:
			return p, nil
		case corev1.ConditionFalse:
			return nil, errors.Errorf("cannot plan: %s", messageOf(spec, planned.Message))
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return nil, ctx.Err()
			}
			return nil, errors.Errorf("the provider has not completed the plan within %s: is it running? See kubectl get pods -A -l app.kubernetes.io/name=provider-aws-eni", timeout)
		case <-tick.C:
		}
		if err := api.Get(ctx, client.ObjectKeyFromObject(p), p); err != nil && ctx.Err() == nil {
			return nil, errors.Wrap(err, "cannot get the NodeENIPlan")
		}
	}
}

// messageOf returns why the provider cannot compute a plan. What it advises for a NodeENI that does not exist is
// how to create one, which does not help to delete it.
func messageOf(spec v1alpha1.NodeENIPlanSpec, message string) string {
	if missing := fmt.Sprintf("NodeENI %q does not exist", spec.NodeENI); spec.Delete && strings.HasPrefix(message, missing) {
		return missing + ": see kubectl get nodeeni"
	}
	return message
}

// printPlan prints a plan in the output format.
func (c *command) printPlan(p *v1alpha1.NodeENIPlan) error {
	switch c.output {
	case "", wide:
		return c.printPlanText(p)
	case "name":
		for _, e := range p.Status.ENIs {
			if e.Action == v1alpha1.PlanKeep {
				continue
			}
			if _, err := fmt.Fprintln(c.Out, "networkinterface.ec2.networking.k8s.aws/"+e.Name); err != nil {
				return err
			}
		}
		return nil
	case "json", "yaml":
		return c.encode(c.output, p.Status)
	default:
		return errors.Errorf("unknown output format %q: use wide, json, yaml or name", c.output)
	}
}

// printPlanText prints a plan as tables.
func (c *command) printPlanText(p *v1alpha1.NodeENIPlan) error {
	s := &p.Status
	if _, err := fmt.Fprintln(c.Out, planSummary(s)); err != nil {
		return err
	}
	for _, problem := range s.Problems {
		if _, err := fmt.Fprintln(c.Out, "! "+problem); err != nil {
			return err
		}
	}
	for _, t := range []table{planTable(s, c.output == wide), subnetTable(s), callTable(s)} {
		if len(t.lines) == 0 {
			continue
		}
		if _, err := fmt.Fprintln(c.Out); err != nil {
			return err
		}
		if err := t.print(c.Out, true, c.colours()); err != nil {
			return err
		}
	}
	if s.Truncated {
		if _, err := fmt.Fprintf(c.Out, "\nOnly %s listed. The totals include all.\n", amount(len(s.ENIs), "network interface is", "network interfaces are")); err != nil {
			return err
		}
	}
	return nil
}

// planSummary returns the number of ENIs by action.
func planSummary(s *v1alpha1.NodeENIPlanStatus) string {
	t := s.Totals
	var parts []string
	for _, a := range []struct {
		n    int32
		what string
	}{
		{t.Create, "created"},
		{t.Adopt, "adopted"},
		{t.Attach, "attached"},
		{t.Change, "changed"},
		{t.Detach, "detached and retained"},
		{t.Release, "released"},
		{t.Wait, "waiting"},
		{t.Keep, "unchanged"},
	} {
		if a.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", a.n, a.what))
		}
	}
	if len(parts) == 0 {
		return "Network interfaces: none"
	}
	out := "Network interfaces: " + strings.Join(parts, ", ")
	if len(s.Calls) > 0 {
		out += fmt.Sprintf(". EC2's request rate needs at least %s.", time.Duration(s.Seconds)*time.Second)
	}
	return out
}

// planTable returns a line for each ENI, with all ENIs that remain as they are.
func planTable(s *v1alpha1.NodeENIPlanStatus, all bool) table {
	t := table{header: []string{"NODE", "ACTION", "NODEENI", "SUBNET", "ENI", "INDEX", "CALLS", "NOTE"}}
	full := map[string]bool{}
	for _, n := range s.Subnets {
		full[n.SubnetID] = isFull(&n)
	}
	for _, e := range s.ENIs {
		if e.Action == v1alpha1.PlanKeep && !all {
			continue
		}
		index := "-"
		if e.DeviceIndex != nil {
			index = fmt.Sprint(*e.DeviceIndex)
			if card := e.NetworkCardIndex; card != nil && *card > 0 {
				index = fmt.Sprintf("%d/%d", *card, *e.DeviceIndex)
			}
		}
		note := e.Message
		if len(e.Changes) > 0 {
			note = strings.Join(slices.Compact(slices.Sorted(slices.Values(e.Changes))), ", ")
		}
		m := markNone
		if e.Action == v1alpha1.PlanWait {
			m = markBad
		}
		if e.Action == v1alpha1.PlanCreate && full[e.SubnetID] {
			m, note = markBad, join(note, "the subnet has too few free addresses")
		}
		t.add(m, cmp.Or(e.Node, "-"), string(e.Action), e.NodeENI, cmp.Or(e.SubnetID, "-"), cmp.Or(e.ENIID, "-"), index, fmt.Sprint(len(e.Calls)), note)
	}
	return t
}

// isFull reports whether a plan takes more addresses of a subnet than are free.
func isFull(n *v1alpha1.PlannedSubnet) bool { return n.Taken > n.Free+n.Returned }

// subnetTable returns a line for each subnet of which addresses are taken or returned.
func subnetTable(s *v1alpha1.NodeENIPlanStatus) table {
	t := table{header: []string{"SUBNET", "ZONE", "FREE", "TAKEN", "RETURNED"}}
	for _, n := range s.Subnets {
		m := markNone
		if isFull(&n) {
			m = markBad
		}
		t.add(m, n.SubnetID, cmp.Or(n.AvailabilityZone, "-"), fmt.Sprint(n.Free), fmt.Sprint(n.Taken), fmt.Sprint(n.Returned))
	}
	return t
}

// callTable returns a line for each EC2 action.
func callTable(s *v1alpha1.NodeENIPlanStatus) table {
	t := table{header: []string{"EC2 ACTION", "CALLS", "TIME"}}
	for _, n := range s.Calls {
		t.add(markNone, n.Action, fmt.Sprint(n.Count), (time.Duration(n.Seconds) * time.Second).String())
	}
	return t
}
