// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package providerconfig

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
)

// fakeAccount has quotas and subnets. A quota that is not in it is an error.
type fakeAccount struct {
	quotas  map[string]int32
	used    int
	free    map[string]int32
	down    error
	counted int
}

func (f *fakeAccount) Quota(_ context.Context, code string) (int32, error) {
	q, ok := f.quotas[code]
	if !ok {
		return 0, errors.New("not permitted")
	}
	return q, nil
}

func (f *fakeAccount) CountNetworkInterfaces(context.Context) (int, error) {
	f.counted++
	return f.used, nil
}

func (f *fakeAccount) SubnetsByID(_ context.Context, ids []string) (map[string]ec2.Subnet, error) {
	out := map[string]ec2.Subnet{}
	for _, id := range ids {
		if free, ok := f.free[id]; ok {
			out[id] = ec2.Subnet{ID: id, AvailabilityZone: "us-east-1a", CIDR: "10.0.0.0/24", FreeAddresses: free}
		}
	}
	if f.down != nil {
		return nil, f.down
	}
	if _, ok := out["subnet-v6"]; ok {
		out["subnet-v6"] = ec2.Subnet{ID: "subnet-v6"}
	}
	return out, nil
}

// networkInterface returns a NetworkInterface of the config default.
func networkInterface(name, subnet string, changes ...func(*ec2v1alpha1.NetworkInterface)) *ec2v1alpha1.NetworkInterface {
	n := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: name}}
	n.Spec.ProviderConfigReference = &xpv2.ProviderConfigReference{Kind: clusterKind, Name: "default"}
	n.Status.AtProvider.SubnetID = subnet
	for _, change := range changes {
		change(n)
	}
	return n
}

type capacityHarness struct {
	*harness
	*Capacity

	account *fakeAccount
	err     error
	at      time.Time
}

func newCapacityHarness(t *testing.T, objects ...client.Object) *capacityHarness {
	t.Helper()
	h := &capacityHarness{harness: newHarness(t, append(objects, cluster("default", "system", "aws"))...), account: &fakeAccount{}, at: time.Now()}
	h.Capacity = &Capacity{
		client: h.kube, record: h.harness, kind: clusterKind, newConfig: configOfKind(clusterKind), now: func() time.Time { return h.at }, quotas: map[types.NamespacedName]quotas{},
		accounts: func(context.Context, ec2.ConfigReference) (account, string, error) {
			return h.account, "us-east-1", h.err
		},
	}
	return h
}

func (h *capacityHarness) reconcile() time.Duration {
	h.t.Helper()
	r, err := h.Reconcile(h.t.Context(), reconcile.Request{NamespacedName: types.NamespacedName{Name: "default"}})
	if err != nil {
		h.t.Fatal(err)
	}
	return r.RequeueAfter
}

func (h *capacityHarness) status() v1alpha1.ProviderConfigStatus {
	h.t.Helper()
	pc := &v1alpha1.ClusterProviderConfig{}
	if err := h.kube.Get(h.t.Context(), client.ObjectKey{Name: "default"}, pc); err != nil {
		h.t.Fatal(err)
	}
	return pc.Status
}

func TestCapacity(t *testing.T) {
	both := func(used int) *fakeAccount {
		return &fakeAccount{quotas: map[string]int32{ec2.QuotaNetworkInterfaces: 5000, ec2.QuotaSecurityGroups: 5}, used: used, free: map[string]int32{"subnet-1": 200, "subnet-2": 100}}
	}
	subnet := func(id string, free int32) v1alpha1.SubnetCapacity {
		return v1alpha1.SubnetCapacity{SubnetID: id, AvailabilityZone: "us-east-1a", Addresses: 251, FreeAddresses: free}
	}
	interfaces := []v1alpha1.Quota{{Name: "NetworkInterfacesPerRegion", Code: "L-DF5E4CA3", Limit: 5000, Used: new(int32(4000))}, {Name: "SecurityGroupsPerNetworkInterface", Code: "L-2AFB9258", Limit: 5}}
	cases := map[string]struct {
		reason  string
		account *fakeAccount
		want    xpv2.Condition
		quotas  []v1alpha1.Quota
		subnets []v1alpha1.SubnetCapacity
	}{
		"Available": {
			reason: "80 % of the quota are no problem. The subnet with the fewest free addresses is first.", account: both(4000), quotas: interfaces,
			want:    v1alpha1.CapacityAvailable(corev1.ConditionTrue, v1alpha1.ReasonCapacityAvailable, "the account has 4000 network interfaces in us-east-1, of 5000 that its quota L-DF5E4CA3 permits"),
			subnets: []v1alpha1.SubnetCapacity{subnet("subnet-2", 100), subnet("subnet-1", 200)},
		},
		"QuotaNearlyUsed": {
			reason: "More are a problem before EC2 rejects calls.", account: both(4001), quotas: []v1alpha1.Quota{{Name: "NetworkInterfacesPerRegion", Code: "L-DF5E4CA3", Limit: 5000, Used: new(int32(4001))}, interfaces[1]},
			want:    v1alpha1.CapacityAvailable(corev1.ConditionFalse, v1alpha1.ReasonQuotaNearlyUsed, "the account has 4001 network interfaces in us-east-1, of 5000 that its quota L-DF5E4CA3 permits: request a higher quota, or delete network interfaces"),
			subnets: []v1alpha1.SubnetCapacity{subnet("subnet-2", 100), subnet("subnet-1", 200)},
		},
		"NotPermitted": {
			reason: "Without the permission the subnets are known, and no ENI is counted.", account: &fakeAccount{free: map[string]int32{"subnet-1": 25, "subnet-2": 26, "subnet-v6": 1}},
			want:    v1alpha1.CapacityAvailable(corev1.ConditionFalse, v1alpha1.ReasonSubnetNearlyFull, "quotas are not known: not permitted; few addresses are free in subnet-1 (25 of 251): use more or larger subnets"),
			subnets: []v1alpha1.SubnetCapacity{subnet("subnet-1", 25), subnet("subnet-2", 26)},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			h := newCapacityHarness(t,
				networkInterface("a", "subnet-1"), networkInterface("b", "subnet-2"), networkInterface("c", "subnet-v6"), networkInterface("d", "subnet-deleted"), networkInterface("e", ""),
				networkInterface("other", "subnet-3", func(n *ec2v1alpha1.NetworkInterface) { n.Spec.ProviderConfigReference.Name = "other" }),
				networkInterface("region", "subnet-4", func(n *ec2v1alpha1.NetworkInterface) { n.Spec.ForProvider.Region = new("eu-west-1") }))
			h.account = tc.account
			for range 2 {
				if got := h.reconcile(); got != capacityPoll {
					t.Errorf("requeued after %s", got)
				}
			}
			s := h.status()
			if c := s.GetCondition(v1alpha1.TypeCapacityAvailable); !c.Equal(tc.want) {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, cmp.Diff(tc.want, c))
			}
			if diff := cmp.Diff(tc.quotas, s.Quotas); diff != "" {
				t.Errorf("\n%s\nquotas: -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.subnets, s.Subnets); diff != "" {
				t.Errorf("\n%s\nsubnets: -want, +got:\n%s", tc.reason, diff)
			}
			if want := tc.want.Status == corev1.ConditionFalse; (len(h.events) == 1) != want || tc.account.counted > 1 {
				t.Errorf("\n%s\nevents: %v; counted %d times", tc.reason, h.events, tc.account.counted)
			}
		})
	}
}

