// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// Valid manifests of each kind. Each case changes one of them.
const (
	validNodeENI = `
apiVersion: networking.k8s.aws/v1alpha1
kind: NodeENI
metadata: {name: validation}
spec:
  nodeSelector: {ng: multi-eni}
  subnetID: subnet-0f59b4f14737be9ad
  securityGroupIDs: [sg-05da196f3314d4af8]
  deviceIndex: 2
`
	validInterface = `
apiVersion: ec2.networking.k8s.aws/v1alpha1
kind: NetworkInterface
metadata: {namespace: default, name: validation}
spec:
  forProvider:
    region: us-east-1
    subnetId: subnet-0f59b4f14737be9ad
    securityGroups: [sg-05da196f3314d4af8]
`
	validAttachment = `
apiVersion: ec2.networking.k8s.aws/v1alpha1
kind: NetworkInterfaceAttachment
metadata: {namespace: default, name: validation}
spec:
  forProvider:
    region: us-east-1
    networkInterfaceId: eni-0123456789abcdef0
    instanceId: i-0123456789abcdef0
`
	validHostInterface = `
apiVersion: networking.k8s.aws/v1alpha1
kind: HostInterface
metadata: {name: validation}
spec:
  nodeName: node-a
  attachmentRef: {namespace: default, name: validation, uid: 0a}
  networkInterfaceId: eni-0123456789abcdef0
  macAddress: "02:00:00:00:00:01"
  deviceIndex: 1
`
	validProviderConfig = `
apiVersion: networking.k8s.aws/v1alpha1
kind: ProviderConfig
metadata: {namespace: default, name: validation}
spec:
  credentials:
    source: Secret
    secretRef: {namespace: default, name: aws, key: credentials}
`
	validClusterProviderConfig = `
apiVersion: networking.k8s.aws/v1alpha1
kind: ClusterProviderConfig
metadata: {name: validation}
spec:
  credentials: {source: IRSA}
`
	validUsage = `
apiVersion: networking.k8s.aws/v1alpha1
kind: ProviderConfigUsage
metadata: {namespace: default, name: validation}
providerConfigRef: {kind: ClusterProviderConfig, name: default}
resourceRef: {apiVersion: ec2.networking.k8s.aws/v1alpha1, kind: NetworkInterface, name: eni}
`
)

// changed returns a manifest with a change applied: null removes a field, and an empty
// map or any other value replaces it.
func changed(t *testing.T, manifest, change string) *unstructured.Unstructured {
	t.Helper()
	u, over := &unstructured.Unstructured{}, map[string]any{}
	if err := yaml.Unmarshal([]byte(manifest), &u.Object); err != nil {
		t.Fatalf("cannot read manifest: %s", err)
	}
	if err := yaml.UnmarshalStrict([]byte(change), &over); err != nil {
		t.Fatalf("cannot read change: %s", err)
	}
	overlay(u.Object, over)
	return u
}

func overlay(on, over map[string]any) {
	for k, v := range over {
		below, _ := on[k].(map[string]any)
		above, isMap := v.(map[string]any)
		switch {
		case v == nil:
			delete(on, k)
		case isMap && len(above) > 0 && below != nil:
			overlay(below, above)
		default:
			on[k] = v
		}
	}
}

// many returns n list items or map entries of a pattern with one #.
func many(n int, pattern string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = strings.ReplaceAll(pattern, "#", strings.Repeat("a", i+1))
	}
	return strings.Join(items, ", ")
}

