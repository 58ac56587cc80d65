// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
)

func fresh(n NetworkInterface) bool { return n.ClientToken != "" }

func TestClientToken(t *testing.T) {
	f := newFixture(t, Options{})
	in := func(description string) *awsec2.CreateNetworkInterfaceInput {
		return &awsec2.CreateNetworkInterfaceInput{SubnetId: aws.String("subnet-a"), ClientToken: aws.String("token"), Description: aws.String(description)}
	}
	one, two := f.create(t, in("x")), f.create(t, in("x"))
	if diff := cmp.Diff(one.NetworkInterfaceId, two.NetworkInterfaceId); diff != "" {
		t.Errorf("The same token and parameters return the same interface.\n-want, +got:\n%s", diff)
	}
	_, err := f.client.CreateNetworkInterface(t.Context(), in("y"))
	if diff := cmp.Diff("IdempotentParameterMismatch", code(err)); diff != "" {
		t.Errorf("The same token with other parameters is an error.\n-want, +got:\n%s", diff)
	}
	if err := deleting(aws.ToString(one.NetworkInterfaceId))(t.Context(), f.client); err != nil {
		t.Fatal(err)
	}
	three := f.create(t, in("x"))
	if diff := cmp.Diff(one.NetworkInterfaceId, three.NetworkInterfaceId); diff != "" {
		t.Errorf("A token outlives the interface it created.\n-want, +got:\n%s", diff)
	}
	if got := len(f.ENIs(fresh)); got != 1 {
		t.Errorf("One interface was created: got %d", got)
	}
	if got := f.Count(ByAction("CreateNetworkInterface"), Committed); got != 1 {
		t.Errorf("One call took effect: got %d", got)
	}
}

func TestLostResponse(t *testing.T) {
	f := newFixture(t, Options{})
	f.Inject(Fault{Action: "CreateNetworkInterface", Count: 1, LoseResponse: true})
	// The SDK retries a call after a broken connection with the same token.
	out, err := f.as("AKIATEST", 3).CreateNetworkInterface(t.Context(), &awsec2.CreateNetworkInterfaceInput{SubnetId: aws.String("subnet-a")})
	if err != nil {
		t.Fatal(err)
	}
	made := f.ENIs(fresh)
	if len(made) != 1 || made[0].ID != aws.ToString(out.NetworkInterface.NetworkInterfaceId) {
		t.Errorf("A retried call with the same token creates one interface: %+v", made)
	}
	got := []string{}
	for _, c := range f.Calls(ByAction("CreateNetworkInterface")) {
		got = append(got, fmt.Sprint(c.Status, " lost:", c.Lost, " committed:", c.Committed, " repeated:", c.Repeated))
	}
	want := []string{"0 lost:true committed:true repeated:false", "200 lost:false committed:false repeated:true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ledger: -want, +got:\n%s", diff)
	}
}

func TestFaults(t *testing.T) {
	cases := map[string]struct {
		reason string
		fault  Fault
		want   []string
	}{
		"Nth":         {reason: "The second call fails, no other.", fault: Fault{Action: "DescribeVpcs", Nth: 2, Code: "InternalError"}, want: []string{"", "InternalError", ""}},
		"Count":       {reason: "The first two calls fail.", fault: Fault{Action: "*", Count: 2, Code: "RequestLimitExceeded"}, want: []string{"RequestLimitExceeded", "RequestLimitExceeded", ""}},
		"Other":       {reason: "Other actions are spared.", fault: Fault{Action: "CreateTags", Code: "InternalError"}, want: []string{"", "", ""}},
		"Resource":    {reason: "Calls about the resource fail.", fault: Fault{ResourceID: "vpc-a", Code: "UnauthorizedOperation"}, want: []string{"UnauthorizedOperation", "UnauthorizedOperation", "UnauthorizedOperation"}},
		"Caller":      {reason: "Other callers are spared.", fault: Fault{AccessKeyID: "AKIAOTHER", Code: "AuthFailure"}, want: []string{"", "", ""}},
		"Never":       {reason: "A tiny share of calls is none of three.", fault: Fault{Probability: 1e-12, Code: "InternalError"}, want: []string{"", "", ""}},
		"Certain":     {reason: "A share of one is every call.", fault: Fault{Probability: 1, Code: "InternalError"}, want: []string{"InternalError", "InternalError", "InternalError"}},
		"Unavailable": {reason: "Codes that EC2 sends with 503 get 503.", fault: Fault{Code: "Unavailable", Count: 1}, want: []string{"Unavailable", "", ""}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Options{})
			h := f.Inject(tc.fault)
			got := []string{}
			look := func() string {
				_, err := f.client.DescribeVpcs(t.Context(), &awsec2.DescribeVpcsInput{VpcIds: []string{"vpc-a"}})
				return code(err)
			}
			for range 3 {
				got = append(got, look())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
			h.Remove()
			if diff := cmp.Diff("", look()); diff != "" {
				t.Errorf("A removed rule has no effect.\n-want, +got:\n%s", diff)
			}
		})
	}
}

func TestDrop(t *testing.T) {
	f := newFixture(t, Options{})
	f.Inject(Fault{Action: "CreateNetworkInterface", Drop: true})
	err := creating(func(*awsec2.CreateNetworkInterfaceInput) {})(t.Context(), f.client)
	if err == nil || !strings.Contains(err.Error(), "EOF") {
		t.Errorf("A dropped call has no response: %v", err)
	}
	if got := f.ENIs(fresh); len(got) != 0 {
		t.Errorf("A dropped call has no effect: %+v", got)
	}
}

