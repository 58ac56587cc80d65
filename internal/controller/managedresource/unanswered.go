package managedresource

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// rememberUnanswered writes into an object, for its next write, that a create was
// begun whose end nobody has seen. It is called before another is tried:
// Crossplane's own annotations tell of the last one alone, and one that fails
// would have the first forgotten.
func rememberUnanswered(o metav1.Object) {
	if meta.ExternalCreateIncomplete(o) {
		noteUnanswered(o, meta.GetExternalCreatePending(o))
	}
}

// noteUnanswered writes into an object, for its next write, that a create was
// made at a time to which no answer came.
func noteUnanswered(o metav1.Object, at time.Time) {
	meta.AddAnnotations(o, map[string]string{networkingv1alpha1.AnnotationCreateUnanswered: at.UTC().Format(time.RFC3339)})
}

// Answered records, for the next write of an object, that EC2 has returned what its
// last create made.
func Answered(o metav1.Object, now time.Time) {
	if CreateInterrupted(o) {
		meta.SetExternalCreateSucceeded(o, now)
	}
	meta.RemoveAnnotations(o, networkingv1alpha1.AnnotationCreateUnanswered)
}

// Unanswered reports whether the effect of a create to which no answer came may still
// be unknown: EC2 has just rejected another create as not being the first. A create
// that is not recorded counts from this call.
func Unanswered(o metav1.Object, within time.Duration, now time.Time, w *Stopwatch) bool {
	if o.GetAnnotations()[networkingv1alpha1.AnnotationCreateUnanswered] == "" {
		noteUnanswered(o, now)
	}
	return w.Unchanged("unanswered/"+string(o.GetUID()), o.GetAnnotations()[networkingv1alpha1.AnnotationCreateUnanswered]) < within
}

// MayAppear reports whether EC2 may yet return what a create made whose end is not
// known. How long ago the create was is measured from when this process first
// observed it: the clock may have been set since. A create that succeeded later was
// the same one, or EC2 would have rejected it.
func MayAppear(o metav1.Object, within time.Duration, w *Stopwatch) bool {
	pending, unanswered := "", o.GetAnnotations()[networkingv1alpha1.AnnotationCreateUnanswered]
	if meta.ExternalCreateIncomplete(o) {
		pending = o.GetAnnotations()[meta.AnnotationKeyExternalCreatePending]
	}
	if at := meta.GetExternalCreateSucceeded(o); !at.IsZero() && !at.Before(noted(o)) {
		unanswered = ""
	}
	if pending == "" && unanswered == "" {
		return false
	}
	return w.Unchanged("create/"+string(o.GetUID()), pending+" "+unanswered) < within
}

// CreatedWithin reports whether the object's last create succeeded less than some
// time ago, measured from when this process first observed that it did.
func CreatedWithin(o metav1.Object, within time.Duration, w *Stopwatch) bool {
	at := o.GetAnnotations()[meta.AnnotationKeyExternalCreateSucceeded]
	return at != "" && w.Unchanged("created/"+string(o.GetUID()), at) < within
}

// noted is when a create was made to which no answer came, or zero.
func noted(o metav1.Object) time.Time {
	at, err := time.Parse(time.RFC3339, o.GetAnnotations()[networkingv1alpha1.AnnotationCreateUnanswered])
	if err != nil {
		return time.Time{}
	}
	return at
}

// CreateInterrupted reports whether a create of the resource may have had an effect
// that no answer has confirmed.
func CreateInterrupted(o metav1.Object) bool {
	return meta.ExternalCreateIncomplete(o) || o.GetAnnotations()[networkingv1alpha1.AnnotationCreateUnanswered] != ""
}