// user returns a client with strict field validation, like kubectl.
func user(t *testing.T) client.Client {
	t.Helper()
	c, err := client.New(controlPlane(t).Config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return client.WithFieldValidation(c, metav1.FieldValidationStrict)
}

func TestInvalidManifests(t *testing.T) {
	type args struct {
		manifest string
		change   string
	}
	type test struct {
		reason string
		args   args
		want   string
	}
	all := map[string]map[string]test{}

	all["NodeENI"] = map[string]test{
		"EmptyNodeSelector": {
			reason: "An empty nodeSelector is rejected, because it would select every node.",
			args:   args{validNodeENI, `spec: {nodeSelector: {}}`},
			want:   "nodeSelector must not be empty: set a label of the nodes that get an ENI, such as ng: multi-eni; to select every node use nodeSelectorTerms with key kubernetes.io/os and operator Exists",
		},
		"NoNodeSelector": {
			reason: "nodeSelector is required without nodeSelectorTerms.",
			args:   args{validNodeENI, `spec: {nodeSelector: null}`},
			want:   "nodeSelector must not be empty: set a label of the nodes that get an ENI, such as ng: multi-eni; to select every node use nodeSelectorTerms with key kubernetes.io/os and operator Exists",
		},
		"NoSubnet": {
			reason: "A subnet is required.",
			args:   args{validNodeENI, `spec: {subnetID: null}`},
			want:   "no subnet given: set subnetID, subnetIDs, subnetName, subnetNames or subnetSelector",
		},
		"EmptySubnetLists": {
			reason: "Empty lists of subnets do not specify a subnet.",
			args:   args{validNodeENI, `spec: {subnetID: null, subnetIDs: [], subnetNames: []}`},
			want:   "no subnet given: set subnetID, subnetIDs, subnetName, subnetNames or subnetSelector",
		},
		"NameIsNotSubnetID": {
			reason: "subnetID must be an id, not a name.",
			args:   args{validNodeENI, `spec: {subnetID: my-subnet-name}`},
			want:   "must be a subnet id such as subnet-0f59b4f14737be9ad; to find a subnet by its Name tag use subnetName",
		},
		"NameAmongSubnetIDs": {
			reason: "subnetIDs must be ids.",
			args:   args{validNodeENI, `spec: {subnetIDs: [subnet-1, eni-1]}`},
			want:   "spec.subnetIDs[1]: Invalid value: \"eni-1\": must be a subnet id such as subnet-0f59b4f14737be9ad; to find a subnet by its Name tag use subnetName",
		},
		"EmptySubnetName": {
			reason: "A subnet name must not be empty.",
			args:   args{validNodeENI, `spec: {subnetName: ""}`},
			want:   `spec.subnetName in body should be at least 1 chars long`,
		},
		"NameIsNotSecurityGroupID": {
			reason: "securityGroupIDs must be ids, not names.",
			args:   args{validNodeENI, `spec: {securityGroupIDs: [multus]}`},
			want:   "must be a security group id such as sg-05da196f3314d4af8; to find a group by name use securityGroupNames",
		},
		"TooManySecurityGroups": {
			reason: "EC2 supports at most 16 security groups per ENI.",
			args:   args{validNodeENI, `spec: {securityGroupIDs: [` + many(17, "sg-#") + `]}`},
			want:   "spec.securityGroupIDs: Too many: 17: must have at most 16 items",
		},
		"TooManySubnets": {
			reason: "A NodeENI has at most 64 subnets.",
			args:   args{validNodeENI, `spec: {subnetIDs: [` + strings.TrimSuffix(strings.Repeat("subnet-1, ", 65), ", ") + `]}`},
			want:   "spec.subnetIDs: Too many: 65: must have at most 64 items",
		},
		"EmptySubnetSelector": {
			reason: "A subnetSelector without tags is rejected, because it would match every subnet.",
			args:   args{validNodeENI, `spec: {subnetSelector: {tags: {}}}`},
			want:   "spec.subnetSelector.tags in body should have at least 1 properties",
		},
		"UnknownSubnetPolicy": {
			reason: "subnetPolicy must be All or OnePerZone.",
			args:   args{validNodeENI, `spec: {subnetPolicy: Any}`},
			want:   `spec.subnetPolicy: Unsupported value: "Any": supported values: "All", "OnePerZone"`,
		},
		"DPDKContradiction": {
			reason: "enableDPDK and its alias dpdkEnabled must be equal.",
			args:   args{validNodeENI, `spec: {enableDPDK: true, dpdkEnabled: false}`},
			want:   "enableDPDK and dpdkEnabled are aliases and contradict each other: keep one of them",
		},
		"UnknownDPDKDriver": {
			reason: "The userspace driver must be one of three.",
			args:   args{validNodeENI, `spec: {enableDPDK: true, dpdkDriver: uio}`},
			want:   `spec.dpdkDriver: Unsupported value: "uio": supported values: "vfio-pci", "igb_uio", "uio_pci_generic"`,
		},
		"BadResourceName": {
			reason: "A resource name must not be empty after the prefix.",
			args:   args{validNodeENI, `spec: {dpdkResourceName: intel.com/}`},
			want:   "must be a resource name such as intel.com/intel_sriov_netdevice: an optional DNS prefix and a slash, then up to 63 letters, digits, - and _; at most 68 characters, the limit of the device plugin",
		},
		"ResourceNameWithDot": {
			reason: "A resource name must not contain a dot, with which the device plugin exits.",
			args:   args{validNodeENI, `spec: {dpdkResourceName: intel.com/sriov.dpdk}`},
			want:   "must be a resource name such as intel.com/intel_sriov_netdevice: an optional DNS prefix and a slash, then up to 63 letters, digits, - and _; at most 68 characters, the limit of the device plugin",
		},
		"ResourceNameWithDotForHost": {
			reason: "The alias of the resource name is validated too.",
			args:   args{validNodeENI, `spec: {host: {driver: dpdk, resourceName: sriov.dpdk}}`},
			want:   "must be a resource name such as intel.com/intel_sriov_netdevice: an optional DNS prefix and a slash, then up to 63 letters, digits, - and _; at most 68 characters, the limit of the device plugin",
		},
		"ResourceNameOfAttachmentWithDot": {
			reason: "The resource name of an attachment is validated too.",
			args:   args{validAttachment, `spec: {host: {resourceName: intel.com/sriov.dpdk}}`},
			want:   "must be a resource name such as intel.com/intel_sriov_netdevice: an optional DNS prefix and a slash, then up to 63 letters, digits, - and _; at most 68 characters, the limit of the device plugin",
		},
		"LongResourceName": {
			reason: "A resource name has at most 63 characters after the prefix.",
			args:   args{validNodeENI, `spec: {dpdkResourceName: a.b/` + strings.Repeat("a", 64) + `}`},
			want:   "must be a resource name such as intel.com/intel_sriov_netdevice: an optional DNS prefix and a slash, then up to 63 letters, digits, - and _; at most 68 characters, the limit of the device plugin",
		},
		"LongResourceNameWithPrefix": {
			reason: "The prefix and the name together have at most 67 characters, with which the device plugin exits otherwise.",
			args:   args{validNodeENI, `spec: {dpdkResourceName: intel.com/` + strings.Repeat("a", 59) + `}`},
			want:   "must be a resource name such as intel.com/intel_sriov_netdevice: an optional DNS prefix and a slash, then up to 63 letters, digits, - and _; at most 68 characters, the limit of the device plugin",
		},
		"ResourceNameAtItsEnds": {
			reason: "A resource name must start and end with a letter or digit.",
			args:   args{validNodeENI, `spec: {dpdkResourceName: intel.com/sriov_}`},
			want:   "must be a resource name such as intel.com/intel_sriov_netdevice: an optional DNS prefix and a slash, then up to 63 letters, digits, - and _; at most 68 characters, the limit of the device plugin",
		},
		"ResourcePrefix": {
			reason: "The prefix of a resource name must be a DNS name.",
			args:   args{validNodeENI, `spec: {dpdkResourceName: Intel.com/sriov}`},
			want:   "must be a resource name such as intel.com/intel_sriov_netdevice: an optional DNS prefix and a slash, then up to 63 letters, digits, - and _; at most 68 characters, the limit of the device plugin",
		},
		"BadPCIAddress": {
			reason: "A PCI address must have a bus, a device and a function.",
			args:   args{validNodeENI, `spec: {dpdkPCIAddress: "00:06"}`},
			want:   "must be a PCI address such as 0000:00:06.0",
		},
		"MTUTooLarge": {
			reason: "The MTU is at most 9216.",
			args:   args{validNodeENI, `spec: {mtu: 70000}`},
			want:   "must be 0 (the driver's default) or 68 to 9216, which the ENA driver supports; a VPC transmits up to 9001",
		},
		"MTUTooSmall": {
			reason: "The MTU is at least 68, the minimum of IPv4.",
			args:   args{validNodeENI, `spec: {mtu: 67}`},
			want:   "must be 0 (the driver's default) or 68 to 9216, which the ENA driver supports; a VPC transmits up to 9001",
		},
		"MTUContradiction": {
			reason: "mtu and host.mtu must be equal.",
			args:   args{validNodeENI, `spec: {mtu: 9001, host: {mtu: 1500}}`},
			want:   "mtu and host.mtu contradict each other: keep one of them",
		},
		"MTUNotANumber": {
			reason: "The MTU must be a number.",
			args:   args{validNodeENI, `spec: {mtu: jumbo}`},
			want:   `spec.mtu: Invalid value: "string": spec.mtu in body must be of type integer: "string"`,
		},
		"DeviceIndexNegative": {
			reason: "deviceIndex must not be negative.",
			args:   args{validNodeENI, `spec: {deviceIndex: -1}`},
			want:   "spec.deviceIndex in body should be greater than or equal to 0",
		},
		"DeviceIndexTooLarge": {
			reason: "deviceIndex must not exceed the maximum of all instance types.",
			args:   args{validNodeENI, `spec: {deviceIndex: 99}`},
			want:   "spec.deviceIndex in body should be less than or equal to 31",
		},
		"NetworkCardTooLarge": {
			reason: "networkCardIndex must not exceed the maximum of all instance types.",
			args:   args{validNodeENI, `spec: {networkCardIndex: 32}`},
			want:   "spec.networkCardIndex in body should be less than or equal to 31",
		},
		"DescriptionTooLong": {
			reason: "EC2 supports descriptions of at most 255 characters.",
			args:   args{validNodeENI, `spec: {description: ` + strings.Repeat("x", 256) + `}`},
			want:   "spec.description: Too long: may not be more than 255",
		},
		"TagOfAWS": {
			reason: "Tag keys with the prefix aws: are reserved, in any case of letters.",
			args:   args{validNodeENI, `spec: {tags: {"AWS:team": x}}`},
			want:   "tag keys beginning with aws: are reserved by AWS; choose another key",
		},
		"TagOfProvider": {
			reason: "Ownership tags are reserved for the provider.",
			args:   args{validNodeENI, `spec: {tags: {networking.k8s.aws/mr-uid: x}}`},
			want:   "tag keys beginning with networking.k8s.aws/ are written by this provider; choose another key",
		},
		"TagKeyTooLong": {
			reason: "EC2 supports tag keys of at most 128 characters.",
			args:   args{validNodeENI, `spec: {tags: {` + strings.Repeat("k", 129) + `: v}}`},
			want:   "a tag key has 1 to 128 characters and a value at most 256",
		},
		"TagValueTooLong": {
			reason: "EC2 supports tag values of at most 256 characters.",
			args:   args{validNodeENI, `spec: {tags: {k: ` + strings.Repeat("v", 257) + `}}`},
			want:   "a tag key has 1 to 128 characters and a value at most 256",
		},
		"TooManyTags": {
			reason: "EC2 supports 50 tags, of which the provider needs about twelve.",
			args:   args{validNodeENI, `spec: {tags: {` + many(39, "#: v") + `}}`},
			want:   "spec.tags: Too many: 39: must have at most 38 items",
		},
		"OperatorWithoutValues": {
			reason: "Operator In requires values.",
			args:   args{validNodeENI, `spec: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In}]}]}`},
			want:   "operators In and NotIn need values",
		},
		"OperatorWithValues": {
			reason: "Operator Exists must not have values.",
			args:   args{validNodeENI, `spec: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists, values: [b]}]}]}`},
			want:   "operators Exists and DoesNotExist take no values",
		},
		"OperatorWithNonInteger": {
			reason: "Operator Gt requires one integer.",
			args:   args{validNodeENI, `spec: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Gt, values: [b]}]}]}`},
			want:   "operators Gt and Lt need one value, an integer in quotes",
		},
		"UnknownOperator": {
			reason: "The operator must be a node affinity operator.",
			args:   args{validNodeENI, `spec: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Like, values: [b]}]}]}`},
			want:   `spec.nodeSelectorTerms[0].matchExpressions[0].operator: Unsupported value: "Like": supported values: "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"`,
		},
		"EmptyTerm": {
			reason: "A term without expressions is rejected.",
			args:   args{validNodeENI, `spec: {nodeSelectorTerms: [{matchExpressions: []}]}`},
			want:   "spec.nodeSelectorTerms[0].matchExpressions in body should have at least 1 items",
		},
		"AddressesAndPrefixes": {
			reason: "EC2 does not support both secondary addresses and prefixes on an ENI.",
			args:   args{validNodeENI, `spec: {addresses: {secondaryPrivateIpCount: 1, ipv4PrefixCount: 1}}`},
			want:   "EC2 supports secondary addresses or prefixes on one ENI, not both: remove secondaryPrivateIpCount or ipv4PrefixCount",
		},
		"ElasticIPNothing": {
			reason: "A pool of Elastic IPs has addresses or tags.",
			args:   args{validNodeENI, `spec: {elasticIP: {allocationIds: []}}`},
			want:   "set either allocationIds or tags",
		},
		"ElasticIPBoth": {
			reason: "A pool of Elastic IPs is a list or a selection by tags.",
			args:   args{validNodeENI, `spec: {elasticIP: {allocationIds: [eipalloc-0a], tags: {a: b}}}`},
			want:   "set either allocationIds or tags",
		},
		"ElasticIPAddress": {
			reason: "An address is not an allocation id.",
			args:   args{validNodeENI, `spec: {elasticIP: {allocationIds: [203.0.113.1]}}`},
			want:   "must be the allocation id of an Elastic IP such as eipalloc-0c2d5f7a9b1e3d4f6, not an address; to find addresses by tags use elasticIP.tags",
		},
		"ElasticIPTwice": {
			reason: "A pool has each Elastic IP once.",
			args:   args{validNodeENI, `spec: {elasticIP: {allocationIds: [eipalloc-0a, eipalloc-0a]}}`},
			want:   "spec.elasticIP.allocationIds[1]: Duplicate value",
		},
		"TooManyAddresses": {
			reason: "secondaryPrivateIpCount must not exceed the maximum of all instance types.",
			args:   args{validNodeENI, `spec: {addresses: {secondaryPrivateIpCount: 50}}`},
			want:   "spec.addresses.secondaryPrivateIpCount in body should be less than or equal to 49",
		},
		"MaxUnavailableZero": {
			reason: "maxUnavailable must not be 0, with which a rollout would not progress.",
			args:   args{validNodeENI, `spec: {rollout: {maxUnavailable: 0}}`},
			want:   "must be a number of at least 1 or a percentage from 1% to 100%",
		},
		"MaxUnavailableTooLarge": {
			reason: "maxUnavailable must not exceed 100%.",
			args:   args{validNodeENI, `spec: {rollout: {maxUnavailable: 150%}}`},
			want:   "must be a number of at least 1 or a percentage from 1% to 100%",
		},
		"UnknownConfigKind": {
			reason: "The kind of a provider config must be one of two.",
			args:   args{validNodeENI, `spec: {providerConfigRef: {kind: Secret, name: aws}}`},
			want:   "kind must be ClusterProviderConfig, or ProviderConfig for a config in the provider's namespace",
		},
		"UnknownManagementPolicy": {
			reason: "managementPolicies must be Crossplane policies.",
			args:   args{validNodeENI, `spec: {managementPolicies: [Destroy]}`},
			want:   `spec.managementPolicies[0]: Unsupported value: "Destroy"`,
		},
		"ResourceNameContradiction": {
			reason: "dpdkResourceName and host.resourceName must be equal.",
			args:   args{validNodeENI, `spec: {dpdkResourceName: a.com/b, host: {resourceName: a.com/c}}`},
			want:   "dpdkResourceName and host.resourceName contradict each other: keep one of them",
		},
		"ReleasePolicyTwice": {
			reason: "releasePolicy and host.releasePolicy must not both be set.",
			args:   args{validNodeENI, `spec: {releasePolicy: {mode: Immediate}, host: {releasePolicy: {mode: Immediate}}}`},
			want:   "releasePolicy and host.releasePolicy are aliases: keep one of them",
		},
		"ReleaseTimeoutTooLong": {
			reason: "The timeout of a releasePolicy is at most a day.",
			args:   args{validNodeENI, `spec: {releasePolicy: {timeout: 25h}}`},
			want:   "must be a duration of at most 24h, such as 10m",
		},
		"ReleaseTimeoutIsNoDuration": {
			reason: "A timeout must be a Go duration.",
			args:   args{validNodeENI, `spec: {releasePolicy: {timeout: 1 day}}`},
			want:   "must be a duration of at most 24h, such as 10m",
		},
		"UnknownReleaseMode": {
			reason: "The mode of a releasePolicy must be known.",
			args:   args{validNodeENI, `spec: {releasePolicy: {mode: Never}}`},
			want:   `spec.releasePolicy.mode: Unsupported value: "Never": supported values: "WaitForPods", "Immediate"`,
		},
		"DPDKWithAddresses": {
			reason: "An interface with a userspace driver has no kernel addresses.",
			args:   args{validNodeENI, `spec: {dpdkEnabled: true, host: {addressing: PolicyRouted}}`},
			want:   "an interface with enableDPDK has no kernel addresses: use host.addressing: None",
		},
		"DPDKWithName": {
			reason: "An interface with a userspace driver has no link name.",
			args:   args{validNodeENI, `spec: {enableDPDK: true, host: {interfaceName: net1}}`},
			want:   "an interface with enableDPDK has no kernel name: remove host.interfaceName",
		},
		"OneNameForSeveralLinks": {
			reason: "host.interfaceName must not apply to several links of a node.",
			args:   args{validNodeENI, `spec: {subnetIDs: [subnet-1], host: {interfaceName: net1}}`},
			want:   "host.interfaceName and host.altNames apply to one link of a node: with several subnets use subnetPolicy: OnePerZone, or one NodeENI per subnet",
		},
		"OneNameForSeveralENIs": {
			reason: "host.interfaceName must not apply to several ENIs of a subnet.",
			args:   args{validNodeENI, `spec: {count: 2, host: {interfaceName: net1}}`},
			want:   "names and the PCI address apply to one link of a node: with count remove host.interfaceName, host.altNames, host.pciAddress and dpdkPCIAddress",
		},
		"OneAddressForSeveralENIs": {
			reason: "A device has its own PCI address.",
			args:   args{validNodeENI, `spec: {count: 2, dpdkPCIAddress: "0000:00:06.0"}`},
			want:   "names and the PCI address apply to one link of a node: with count remove host.interfaceName, host.altNames, host.pciAddress and dpdkPCIAddress",
		},
		"NoENI": {
			reason: "A NodeENI without ENIs has no purpose: delete it instead.",
			args:   args{validNodeENI, `spec: {count: 0}`},
			want:   "spec.count in body should be greater than or equal to 1",
		},
		"TooManyAltNames": {
			reason: "A link has at most nine alternative names, two of which the NodeENI sets.",
			args:   args{validNodeENI, `spec: {host: {altNames: [` + many(8, "#") + `]}}`},
			want:   "a NodeENI sets up to two alternative names on each link: host.altNames may have at most 7",
		},
		"NameTooLong": {
			reason: "The name of a NodeENI must be a valid label value.",
			args:   args{validNodeENI, `metadata: {name: ` + strings.Repeat("n", 64) + `}`},
			want:   "metadata.name must have at most 63 characters: it is a label value of the objects created for each node",
		},
		"UnknownField": {
			reason: "An unknown field is rejected.",
			args:   args{validNodeENI, `spec: {subnetId: subnet-1}`},
			want:   `unknown field "spec.subnetId"`,
		},
	}

	all["Host"] = map[string]test{
		"InterfaceNameTooLong": {
			reason: "A link name has at most 15 characters.",
			args:   args{validNodeENI, `spec: {host: {interfaceName: sixteen-letters-}}`},
			want:   "spec.host.interfaceName: Too long: may not be more than 15",
		},
		"InterfaceNameWithSlash": {
			reason: "A link name must not contain a slash.",
			args:   args{validNodeENI, `spec: {host: {interfaceName: net/1}}`},
			want:   "must be a link name: a letter, then letters, digits, '_', '.' or '-', 15 characters at most, and not lo, all or default",
		},
		"InterfaceNameLoopback": {
			reason: "A link name must not be lo.",
			args:   args{validNodeENI, `spec: {host: {interfaceName: lo}}`},
			want:   "must be a link name: a letter, then letters, digits, '_', '.' or '-', 15 characters at most, and not lo, all or default",
		},
		"BadAltName": {
			reason: "An alternative name must not contain a space.",
			args:   args{validNodeENI, `spec: {host: {altNames: ["net 1"]}}`},
			want:   "must be letters, digits, '_', '.' or '-', and begin with a letter or digit",
		},
		"UnknownDriver": {
			reason: "The driver must be known.",
			args:   args{validNodeENI, `spec: {host: {driver: vfio-pci}}`},
			want:   `spec.host.driver: Unsupported value: "vfio-pci": supported values: "kernel", "dpdk"`,
		},
		"DPDKWithoutDriver": {
			reason: "dpdk is only valid with driver dpdk.",
			args:   args{validNodeENI, `spec: {host: {dpdk: {allowNoIOMMU: true}}}`},
			want:   "dpdk is only used with driver: dpdk",
		},
		"DPDKWithAddressing": {
			reason: "An interface with driver dpdk has no kernel addresses.",
			args:   args{validAttachment, `spec: {host: {driver: dpdk, addressing: Addresses}}`},
			want:   "an interface with driver: dpdk has no kernel addresses: use addressing: None",
		},
		"DPDKWithInterfaceName": {
			reason: "An interface with driver dpdk has no link name.",
			args:   args{validAttachment, `spec: {host: {driver: dpdk, interfaceName: net1}}`},
			want:   "an interface with driver: dpdk has no kernel name: remove interfaceName",
		},
		"UnknownAddressing": {
			reason: "addressing must be one of three modes.",
			args:   args{validAttachment, `spec: {host: {addressing: DHCP}}`},
			want:   `spec.host.addressing: Unsupported value: "DHCP": supported values: "None", "Addresses", "PolicyRouted"`,
		},
		"MTUTooLarge": {
			reason: "The MTU of an ENA link is at most 9216.",
			args:   args{validAttachment, `spec: {host: {mtu: 9217}}`},
			want:   "spec.host.mtu in body should be less than or equal to 9216",
		},
		"UnknownField": {
			reason: "An unknown nested field is rejected.",
			args:   args{validAttachment, `spec: {host: {MTU: 9001}}`},
			want:   `unknown field "spec.host.MTU"`,
		},
	}

	all["NetworkInterface"] = map[string]test{
		"ZoneForRegion": {
			reason: "region must not be an availability zone.",
			args:   args{validInterface, `spec: {forProvider: {region: us-east-1a}}`},
			want:   "must be an AWS region such as us-east-1, not a zone such as us-east-1a",
		},
		"InvalidRegion": {
			reason: "region must be the name of an AWS region.",
			args:   args{validInterface, `spec: {forProvider: {region: Virginia}}`},
			want:   "must be an AWS region such as us-east-1, not a zone such as us-east-1a",
		},
		"NoSubnet": {
			reason: "A subnet is required to create an ENI.",
			args:   args{validInterface, `spec: {forProvider: {subnetId: null}}`},
			want:   `forProvider.subnetId or forProvider.subnetSelector is required to create an ENI; to observe an existing one set managementPolicies: ["Observe"] and the annotation crossplane.io/external-name to its id`,
		},
		"NameIsNotSubnetID": {
			reason: "subnetId must be an id, not a name.",
			args:   args{validInterface, `spec: {forProvider: {subnetId: data-a}}`},
			want:   "must be a subnet id such as subnet-0f59b4f14737be9ad; to find a subnet by its Name tag use subnetSelector.name",
		},
		"ZoneIsNoSelector": {
			reason: "A subnetSelector with only a zone is rejected, because a zone has several subnets.",
			args:   args{validInterface, `spec: {forProvider: {subnetId: null, subnetSelector: {availabilityZone: us-east-1a}}}`},
			want:   "set name, tags or both: availabilityZone alone would match any subnet of the zone",
		},
		"NameIsNotSecurityGroupID": {
			reason: "securityGroups must be ids, not names.",
			args:   args{validInterface, `spec: {forProvider: {securityGroups: [multus]}}`},
			want:   "must be a security group id such as sg-05da196f3314d4af8; to find a group by name use securityGroupSelector.names",
		},
		"SameGroupTwice": {
			reason: "securityGroups must not have duplicates.",
			args:   args{validInterface, `spec: {forProvider: {securityGroups: [sg-1, sg-1]}}`},
			want:   `spec.forProvider.securityGroups[1]: Duplicate value: "sg-1"`,
		},
		"TooManyGroups": {
			reason: "EC2 supports at most 16 security groups per ENI.",
			args:   args{validInterface, `spec: {forProvider: {securityGroups: [` + many(17, "sg-#") + `]}}`},
			want:   "spec.forProvider.securityGroups: Too many: 17: must have at most 16 items",
		},
		"EmptyGroupSelector": {
			reason: "A securityGroupSelector without criteria is rejected, because it would match every security group.",
			args:   args{validInterface, `spec: {forProvider: {securityGroupSelector: {}}}`},
			want:   "set names, tags or both",
		},
		"TrunkType": {
			reason: "Interface type trunk is not supported: the VPC resource controller manages trunk interfaces.",
			args:   args{validInterface, `spec: {forProvider: {interfaceType: trunk}}`},
			want:   `spec.forProvider.interfaceType: Unsupported value: "trunk": supported values: "interface", "efa", "efa-only"`,
		},
		"PrimaryAddressOfOtherFamily": {
			reason: "privateIp must be an IPv4 address.",
			args:   args{validInterface, `spec: {forProvider: {privateIp: "2600:1f13::10"}}`},
			want:   "must be an IPv4 address such as 10.0.1.20",
		},
		"AddressOutOfRange": {
			reason: "An IPv4 address must be valid.",
			args:   args{validInterface, `spec: {forProvider: {privateIps: [10.0.1.300]}}`},
			want:   "must be an IPv4 address such as 10.0.1.20",
		},
		"AddressWithLength": {
			reason: "privateIp must not be a prefix.",
			args:   args{validInterface, `spec: {forProvider: {privateIp: 10.0.1.2/24}}`},
			want:   "must be an IPv4 address such as 10.0.1.20",
		},
		"IPv6AddressOfOtherFamily": {
			reason: "ipv6Addresses must be IPv6 addresses.",
			args:   args{validInterface, `spec: {forProvider: {ipv6Addresses: [10.0.1.20]}}`},
			want:   "must be an IPv6 address such as 2600:1f13::10",
		},
		"IPv4PrefixTooShort": {
			reason: "An IPv4 prefix must have length 28.",
			args:   args{validInterface, `spec: {forProvider: {ipv4Prefixes: [10.0.1.0/24]}}`},
			want:   "must be an IPv4 prefix of length 28, such as 10.0.1.16/28",
		},
		"IPv4PrefixWithHostBits": {
			reason: "A prefix must not have host bits.",
			args:   args{validInterface, `spec: {forProvider: {ipv4Prefixes: [10.0.1.17/28]}}`},
			want:   "must be an IPv4 prefix of length 28, such as 10.0.1.16/28",
		},
		"IPv6PrefixWithHostBits": {
			reason: "A prefix must not have host bits.",
			args:   args{validInterface, `spec: {forProvider: {ipv6Prefixes: ["2600:1f13:0:0:1::1/80"]}}`},
			want:   "must be an IPv6 prefix of length 80, such as 2600:1f13:0:0:1::/80",
		},
		"IPv6PrefixTooShort": {
			reason: "An IPv6 prefix must have length 80.",
			args:   args{validInterface, `spec: {forProvider: {ipv6Prefixes: ["2600:1f13::/64"]}}`},
			want:   "must be an IPv6 prefix of length 80, such as 2600:1f13:0:0:1::/80",
		},
		"PrimaryNotInList": {
			reason: "privateIps must contain privateIp.",
			args:   args{validInterface, `spec: {forProvider: {privateIp: 10.0.1.4, privateIps: [10.0.1.5]}}`},
			want:   "privateIp is the primary address and must be one of privateIps",
		},
		"AddressListAndCount": {
			reason: "privateIps and privateIpsCount are mutually exclusive.",
			args:   args{validInterface, `spec: {forProvider: {privateIps: [10.0.1.5], privateIpsCount: 1}}`},
			want:   "use either privateIps (chosen addresses) or privateIpsCount (EC2 chooses), not both",
		},
		"ElasticIPAddress": {
			reason: "An address is not an allocation id.",
			args:   args{validInterface, `spec: {forProvider: {elasticIPAllocationId: 203.0.113.1}}`},
			want:   "must be the allocation id of an Elastic IP such as eipalloc-0c2d5f7a9b1e3d4f6, not an address",
		},
		"PrefixListAndCount": {
			reason: "ipv4Prefixes and ipv4PrefixCount are mutually exclusive.",
			args:   args{validInterface, `spec: {forProvider: {ipv4Prefixes: [10.0.1.16/28], ipv4PrefixCount: 1}}`},
			want:   "use either ipv4Prefixes or ipv4PrefixCount, not both",
		},
		"AddressesAndPrefixes": {
			reason: "EC2 does not support both secondary addresses and prefixes on an ENI.",
			args:   args{validInterface, `spec: {forProvider: {privateIpsCount: 1, ipv4PrefixCount: 1}}`},
			want:   "EC2 supports secondary addresses or prefixes on one ENI, not both: remove privateIps/privateIpsCount or ipv4Prefixes/ipv4PrefixCount",
		},
		"IPv6ListAndCount": {
			reason: "ipv6Addresses and ipv6AddressCount are mutually exclusive.",
			args:   args{validInterface, `spec: {forProvider: {ipv6Addresses: ["2600:1f13::10"], ipv6AddressCount: 1}}`},
			want:   "use either ipv6Addresses or ipv6AddressCount, not both",
		},
		"IPv6PrefixListAndCount": {
			reason: "ipv6Prefixes and ipv6PrefixCount are mutually exclusive.",
			args:   args{validInterface, `spec: {forProvider: {ipv6Prefixes: ["2600:1f13:0:0:1::/80"], ipv6PrefixCount: 1}}`},
			want:   "use either ipv6Prefixes or ipv6PrefixCount, not both",
		},
		"NegativeCount": {
			reason: "A count must not be negative.",
			args:   args{validInterface, `spec: {forProvider: {privateIpsCount: -1}}`},
			want:   "spec.forProvider.privateIpsCount in body should be greater than or equal to 0",
		},
		"TCPTimeoutTooShort": {
			reason: "The idle timeout of TCP connections is at least a minute.",
			args:   args{validInterface, `spec: {forProvider: {connectionTracking: {tcpEstablishedTimeoutSeconds: 59}}}`},
			want:   "spec.forProvider.connectionTracking.tcpEstablishedTimeoutSeconds in body should be greater than or equal to 60",
		},
		"UDPStreamTimeoutTooLong": {
			reason: "The idle timeout of UDP streams is at most three minutes.",
			args:   args{validInterface, `spec: {forProvider: {connectionTracking: {udpStreamTimeoutSeconds: 181}}}`},
			want:   "spec.forProvider.connectionTracking.udpStreamTimeoutSeconds in body should be less than or equal to 180",
		},
		"UDPTimeoutTooLong": {
			reason: "The idle timeout of UDP is at most a minute.",
			args:   args{validInterface, `spec: {forProvider: {connectionTracking: {udpTimeoutSeconds: 61}}}`},
			want:   "spec.forProvider.connectionTracking.udpTimeoutSeconds in body should be less than or equal to 60",
		},
		"UDPWithoutENAExpress": {
			reason: "ENA Express for UDP requires ENA Express.",
			args:   args{validInterface, `spec: {forProvider: {enaSrdSpecification: {enaSrdUdpSpecification: {enaSrdUdpEnabled: true}}}}`},
			want:   "enaSrdUdpEnabled needs enaSrdEnabled: true",
		},
		"TagOfAWS": {
			reason: "Tag keys with the prefix aws: are reserved.",
			args:   args{validInterface, `spec: {forProvider: {tags: {"aws:team": x}}}`},
			want:   "tag keys beginning with aws: are reserved by AWS; choose another key",
		},
		"TagOfProvider": {
			reason: "Ownership tags are reserved for the provider.",
			args:   args{validInterface, `spec: {forProvider: {tags: {networking.k8s.aws/cluster: x}}}`},
			want:   "tag keys beginning with networking.k8s.aws/ are written by this provider; choose another key",
		},
		"EmptyTagKey": {
			reason: "A tag key must not be empty.",
			args:   args{validInterface, `spec: {forProvider: {tags: {"": x}}}`},
			want:   "a tag key has 1 to 128 characters and a value at most 256",
		},
		"ConfigWithoutName": {
			reason: "The name of a provider config is required.",
			args:   args{validInterface, `spec: {providerConfigRef: {kind: ProviderConfig}}`},
			want:   "spec.providerConfigRef.name: Required value",
		},
		"SecretWithoutName": {
			reason: "The name of the connection secret is required.",
			args:   args{validInterface, `spec: {writeConnectionSecretToRef: {}}`},
			want:   "spec.writeConnectionSecretToRef.name: Required value",
		},
		"UnknownField": {
			reason: "An unknown field is rejected.",
			args:   args{validInterface, `spec: {forProvider: {subnetID: subnet-1}}`},
			want:   `unknown field "spec.forProvider.subnetID"`,
		},
	}

	all["NetworkInterfaceAttachment"] = map[string]test{
		"NoInstance": {
			reason: "An instance or a node is required.",
			args:   args{validAttachment, `spec: {forProvider: {instanceId: null}}`},
			want:   "forProvider.instanceId or forProvider.nodeName is required to attach an ENI",
		},
		"NoInterface": {
			reason: "An ENI is required.",
			args:   args{validAttachment, `spec: {forProvider: {networkInterfaceId: null}}`},
			want:   "forProvider.networkInterfaceId, networkInterfaceRef or networkInterfaceSelector is required to attach an ENI",
		},
		"InstanceAndNode": {
			reason: "instanceId and nodeName are mutually exclusive.",
			args:   args{validAttachment, `spec: {forProvider: {nodeName: node-a}}`},
			want:   "use either instanceId or nodeName, not both",
		},
		"IDAndReference": {
			reason: "networkInterfaceId, networkInterfaceRef and networkInterfaceSelector are mutually exclusive.",
			args:   args{validAttachment, `spec: {forProvider: {networkInterfaceRef: {name: eni}}}`},
			want:   "use networkInterfaceId, or networkInterfaceRef or networkInterfaceSelector, not both",
		},
		"NameIsNotInterfaceID": {
			reason: "networkInterfaceId must be an id, not the name of an object.",
			args:   args{validAttachment, `spec: {forProvider: {networkInterfaceId: my-eni}}`},
			want:   "must be an ENI id such as eni-0123456789abcdef0; to name a NetworkInterface object use networkInterfaceRef",
		},
		"AttachmentIsNotInterfaceID": {
			reason: "networkInterfaceId must not be the id of an attachment.",
			args:   args{validAttachment, `spec: {forProvider: {networkInterfaceId: eni-attach-0123456789abcdef0}}`},
			want:   "must be an ENI id such as eni-0123456789abcdef0; to name a NetworkInterface object use networkInterfaceRef",
		},
		"NodeIsNotInstanceID": {
			reason: "instanceId must be an id, not the name of a node.",
			args:   args{validAttachment, `spec: {forProvider: {instanceId: ip-10-0-1-4.ec2.internal}}`},
			want:   "must be an instance id such as i-0123456789abcdef0; to attach to a Kubernetes node use nodeName",
		},
		"ZoneForRegion": {
			reason: "region must not be an availability zone.",
			args:   args{validAttachment, `spec: {forProvider: {region: us-east-1a}}`},
			want:   "must be an AWS region such as us-east-1, not a zone such as us-east-1a",
		},
		"DeviceIndexZero": {
			reason: "Device index 0 is reserved for the primary ENI.",
			args:   args{validAttachment, `spec: {forProvider: {deviceIndex: 0}}`},
			want:   "spec.forProvider.deviceIndex in body should be greater than or equal to 1",
		},
		"DeviceIndexTooLarge": {
			reason: "deviceIndex must not exceed the maximum of all instance types.",
			args:   args{validAttachment, `spec: {forProvider: {deviceIndex: 99}}`},
			want:   "spec.forProvider.deviceIndex in body should be less than or equal to 63",
		},
		"MinDeviceIndexZero": {
			reason: "minDeviceIndex must be greater than 0, the index of the primary ENI.",
			args:   args{validAttachment, `spec: {forProvider: {minDeviceIndex: 0}}`},
			want:   "spec.forProvider.minDeviceIndex in body should be greater than or equal to 1",
		},
		"DeviceIndexBelowMin": {
			reason: "deviceIndex must not be less than minDeviceIndex.",
			args:   args{validAttachment, `spec: {forProvider: {deviceIndex: 2, minDeviceIndex: 3}}`},
			want:   "deviceIndex must not be below minDeviceIndex; pin an index with deviceIndex alone, or use minDeviceIndex alone for the lowest free index",
		},
		"NoQueues": {
			reason: "The number of ENA queues must be positive.",
			args:   args{validAttachment, `spec: {forProvider: {enaQueueCount: 0}}`},
			want:   "spec.forProvider.enaQueueCount in body should be greater than or equal to 1",
		},
		"ForceWithoutTime": {
			reason: "Mode ForceAfter requires after.",
			args:   args{validAttachment, `spec: {forProvider: {detachPolicy: {mode: ForceAfter}}}`},
			want:   "mode ForceAfter needs after, the time to wait for a graceful detach, such as 10m",
		},
		"TimeWithoutForce": {
			reason: "after is only valid with mode ForceAfter.",
			args:   args{validAttachment, `spec: {forProvider: {detachPolicy: {mode: Graceful, after: 10m}}}`},
			want:   "after is only used with mode: ForceAfter",
		},
		"ForceTooSoon": {
			reason: "after is at least a minute.",
			args:   args{validAttachment, `spec: {forProvider: {detachPolicy: {mode: ForceAfter, after: 30s}}}`},
			want:   "must be a duration of at least 1m, such as 10m",
		},
		"ForceAfterIsNoDuration": {
			reason: "after must be a Go duration.",
			args:   args{validAttachment, `spec: {forProvider: {detachPolicy: {mode: ForceAfter, after: ten minutes}}}`},
			want:   "must be a duration of at least 1m, such as 10m",
		},
		"UnknownDetachMode": {
			reason: "A detach must not be forced immediately.",
			args:   args{validAttachment, `spec: {forProvider: {detachPolicy: {mode: Force}}}`},
			want:   `spec.forProvider.detachPolicy.mode: Unsupported value: "Force": supported values: "Graceful", "ForceAfter"`,
		},
		"UnknownField": {
			reason: "An unknown field is rejected.",
			args:   args{validAttachment, `spec: {forProvider: {instanceID: i-1}}`},
			want:   `unknown field "spec.forProvider.instanceID"`,
		},
	}

	all["HostInterface"] = map[string]test{
		"MACInUpperCase": {
			reason: "A MAC address must be in lower case, the format of the kernel.",
			args:   args{validHostInterface, `spec: {macAddress: "02:00:00:00:00:0A"}`},
			want:   "must be a MAC address in lower case, such as 02:42:ac:11:00:02",
		},
		"PrimaryInterface": {
			reason: "The agent must not configure device index 0.",
			args:   args{validHostInterface, `spec: {deviceIndex: 0}`},
			want:   "spec.deviceIndex in body should be greater than or equal to 1",
		},
		"NoNode": {
			reason: "nodeName is required.",
			args:   args{validHostInterface, `spec: {nodeName: null}`},
			want:   "spec.nodeName: Required value",
		},
		"NoAttachment": {
			reason: "attachmentRef is required.",
			args:   args{validHostInterface, `spec: {attachmentRef: null}`},
			want:   "spec.attachmentRef: Required value",
		},
		"UnknownDriver": {
			reason: "The userspace driver must be supported by the agent.",
			args:   args{validHostInterface, `spec: {config: {driver: dpdk, dpdk: {driver: ixgbe}}}`},
			want:   `spec.config.dpdk.driver: Unsupported value: "ixgbe": supported values: "vfio-pci", "igb_uio", "uio_pci_generic"`,
		},
		"BadPCIAddress": {
			reason: "The function of a PCI address is 0 to 7.",
			args:   args{validHostInterface, `spec: {config: {driver: dpdk, dpdk: {pciAddress: "0000:00:06.8"}}}`},
			want:   "must be a PCI address such as 0000:00:06.0",
		},
		"MulticastMAC": {
			reason: "The MAC address must be unicast.",
			args:   args{validHostInterface, `spec: {macAddress: "01:00:5e:00:00:01"}`},
			want:   "must be the MAC address of one device: not multicast, broadcast or zero",
		},
		"ZeroMAC": {
			reason: "The MAC address must not be zero.",
			args:   args{validHostInterface, `spec: {macAddress: "00:00:00:00:00:00"}`},
			want:   "must be the MAC address of one device: not multicast, broadcast or zero",
		},
		"ENIWithSlash": {
			reason: "The ENI's id must be valid, because it is an alternative name of the link.",
			args:   args{validHostInterface, `spec: {networkInterfaceId: ../eni-1}`},
			want:   "must be the id of an ENI, such as eni-0123456789abcdef0",
		},
		"NegativeCard": {
			reason: "networkCardIndex must not be negative.",
			args:   args{validHostInterface, `spec: {networkCardIndex: -1}`},
			want:   "spec.networkCardIndex in body should be greater than or equal to 0",
		},
		"SubnetTooLarge": {
			reason: "The IPv4 CIDR block of a subnet is not larger than a /16.",
			args:   args{validHostInterface, `spec: {subnetCidr: 0.0.0.0/0}`},
			want:   "must be the range of an EC2 subnet, /16 to /28, such as 10.0.1.0/24",
		},
		"SubnetOfLoopback": {
			reason: "The CIDR block of a subnet must not have loopback addresses.",
			args:   args{validHostInterface, `spec: {subnetCidr: 127.0.0.0/16}`},
			want:   "must be the range of an EC2 subnet, /16 to /28, such as 10.0.1.0/24",
		},
		"SubnetNotMasked": {
			reason: "The CIDR block of a subnet must not have host bits.",
			args:   args{validHostInterface, `spec: {subnetCidr: 10.0.1.7/24}`},
			want:   "must be the range of an EC2 subnet, /16 to /28, such as 10.0.1.0/24",
		},
		"SubnetTooSmall": {
			reason: "The IPv4 CIDR block of a subnet is not smaller than a /28.",
			args:   args{validHostInterface, `spec: {subnetCidr: 10.0.1.0/29}`},
			want:   "must be the range of an EC2 subnet, /16 to /28, such as 10.0.1.0/24",
		},
		"SubnetOfIPv6InIPv4": {
			reason: "subnetCidr must be an IPv4 CIDR block.",
			args:   args{validHostInterface, `spec: {subnetCidr: "2001:db8:1::/64"}`},
			want:   "must be the range of an EC2 subnet, /16 to /28, such as 10.0.1.0/24",
		},
		"IPv6SubnetTooLarge": {
			reason: "The IPv6 CIDR block of a subnet is not larger than a /44.",
			args:   args{validHostInterface, `spec: {subnetIpv6Cidrs: ["2001:db8::/43"]}`},
			want:   "must be the IPv6 range of an EC2 subnet, /44 to /64, such as 2001:db8:1::/64",
		},
		"IPv6SubnetOfLinkLocal": {
			reason: "The IPv6 CIDR block of a subnet must not be link-local.",
			args:   args{validHostInterface, `spec: {subnetIpv6Cidrs: ["fe80::/64"]}`},
			want:   "must be the IPv6 range of an EC2 subnet, /44 to /64, such as 2001:db8:1::/64",
		},
		"AddressOfLoopback": {
			reason: "privateIps must not contain a loopback address.",
			args:   args{validHostInterface, `spec: {privateIps: [127.0.0.1]}`},
			want:   "must be a unicast IPv4 address that is not link-local, such as 10.0.1.20",
		},
		"AddressOfBroadcast": {
			reason: "privateIps must not contain a broadcast address.",
			args:   args{validHostInterface, `spec: {privateIps: [255.255.255.255]}`},
			want:   "must be a unicast IPv4 address that is not link-local, such as 10.0.1.20",
		},
		"AddressOfIPv6InIPv4": {
			reason: "privateIps must be IPv4 addresses.",
			args:   args{validHostInterface, `spec: {privateIps: ["2001:db8:1::5"]}`},
			want:   "must be a unicast IPv4 address that is not link-local, such as 10.0.1.20",
		},
		"IPv6AddressOfLinkLocal": {
			reason: "ipv6Addresses must not contain a link-local address.",
			args:   args{validHostInterface, `spec: {ipv6Addresses: ["fe80::1"]}`},
			want:   "must be a unicast IPv6 address that is not link-local, such as 2001:db8:1::20",
		},
		"IPv6AddressMapped": {
			reason: "ipv6Addresses must not contain an IPv4-mapped address.",
			args:   args{validHostInterface, `spec: {ipv6Addresses: ["::ffff:10.0.1.5"]}`},
			want:   "must be a unicast IPv6 address that is not link-local, such as 2001:db8:1::20",
		},
		"PrefixOfLengthZero": {
			reason: "A delegated prefix must not be 0.0.0.0/0, with which a rule would route all traffic of the node.",
			args:   args{validHostInterface, `spec: {ipv4Prefixes: [0.0.0.0/0]}`},
			want:   "must be a delegated IPv4 prefix, /28 or longer, such as 10.0.1.64/28",
		},
		"PrefixTooLarge": {
			reason: "A delegated IPv4 prefix is not shorter than /28.",
			args:   args{validHostInterface, `spec: {ipv4Prefixes: [10.0.1.0/27]}`},
			want:   "must be a delegated IPv4 prefix, /28 or longer, such as 10.0.1.64/28",
		},
		"IPv6PrefixOfLengthZero": {
			reason: "A delegated IPv6 prefix must not be ::/0.",
			args:   args{validHostInterface, `spec: {ipv6Prefixes: ["::/0"]}`},
			want:   "must be a delegated IPv6 prefix, /80 or longer, such as 2001:db8:1:0:a::/80",
		},
		"IPv6PrefixTooLarge": {
			reason: "A delegated IPv6 prefix is not shorter than /80.",
			args:   args{validHostInterface, `spec: {ipv6Prefixes: ["2001:db8:1::/79"]}`},
			want:   "must be a delegated IPv6 prefix, /80 or longer, such as 2001:db8:1:0:a::/80",
		},
		"TooManyAddresses": {
			reason: "privateIps has at most 256 items.",
			args:   args{validHostInterface, `spec: {privateIps: [` + strings.Repeat("10.0.1.20, ", 256) + `10.0.1.20]}`},
			want:   "spec.privateIps: Too many: 257: must have at most 256 items",
		},
		"ReservedLinkName": {
			reason: "A link name must not be all.",
			args:   args{validHostInterface, `spec: {config: {interfaceName: all}}`},
			want:   "must be a link name",
		},
		"HugeMTU": {
			reason: "The MTU of ENA is at most 9216.",
			args:   args{validHostInterface, `spec: {config: {mtu: 9217}}`},
			want:   "spec.config.mtu in body should be less than or equal to 9216",
		},
	}

	all["ProviderConfig"] = map[string]test{
		"SecretWithoutReference": {
			reason: "Source Secret requires secretRef.",
			args:   args{validProviderConfig, `spec: {credentials: {secretRef: null}}`},
			want:   "source Secret needs secretRef, with the name, namespace and key of the Secret",
		},
		"SecretWithoutKey": {
			reason: "The key of a Secret is required.",
			args:   args{validProviderConfig, `spec: {credentials: {secretRef: {key: null}}}`},
			want:   "spec.credentials.secretRef.key: Required value",
		},
		"ReferenceWithoutSecret": {
			reason: "secretRef is only valid with source Secret.",
			args:   args{validProviderConfig, `spec: {credentials: {source: IRSA}}`},
			want:   "secretRef is only used with source: Secret",
		},
		"UnknownSource": {
			reason: "The source of credentials must be one of five.",
			args:   args{validProviderConfig, `spec: {credentials: {source: Environment}}`},
			want:   `spec.credentials.source: Unsupported value: "Environment": supported values: "None", "Secret", "IRSA", "WebIdentity", "PodIdentity"`,
		},
		"ProviderIdentity": {
			reason: "A ProviderConfig must not use the provider's own identity.",
			args:   args{validProviderConfig, `spec: {credentials: {source: None, secretRef: null}}`},
			want:   "a ProviderConfig accepts credentials only from a Secret of its own namespace",
		},
		"ProviderToken": {
			reason: "A ProviderConfig must not use files of the provider's pod.",
			args:   args{validProviderConfig, `spec: {credentials: {source: WebIdentity, secretRef: null, webIdentity: {roleARN: "arn:aws:iam::123456789012:role/eni"}}}`},
			want:   "a ProviderConfig accepts credentials only from a Secret of its own namespace",
		},
		"WebIdentityAndSecret": {
			reason: "A ProviderConfig must not use files of the provider's pod in addition to a Secret.",
			args:   args{validProviderConfig, `spec: {credentials: {webIdentity: {roleARN: "arn:aws:iam::123456789012:role/eni"}}}`},
			want:   "a ProviderConfig accepts credentials only from a Secret of its own namespace",
		},
		"KubernetesToken": {
			reason: "A ClusterProviderConfig must not use the pod's Kubernetes API token for STS.",
			args:   args{validClusterProviderConfig, `spec: {credentials: {source: WebIdentity, webIdentity: {roleARN: "arn:aws:iam::123456789012:role/eni", tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token}}}`},
			want:   "must be a file below /var/run/secrets/eks.amazonaws.com/serviceaccount/ or /var/run/secrets/provider-aws-eni/tokens/",
		},
		"TokenFileInParentDirectory": {
			reason: "The token path must not contain parent directories.",
			args:   args{validClusterProviderConfig, `spec: {credentials: {source: WebIdentity, webIdentity: {roleARN: "arn:aws:iam::123456789012:role/eni", tokenFile: /var/run/secrets/eks.amazonaws.com/serviceaccount/../../kubernetes.io/serviceaccount/token}}}`},
			want:   "must be a file below /var/run/secrets/eks.amazonaws.com/serviceaccount/ or /var/run/secrets/provider-aws-eni/tokens/",
		},
		"NoSource": {
			reason: "A source of credentials is required.",
			args:   args{validProviderConfig, `spec: {credentials: {source: null}}`},
			want:   "spec.credentials.source: Required value",
		},
		"WebIdentityWithoutRole": {
			reason: "Source WebIdentity requires a role.",
			args:   args{validClusterProviderConfig, `spec: {credentials: {source: WebIdentity}}`},
			want:   "source WebIdentity needs webIdentity.roleARN",
		},
		"NameIsNotRoleARN": {
			reason: "A role must be an ARN.",
			args:   args{validClusterProviderConfig, `spec: {credentials: {source: WebIdentity, webIdentity: {roleARN: eni}}}`},
			want:   "must be the ARN of an IAM role, such as arn:aws:iam::123456789012:role/eni",
		},
		"UserIsNotRole": {
			reason: "A role must not be the ARN of a user.",
			args:   args{validClusterProviderConfig, `spec: {assumeRoleChain: [{roleARN: "arn:aws:iam::123456789012:user/eni"}]}`},
			want:   "must be the ARN of an IAM role, such as arn:aws:iam::123456789012:role/eni",
		},
		"ChainTooLong": {
			reason: "At most eight roles can be assumed one after the other.",
			args:   args{validClusterProviderConfig, `spec: {assumeRoleChain: [` + many(9, `{roleARN: "arn:aws:iam::123456789012:role/#"}`) + `]}`},
			want:   "spec.assumeRoleChain: Too many: 9: must have at most 8 items",
		},
		"EndpointWithoutScheme": {
			reason: "An endpoint must be a URL.",
			args:   args{validClusterProviderConfig, `spec: {endpoint: {url: {type: Static, static: ec2.example.org}}}`},
			want:   "must be an http or https URL",
		},
		"UnknownService": {
			reason: "An endpoint is for EC2 or STS.",
			args:   args{validClusterProviderConfig, `spec: {endpoint: {url: {type: Static, static: "https://example.org"}, services: [s3]}}`},
			want:   `spec.endpoint.services[0]: Unsupported value: "s3": supported values: "ec2", "sts"`,
		},
		"UnknownEndpointType": {
			reason: "The type of an endpoint must be Static.",
			args:   args{validClusterProviderConfig, `spec: {endpoint: {url: {type: Dynamic, static: "https://example.org"}}}`},
			want:   `spec.endpoint.url.type: Unsupported value: "Dynamic": supported values: "Static"`,
		},
		"ClusterReferenceWithoutSecret": {
			reason: "secretRef is only valid with source Secret, in both kinds.",
			args:   args{validClusterProviderConfig, `spec: {credentials: {secretRef: {namespace: a, name: b, key: c}}}`},
			want:   "secretRef is only used with source: Secret",
		},
		"UsageWithoutConfig": {
			reason: "providerConfigRef is required.",
			args:   args{validUsage, `providerConfigRef: null`},
			want:   "providerConfigRef: Required value",
		},
		"UsageWithoutResource": {
			reason: "resourceRef is required.",
			args:   args{validUsage, `resourceRef: {name: null}`},
			want:   "resourceRef.name: Required value",
		},
		"UsageUnknownField": {
			reason: "An unknown field is rejected.",
			args:   args{validUsage, `spec: {}`},
			want:   `unknown field "spec"`,
		},
	}

	c := user(t)
	for _, kind := range slices.Sorted(maps.Keys(all)) {
		for name, tc := range all[kind] {
			t.Run(kind+"/"+name, func(t *testing.T) {
				err := c.Create(t.Context(), changed(t, tc.args.manifest, tc.args.change), client.DryRunAll)
				if err == nil {
					t.Fatalf("\n%s\ncreate: accepted, want an error with:\n%s", tc.reason, tc.want)
				}
				if !strings.Contains(err.Error(), tc.want) {
					t.Errorf("\n%s\ncreate: want an error with:\n%s\ngot:\n%s", tc.reason, tc.want, err)
				}
			})
		}
	}
}

func TestImmutableFields(t *testing.T) {
	type args struct {
		manifest string
		before   string
		change   string
	}
	cases := map[string]struct {
		reason string
		args   args
		want   string
	}{
		"InterfaceRegion": {
			reason: "The region of an ENI is immutable.",
			args:   args{validInterface, `{}`, `spec: {forProvider: {region: eu-west-1}}`},
			want:   "region cannot be changed: an ENI cannot move; create another NetworkInterface",
		},
		"InterfaceRegionRemoved": {
			reason: "The region of an ENI must not be removed.",
			args:   args{validInterface, `{}`, `spec: {forProvider: {region: null}}`},
			want:   "region cannot be changed: an ENI cannot move; create another NetworkInterface",
		},
		"InterfaceSubnet": {
			reason: "The subnet of an ENI is immutable.",
			args:   args{validInterface, `{}`, `spec: {forProvider: {subnetId: subnet-2}}`},
			want:   "subnetId cannot be changed: an ENI cannot move to another subnet; create another NetworkInterface",
		},
		"InterfaceSubnetRemoved": {
			reason: "A subnet that a selector resolved must not be removed.",
			args:   args{validInterface, `{}`, `spec: {forProvider: {subnetId: null, subnetSelector: {name: data-b}}}`},
			want:   "subnetId cannot be changed: an ENI cannot move to another subnet; create another NetworkInterface",
		},
		"InterfaceType": {
			reason: "The type of an ENI is immutable.",
			args:   args{validInterface, `spec: {forProvider: {interfaceType: efa}}`, `spec: {forProvider: {interfaceType: interface}}`},
			want:   "interfaceType cannot be changed; create another NetworkInterface",
		},
		"InterfaceTypeAdded": {
			reason: "The default type of an ENI is immutable.",
			args:   args{validInterface, `{}`, `spec: {forProvider: {interfaceType: efa}}`},
			want:   "interfaceType cannot be changed; create another NetworkInterface",
		},
		"InterfacePrimaryAddress": {
			reason: "The primary address of an ENI is immutable.",
			args:   args{validInterface, `spec: {forProvider: {privateIp: 10.0.1.4}}`, `spec: {forProvider: {privateIp: 10.0.1.5}}`},
			want:   "privateIp cannot be changed: EC2 cannot change a primary address; create another NetworkInterface",
		},
		"InterfaceFirstAddress": {
			reason: "The first of privateIps is immutable.",
			args:   args{validInterface, `spec: {forProvider: {privateIps: [10.0.1.4, 10.0.1.5]}}`, `spec: {forProvider: {privateIps: [10.0.1.5, 10.0.1.6]}}`},
			want:   "the first of privateIps is the primary address, which EC2 cannot change: keep it first, or create another NetworkInterface",
		},
		"InterfaceAddressOrder": {
			reason: "The order of privateIps determines the primary address.",
			args:   args{validInterface, `spec: {forProvider: {privateIps: [10.0.1.4, 10.0.1.5]}}`, `spec: {forProvider: {privateIps: [10.0.1.5, 10.0.1.4]}}`},
			want:   "the first of privateIps is the primary address, which EC2 cannot change: keep it first, or create another NetworkInterface",
		},
		"InterfacePrimaryIPv6": {
			reason: "enablePrimaryIpv6 must not be turned off.",
			args:   args{validInterface, `spec: {forProvider: {enablePrimaryIpv6: true}}`, `spec: {forProvider: {enablePrimaryIpv6: false}}`},
			want:   "enablePrimaryIpv6 cannot be disabled once enabled; create another NetworkInterface",
		},
		"AttachmentRegion": {
			reason: "The region of an attachment is immutable.",
			args:   args{validAttachment, `{}`, `spec: {forProvider: {region: eu-west-1}}`},
			want:   "region cannot be changed; create another NetworkInterfaceAttachment",
		},
		"AttachmentInterface": {
			reason: "The ENI of an attachment is immutable.",
			args:   args{validAttachment, `{}`, `spec: {forProvider: {networkInterfaceId: eni-2}}`},
			want:   "networkInterfaceId cannot be changed; create another NetworkInterfaceAttachment",
		},
		"AttachmentInstance": {
			reason: "The instance of an attachment is immutable.",
			args:   args{validAttachment, `{}`, `spec: {forProvider: {instanceId: i-2}}`},
			want:   "instanceId cannot be changed: create another NetworkInterfaceAttachment for the other instance",
		},
		"AttachmentInstanceToNode": {
			reason: "instanceId must not be replaced by nodeName.",
			args:   args{validAttachment, `{}`, `spec: {forProvider: {instanceId: null, nodeName: node-b}}`},
			want:   "instanceId cannot be changed: create another NetworkInterfaceAttachment for the other instance",
		},
		"AttachmentNode": {
			reason: "The node of an attachment is immutable.",
			args:   args{validAttachment, `spec: {forProvider: {instanceId: null, nodeName: node-a}}`, `spec: {forProvider: {nodeName: node-b}}`},
			want:   "nodeName cannot be changed: create another NetworkInterfaceAttachment for the other node",
		},
		"AttachmentPinnedIndex": {
			reason: "A pinned device index is immutable.",
			args:   args{validAttachment, `spec: {forProvider: {deviceIndex: 2}}`, `spec: {forProvider: {deviceIndex: 3}}`},
			want:   "a pinned deviceIndex cannot be changed: EC2 cannot move an attached ENI; create another NetworkInterfaceAttachment",
		},
		"AttachmentNetworkCard": {
			reason: "The network card is immutable; the default is card 0.",
			args:   args{validAttachment, `{}`, `spec: {forProvider: {networkCardIndex: 1}}`},
			want:   "networkCardIndex cannot be changed; create another NetworkInterfaceAttachment",
		},
		"HostInterfaceNode": {
			reason: "The node of a host interface is immutable.",
			args:   args{validHostInterface, `{}`, `spec: {nodeName: node-b}`},
			want:   "nodeName cannot be changed",
		},
		"HostInterfaceAttachment": {
			reason: "The attachment of a host interface is immutable.",
			args:   args{validHostInterface, `{}`, `spec: {attachmentRef: {uid: 0b}}`},
			want:   "attachmentRef cannot be changed",
		},
	}

	c := user(t)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			u := changed(t, tc.args.manifest, tc.args.before)
			u.SetName("immutable-" + strings.ToLower(name))
			if err := c.Create(t.Context(), u); err != nil {
				t.Fatalf("cannot create the object to update: %s", err)
			}
			ctx := context.WithoutCancel(t.Context())
			t.Cleanup(func() {
				if err := c.Delete(ctx, u); err != nil {
					t.Error(err)
				}
			})
			over := map[string]any{}
			if err := yaml.Unmarshal([]byte(tc.args.change), &over); err != nil {
				t.Fatal(err)
			}
			overlay(u.Object, over)
			err := c.Update(t.Context(), u)
			if err == nil {
				t.Fatalf("\n%s\nupdate: accepted, want an error with:\n%s", tc.reason, tc.want)
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("\n%s\nupdate: want an error with:\n%s\ngot:\n%s", tc.reason, tc.want, err)
			}
		})
	}
}

