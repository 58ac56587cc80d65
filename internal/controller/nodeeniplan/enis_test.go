// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeniplan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/controller/networkinterface"
	"github.com/nodeeni/provider-aws-eni/internal/controller/networkinterfaceattachment"
)

func TestDecide(t *testing.T) {
	type want struct {
		Action  v1alpha1.PlanAction
		Changes []string
	}
	cases := map[string]struct {
		reason  string
		id      string
		calls   []string
		changes []string
		waiting string // of the attachment
		adopts  bool
		want    want
	}{
		"Create": {reason: "An ENI without an id is created.", calls: []string{ec2.ActionCreate, ec2.ActionAttach}, want: want{Action: v1alpha1.PlanCreate}},
		"Adopt":  {reason: "An adopted ENI is not a new one.", id: "eni-1", calls: []string{ec2.ActionAttach}, adopts: true, want: want{Action: v1alpha1.PlanAdopt}},
		"Attach": {reason: "An existing ENI is attached.", id: "eni-1", calls: []string{ec2.ActionAttach}, want: want{Action: v1alpha1.PlanAttach}},
		"Wait":   {reason: "An ENI whose attachment waits is not changed.", id: "eni-1", changes: []string{"host.mtu"}, waiting: "paused", want: want{Action: v1alpha1.PlanWait}},
		"Change": {reason: "A change in EC2 is shown.", id: "eni-1", calls: []string{ec2.ActionModify}, changes: []string{"tags"}, want: want{Action: v1alpha1.PlanChange, Changes: []string{"tags"}}},
		"Host":   {reason: "A change of the host alone needs no calls, and is shown.", id: "eni-1", changes: []string{"host.mtu"}, want: want{Action: v1alpha1.PlanChange, Changes: []string{"host.mtu"}}},
		"Keep":   {reason: "An ENI without a change is kept.", id: "eni-1", want: want{Action: v1alpha1.PlanKeep}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			j := &job{entry: v1alpha1.PlannedENI{Action: v1alpha1.PlanKeep, Calls: tc.calls, Changes: tc.changes}}
			j.decide(networkinterface.Preview{ID: tc.id}, networkinterfaceattachment.Preview{Waiting: tc.waiting}, tc.adopts)
			if diff := cmp.Diff(tc.want, want{Action: j.entry.Action, Changes: j.entry.Changes}); diff != "" {
				t.Errorf("\n%s\ndecide(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
