// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"reflect"
	"strings"
	"testing"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// permit returns the gate's permit for an action on an ENI that the test owns,
// attached as EC2 requires for the action.
func permit(a eni.Action, id string) eni.Permit {
	actor := eni.Actor{Cluster: "c", UID: "uid", AttachmentID: "eni-attach-of-" + id}
	n := eni.Interface{ID: id, Tags: map[string]string{eni.TagCluster: "c", eni.TagUID: "uid"}}
	switch a {
	case eni.ActionAttach:
		actor.Attaches = true
	case eni.ActionDetach, eni.ActionModifyAttachment:
		actor.Attaches = true
		n.Attachment = &eni.Attachment{ID: actor.AttachmentID, InstanceID: "i-1", DeviceIndex: 1}
	case eni.ActionDisassociate:
		actor.AllocationID = "eipalloc-of-" + id
		n.Association = &eni.Association{ID: "eipassoc-of-" + id, AllocationID: actor.AllocationID}
	case eni.ActionDelete, eni.ActionModify, eni.ActionTag, eni.ActionAssociate:
	}
	p, refused := eni.Allow(actor, a, n)
	if refused != nil {
		panic(refused)
	}
	return p
}

// recorder is a fake of EC2 that records actions.
type recorder struct {
	API

	called []string
}

func (r *recorder) DeleteNetworkInterface(context.Context, *awsec2.DeleteNetworkInterfaceInput, ...func(*awsec2.Options)) (*awsec2.DeleteNetworkInterfaceOutput, error) {
	r.called = append(r.called, ActionDelete)
	return &awsec2.DeleteNetworkInterfaceOutput{}, nil
}

func (r *recorder) AttachNetworkInterface(context.Context, *awsec2.AttachNetworkInterfaceInput, ...func(*awsec2.Options)) (*awsec2.AttachNetworkInterfaceOutput, error) {
	r.called = append(r.called, ActionAttach)
	return &awsec2.AttachNetworkInterfaceOutput{}, nil
}

func (r *recorder) DetachNetworkInterface(context.Context, *awsec2.DetachNetworkInterfaceInput, ...func(*awsec2.Options)) (*awsec2.DetachNetworkInterfaceOutput, error) {
	r.called = append(r.called, ActionDetach)
	return &awsec2.DetachNetworkInterfaceOutput{}, nil
}

func (r *recorder) ModifyNetworkInterfaceAttribute(context.Context, *awsec2.ModifyNetworkInterfaceAttributeInput, ...func(*awsec2.Options)) (*awsec2.ModifyNetworkInterfaceAttributeOutput, error) {
	r.called = append(r.called, ActionModify)
	return &awsec2.ModifyNetworkInterfaceAttributeOutput{}, nil
}

func (r *recorder) AssignPrivateIpAddresses(context.Context, *awsec2.AssignPrivateIpAddressesInput, ...func(*awsec2.Options)) (*awsec2.AssignPrivateIpAddressesOutput, error) {
	r.called = append(r.called, ActionAssignIPv4)
	return &awsec2.AssignPrivateIpAddressesOutput{}, nil
}

func (r *recorder) UnassignPrivateIpAddresses(context.Context, *awsec2.UnassignPrivateIpAddressesInput, ...func(*awsec2.Options)) (*awsec2.UnassignPrivateIpAddressesOutput, error) {
	r.called = append(r.called, ActionUnassignIPv4)
	return &awsec2.UnassignPrivateIpAddressesOutput{}, nil
}

func (r *recorder) AssignIpv6Addresses(context.Context, *awsec2.AssignIpv6AddressesInput, ...func(*awsec2.Options)) (*awsec2.AssignIpv6AddressesOutput, error) {
	r.called = append(r.called, ActionAssignIPv6)
	return &awsec2.AssignIpv6AddressesOutput{}, nil
}

func (r *recorder) UnassignIpv6Addresses(context.Context, *awsec2.UnassignIpv6AddressesInput, ...func(*awsec2.Options)) (*awsec2.UnassignIpv6AddressesOutput, error) {
	r.called = append(r.called, ActionUnassignIPv6)
	return &awsec2.UnassignIpv6AddressesOutput{}, nil
}

func (r *recorder) AssociateAddress(context.Context, *awsec2.AssociateAddressInput, ...func(*awsec2.Options)) (*awsec2.AssociateAddressOutput, error) {
	r.called = append(r.called, ActionAssociate)
	return &awsec2.AssociateAddressOutput{}, nil
}

func (r *recorder) DisassociateAddress(context.Context, *awsec2.DisassociateAddressInput, ...func(*awsec2.Options)) (*awsec2.DisassociateAddressOutput, error) {
	r.called = append(r.called, ActionDisassociate)
	return &awsec2.DisassociateAddressOutput{}, nil
}

func (r *recorder) CreateTags(context.Context, *awsec2.CreateTagsInput, ...func(*awsec2.Options)) (*awsec2.CreateTagsOutput, error) {
	r.called = append(r.called, ActionCreateTags)
	return &awsec2.CreateTagsOutput{}, nil
}

func (r *recorder) DeleteTags(context.Context, *awsec2.DeleteTagsInput, ...func(*awsec2.Options)) (*awsec2.DeleteTagsOutput, error) {
	r.called = append(r.called, ActionDeleteTags)
	return &awsec2.DeleteTagsOutput{}, nil
}

