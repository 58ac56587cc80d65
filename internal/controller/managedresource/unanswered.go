// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// rememberUnanswered records an interrupted create in an annotation. It is called before
// the next create: Crossplane's annotations record only the last one, and would lose the
// first if the next one fails.
func rememberUnanswered(o metav1.Object) {
	if meta.ExternalCreateIncomplete(o) {
		noteUnanswered(o, meta.GetExternalCreatePending(o))
	}
}

// noteUnanswered records in an annotation that a create made at a time got no response.
// The caller writes the object.
func noteUnanswered(o metav1.Object, at time.Time) {
	meta.AddAnnotations(o, map[string]string{networkingv1alpha1.AnnotationCreateUnanswered: at.UTC().Format(time.RFC3339)})
}

// Answered records in annotations that EC2 has returned the resource of the last create.
// The caller writes the object.
func Answered(o metav1.Object, now time.Time) {
	if CreateInterrupted(o) {
		meta.SetExternalCreateSucceeded(o, now)
	}
	meta.RemoveAnnotations(o, networkingv1alpha1.AnnotationCreateUnanswered)
}

// Unanswered reports whether the effect of a create without a response may still be
// unknown, after EC2 has rejected a create because its client token was used before. A
// create that is not recorded counts from this call.
func Unanswered(o metav1.Object, within time.Duration, now time.Time, w *Stopwatch) bool {
	if o.GetAnnotations()[networkingv1alpha1.AnnotationCreateUnanswered] == "" {
		noteUnanswered(o, now)
	}
	return w.Unchanged("unanswered/"+string(o.GetUID()), o.GetAnnotations()[networkingv1alpha1.AnnotationCreateUnanswered]) < within
}

// MayAppear reports whether EC2 may yet return the resource of a create whose result is
// unknown. The age of the create counts from its first observation by this process: the
// clock may have been set since. A create that succeeded later was a repetition of the
// same one, or EC2 would have rejected it.
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

// CreatedWithin reports whether the object's last create succeeded within a period,
// measured from the first observation of its success by this process.
func CreatedWithin(o metav1.Object, within time.Duration, w *Stopwatch) bool {
	at := o.GetAnnotations()[meta.AnnotationKeyExternalCreateSucceeded]
	return at != "" && w.Unchanged("created/"+string(o.GetUID()), at) < within
}

// noted returns the time of a create without a response, or the zero time.
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