func TestDelay(t *testing.T) {
	f := newFixture(t, Options{})
	f.Inject(Fault{Action: "CreateNetworkInterface", Delay: time.Minute})
	done := make(chan error)
	go func() { done <- creating(func(*awsec2.CreateNetworkInterfaceInput) {})(t.Context(), f.client) }()
	for !f.fake.HasWaiters() || len(f.ENIs(fresh)) > 0 {
		select {
		case err := <-done:
			t.Fatalf("A delayed call was answered at once: %v", err)
		default:
		}
	}
	for {
		f.fake.Step(time.Minute)
		select {
		case err := <-done:
			if err != nil || len(f.ENIs(fresh)) != 1 {
				t.Errorf("A delayed call takes effect: %v", err)
			}
			return
		case <-time.After(time.Millisecond):
		}
	}
}

func TestOutage(t *testing.T) {
	f := newFixture(t, Options{})
	look := func() error {
		_, err := f.client.DescribeVpcs(t.Context(), &awsec2.DescribeVpcsInput{})
		return err
	}
	f.SetOutage(OutageUnavailable)
	got := []string{code(look())}
	f.SetOutage(OutageCut)
	cut := look()
	f.SetOutage(OutageNone)
	got = append(got, code(look()))
	if diff := cmp.Diff([]string{"Unavailable", ""}, got); diff != "" || cut == nil {
		t.Errorf("An outage affects all callers, and ends.\n-want, +got:\n%s\n%v", diff, cut)
	}
}

func TestThrottle(t *testing.T) {
	f := newFixture(t, Options{Throttle: true})
	tag := func() string {
		_, err := f.client.DeleteTags(t.Context(), &awsec2.DeleteTagsInput{Resources: []string{"eni-free"}, Tags: []ec2types.Tag{{Key: aws.String("x")}}})
		return code(err)
	}
	list := func(in *awsec2.DescribeNetworkInterfacesInput) string {
		return code(describing(in)(t.Context(), f.client))
	}
	passed := func(call func() string) int {
		n := 0
		for {
			switch c := call(); {
			case c == "", strings.Contains(c, "StatusCode: 200"):
				// The SDK's HTTP client occasionally drops the body of an
				// immediate response: the call has succeeded.
				n++
			case c == "RequestLimitExceeded":
				return n
			default:
				t.Fatalf("call %d: %s", n+1, c)
			}
		}
	}
	unfiltered := func() string { return list(&awsec2.DescribeNetworkInterfacesInput{}) }
	paged := func() string { return list(&awsec2.DescribeNetworkInterfacesInput{MaxResults: aws.Int32(5)}) }
	got := []int{passed(tag), passed(unfiltered), passed(paged)}
	f.step(time.Second)
	got = append(got, passed(tag), passed(unfiltered), passed(paged), f.Count(Throttled))
	if diff := cmp.Diff([]int{100, 50, 100, 10, 10, 20, 6}, got); diff != "" {
		t.Errorf("Buckets have EC2's sizes and refill at EC2's rates.\n-want, +got:\n%s", diff)
	}
	calls := f.Calls(Throttled)
	if c := calls[0]; c.Code != "RequestLimitExceeded" || c.Status != 503 || c.Committed {
		t.Errorf("A throttled call is a 503 and has no effect: %+v", c)
	}
}

func TestLedger(t *testing.T) {
	f := newFixture(t, Options{})
	n := f.create(t, &awsec2.CreateNetworkInterfaceInput{Description: aws.String("d")})
	m := f.Mark()
	id := aws.ToString(n.NetworkInterfaceId)
	a := f.attach(t, id, "i-a", 2)
	c := f.Since(m, Mutating)
	if len(c) != 1 {
		t.Fatalf("Since a mark, one call: got %d", len(c))
	}
	want := Call{
		Sequence: 2, Time: f.fake.Now(), Action: "AttachNetworkInterface", AccessKeyID: "AKIATEST", UserAgent: c[0].UserAgent,
		Parameters: map[string]string{
			"Action": "AttachNetworkInterface", "Version": "2016-11-15", "NetworkInterfaceId": id, "InstanceId": "i-a", "DeviceIndex": "2",
		},
		Mutating: true, Committed: true, Status: 200, ResourceIDs: []string{id, "i-a", a},
	}
	if diff := cmp.Diff(want, c[0]); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
	if got := f.Count(ByResource(id)); got != 2 {
		t.Errorf("Calls can be searched by resource: got %d", got)
	}
	f.ResetLedger()
	if got := f.Count(); got != 0 || f.Mark() != 2 {
		t.Errorf("A reset removes calls, not the sequence: %d, %d", got, f.Mark())
	}
}

func TestLedgerLimit(t *testing.T) {
	l := &ledger{limit: 10}
	for range 25 {
		l.add(Call{})
	}
	got := l.since(0)
	if len(got) > 10 || got[len(got)-1].Sequence != 25 || len(l.since(24)) != 1 {
		t.Errorf("A full ledger drops the oldest calls: %d kept, %+v", len(got), got)
	}
}