// TestMutateNeedsPermit makes each mutating call with each permit.
func TestMutateNeedsPermit(t *testing.T) {
	id := "eni-1"
	calls := map[string]struct {
		needs eni.Action
		call  func(ctx context.Context, m Mutations) error
	}{
		"Delete": {eni.ActionDelete, func(ctx context.Context, m Mutations) error {
			_, err := m.DeleteNetworkInterface(ctx, &awsec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &id})
			return err
		}},
		"Attach": {eni.ActionAttach, func(ctx context.Context, m Mutations) error {
			_, err := m.AttachNetworkInterface(ctx, &awsec2.AttachNetworkInterfaceInput{NetworkInterfaceId: &id, InstanceId: new("i-1")})
			return err
		}},
		"Detach": {eni.ActionDetach, func(ctx context.Context, m Mutations) error {
			_, err := m.DetachNetworkInterface(ctx, &awsec2.DetachNetworkInterfaceInput{AttachmentId: new("eni-attach-of-" + id)})
			return err
		}},
		"Modify": {eni.ActionModify, func(ctx context.Context, m Mutations) error {
			_, err := m.ModifyNetworkInterfaceAttribute(ctx, &awsec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: &id})
			return err
		}},
		"ModifyAttachment": {eni.ActionModifyAttachment, func(ctx context.Context, m Mutations) error {
			_, err := m.ModifyNetworkInterfaceAttribute(ctx, &awsec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: &id, Attachment: &ec2types.NetworkInterfaceAttachmentChanges{}})
			return err
		}},
		"AssignIPv4": {eni.ActionModify, func(ctx context.Context, m Mutations) error {
			_, err := m.AssignPrivateIpAddresses(ctx, &awsec2.AssignPrivateIpAddressesInput{NetworkInterfaceId: &id})
			return err
		}},
		"UnassignIPv4": {eni.ActionModify, func(ctx context.Context, m Mutations) error {
			_, err := m.UnassignPrivateIpAddresses(ctx, &awsec2.UnassignPrivateIpAddressesInput{NetworkInterfaceId: &id})
			return err
		}},
		"AssignIPv6": {eni.ActionModify, func(ctx context.Context, m Mutations) error {
			_, err := m.AssignIpv6Addresses(ctx, &awsec2.AssignIpv6AddressesInput{NetworkInterfaceId: &id})
			return err
		}},
		"UnassignIPv6": {eni.ActionModify, func(ctx context.Context, m Mutations) error {
			_, err := m.UnassignIpv6Addresses(ctx, &awsec2.UnassignIpv6AddressesInput{NetworkInterfaceId: &id})
			return err
		}},
		"Associate": {eni.ActionAssociate, func(ctx context.Context, m Mutations) error {
			_, err := m.AssociateAddress(ctx, &awsec2.AssociateAddressInput{NetworkInterfaceId: &id})
			return err
		}},
		"Disassociate": {eni.ActionDisassociate, func(ctx context.Context, m Mutations) error {
			_, err := m.DisassociateAddress(ctx, &awsec2.DisassociateAddressInput{AssociationId: new("eipassoc-of-" + id)})
			return err
		}},
		"CreateTags": {eni.ActionTag, func(ctx context.Context, m Mutations) error {
			_, err := m.CreateTags(ctx, &awsec2.CreateTagsInput{Resources: []string{id}})
			return err
		}},
		"DeleteTags": {eni.ActionTag, func(ctx context.Context, m Mutations) error {
			_, err := m.DeleteTags(ctx, &awsec2.DeleteTagsInput{Resources: []string{id}})
			return err
		}},
	}
	if n := reflect.TypeFor[Mutations]().NumMethod(); n != len(calls)-1 { // Modify is there twice
		t.Errorf("\nEvery mutating action is tried: %d are, of %d", len(calls)-1, n)
	}
	actions := []eni.Action{eni.ActionDelete, eni.ActionAttach, eni.ActionDetach, eni.ActionModify, eni.ActionModifyAttachment, eni.ActionTag, eni.ActionAssociate, eni.ActionDisassociate}
	for name, tc := range calls {
		for _, a := range actions {
			for _, of := range []string{id, "eni-2"} {
				r := &recorder{}
				err := tc.call(t.Context(), NewClient(r, "us-east-1").Mutate(permit(a, of)))
				allowed := a == tc.needs && of == id
				if (err == nil) != allowed || (len(r.called) == 1) != allowed {
					t.Errorf("\nA call is made only with the permit for its action and its ENI.\n%s with the permit to %s %s: error %v, calls %v", name, a, of, err, r.called)
				}
			}
		}
		r := &recorder{}
		if err := tc.call(t.Context(), NewClient(r, "us-east-1").Mutate()); err == nil || len(r.called) > 0 {
			t.Errorf("\nWithout a permit nothing is called.\n%s: error %v, calls %v", name, err, r.called)
		}
	}
}

// TestClientHidesMutations checks that neither a method of Client nor an exported field gives
// access to a mutating action without a permit.
func TestClientHidesMutations(t *testing.T) {
	var got []string
	for m := range reflect.TypeFor[*Client]().Methods() {
		for _, verb := range []string{"Delete", "Attach", "Detach", "Modify", "Assign", "Unassign", "Associate", "Disassociate", "CreateTags"} {
			if strings.HasPrefix(m.Name, verb) {
				got = append(got, m.Name)
			}
		}
	}
	for f := range reflect.TypeFor[Client]().Fields() {
		if f.IsExported() && f.Type == reflect.TypeFor[API]() {
			got = append(got, f.Name)
		}
	}
	if diff := cmp.Diff([]string(nil), got); diff != "" {
		t.Errorf("\nMutating actions require a permit.\n-want, +got:\n%s", diff)
	}
}
