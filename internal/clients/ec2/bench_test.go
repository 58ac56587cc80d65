package ec2

import (
	"testing"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// BenchmarkTags is of what every look at an ENI does to its tags.
func BenchmarkTags(b *testing.B) {
	var tags []ec2types.Tag
	for _, k := range []string{"Name", "team", "cost-centre", "networking.k8s.aws/mr-uid", "networking.k8s.aws/mr", "networking.k8s.aws/cluster", "networking.k8s.aws/node-eni", "networking.k8s.aws/node", "networking.k8s.aws/slot", "networking.k8s.aws/created-at"} {
		tags = append(tags, ec2types.Tag{Key: &k, Value: &k})
	}
	b.ReportAllocs()
	for b.Loop() {
		Tags(tags)
	}
}

// BenchmarkMemo is of an answer that is remembered, among many.
func BenchmarkMemo(b *testing.B) {
	m := newMemo[int](time.Hour)
	for i := range 5000 {
		m.remember(key("id", string(rune(i))), i, time.Hour)
	}
	k := key("id", string(rune(42)))
	never := func() (int, error) { return m.get(b.Context(), k, nil) }
	b.ReportAllocs()
	for b.Loop() {
		if v, err := never(); err != nil || v != 42 {
			b.Fatal(v, err)
		}
	}
}

func BenchmarkKey(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		key("id", "subnet-0f59b4f14737be9ad")
	}
}

// BenchmarkClean is of the error that a throttled call ends in.
func BenchmarkClean(b *testing.B) {
	err := apiError("RequestLimitExceeded", "Request limit exceeded.", "req-1")
	b.ReportAllocs()
	for b.Loop() {
		_ = Clean(err)
	}
}
