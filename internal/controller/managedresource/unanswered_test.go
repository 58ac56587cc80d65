package managedresource

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
)

type testMayAppear struct {
	reason string
	past   func(o metav1.Object)
	want   bool
}

func TestMayAppear(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	ago := func(s int) time.Time { return now.Add(-time.Duration(s) * time.Second) }
	cases := map[string]testMayAppear{
		"Never": {reason: "Nothing was tried.", past: func(metav1.Object) {}},
		"CutShort": {
			reason: "Nobody has seen its end.", want: true,
			past: func(o metav1.Object) { meta.SetExternalCreatePending(o, ago(20)) },
		},
		"CutShortLongAgo": {
			reason: "What it made would be shown by now.",
			past:   func(o metav1.Object) { meta.SetExternalCreatePending(o, ago(70)) },
		},
		"Succeeded": {
			reason: "Its end was seen.",
			past: func(o metav1.Object) {
				meta.SetExternalCreatePending(o, ago(20))
				meta.SetExternalCreateSucceeded(o, ago(18))
			},
		},
		"Failed": {
			reason: "EC2 has said no.",
			past: func(o metav1.Object) {
				meta.SetExternalCreatePending(o, ago(20))
				meta.SetExternalCreateFailed(o, ago(18))
			},
		},
		"CutShortThenFailed": {
			reason: "That another one failed says nothing of the first.", want: true,
			past: func(o metav1.Object) {
				meta.SetExternalCreatePending(o, ago(20))
				rememberUnanswered(o)
				meta.SetExternalCreatePending(o, ago(10))
				meta.SetExternalCreateFailed(o, ago(8))
			},
		},
		"CutShortThenFailedLongAgo": {
			reason: "It is the first that counts.",
			past: func(o metav1.Object) {
				meta.SetExternalCreatePending(o, ago(70))
				rememberUnanswered(o)
				meta.SetExternalCreatePending(o, ago(10))
				meta.SetExternalCreateFailed(o, ago(8))
			},
		},
		"Unanswered": {
			reason: "It failed for want of an answer.", want: true,
			past: func(o metav1.Object) {
				meta.SetExternalCreatePending(o, ago(20))
				noteUnanswered(o, ago(18))
				meta.SetExternalCreateFailed(o, ago(18))
			},
		},
	}
	answered := cases["Unanswered"].past
	cases["UnansweredThenSucceeded"] = testMayAppear{
		reason: "The same create, tried again, was answered.",
		past:   func(o metav1.Object) { answered(o); meta.SetExternalCreateSucceeded(o, ago(10)) },
	}
	cases["SucceededThenUnanswered"] = testMayAppear{
		reason: "The one that succeeded was another, of an ENI that has gone since.", want: true,
		past: func(o metav1.Object) { meta.SetExternalCreateSucceeded(o, ago(50)); answered(o) },
	}
	cases["UnansweredThenFound"] = testMayAppear{
		reason: "What it made was found.",
		past:   func(o metav1.Object) { answered(o); Answered(o) },
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			o := &ec2v1alpha1.NetworkInterface{}
			tc.past(o)
			if got := MayAppear(o, time.Minute, now); got != tc.want {
				t.Errorf("\n%s\nMayAppear(...): %t, want %t\n%v", tc.reason, got, tc.want, o.GetAnnotations())
			}
		})
	}
}

func TestUnanswered(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	ago := func(s int) time.Time { return now.Add(-time.Duration(s) * time.Second) }
	cases := map[string]struct {
		reason string
		past   func(o metav1.Object)
		at     time.Time // of the question, after a first one of now
		want   bool
	}{
		"Noted": {
			reason: "What it made may not be shown yet.", want: true, at: now,
			past: func(o metav1.Object) { noteUnanswered(o, ago(20)) },
		},
		"NotedLongAgo": {
			reason: "What it made would be shown by now.", at: now,
			past: func(o metav1.Object) { noteUnanswered(o, ago(70)) },
		},
		"CutShort": {
			reason: "The one that is under way says nothing of the first.", at: now,
			past: func(o metav1.Object) {
				meta.SetExternalCreatePending(o, ago(70))
				rememberUnanswered(o)
				meta.SetExternalCreatePending(o, ago(1))
			},
		},
		"NotNoted":        {reason: "When it was is not known.", want: true, at: now, past: func(metav1.Object) {}},
		"NotNotedLongAgo": {reason: "That is not waited for more than once.", at: now.Add(61 * time.Second), past: func(metav1.Object) {}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			o := &ec2v1alpha1.NetworkInterface{}
			tc.past(o)
			Unanswered(o, time.Minute, now)
			if got := Unanswered(o, time.Minute, tc.at); got != tc.want {
				t.Errorf("\n%s\nUnanswered(...): %t, want %t\n%v", tc.reason, got, tc.want, o.GetAnnotations())
			}
		})
	}
}
