// Package controller is the list of this provider's controllers. What each does
// is in the package of its name.
package controller

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/nodeeni/provider-aws-eni/internal/controller/garbage"
	"github.com/nodeeni/provider-aws-eni/internal/controller/hostinterface"
	"github.com/nodeeni/provider-aws-eni/internal/controller/networkinterface"
	"github.com/nodeeni/provider-aws-eni/internal/controller/networkinterfaceattachment"
	"github.com/nodeeni/provider-aws-eni/internal/controller/nodeeni"
	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
	"github.com/nodeeni/provider-aws-eni/internal/controller/providerconfig"
)

// SetupGated adds every controller to the manager, each once the CRDs that it
// needs are there.
func SetupGated(mgr ctrl.Manager, o options.Options) error {
	for _, setup := range []func(ctrl.Manager, options.Options) error{
		providerconfig.SetupGated,
		networkinterface.SetupGated,
		networkinterfaceattachment.SetupGated,
		hostinterface.SetupGated,
		nodeeni.SetupGated,
		garbage.SetupGated,
	} {
		if err := setup(mgr, o); err != nil {
			return err
		}
	}
	return nil
}

// SlimNode is a cache transform that keeps of a Node what the controllers read:
// a full one holds a list of all its images, and there are thousands.
func SlimNode(o any) (any, error) {
	n, ok := o.(*corev1.Node)
	if !ok {
		return o, nil
	}
	slim := &corev1.Node{
		TypeMeta: n.TypeMeta,
		ObjectMeta: metav1.ObjectMeta{
			Name: n.Name, UID: n.UID, ResourceVersion: n.ResourceVersion, Labels: n.Labels,
			CreationTimestamp: n.CreationTimestamp, DeletionTimestamp: n.DeletionTimestamp,
		},
		Spec: corev1.NodeSpec{ProviderID: n.Spec.ProviderID},
	}
	for _, c := range n.Status.Conditions {
		if c.Type == corev1.NodeReady {
			slim.Status.Conditions = []corev1.NodeCondition{{Type: c.Type, Status: c.Status}}
		}
	}
	return slim, nil
}