// predecessor are the unchanged manifests of the user guide of AWS Multi-ENI Controller,
// which must be accepted.
var predecessor = map[string]struct {
	reason string
	args   string
}{
	"Basic": {
		reason: "The basic example is accepted.",
		args: `
apiVersion: networking.k8s.aws/v1alpha1
kind: NodeENI
metadata:
  name: multus-eni-config
spec:
  nodeSelector:
    ng: multi-eni
  subnetID: subnet-0f59b4f14737be9ad  # Use your subnet ID
  securityGroupIDs:
  - sg-05da196f3314d4af8  # Use your security group ID
  deviceIndex: 2
  mtu: 9001  # Optional: Set MTU for jumbo frames
  deleteOnTermination: true
  description: "Multus ENI for secondary network interfaces"
`,
	},
	"SubnetName": {
		reason: "A subnet can be selected by its Name tag.",
		args: `
apiVersion: networking.k8s.aws/v1alpha1
kind: NodeENI
metadata:
  name: multus-eni-subnet-name
spec:
  nodeSelector:
    ng: multi-eni
  subnetName: my-subnet-name  # Subnet with this Name tag will be used
  securityGroupIDs:
  - sg-05da196f3314d4af8
  deviceIndex: 2
`,
	},
	"MultipleSubnets": {
		reason: "Lists of subnet and security group names are accepted.",
		args: `
apiVersion: networking.k8s.aws/v1alpha1
kind: NodeENI
metadata:
  name: multi-subnet-nodeeni
spec:
  nodeSelector:
    ng: multi-eni
  subnetNames:
  - multus-test-subnet-1
  - multus-test-subnet-2
  securityGroupNames:
  - multus-test-sg
  deviceIndex: 2
  mtu: 9001
  deleteOnTermination: true
`,
	},
	"JumboFrames": {
		reason: "mtu 9001 configures jumbo frames.",
		args: `
apiVersion: networking.k8s.aws/v1alpha1
kind: NodeENI
metadata:
  name: jumbo-frames-eni
spec:
  nodeSelector:
    ng: multi-eni
  subnetID: subnet-0f59b4f14737be9ad
  securityGroupIDs:
  - sg-05da196f3314d4af8
  deviceIndex: 2
  mtu: 9001  # Set MTU to 9001 for jumbo frames
`,
	},
	"DPDK": {
		reason: "dpdkEnabled configures a userspace driver.",
		args: `
apiVersion: networking.k8s.aws/v1alpha1
kind: NodeENI
metadata:
  name: dpdk-enabled-eni
spec:
  nodeSelector:
    ng: multi-eni
  subnetID: subnet-0f59b4f14737be9ad
  securityGroupIDs:
  - sg-05da196f3314d4af8
  deviceIndex: 2
  dpdkEnabled: true  # Enable DPDK binding
`,
	},
	"Multus": {
		reason: "The Multus example is accepted.",
		args: `
apiVersion: networking.k8s.aws/v1alpha1
kind: NodeENI
metadata:
  name: multus-eni-config
spec:
  nodeSelector:
    ng: multi-eni
  subnetID: subnet-0f59b4f14737be9ad
  securityGroupIDs:
  - sg-05da196f3314d4af8
  deviceIndex: 2  # This will create eth2 on the node
  mtu: 9001
  deleteOnTermination: true
  description: "Multus ENI for secondary network interfaces"
`,
	},
	"FirstSubnet": {
		reason: "The first of two NodeENIs has device index 2.",
		args: `
apiVersion: networking.k8s.aws/v1alpha1
kind: NodeENI
metadata:
  name: multus-eni-subnet1
spec:
  nodeSelector:
    ng: multi-eni
  subnetID: subnet-0f59b4f14737be9ad  # First subnet
  securityGroupIDs:
  - sg-05da196f3314d4af8
  deviceIndex: 2  # This will create eth2
  mtu: 9001
`,
	},
	"SecondSubnet": {
		reason: "The second of two NodeENIs has device index 3.",
		args: `
apiVersion: networking.k8s.aws/v1alpha1
kind: NodeENI
metadata:
  name: multus-eni-subnet2
spec:
  nodeSelector:
    ng: multi-eni
  subnetID: subnet-abcdef1234567890  # Second subnet
  securityGroupIDs:
  - sg-05da196f3314d4af8
  deviceIndex: 3  # This will create eth3
  mtu: 9001
`,
	},
	"DPDKWithResource": {
		reason: "A DPDK driver and a resource name are accepted.",
		args: `
apiVersion: networking.k8s.aws/v1alpha1
kind: NodeENI
metadata:
  name: dpdk-eni
spec:
  nodeSelector:
    ng: multi-eni
  subnetID: subnet-0f59b4f14737be9ad
  securityGroupIDs:
  - sg-05da196f3314d4af8
  deviceIndex: 2
  dpdkEnabled: true
  dpdkDriver: "vfio-pci"
  dpdkResourceName: "intel.com/intel_sriov_netdevice"
`,
	},
	"TenantA": {
		reason: "The example of a tenant is accepted.",
		args: `
apiVersion: networking.k8s.aws/v1alpha1
kind: NodeENI
metadata:
  name: tenant-a-eni
spec:
  nodeSelector:
    ng: multi-tenant
  subnetID: subnet-tenant-a
  securityGroupIDs:
  - sg-tenant-a
  deviceIndex: 2
`,
	},
	"TenantB": {
		reason: "The example of another tenant is accepted.",
		args: `
apiVersion: networking.k8s.aws/v1alpha1
kind: NodeENI
metadata:
  name: tenant-b-eni
spec:
  nodeSelector:
    ng: multi-tenant
  subnetID: subnet-tenant-b
  securityGroupIDs:
  - sg-tenant-b
  deviceIndex: 3
`,
	},
}

