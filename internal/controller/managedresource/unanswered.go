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

// Answered notes, for the next write of an object, that what an unanswered create
// made was found.
func Answered(o metav1.Object) {
	meta.RemoveAnnotations(o, networkingv1alpha1.AnnotationCreateUnanswered)
}

// Unanswered says whether a create is less than some time old to which no answer
// came, in a create that EC2 has just told was not the first. One of which
// nothing is written down is taken for as old as this.
func Unanswered(o metav1.Object, within time.Duration, now time.Time) bool {
	if o.GetAnnotations()[networkingv1alpha1.AnnotationCreateUnanswered] == "" {
		noteUnanswered(o, now)
	}
	return notedWithin(o, within, now)
}

// MayAppear says whether a create that nobody has seen the end of is less than
// some time old, so that what it made may yet appear. One that succeeded since was
// the same, or EC2 would not have made it.
func MayAppear(o metav1.Object, within time.Duration, now time.Time) bool {
	if meta.ExternalCreateIncomplete(o) && now.Sub(meta.GetExternalCreatePending(o)) < within {
		return true
	}
	at := meta.GetExternalCreateSucceeded(o)
	return notedWithin(o, within, now) && (at.IsZero() || !at.After(noted(o)))
}

func notedWithin(o metav1.Object, within time.Duration, now time.Time) bool {
	at := noted(o)
	return !at.IsZero() && now.Sub(at) < within
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
