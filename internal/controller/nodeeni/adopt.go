package nodeeni

import (
	"context"

	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// adopt looks for ENIs that are on the nodes already and wait to be taken over:
// those that aws-multi-eni-controller made for a NodeENI of the same name, and
// those that a user marked. It asks only when children are about to be made.
func (r *Reconciler) adopt(ctx context.Context, c cloud, n *v1alpha1.NodeENI, s *state) error {
	made := func(name string) bool { return s.interfaces[name] != nil || s.attachments[name] != nil }
	fresh := false
	for _, child := range s.plan.Apply {
		fresh = fresh || !made(child.Name)
	}
	if !fresh {
		return nil
	}
	var found []eni.Adoptable
	for _, tag := range []string{eni.TagPredecessor, eni.TagAdopt} {
		enis, err := c.Adoptable(ctx, tag, n.GetName())
		if err != nil {
			return err
		}
		for i := range enis {
			a := eni.Adoptable{ID: ptr.Deref(enis[i].NetworkInterfaceId, ""), SubnetID: ptr.Deref(enis[i].SubnetId, "")}
			if at := enis[i].Attachment; at != nil {
				a.InstanceID = ptr.Deref(at.InstanceId, "")
			}
			found = append(found, a)
		}
	}
	eni.AdoptInto(s.plan.Apply, found, made)
	return nil
}

// adopted returns the id of the ENI that a child is to take over, or has and
// still is; "" for all others. Once the object stands for another ENI, because
// somebody deleted that one, the name of the first must not be written again.
func adopted(c eni.Child, have *ec2v1alpha1.NetworkInterface) string {
	if have == nil {
		return c.Adopt
	}
	if id := have.GetAnnotations()[v1alpha1.AnnotationAdopted]; id != "" && id == meta.GetExternalName(have) {
		return id
	}
	return ""
}