func TestPredecessorManifests(t *testing.T) {
	c := user(t)
	for name, tc := range predecessor {
		t.Run(name, func(t *testing.T) {
			if err := c.Create(t.Context(), changed(t, tc.args, `{}`), client.DryRunAll); err != nil {
				t.Errorf("\n%s\ncreate: %s", tc.reason, err)
			}
		})
	}
}

func TestValidManifests(t *testing.T) {
	type args struct {
		manifest string
		change   string
	}
	cases := map[string]struct {
		reason string
		args   args
	}{
		"NodeENI":          {reason: "A node selector and a subnet are sufficient.", args: args{validNodeENI, `spec: {securityGroupIDs: null, deviceIndex: null}`}},
		"NetworkInterface": {reason: "A subnet is sufficient.", args: args{validInterface, `spec: {forProvider: {region: null, securityGroups: null}}`}},
		"Attachment":       {reason: "An ENI and an instance are sufficient.", args: args{validAttachment, `spec: {forProvider: {region: null}}`}},
		"HostInterface":    {reason: "A minimal HostInterface is accepted.", args: args{validHostInterface, `{}`}},
		"HostInterfaceFull": {
			reason: "Addresses and prefixes of a subnet, as EC2 assigns them, are accepted.",
			args: args{validHostInterface, `spec: {subnetCidr: 10.0.0.0/16, subnetIpv6Cidrs: ["2001:db8:1::/64"], privateIps: [10.0.1.20], ipv6Addresses: ["2001:db8:1::20"],
				ipv4Prefixes: [10.0.1.64/28], ipv6Prefixes: ["2001:db8:1:0:a::/80"]}`},
		},
		"HostInterfaceWithoutSubnet": {
			reason: "subnetCidr is optional.",
			args:   args{validHostInterface, `spec: {subnetCidr: ""}`},
		},
		"ProviderConfig":        {reason: "Credentials from a Secret are accepted.", args: args{validProviderConfig, `{}`}},
		"ClusterProviderConfig": {reason: "Credentials of the pod's role are accepted.", args: args{validClusterProviderConfig, `{}`}},
		"Usage":                 {reason: "A usage of a provider config is accepted.", args: args{validUsage, `{}`}},

		"DriverDefaultMTU": {
			reason: "mtu 0 is the driver's default, and compatible with host.mtu.",
			args:   args{validNodeENI, `spec: {mtu: 0, host: {mtu: 9001}}`},
		},
		"SmallestMTU": {
			reason: "The minimum MTU is 68.",
			args:   args{validNodeENI, `spec: {mtu: 68}`},
		},
		"DeviceIndexZero": {
			reason: "deviceIndex 0 is the default, as in aws-multi-eni-controller.",
			args:   args{validNodeENI, `spec: {deviceIndex: 0}`},
		},
		"LargestMTU": {
			reason: "The maximum MTU is 9216.",
			args:   args{validNodeENI, `spec: {mtu: 9216}`},
		},
		"BothDPDKNames": {
			reason: "A field and its alias may have equal values.",
			args:   args{validNodeENI, `spec: {enableDPDK: true, dpdkEnabled: true}`},
		},
		"ShortPCIAddress": {
			reason: "The PCI domain is optional.",
			args:   args{validNodeENI, `spec: {enableDPDK: true, dpdkPCIAddress: "00:06.0"}`},
		},
		"ResourceNameWithoutPrefix": {
			reason: "The prefix of a resource name is optional.",
			args:   args{validNodeENI, `spec: {dpdkResourceName: sriov_dpdk}`},
		},
		"ResourcePrefixWithHyphen": {
			reason: "The prefix of a resource name may contain hyphens.",
			args:   args{validNodeENI, `spec: {dpdkResourceName: my-company.example.com/sriov_DPDK_2}`},
		},
		"LongestResourceName": {
			reason: "A resource name may have 63 characters.",
			args:   args{validNodeENI, `spec: {dpdkResourceName: a.b/` + strings.Repeat("a", 63) + `}`},
		},
		"LongestResourceNameWithPrefix": {
			reason: "The prefix and the name together may have 67 characters.",
			args:   args{validNodeENI, `spec: {dpdkResourceName: intel.com/` + strings.Repeat("a", 58) + `}`},
		},
		"ResourceNameWithHyphen": {
			reason: "A resource name may contain hyphens.",
			args:   args{validNodeENI, `spec: {dpdkResourceName: intel.com/sriov-dpdk}`},
		},
		"TermsInsteadOfSelector": {
			reason: "Nodes can be selected only by expressions.",
			args:   args{validNodeENI, `spec: {nodeSelector: null, nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/os, operator: Exists}]}]}`},
		},
		"GtWithInteger": {
			reason: "Labels can be compared as integers.",
			args:   args{validNodeENI, `spec: {nodeSelectorTerms: [{matchExpressions: [{key: generation, operator: Gt, values: ["4"]}]}]}`},
		},
		"SubnetsByTag": {
			reason: "Subnets can be selected only by tags.",
			args:   args{validNodeENI, `spec: {subnetID: null, subnetSelector: {tags: {role: data}}}`},
		},
		"OneNamePerZone": {
			reason: "host.interfaceName is valid with subnetPolicy OnePerZone.",
			args:   args{validNodeENI, `spec: {subnetIDs: [subnet-1], subnetPolicy: OnePerZone, host: {interfaceName: net1}}`},
		},
		"MaxUnavailablePercentage": {
			reason: "maxUnavailable may be a percentage.",
			args:   args{validNodeENI, `spec: {rollout: {maxUnavailable: 10%}}`},
		},
		"LongestName": {
			reason: "The name of a NodeENI may have 63 characters.",
			args:   args{validNodeENI, `metadata: {name: ` + strings.Repeat("n", 63) + `}`},
		},
		"MostAltNames": {
			reason: "Seven alternative names are accepted.",
			args:   args{validNodeENI, `spec: {host: {altNames: [` + many(7, "#") + `]}}`},
		},
		"ObserveOnly": {
			reason: "An ENI with management policy Observe requires no subnet.",
			args:   args{validInterface, `{metadata: {annotations: {crossplane.io/external-name: eni-1}}, spec: {managementPolicies: [Observe], forProvider: {subnetId: null}}}`},
		},
		"GovernmentRegion": {
			reason: "Regions of all partitions are accepted.",
			args:   args{validInterface, `spec: {forProvider: {region: us-gov-west-1}}`},
		},
		"PrimaryInList": {
			reason: "privateIp may be any of privateIps.",
			args:   args{validInterface, `spec: {forProvider: {privateIp: 10.0.1.5, privateIps: [10.0.1.4, 10.0.1.5]}}`},
		},
		"PrimaryAndPrefix": {
			reason: "The primary address is valid with prefixes.",
			args:   args{validInterface, `spec: {forProvider: {privateIps: [10.0.1.4], ipv4PrefixCount: 1}}`},
		},
		"IPv6": {
			reason: "IPv6 addresses and prefixes are valid together.",
			args:   args{validInterface, `spec: {forProvider: {ipv6Addresses: ["2600:1f13::10"], ipv6Prefixes: ["2600:1f13:0:0:1::/80"], enablePrimaryIpv6: true}}`},
		},
		"MaxTimeouts": {
			reason: "EC2's maximum timeouts are accepted.",
			args:   args{validInterface, `spec: {forProvider: {connectionTracking: {tcpEstablishedTimeoutSeconds: 432000, udpStreamTimeoutSeconds: 180, udpTimeoutSeconds: 60}}}`},
		},
		"ForceAfter": {
			reason: "Mode ForceAfter with after is accepted.",
			args:   args{validAttachment, `spec: {forProvider: {detachPolicy: {mode: ForceAfter, after: 1h30m}}}`},
		},
		"ReleaseAfter": {
			reason: "A releasePolicy timeout of a day is accepted.",
			args:   args{validAttachment, `spec: {host: {releasePolicy: {mode: WaitForPods, timeout: 24h}}}`},
		},
		"DPDKHost": {
			reason: "An attachment can configure a userspace driver.",
			args:   args{validAttachment, `spec: {host: {driver: dpdk, dpdk: {driver: vfio-pci, allowNoIOMMU: true}, resourceName: intel.com/sriov_dpdk}}`},
		},
		"IndexLateInitialized": {
			reason: "deviceIndex is valid with minDeviceIndex, because the provider sets it.",
			args:   args{validAttachment, `spec: {forProvider: {minDeviceIndex: 2, deviceIndex: 3}}`},
		},
		"Endpoint": {
			reason: "Custom endpoints of EC2 and STS are accepted.",
			args:   args{validClusterProviderConfig, `spec: {endpoint: {url: {type: Static, static: "http://127.0.0.1:4566"}, services: [ec2, sts]}}`},
		},
		"TokenFile": {
			reason: "A token below the provider's token directory is accepted.",
			args:   args{validClusterProviderConfig, `spec: {credentials: {source: WebIdentity, webIdentity: {roleARN: "arn:aws:iam::123456789012:role/eni", tokenFile: /var/run/secrets/provider-aws-eni/tokens/token}}}`},
		},
		"Tenants": {
			reason: "Namespaces can be selected by name and by label.",
			args:   args{validClusterProviderConfig, `spec: {allowedNamespaces: {names: [a, b], selector: {matchLabels: {enis: allowed}}}, hostNamespaces: {}}`},
		},
		"GrantedEndpoint": {
			reason: "The CRD accepts an endpoint in a ProviderConfig: a flag of the provider permits it.",
			args:   args{validProviderConfig, `spec: {endpoint: {url: {type: Static, static: "https://example.org"}}, assumeRoleChain: [{roleARN: "arn:aws:iam::123456789012:role/a"}]}`},
		},
		"Chain": {
			reason: "A chain of roles is accepted.",
			args:   args{validClusterProviderConfig, `spec: {assumeRoleChain: [{roleARN: "arn:aws-cn:iam::123456789012:role/a/b", externalID: ab, tags: [{key: k, value: v}], transitiveTagKeys: [k]}]}`},
		},
	}

	c := user(t)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if err := c.Create(t.Context(), changed(t, tc.args.manifest, tc.args.change), client.DryRunAll); err != nil {
				t.Errorf("\n%s\ncreate: %s", tc.reason, err)
			}
		})
	}
}

