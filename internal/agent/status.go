package agent

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// An Outcome is how far the host was brought.
type Outcome struct {
	Plan     Plan
	Observed Observed
	// Done are the steps taken, the last of which is the one that failed if
	// Failure is not nil.
	Done    []Step
	Failure error
}

// ready says whether a HostInterface is as asked.
func ready(w Wanted, o Outcome) xpv2.Condition {
	switch {
	case o.Failure != nil:
		return v1alpha1.NotReady(v1alpha1.ReasonKernelRefused, o.Failure.Error())
	case o.Plan.Problem != nil:
		return v1alpha1.NotReady(o.Plan.Problem.Reason, o.Plan.Problem.Message)
	case w.ResourceName != "":
		return v1alpha1.Ready(v1alpha1.ReasonConfigured, fmt.Sprintf("link %s is as asked; this version does not write the device plugin's file, so resource %s is not offered by it", o.Plan.Link.Name, w.ResourceName))
	default:
		return v1alpha1.Ready(v1alpha1.ReasonConfigured, fmt.Sprintf("link %s is as asked", o.Plan.Link.Name))
	}
}

// statusOf is the status to report, in place of the one there is.
func statusOf(hi *v1alpha1.HostInterface, w Wanted, o Outcome) v1alpha1.HostInterfaceStatus {
	out := v1alpha1.HostInterfaceStatus{
		ConditionedStatus:  *hi.Status.ConditionedStatus.DeepCopy(),
		ObservedGeneration: hi.Generation,
	}
	if l := o.Plan.Link; l.Index != 0 {
		d := o.Observed.Device
		out.InterfaceName = l.Name
		out.MTU = int32(l.MTU) //nolint:gosec // The kernel's own type has 32 bits.
		out.PCIAddress, out.NUMANode, out.IOMMUGroup = d.PCIAddress, d.NUMANode, d.IOMMUGroup
		// With a link the device has its kernel driver.
		out.Driver, out.KernelDriver = d.Driver, d.Driver
	}
	c := ready(w, o)
	if was := hi.Status.GetCondition(c.Type); was.Status == c.Status {
		c.LastTransitionTime = was.LastTransitionTime
	}
	out.SetConditions(c)
	return out
}

// same compares statuses by what they say.
func same(a, b v1alpha1.HostInterfaceStatus) bool {
	return equality.Semantic.DeepEqual(a, b)
}