// TestCapacityRepeats verifies when quotas are read, and that an outage changes nothing.
func TestCapacityRepeats(t *testing.T) {
	h := newCapacityHarness(t)
	step := func(reason string, after, requeue time.Duration, counted int) {
		t.Helper()
		h.at, h.account.counted = h.at.Add(after), 0
		if got := h.reconcile(); got != requeue || h.account.counted != counted {
			t.Errorf("\n%s\nrequeued after %s, want %s; counted %d times, want %d", reason, got, requeue, h.account.counted, counted)
		}
	}
	h.account = &fakeAccount{quotas: map[string]int32{ec2.QuotaNetworkInterfaces: 5000}, used: 100, free: map[string]int32{"subnet-1": 200}}
	step("A config without ENIs makes no call.", 0, firstPoll, 0)
	if s := h.status(); len(s.Conditions) > 0 {
		t.Errorf("conditions: %+v", s.Conditions)
	}
	if err := h.kube.Create(t.Context(), networkInterface("a", "", func(n *ec2v1alpha1.NetworkInterface) {
		n.Spec.ForProvider.SubnetID = new(ec2v1alpha1.SubnetID("subnet-1"))
	})); err != nil {
		t.Fatal(err)
	}
	step("The ENIs are counted with the first ENI of the config.", 0, capacityPoll, 1)
	step("They are counted hourly.", 59*time.Minute, capacityPoll, 0)
	h.account.used = 2501
	step("After an hour they are counted again.", time.Minute, capacityPoll, 1)
	step("When half of the quota is used, they are counted more often.", 9*time.Minute, capacityPoll, 0)
	step("When half of the quota is used, they are counted more often.", time.Minute, capacityPoll, 1)
	before := h.status()
	h.account.down = errors.New("boom")
	step("An outage changes nothing.", time.Minute, capacityPoll, 0)
	h.err = errors.New("boom")
	step("A config that cannot be used changes nothing.", time.Minute, firstPoll, 0)
	if diff := cmp.Diff(before, h.status()); diff != "" {
		t.Errorf("-before, +after:\n%s", diff)
	}
	h.err, h.account = nil, &fakeAccount{quotas: map[string]int32{ec2.QuotaNetworkInterfaces: 5000}, used: 1, free: map[string]int32{"subnet-1": 200}}
	step("Other credentials have other quotas.", time.Second, capacityPoll, 1)
	h.delete(networkInterface("a", ""))
	step("A config whose last ENI is deleted has no subnets.", time.Second, capacityPoll, 0)
	if s := h.status(); len(s.Subnets) > 0 {
		t.Errorf("subnets: %+v", s.Subnets)
	}
	h.delete(cluster("default", "system", "aws"))
	step("A deleted config is forgotten.", time.Second, 0, 0)
	if len(h.quotas) > 0 {
		t.Errorf("left are %+v", h.quotas)
	}
}

func TestAddressesIn(t *testing.T) {
	for cidr, want := range map[string]int32{"10.0.0.0/24": 251, "10.0.0.0/28": 11, "10.0.0.0/16": 65531, "2001:db8::/64": 0, "": 0, "10.0.0.0/32": 0} {
		if got := addressesIn(cidr); got != want {
			t.Errorf("%s: got %s, want %d", cidr, fmt.Sprint(got), want)
		}
	}
}