// TestMutableFields checks that fields can be changed if EC2 supports the change.
func TestMutableFields(t *testing.T) {
	type args struct {
		manifest string
		before   string
		change   string
	}
	cases := map[string]struct {
		reason string
		args   args
	}{
		"SubnetResolved": {
			reason: "subnetId may be set to the subnet that a selector resolved.",
			args:   args{validInterface, `spec: {forProvider: {subnetId: null, subnetSelector: {name: data-a}}}`, `spec: {forProvider: {subnetId: subnet-1}}`},
		},
		"GroupsAndTags": {
			reason: "Security groups, tags and the description are mutable.",
			args:   args{validInterface, `{}`, `spec: {forProvider: {securityGroups: [sg-2], tags: {a: b}, description: other}}`},
		},
		"PrimaryIPv6On": {
			reason: "enablePrimaryIpv6 may be turned on later.",
			args:   args{validInterface, `spec: {forProvider: {enablePrimaryIpv6: false}}`, `spec: {forProvider: {enablePrimaryIpv6: true}}`},
		},
		"IndexChosenAgain": {
			reason: "An index that the provider chose is mutable after a detach.",
			args:   args{validAttachment, `spec: {forProvider: {minDeviceIndex: 1, deviceIndex: 2}}`, `spec: {forProvider: {deviceIndex: 3}}`},
		},
		"ExplicitFirstCard": {
			reason: "networkCardIndex may be set to 0, the default.",
			args:   args{validAttachment, `{}`, `spec: {forProvider: {networkCardIndex: 0}}`},
		},
		"NodeENISubnets": {
			reason: "The subnets, device index and MTU of a NodeENI are mutable.",
			args:   args{validNodeENI, `{}`, `spec: {subnetID: subnet-2, deviceIndex: 3, mtu: 9001}`},
		},
	}

	c := user(t)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			u := changed(t, tc.args.manifest, tc.args.before)
			u.SetName("mutable-" + strings.ToLower(name))
			if err := c.Create(t.Context(), u); err != nil {
				t.Fatalf("cannot create the object to update: %s", err)
			}
			ctx := context.WithoutCancel(t.Context())
			t.Cleanup(func() {
				if err := c.Delete(ctx, u); err != nil {
					t.Error(err)
				}
			})
			over := map[string]any{}
			if err := yaml.Unmarshal([]byte(tc.args.change), &over); err != nil {
				t.Fatal(err)
			}
			overlay(u.Object, over)
			if err := c.Update(t.Context(), u); err != nil {
				t.Errorf("\n%s\nupdate: %s", tc.reason, err)
			}
		})
	}
}
