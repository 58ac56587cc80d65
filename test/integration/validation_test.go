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

// Valid manifests of each kind; each case changes one of them.
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

// changed returns a manifest with a change laid over it: null takes a field
// away, an empty map or any other value takes its place.
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

// many returns n list items or map entries, made from a pattern with one #.
func many(n int, pattern string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = strings.ReplaceAll(pattern, "#", strings.Repeat("a", i+1))
	}
	return strings.Join(items, ", ")
}

// user returns a client that has its manifests checked as kubectl does: fields
// that the schema does not know are errors.
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
			reason: "An empty nodeSelector would mean every node, which nobody means by leaving it empty.",
			args:   args{validNodeENI, `spec: {nodeSelector: {}}`},
			want:   "nodeSelector must not be empty: set a label of the nodes that get an ENI, such as ng: multi-eni; to select every node use nodeSelectorTerms with key kubernetes.io/os and operator Exists",
		},
		"NoNodeSelector": {
			reason: "A nodeSelector that is left out is as wrong as an empty one.",
			args:   args{validNodeENI, `spec: {nodeSelector: null}`},
			want:   "nodeSelector must not be empty: set a label of the nodes that get an ENI, such as ng: multi-eni; to select every node use nodeSelectorTerms with key kubernetes.io/os and operator Exists",
		},
		"NoSubnet": {
			reason: "ENIs lie in subnets, so one must be given in some way.",
			args:   args{validNodeENI, `spec: {subnetID: null}`},
			want:   "no subnet given: set subnetID, subnetIDs, subnetName, subnetNames or subnetSelector",
		},
		"EmptySubnetLists": {
			reason: "Empty lists of subnets give no subnet.",
			args:   args{validNodeENI, `spec: {subnetID: null, subnetIDs: [], subnetNames: []}`},
			want:   "no subnet given: set subnetID, subnetIDs, subnetName, subnetNames or subnetSelector",
		},
		"NameIsNotSubnetID": {
			reason: "The name of a subnet does not belong into subnetID.",
			args:   args{validNodeENI, `spec: {subnetID: my-subnet-name}`},
			want:   "must be a subnet id such as subnet-0f59b4f14737be9ad; to find a subnet by its Name tag use subnetName",
		},
		"NameAmongSubnetIDs": {
			reason: "Each of subnetIDs is an id.",
			args:   args{validNodeENI, `spec: {subnetIDs: [subnet-1, eni-1]}`},
			want:   "spec.subnetIDs[1]: Invalid value: \"eni-1\": must be a subnet id such as subnet-0f59b4f14737be9ad; to find a subnet by its Name tag use subnetName",
		},
		"EmptySubnetName": {
			reason: "A subnet's name is not empty.",
			args:   args{validNodeENI, `spec: {subnetName: ""}`},
			want:   `spec.subnetName in body should be at least 1 chars long`,
		},
		"NameIsNotSecurityGroupID": {
			reason: "The name of a group does not belong into securityGroupIDs.",
			args:   args{validNodeENI, `spec: {securityGroupIDs: [multus]}`},
			want:   "must be a security group id such as sg-05da196f3314d4af8; to find a group by name use securityGroupNames",
		},
		"TooManySecurityGroups": {
			reason: "EC2 takes at most 16 groups on an ENI.",
			args:   args{validNodeENI, `spec: {securityGroupIDs: [` + many(17, "sg-#") + `]}`},
			want:   "spec.securityGroupIDs: Too many: 17: must have at most 16 items",
		},
		"TooManySubnets": {
			reason: "A NodeENI names at most 64 subnets.",
			args:   args{validNodeENI, `spec: {subnetIDs: [` + strings.TrimSuffix(strings.Repeat("subnet-1, ", 65), ", ") + `]}`},
			want:   "spec.subnetIDs: Too many: 65: must have at most 64 items",
		},
		"EmptySubnetSelector": {
			reason: "A subnetSelector without tags would mean every subnet.",
			args:   args{validNodeENI, `spec: {subnetSelector: {tags: {}}}`},
			want:   "spec.subnetSelector.tags in body should have at least 1 properties",
		},
		"UnknownSubnetPolicy": {
			reason: "The policies are All and OnePerZone.",
			args:   args{validNodeENI, `spec: {subnetPolicy: Any}`},
			want:   `spec.subnetPolicy: Unsupported value: "Any": supported values: "All", "OnePerZone"`,
		},
		"DPDKContradiction": {
			reason: "enableDPDK and dpdkEnabled are one setting with two names.",
			args:   args{validNodeENI, `spec: {enableDPDK: true, dpdkEnabled: false}`},
			want:   "enableDPDK and dpdkEnabled are aliases and contradict each other: keep one of them",
		},
		"UnknownDPDKDriver": {
			reason: "There are three userspace drivers.",
			args:   args{validNodeENI, `spec: {enableDPDK: true, dpdkDriver: uio}`},
			want:   `spec.dpdkDriver: Unsupported value: "uio": supported values: "vfio-pci", "igb_uio", "uio_pci_generic"`,
		},
		"BadResourceName": {
			reason: "A resource is named prefix/name.",
			args:   args{validNodeENI, `spec: {dpdkResourceName: intel.com/}`},
			want:   "must be a resource name such as intel.com/intel_sriov_netdevice: an optional DNS prefix and a slash, then up to 63 letters, digits and _; the device plugin accepts no hyphen",
		},
		"ResourceNameWithHyphen": {
			reason: "A hyphen in one name would end the device plugin with all that it offers.",
			args:   args{validNodeENI, `spec: {dpdkResourceName: intel.com/sriov-dpdk}`},
			want:   "must be a resource name such as intel.com/intel_sriov_netdevice: an optional DNS prefix and a slash, then up to 63 letters, digits and _; the device plugin accepts no hyphen",
		},
		"ResourceNameWithHyphenForHost": {
			reason: "It is refused under its other name, too.",
			args:   args{validNodeENI, `spec: {host: {driver: dpdk, resourceName: sriov-dpdk}}`},
			want:   "must be a resource name such as intel.com/intel_sriov_netdevice: an optional DNS prefix and a slash, then up to 63 letters, digits and _; the device plugin accepts no hyphen",
		},
		"ResourceNameOfAttachmentWithHyphen": {
			reason: "And of an attachment.",
			args:   args{validAttachment, `spec: {host: {resourceName: intel.com/sriov-dpdk}}`},
			want:   "must be a resource name such as intel.com/intel_sriov_netdevice: an optional DNS prefix and a slash, then up to 63 letters, digits and _; the device plugin accepts no hyphen",
		},
		"LongResourceName": {
			reason: "Kubernetes takes no name of more than 63 characters.",
			args:   args{validNodeENI, `spec: {dpdkResourceName: intel.com/` + strings.Repeat("a", 64) + `}`},
			want:   "must be a resource name such as intel.com/intel_sriov_netdevice: an optional DNS prefix and a slash, then up to 63 letters, digits and _; the device plugin accepts no hyphen",
		},
		"ResourceNameAtItsEnds": {
			reason: "A name begins and ends with a letter or digit.",
			args:   args{validNodeENI, `spec: {dpdkResourceName: intel.com/sriov_}`},
			want:   "must be a resource name such as intel.com/intel_sriov_netdevice: an optional DNS prefix and a slash, then up to 63 letters, digits and _; the device plugin accepts no hyphen",
		},
		"ResourcePrefix": {
			reason: "A prefix is a DNS name.",
			args:   args{validNodeENI, `spec: {dpdkResourceName: Intel.com/sriov}`},
			want:   "must be a resource name such as intel.com/intel_sriov_netdevice: an optional DNS prefix and a slash, then up to 63 letters, digits and _; the device plugin accepts no hyphen",
		},
		"BadPCIAddress": {
			reason: "A PCI address has a bus, a device and a function.",
			args:   args{validNodeENI, `spec: {dpdkPCIAddress: "00:06"}`},
			want:   "must be a PCI address such as 0000:00:06.0",
		},
		"MTUTooLarge": {
			reason: "No link carries 70000 bytes.",
			args:   args{validNodeENI, `spec: {mtu: 70000}`},
			want:   "must be 0 (the driver's default) or 68 to 9216; 9001 is the largest MTU that a VPC supports",
		},
		"MTUTooSmall": {
			reason: "IPv4 needs 68 bytes.",
			args:   args{validNodeENI, `spec: {mtu: 67}`},
			want:   "must be 0 (the driver's default) or 68 to 9216; 9001 is the largest MTU that a VPC supports",
		},
		"MTUContradiction": {
			reason: "mtu is short for host.mtu.",
			args:   args{validNodeENI, `spec: {mtu: 9001, host: {mtu: 1500}}`},
			want:   "mtu and host.mtu contradict each other: keep one of them",
		},
		"MTUIsNoNumber": {
			reason: "An MTU is a number.",
			args:   args{validNodeENI, `spec: {mtu: jumbo}`},
			want:   `spec.mtu: Invalid value: "string": spec.mtu in body must be of type integer: "string"`,
		},
		"DeviceIndexNegative": {
			reason: "No device index is negative.",
			args:   args{validNodeENI, `spec: {deviceIndex: -1}`},
			want:   "spec.deviceIndex in body should be greater than or equal to 0",
		},
		"DeviceIndexTooLarge": {
			reason: "No instance type has device index 99.",
			args:   args{validNodeENI, `spec: {deviceIndex: 99}`},
			want:   "spec.deviceIndex in body should be less than or equal to 31",
		},
		"NetworkCardTooLarge": {
			reason: "No instance type has 33 network cards.",
			args:   args{validNodeENI, `spec: {networkCardIndex: 32}`},
			want:   "spec.networkCardIndex in body should be less than or equal to 31",
		},
		"DescriptionTooLong": {
			reason: "EC2 takes at most 255 characters of description.",
			args:   args{validNodeENI, `spec: {description: ` + strings.Repeat("x", 256) + `}`},
			want:   "spec.description: Too long: may not be more than 255",
		},
		"TagOfAWS": {
			reason: "AWS keeps aws: for itself, in any case.",
			args:   args{validNodeENI, `spec: {tags: {"AWS:team": x}}`},
			want:   "tag keys beginning with aws: are reserved by AWS; choose another key",
		},
		"TagOfProvider": {
			reason: "The marks of ownership are the provider's.",
			args:   args{validNodeENI, `spec: {tags: {networking.k8s.aws/mr-uid: x}}`},
			want:   "tag keys beginning with networking.k8s.aws/ are written by this provider; choose another key",
		},
		"TagKeyTooLong": {
			reason: "EC2 takes at most 128 characters of tag key.",
			args:   args{validNodeENI, `spec: {tags: {` + strings.Repeat("k", 129) + `: v}}`},
			want:   "a tag key has 1 to 128 characters and a value at most 256",
		},
		"TagValueTooLong": {
			reason: "EC2 takes at most 256 characters of tag value.",
			args:   args{validNodeENI, `spec: {tags: {k: ` + strings.Repeat("v", 257) + `}}`},
			want:   "a tag key has 1 to 128 characters and a value at most 256",
		},
		"TooManyTags": {
			reason: "EC2 takes 50 tags, of which the provider needs a dozen.",
			args:   args{validNodeENI, `spec: {tags: {` + many(39, "#: v") + `}}`},
			want:   "spec.tags: Too many: 39: must have at most 38 items",
		},
		"OperatorWithoutValues": {
			reason: "In asks for one of some values.",
			args:   args{validNodeENI, `spec: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In}]}]}`},
			want:   "operators In and NotIn need values",
		},
		"OperatorWithValues": {
			reason: "Exists does not look at values.",
			args:   args{validNodeENI, `spec: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists, values: [b]}]}]}`},
			want:   "operators Exists and DoesNotExist take no values",
		},
		"OperatorWithWord": {
			reason: "Gt compares with one integer.",
			args:   args{validNodeENI, `spec: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Gt, values: [b]}]}]}`},
			want:   "operators Gt and Lt need one value, an integer in quotes",
		},
		"UnknownOperator": {
			reason: "The operators are those of Kubernetes' node affinity.",
			args:   args{validNodeENI, `spec: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Like, values: [b]}]}]}`},
			want:   `spec.nodeSelectorTerms[0].matchExpressions[0].operator: Unsupported value: "Like": supported values: "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"`,
		},
		"EmptyTerm": {
			reason: "A term without expressions would match nothing, or everything.",
			args:   args{validNodeENI, `spec: {nodeSelectorTerms: [{matchExpressions: []}]}`},
			want:   "spec.nodeSelectorTerms[0].matchExpressions in body should have at least 1 items",
		},
		"AddressesAndPrefixes": {
			reason: "EC2 gives one ENI secondary addresses or prefixes.",
			args:   args{validNodeENI, `spec: {addresses: {secondaryPrivateIpCount: 1, ipv4PrefixCount: 1}}`},
			want:   "EC2 supports secondary addresses or prefixes on one ENI, not both: remove secondaryPrivateIpCount or ipv4PrefixCount",
		},
		"TooManyAddresses": {
			reason: "No instance type has 50 secondary addresses on an ENI.",
			args:   args{validNodeENI, `spec: {addresses: {secondaryPrivateIpCount: 50}}`},
			want:   "spec.addresses.secondaryPrivateIpCount in body should be less than or equal to 49",
		},
		"NoneUnavailable": {
			reason: "A rollout that may touch no node would never end.",
			args:   args{validNodeENI, `spec: {rollout: {maxUnavailable: 0}}`},
			want:   "must be a number of at least 1 or a percentage from 1% to 100%",
		},
		"TooMuchUnavailable": {
			reason: "There are no more than all nodes.",
			args:   args{validNodeENI, `spec: {rollout: {maxUnavailable: 150%}}`},
			want:   "must be a number of at least 1 or a percentage from 1% to 100%",
		},
		"UnknownConfigKind": {
			reason: "A provider config is of one of two kinds.",
			args:   args{validNodeENI, `spec: {providerConfigRef: {kind: Secret, name: aws}}`},
			want:   "kind must be ClusterProviderConfig, or ProviderConfig for a config in the provider's namespace",
		},
		"UnknownManagementPolicy": {
			reason: "Management policies are those of Crossplane.",
			args:   args{validNodeENI, `spec: {managementPolicies: [Destroy]}`},
			want:   `spec.managementPolicies[0]: Unsupported value: "Destroy"`,
		},
		"ResourceNameContradiction": {
			reason: "dpdkResourceName is short for host.resourceName.",
			args:   args{validNodeENI, `spec: {dpdkResourceName: a.com/b, host: {resourceName: a.com/c}}`},
			want:   "dpdkResourceName and host.resourceName contradict each other: keep one of them",
		},
		"ReleasePolicyTwice": {
			reason: "releasePolicy is short for host.releasePolicy.",
			args:   args{validNodeENI, `spec: {releasePolicy: {mode: Immediate}, host: {releasePolicy: {mode: Immediate}}}`},
			want:   "releasePolicy and host.releasePolicy are aliases: keep one of them",
		},
		"ReleaseTooSlow": {
			reason: "Pods are waited for at most a day.",
			args:   args{validNodeENI, `spec: {releasePolicy: {timeout: 25h}}`},
			want:   "must be a duration of at most 24h, such as 10m",
		},
		"ReleaseTimeoutIsNoDuration": {
			reason: "A timeout is a duration as Go writes it.",
			args:   args{validNodeENI, `spec: {releasePolicy: {timeout: 1 day}}`},
			want:   "must be a duration of at most 24h, such as 10m",
		},
		"UnknownReleaseMode": {
			reason: "Pods are waited for, or not.",
			args:   args{validNodeENI, `spec: {releasePolicy: {mode: Never}}`},
			want:   `spec.releasePolicy.mode: Unsupported value: "Never": supported values: "WaitForPods", "Immediate"`,
		},
		"DPDKWithAddresses": {
			reason: "The kernel puts no address on a device that it does not drive.",
			args:   args{validNodeENI, `spec: {dpdkEnabled: true, host: {addressing: PolicyRouted}}`},
			want:   "an interface with enableDPDK has no kernel addresses: use host.addressing: None",
		},
		"DPDKWithName": {
			reason: "A device that the kernel does not drive has no link to name.",
			args:   args{validNodeENI, `spec: {enableDPDK: true, host: {interfaceName: net1}}`},
			want:   "an interface with enableDPDK has no kernel name: remove host.interfaceName",
		},
		"OneNameForSeveralLinks": {
			reason: "Two links of a node cannot have one name.",
			args:   args{validNodeENI, `spec: {subnetIDs: [subnet-1], host: {interfaceName: net1}}`},
			want:   "host.interfaceName and host.altNames apply to one link of a node: with several subnets use subnetPolicy: OnePerZone, or one NodeENI per subnet",
		},
		"TooManyAltNames": {
			reason: "A link has eight alternative names, of which the NodeENI gives one.",
			args:   args{validNodeENI, `spec: {host: {altNames: [` + many(8, "#") + `]}}`},
			want:   "a NodeENI sets an alternative name on each link: host.altNames may have at most 7",
		},
		"NameTooLong": {
			reason: "The NodeENI's name is a label of the objects made for it.",
			args:   args{validNodeENI, `metadata: {name: ` + strings.Repeat("n", 64) + `}`},
			want:   "metadata.name must have at most 63 characters: it is a label value of the objects created for each node",
		},
		"UnknownField": {
			reason: "A field that does not exist is a slip of the pen.",
			args:   args{validNodeENI, `spec: {subnetId: subnet-1}`},
			want:   `unknown field "spec.subnetId"`,
		},
	}

	all["Host"] = map[string]test{
		"InterfaceNameTooLong": {
			reason: "The kernel's names have at most 15 characters.",
			args:   args{validNodeENI, `spec: {host: {interfaceName: sixteen-letters-}}`},
			want:   "spec.host.interfaceName: Too long: may not be more than 15",
		},
		"InterfaceNameWithSlash": {
			reason: "The kernel's names are file names.",
			args:   args{validNodeENI, `spec: {host: {interfaceName: net/1}}`},
			want:   "must be a link name: a letter, then letters, digits, '_', '.' or '-', 15 characters at most, and not lo, all or default",
		},
		"InterfaceNameTaken": {
			reason: "lo is the loopback's.",
			args:   args{validNodeENI, `spec: {host: {interfaceName: lo}}`},
			want:   "must be a link name: a letter, then letters, digits, '_', '.' or '-', 15 characters at most, and not lo, all or default",
		},
		"BadAltName": {
			reason: "Alternative names have no space.",
			args:   args{validNodeENI, `spec: {host: {altNames: ["net 1"]}}`},
			want:   "must be letters, digits, '_', '.' or '-', and begin with a letter or digit",
		},
		"UnknownDriver": {
			reason: "The kernel drives a device, or a userspace program.",
			args:   args{validNodeENI, `spec: {host: {driver: vfio-pci}}`},
			want:   `spec.host.driver: Unsupported value: "vfio-pci": supported values: "kernel", "dpdk"`,
		},
		"DPDKWithoutDriver": {
			reason: "dpdk settings are for driver dpdk.",
			args:   args{validNodeENI, `spec: {host: {dpdk: {allowNoIOMMU: true}}}`},
			want:   "dpdk is only used with driver: dpdk",
		},
		"DPDKWithAddressing": {
			reason: "A device of a userspace program has no kernel addresses.",
			args:   args{validAttachment, `spec: {host: {driver: dpdk, addressing: Addresses}}`},
			want:   "an interface with driver: dpdk has no kernel addresses: use addressing: None",
		},
		"DPDKWithInterfaceName": {
			reason: "A device of a userspace program has no kernel name.",
			args:   args{validAttachment, `spec: {host: {driver: dpdk, interfaceName: net1}}`},
			want:   "an interface with driver: dpdk has no kernel name: remove interfaceName",
		},
		"UnknownAddressing": {
			reason: "There are three modes of addressing.",
			args:   args{validAttachment, `spec: {host: {addressing: DHCP}}`},
			want:   `spec.host.addressing: Unsupported value: "DHCP": supported values: "None", "Addresses", "PolicyRouted"`,
		},
		"MTUTooLarge": {
			reason: "ENA links carry at most 9216 bytes.",
			args:   args{validAttachment, `spec: {host: {mtu: 9217}}`},
			want:   "spec.host.mtu in body should be less than or equal to 9216",
		},
		"UnknownField": {
			reason: "A field that does not exist is a slip of the pen, at any depth.",
			args:   args{validAttachment, `spec: {host: {MTU: 9001}}`},
			want:   `unknown field "spec.host.MTU"`,
		},
	}

	all["NetworkInterface"] = map[string]test{
		"ZoneForRegion": {
			reason: "A zone is not a region.",
			args:   args{validInterface, `spec: {forProvider: {region: us-east-1a}}`},
			want:   "must be an AWS region such as us-east-1, not a zone such as us-east-1a",
		},
		"WordForRegion": {
			reason: "A region has a name of AWS's making.",
			args:   args{validInterface, `spec: {forProvider: {region: Virginia}}`},
			want:   "must be an AWS region such as us-east-1, not a zone such as us-east-1a",
		},
		"NoSubnet": {
			reason: "An ENI lies in a subnet.",
			args:   args{validInterface, `spec: {forProvider: {subnetId: null}}`},
			want:   `forProvider.subnetId or forProvider.subnetSelector is required to create an ENI; to observe an existing one set managementPolicies: ["Observe"] and the annotation crossplane.io/external-name to its id`,
		},
		"NameIsNotSubnetID": {
			reason: "The name of a subnet does not belong into subnetId.",
			args:   args{validInterface, `spec: {forProvider: {subnetId: data-a}}`},
			want:   "must be a subnet id such as subnet-0f59b4f14737be9ad; to find a subnet by its Name tag use subnetSelector.name",
		},
		"ZoneIsNoSelector": {
			reason: "A zone has many subnets.",
			args:   args{validInterface, `spec: {forProvider: {subnetId: null, subnetSelector: {availabilityZone: us-east-1a}}}`},
			want:   "set name, tags or both: availabilityZone alone would match any subnet of the zone",
		},
		"NameIsNotSecurityGroupID": {
			reason: "The name of a group does not belong into securityGroups.",
			args:   args{validInterface, `spec: {forProvider: {securityGroups: [multus]}}`},
			want:   "must be a security group id such as sg-05da196f3314d4af8; to find a group by name use securityGroupSelector.names",
		},
		"SameGroupTwice": {
			reason: "A group is on an ENI or not.",
			args:   args{validInterface, `spec: {forProvider: {securityGroups: [sg-1, sg-1]}}`},
			want:   `spec.forProvider.securityGroups[1]: Duplicate value: "sg-1"`,
		},
		"TooManyGroups": {
			reason: "EC2 takes at most 16 groups on an ENI.",
			args:   args{validInterface, `spec: {forProvider: {securityGroups: [` + many(17, "sg-#") + `]}}`},
			want:   "spec.forProvider.securityGroups: Too many: 17: must have at most 16 items",
		},
		"EmptyGroupSelector": {
			reason: "A selector without criteria would mean every group.",
			args:   args{validInterface, `spec: {forProvider: {securityGroupSelector: {}}}`},
			want:   "set names, tags or both",
		},
		"TypeOfAnotherOwner": {
			reason: "Trunk interfaces belong to the VPC resource controller.",
			args:   args{validInterface, `spec: {forProvider: {interfaceType: trunk}}`},
			want:   `spec.forProvider.interfaceType: Unsupported value: "trunk": supported values: "interface", "efa", "efa-only"`,
		},
		"PrimaryAddressOfOtherFamily": {
			reason: "privateIp is an IPv4 address.",
			args:   args{validInterface, `spec: {forProvider: {privateIp: "2600:1f13::10"}}`},
			want:   "must be an IPv4 address such as 10.0.1.20",
		},
		"AddressOutOfRange": {
			reason: "A byte of an address is at most 255.",
			args:   args{validInterface, `spec: {forProvider: {privateIps: [10.0.1.300]}}`},
			want:   "must be an IPv4 address such as 10.0.1.20",
		},
		"AddressWithLength": {
			reason: "An address is no prefix.",
			args:   args{validInterface, `spec: {forProvider: {privateIp: 10.0.1.2/24}}`},
			want:   "must be an IPv4 address such as 10.0.1.20",
		},
		"IPv6AddressOfOtherFamily": {
			reason: "ipv6Addresses are IPv6 addresses.",
			args:   args{validInterface, `spec: {forProvider: {ipv6Addresses: [10.0.1.20]}}`},
			want:   "must be an IPv6 address such as 2600:1f13::10",
		},
		"IPv4PrefixTooShort": {
			reason: "EC2 delegates /28 ranges.",
			args:   args{validInterface, `spec: {forProvider: {ipv4Prefixes: [10.0.1.0/24]}}`},
			want:   "must be an IPv4 prefix of length 28, such as 10.0.1.16/28",
		},
		"IPv4PrefixWithHostBits": {
			reason: "A range begins at its first address.",
			args:   args{validInterface, `spec: {forProvider: {ipv4Prefixes: [10.0.1.17/28]}}`},
			want:   "must be an IPv4 prefix of length 28, such as 10.0.1.16/28",
		},
		"IPv6PrefixWithHostBits": {
			reason: "A range begins at its first address.",
			args:   args{validInterface, `spec: {forProvider: {ipv6Prefixes: ["2600:1f13:0:0:1::1/80"]}}`},
			want:   "must be an IPv6 prefix of length 80, such as 2600:1f13:0:0:1::/80",
		},
		"IPv6PrefixTooShort": {
			reason: "EC2 delegates /80 ranges.",
			args:   args{validInterface, `spec: {forProvider: {ipv6Prefixes: ["2600:1f13::/64"]}}`},
			want:   "must be an IPv6 prefix of length 80, such as 2600:1f13:0:0:1::/80",
		},
		"PrimaryNotInList": {
			reason: "privateIps are all addresses, the primary one among them.",
			args:   args{validInterface, `spec: {forProvider: {privateIp: 10.0.1.4, privateIps: [10.0.1.5]}}`},
			want:   "privateIp is the primary address and must be one of privateIps",
		},
		"AddressListAndCount": {
			reason: "Addresses are chosen or counted.",
			args:   args{validInterface, `spec: {forProvider: {privateIps: [10.0.1.5], privateIpsCount: 1}}`},
			want:   "use either privateIps (chosen addresses) or privateIpsCount (EC2 chooses), not both",
		},
		"PrefixListAndCount": {
			reason: "Prefixes are chosen or counted.",
			args:   args{validInterface, `spec: {forProvider: {ipv4Prefixes: [10.0.1.16/28], ipv4PrefixCount: 1}}`},
			want:   "use either ipv4Prefixes or ipv4PrefixCount, not both",
		},
		"AddressesAndPrefixes": {
			reason: "EC2 gives one ENI secondary addresses or prefixes.",
			args:   args{validInterface, `spec: {forProvider: {privateIpsCount: 1, ipv4PrefixCount: 1}}`},
			want:   "EC2 supports secondary addresses or prefixes on one ENI, not both: remove privateIps/privateIpsCount or ipv4Prefixes/ipv4PrefixCount",
		},
		"IPv6ListAndCount": {
			reason: "IPv6 addresses are chosen or counted.",
			args:   args{validInterface, `spec: {forProvider: {ipv6Addresses: ["2600:1f13::10"], ipv6AddressCount: 1}}`},
			want:   "use either ipv6Addresses or ipv6AddressCount, not both",
		},
		"IPv6PrefixListAndCount": {
			reason: "IPv6 prefixes are chosen or counted.",
			args:   args{validInterface, `spec: {forProvider: {ipv6Prefixes: ["2600:1f13:0:0:1::/80"], ipv6PrefixCount: 1}}`},
			want:   "use either ipv6Prefixes or ipv6PrefixCount, not both",
		},
		"NegativeCount": {
			reason: "There is no fewer than no address.",
			args:   args{validInterface, `spec: {forProvider: {privateIpsCount: -1}}`},
			want:   "spec.forProvider.privateIpsCount in body should be greater than or equal to 0",
		},
		"TCPTimeoutTooShort": {
			reason: "EC2 remembers idle TCP connections for at least a minute.",
			args:   args{validInterface, `spec: {forProvider: {connectionTracking: {tcpEstablishedTimeoutSeconds: 59}}}`},
			want:   "spec.forProvider.connectionTracking.tcpEstablishedTimeoutSeconds in body should be greater than or equal to 60",
		},
		"UDPStreamTimeoutTooLong": {
			reason: "EC2 remembers idle UDP streams for at most three minutes.",
			args:   args{validInterface, `spec: {forProvider: {connectionTracking: {udpStreamTimeoutSeconds: 181}}}`},
			want:   "spec.forProvider.connectionTracking.udpStreamTimeoutSeconds in body should be less than or equal to 180",
		},
		"UDPTimeoutTooLong": {
			reason: "EC2 remembers one-way UDP for at most a minute.",
			args:   args{validInterface, `spec: {forProvider: {connectionTracking: {udpTimeoutSeconds: 61}}}`},
			want:   "spec.forProvider.connectionTracking.udpTimeoutSeconds in body should be less than or equal to 60",
		},
		"UDPWithoutENAExpress": {
			reason: "ENA Express carries UDP only where it is on.",
			args:   args{validInterface, `spec: {forProvider: {enaSrdSpecification: {enaSrdUdpSpecification: {enaSrdUdpEnabled: true}}}}`},
			want:   "enaSrdUdpEnabled needs enaSrdEnabled: true",
		},
		"TagOfAWS": {
			reason: "AWS keeps aws: for itself.",
			args:   args{validInterface, `spec: {forProvider: {tags: {"aws:team": x}}}`},
			want:   "tag keys beginning with aws: are reserved by AWS; choose another key",
		},
		"TagOfProvider": {
			reason: "The marks of ownership are the provider's.",
			args:   args{validInterface, `spec: {forProvider: {tags: {networking.k8s.aws/cluster: x}}}`},
			want:   "tag keys beginning with networking.k8s.aws/ are written by this provider; choose another key",
		},
		"EmptyTagKey": {
			reason: "A tag has a key.",
			args:   args{validInterface, `spec: {forProvider: {tags: {"": x}}}`},
			want:   "a tag key has 1 to 128 characters and a value at most 256",
		},
		"ConfigWithoutName": {
			reason: "A provider config is named.",
			args:   args{validInterface, `spec: {providerConfigRef: {kind: ProviderConfig}}`},
			want:   "spec.providerConfigRef.name: Required value",
		},
		"SecretWithoutName": {
			reason: "The Secret for connection details is named.",
			args:   args{validInterface, `spec: {writeConnectionSecretToRef: {}}`},
			want:   "spec.writeConnectionSecretToRef.name: Required value",
		},
		"UnknownField": {
			reason: "A field that does not exist is a slip of the pen.",
			args:   args{validInterface, `spec: {forProvider: {subnetID: subnet-1}}`},
			want:   `unknown field "spec.forProvider.subnetID"`,
		},
	}

	all["NetworkInterfaceAttachment"] = map[string]test{
		"NoInstance": {
			reason: "An ENI is attached to an instance.",
			args:   args{validAttachment, `spec: {forProvider: {instanceId: null}}`},
			want:   "forProvider.instanceId or forProvider.nodeName is required to attach an ENI",
		},
		"NoInterface": {
			reason: "Something must be attached.",
			args:   args{validAttachment, `spec: {forProvider: {networkInterfaceId: null}}`},
			want:   "forProvider.networkInterfaceId, networkInterfaceRef or networkInterfaceSelector is required to attach an ENI",
		},
		"InstanceAndNode": {
			reason: "An instance is named in one way.",
			args:   args{validAttachment, `spec: {forProvider: {nodeName: node-a}}`},
			want:   "use either instanceId or nodeName, not both",
		},
		"IDAndReference": {
			reason: "An ENI is named in one way.",
			args:   args{validAttachment, `spec: {forProvider: {networkInterfaceRef: {name: eni}}}`},
			want:   "use networkInterfaceId, or networkInterfaceRef or networkInterfaceSelector, not both",
		},
		"NameIsNotInterfaceID": {
			reason: "The name of an object does not belong into networkInterfaceId.",
			args:   args{validAttachment, `spec: {forProvider: {networkInterfaceId: my-eni}}`},
			want:   "must be an ENI id such as eni-0123456789abcdef0; to name a NetworkInterface object use networkInterfaceRef",
		},
		"AttachmentIsNotInterfaceID": {
			reason: "The id of an attachment is not the id of an ENI.",
			args:   args{validAttachment, `spec: {forProvider: {networkInterfaceId: eni-attach-0123456789abcdef0}}`},
			want:   "must be an ENI id such as eni-0123456789abcdef0; to name a NetworkInterface object use networkInterfaceRef",
		},
		"NodeIsNotInstanceID": {
			reason: "The name of a node does not belong into instanceId.",
			args:   args{validAttachment, `spec: {forProvider: {instanceId: ip-10-0-1-4.ec2.internal}}`},
			want:   "must be an instance id such as i-0123456789abcdef0; to attach to a Kubernetes node use nodeName",
		},
		"ZoneForRegion": {
			reason: "A zone is not a region.",
			args:   args{validAttachment, `spec: {forProvider: {region: us-east-1a}}`},
			want:   "must be an AWS region such as us-east-1, not a zone such as us-east-1a",
		},
		"DeviceIndexZero": {
			reason: "Device index 0 is the instance's primary ENI.",
			args:   args{validAttachment, `spec: {forProvider: {deviceIndex: 0}}`},
			want:   "spec.forProvider.deviceIndex in body should be greater than or equal to 1",
		},
		"DeviceIndexTooLarge": {
			reason: "No instance type has device index 99.",
			args:   args{validAttachment, `spec: {forProvider: {deviceIndex: 99}}`},
			want:   "spec.forProvider.deviceIndex in body should be less than or equal to 63",
		},
		"MinDeviceIndexZero": {
			reason: "The lowest index to choose from is above the primary ENI's.",
			args:   args{validAttachment, `spec: {forProvider: {minDeviceIndex: 0}}`},
			want:   "spec.forProvider.minDeviceIndex in body should be greater than or equal to 1",
		},
		"DeviceIndexBelowMin": {
			reason: "The index chosen is not below the lowest one allowed.",
			args:   args{validAttachment, `spec: {forProvider: {deviceIndex: 2, minDeviceIndex: 3}}`},
			want:   "deviceIndex must not be below minDeviceIndex; pin an index with deviceIndex alone, or use minDeviceIndex alone for the lowest free index",
		},
		"NoQueues": {
			reason: "An ENI has a queue.",
			args:   args{validAttachment, `spec: {forProvider: {enaQueueCount: 0}}`},
			want:   "spec.forProvider.enaQueueCount in body should be greater than or equal to 1",
		},
		"ForceWithoutTime": {
			reason: "A detach is forced only after a time.",
			args:   args{validAttachment, `spec: {forProvider: {detachPolicy: {mode: ForceAfter}}}`},
			want:   "mode ForceAfter needs after, the time to wait for a graceful detach, such as 10m",
		},
		"TimeWithoutForce": {
			reason: "A graceful detach takes as long as it takes.",
			args:   args{validAttachment, `spec: {forProvider: {detachPolicy: {mode: Graceful, after: 10m}}}`},
			want:   "after is only used with mode: ForceAfter",
		},
		"ForceTooSoon": {
			reason: "The guest has at least a minute to let go.",
			args:   args{validAttachment, `spec: {forProvider: {detachPolicy: {mode: ForceAfter, after: 30s}}}`},
			want:   "must be a duration of at least 1m, such as 10m",
		},
		"ForceAfterIsNoDuration": {
			reason: "A time to wait is a duration as Go writes it.",
			args:   args{validAttachment, `spec: {forProvider: {detachPolicy: {mode: ForceAfter, after: ten minutes}}}`},
			want:   "must be a duration of at least 1m, such as 10m",
		},
		"UnknownDetachMode": {
			reason: "A detach is never forced at once.",
			args:   args{validAttachment, `spec: {forProvider: {detachPolicy: {mode: Force}}}`},
			want:   `spec.forProvider.detachPolicy.mode: Unsupported value: "Force": supported values: "Graceful", "ForceAfter"`,
		},
		"UnknownField": {
			reason: "A field that does not exist is a slip of the pen.",
			args:   args{validAttachment, `spec: {forProvider: {instanceID: i-1}}`},
			want:   `unknown field "spec.forProvider.instanceID"`,
		},
	}

	all["HostInterface"] = map[string]test{
		"MACInUpperCase": {
			reason: "The agent finds links by MAC addresses as the kernel writes them.",
			args:   args{validHostInterface, `spec: {macAddress: "02:00:00:00:00:0A"}`},
			want:   "must be a MAC address in lower case, such as 02:42:ac:11:00:02",
		},
		"PrimaryInterface": {
			reason: "No agent touches device index 0.",
			args:   args{validHostInterface, `spec: {deviceIndex: 0}`},
			want:   "spec.deviceIndex in body should be greater than or equal to 1",
		},
		"NoNode": {
			reason: "A host interface is on a node.",
			args:   args{validHostInterface, `spec: {nodeName: null}`},
			want:   "spec.nodeName: Required value",
		},
		"NoAttachment": {
			reason: "A host interface is made for an attachment.",
			args:   args{validHostInterface, `spec: {attachmentRef: null}`},
			want:   "spec.attachmentRef: Required value",
		},
		"UnknownDriver": {
			reason: "The agent knows three userspace drivers.",
			args:   args{validHostInterface, `spec: {config: {driver: dpdk, dpdk: {driver: ixgbe}}}`},
			want:   `spec.config.dpdk.driver: Unsupported value: "ixgbe": supported values: "vfio-pci", "igb_uio", "uio_pci_generic"`,
		},
		"BadPCIAddress": {
			reason: "A PCI function is 0 to 7.",
			args:   args{validHostInterface, `spec: {config: {driver: dpdk, dpdk: {pciAddress: "0000:00:06.8"}}}`},
			want:   "must be a PCI address such as 0000:00:06.0",
		},
		"MulticastMAC": {
			reason: "The MAC address of an ENI is unicast.",
			args:   args{validHostInterface, `spec: {macAddress: "01:00:5e:00:00:01"}`},
			want:   "must be the MAC address of one device: not multicast, broadcast or zero",
		},
		"ZeroMAC": {
			reason: "The loopback's MAC address is zero.",
			args:   args{validHostInterface, `spec: {macAddress: "00:00:00:00:00:00"}`},
			want:   "must be the MAC address of one device: not multicast, broadcast or zero",
		},
		"ENIWithSlash": {
			reason: "The ENI's id becomes a name of the link.",
			args:   args{validHostInterface, `spec: {networkInterfaceId: ../eni-1}`},
			want:   "must be the id of an ENI, such as eni-0123456789abcdef0",
		},
		"NegativeCard": {
			reason: "Network cards are counted from 0.",
			args:   args{validHostInterface, `spec: {networkCardIndex: -1}`},
			want:   "spec.networkCardIndex in body should be greater than or equal to 0",
		},
		"SubnetOfEverything": {
			reason: "No subnet is larger than a /16.",
			args:   args{validHostInterface, `spec: {subnetCidr: 0.0.0.0/0}`},
			want:   "must be the range of an EC2 subnet, /16 to /28, such as 10.0.1.0/24",
		},
		"SubnetOfLoopback": {
			reason: "No subnet has loopback addresses.",
			args:   args{validHostInterface, `spec: {subnetCidr: 127.0.0.0/16}`},
			want:   "must be the range of an EC2 subnet, /16 to /28, such as 10.0.1.0/24",
		},
		"SubnetNotMasked": {
			reason: "A subnet is written by its first address.",
			args:   args{validHostInterface, `spec: {subnetCidr: 10.0.1.7/24}`},
			want:   "must be the range of an EC2 subnet, /16 to /28, such as 10.0.1.0/24",
		},
		"SubnetTooSmall": {
			reason: "No subnet is smaller than a /28.",
			args:   args{validHostInterface, `spec: {subnetCidr: 10.0.1.0/29}`},
			want:   "must be the range of an EC2 subnet, /16 to /28, such as 10.0.1.0/24",
		},
		"SubnetOfIPv6InIPv4": {
			reason: "subnetCidr is an IPv4 range.",
			args:   args{validHostInterface, `spec: {subnetCidr: "2001:db8:1::/64"}`},
			want:   "must be the range of an EC2 subnet, /16 to /28, such as 10.0.1.0/24",
		},
		"IPv6SubnetTooLarge": {
			reason: "No IPv6 subnet is larger than a /44.",
			args:   args{validHostInterface, `spec: {subnetIpv6Cidrs: ["2001:db8::/43"]}`},
			want:   "must be the IPv6 range of an EC2 subnet, /44 to /64, such as 2001:db8:1::/64",
		},
		"IPv6SubnetOfLinkLocal": {
			reason: "No IPv6 subnet is link-local.",
			args:   args{validHostInterface, `spec: {subnetIpv6Cidrs: ["fe80::/64"]}`},
			want:   "must be the IPv6 range of an EC2 subnet, /44 to /64, such as 2001:db8:1::/64",
		},
		"AddressOfLoopback": {
			reason: "An ENI has no loopback address.",
			args:   args{validHostInterface, `spec: {privateIps: [127.0.0.1]}`},
			want:   "must be a unicast IPv4 address that is not link-local, such as 10.0.1.20",
		},
		"AddressOfBroadcast": {
			reason: "An ENI has no broadcast address.",
			args:   args{validHostInterface, `spec: {privateIps: [255.255.255.255]}`},
			want:   "must be a unicast IPv4 address that is not link-local, such as 10.0.1.20",
		},
		"AddressOfIPv6InIPv4": {
			reason: "privateIps are IPv4 addresses.",
			args:   args{validHostInterface, `spec: {privateIps: ["2001:db8:1::5"]}`},
			want:   "must be a unicast IPv4 address that is not link-local, such as 10.0.1.20",
		},
		"IPv6AddressOfLinkLocal": {
			reason: "An ENI's IPv6 addresses are global.",
			args:   args{validHostInterface, `spec: {ipv6Addresses: ["fe80::1"]}`},
			want:   "must be a unicast IPv6 address that is not link-local, such as 2001:db8:1::20",
		},
		"IPv6AddressMapped": {
			reason: "An IPv4-mapped address is none of IPv6.",
			args:   args{validHostInterface, `spec: {ipv6Addresses: ["::ffff:10.0.1.5"]}`},
			want:   "must be a unicast IPv6 address that is not link-local, such as 2001:db8:1::20",
		},
		"PrefixOfEverything": {
			reason: "A rule from everything would route all of the node's traffic.",
			args:   args{validHostInterface, `spec: {ipv4Prefixes: [0.0.0.0/0]}`},
			want:   "must be a delegated IPv4 prefix, /28 or longer, such as 10.0.1.64/28",
		},
		"PrefixTooLarge": {
			reason: "EC2 delegates /28 prefixes.",
			args:   args{validHostInterface, `spec: {ipv4Prefixes: [10.0.1.0/27]}`},
			want:   "must be a delegated IPv4 prefix, /28 or longer, such as 10.0.1.64/28",
		},
		"IPv6PrefixOfEverything": {
			reason: "The same holds for IPv6.",
			args:   args{validHostInterface, `spec: {ipv6Prefixes: ["::/0"]}`},
			want:   "must be a delegated IPv6 prefix, /80 or longer, such as 2001:db8:1:0:a::/80",
		},
		"IPv6PrefixTooLarge": {
			reason: "EC2 delegates /80 prefixes.",
			args:   args{validHostInterface, `spec: {ipv6Prefixes: ["2001:db8:1::/79"]}`},
			want:   "must be a delegated IPv6 prefix, /80 or longer, such as 2001:db8:1:0:a::/80",
		},
		"TooManyAddresses": {
			reason: "An ENI has at most 50 addresses; 256 are accepted.",
			args:   args{validHostInterface, `spec: {privateIps: [` + strings.Repeat("10.0.1.20, ", 256) + `10.0.1.20]}`},
			want:   "spec.privateIps: Too many: 257: must have at most 256 items",
		},
		"ReservedLinkName": {
			reason: "A link is not named all.",
			args:   args{validHostInterface, `spec: {config: {interfaceName: all}}`},
			want:   "must be a link name",
		},
		"HugeMTU": {
			reason: "ENA has an MTU of 9216 at most.",
			args:   args{validHostInterface, `spec: {config: {mtu: 9217}}`},
			want:   "spec.config.mtu in body should be less than or equal to 9216",
		},
	}

	all["ProviderConfig"] = map[string]test{
		"SecretWithoutReference": {
			reason: "Source Secret says which Secret.",
			args:   args{validProviderConfig, `spec: {credentials: {secretRef: null}}`},
			want:   "source Secret needs secretRef, with the name, namespace and key of the Secret",
		},
		"SecretWithoutKey": {
			reason: "A Secret holds several keys.",
			args:   args{validProviderConfig, `spec: {credentials: {secretRef: {key: null}}}`},
			want:   "spec.credentials.secretRef.key: Required value",
		},
		"ReferenceWithoutSecret": {
			reason: "A Secret that is not used is not named.",
			args:   args{validProviderConfig, `spec: {credentials: {source: IRSA}}`},
			want:   "secretRef is only used with source: Secret",
		},
		"UnknownSource": {
			reason: "There are five sources of credentials.",
			args:   args{validProviderConfig, `spec: {credentials: {source: Environment}}`},
			want:   `spec.credentials.source: Unsupported value: "Environment": supported values: "None", "Secret", "IRSA", "WebIdentity", "PodIdentity"`,
		},
		"ProvidersIdentity": {
			reason: "The provider's own identity is not a namespace's.",
			args:   args{validProviderConfig, `spec: {credentials: {source: None, secretRef: null}}`},
			want:   "a ProviderConfig accepts credentials only from a Secret of its own namespace",
		},
		"ProvidersToken": {
			reason: "Nor are the files of the provider's pod.",
			args:   args{validProviderConfig, `spec: {credentials: {source: WebIdentity, secretRef: null, webIdentity: {roleARN: "arn:aws:iam::123456789012:role/eni"}}}`},
			want:   "a ProviderConfig accepts credentials only from a Secret of its own namespace",
		},
		"WebIdentityBesideSecret": {
			reason: "Nor beside a Secret.",
			args:   args{validProviderConfig, `spec: {credentials: {webIdentity: {roleARN: "arn:aws:iam::123456789012:role/eni"}}}`},
			want:   "a ProviderConfig accepts credentials only from a Secret of its own namespace",
		},
		"KubernetesToken": {
			reason: "The Kubernetes API's token is not sent to STS, by an administrator's config either.",
			args:   args{validClusterProviderConfig, `spec: {credentials: {source: WebIdentity, webIdentity: {roleARN: "arn:aws:iam::123456789012:role/eni", tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token}}}`},
			want:   "must be a file below /var/run/secrets/eks.amazonaws.com/serviceaccount/ or /var/run/secrets/provider-aws-eni/tokens/",
		},
		"TokenFileAbove": {
			reason: "Nor by a path that leads there.",
			args:   args{validClusterProviderConfig, `spec: {credentials: {source: WebIdentity, webIdentity: {roleARN: "arn:aws:iam::123456789012:role/eni", tokenFile: /var/run/secrets/eks.amazonaws.com/serviceaccount/../../kubernetes.io/serviceaccount/token}}}`},
			want:   "must be a file below /var/run/secrets/eks.amazonaws.com/serviceaccount/ or /var/run/secrets/provider-aws-eni/tokens/",
		},
		"NoSource": {
			reason: "A source of credentials is chosen.",
			args:   args{validProviderConfig, `spec: {credentials: {source: null}}`},
			want:   "spec.credentials.source: Required value",
		},
		"WebIdentityWithoutRole": {
			reason: "Source WebIdentity says which role.",
			args:   args{validClusterProviderConfig, `spec: {credentials: {source: WebIdentity}}`},
			want:   "source WebIdentity needs webIdentity.roleARN",
		},
		"NameIsNotRoleARN": {
			reason: "A role is named by ARN.",
			args:   args{validClusterProviderConfig, `spec: {credentials: {source: WebIdentity, webIdentity: {roleARN: eni}}}`},
			want:   "must be the ARN of an IAM role, such as arn:aws:iam::123456789012:role/eni",
		},
		"UserIsNotRole": {
			reason: "A user cannot be assumed.",
			args:   args{validClusterProviderConfig, `spec: {assumeRoleChain: [{roleARN: "arn:aws:iam::123456789012:user/eni"}]}`},
			want:   "must be the ARN of an IAM role, such as arn:aws:iam::123456789012:role/eni",
		},
		"ChainTooLong": {
			reason: "Eight roles are enough.",
			args:   args{validClusterProviderConfig, `spec: {assumeRoleChain: [` + many(9, `{roleARN: "arn:aws:iam::123456789012:role/#"}`) + `]}`},
			want:   "spec.assumeRoleChain: Too many: 9: must have at most 8 items",
		},
		"EndpointWithoutScheme": {
			reason: "An endpoint is a URL.",
			args:   args{validClusterProviderConfig, `spec: {endpoint: {url: {type: Static, static: ec2.example.org}}}`},
			want:   "must be an http or https URL",
		},
		"UnknownService": {
			reason: "The provider speaks to two services.",
			args:   args{validClusterProviderConfig, `spec: {endpoint: {url: {type: Static, static: "https://example.org"}, services: [s3]}}`},
			want:   `spec.endpoint.services[0]: Unsupported value: "s3": supported values: "ec2", "sts"`,
		},
		"UnknownEndpointType": {
			reason: "Endpoints are static.",
			args:   args{validClusterProviderConfig, `spec: {endpoint: {url: {type: Dynamic, static: "https://example.org"}}}`},
			want:   `spec.endpoint.url.type: Unsupported value: "Dynamic": supported values: "Static"`,
		},
		"ClusterReferenceWithoutSecret": {
			reason: "A Secret that is not used is not named, in either kind.",
			args:   args{validClusterProviderConfig, `spec: {credentials: {secretRef: {namespace: a, name: b, key: c}}}`},
			want:   "secretRef is only used with source: Secret",
		},
		"UsageWithoutConfig": {
			reason: "A usage is of a config.",
			args:   args{validUsage, `providerConfigRef: null`},
			want:   "providerConfigRef: Required value",
		},
		"UsageWithoutResource": {
			reason: "A usage is by a resource.",
			args:   args{validUsage, `resourceRef: {name: null}`},
			want:   "resourceRef.name: Required value",
		},
		"UsageUnknownField": {
			reason: "A field that does not exist is a slip of the pen.",
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
					t.Fatalf("\n%s\ncreate: accepted, want a refusal that says:\n%s", tc.reason, tc.want)
				}
				if !strings.Contains(err.Error(), tc.want) {
					t.Errorf("\n%s\ncreate: want a refusal that says:\n%s\ngot:\n%s", tc.reason, tc.want, err)
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
			reason: "An ENI stays in its region.",
			args:   args{validInterface, `{}`, `spec: {forProvider: {region: eu-west-1}}`},
			want:   "region cannot be changed: an ENI cannot move; create another NetworkInterface",
		},
		"InterfaceRegionRemoved": {
			reason: "Taking the region away is a change too.",
			args:   args{validInterface, `{}`, `spec: {forProvider: {region: null}}`},
			want:   "region cannot be changed: an ENI cannot move; create another NetworkInterface",
		},
		"InterfaceSubnet": {
			reason: "An ENI stays in its subnet.",
			args:   args{validInterface, `{}`, `spec: {forProvider: {subnetId: subnet-2}}`},
			want:   "subnetId cannot be changed: an ENI cannot move to another subnet; create another NetworkInterface",
		},
		"InterfaceSubnetRemoved": {
			reason: "A subnet once chosen is not chosen again.",
			args:   args{validInterface, `{}`, `spec: {forProvider: {subnetId: null, subnetSelector: {name: data-b}}}`},
			want:   "subnetId cannot be changed: an ENI cannot move to another subnet; create another NetworkInterface",
		},
		"InterfaceType": {
			reason: "An ENI stays of its type.",
			args:   args{validInterface, `spec: {forProvider: {interfaceType: efa}}`, `spec: {forProvider: {interfaceType: interface}}`},
			want:   "interfaceType cannot be changed; create another NetworkInterface",
		},
		"InterfaceTypeAdded": {
			reason: "An ENI made of the default type stays of it.",
			args:   args{validInterface, `{}`, `spec: {forProvider: {interfaceType: efa}}`},
			want:   "interfaceType cannot be changed; create another NetworkInterface",
		},
		"InterfacePrimaryAddress": {
			reason: "An ENI keeps its primary address.",
			args:   args{validInterface, `spec: {forProvider: {privateIp: 10.0.1.4}}`, `spec: {forProvider: {privateIp: 10.0.1.5}}`},
			want:   "privateIp cannot be changed: EC2 cannot change a primary address; create another NetworkInterface",
		},
		"InterfaceFirstAddress": {
			reason: "So it does where the list names it.",
			args:   args{validInterface, `spec: {forProvider: {privateIps: [10.0.1.4, 10.0.1.5]}}`, `spec: {forProvider: {privateIps: [10.0.1.5, 10.0.1.6]}}`},
			want:   "the first of privateIps is the primary address, which EC2 cannot change: keep it first, or create another NetworkInterface",
		},
		"InterfaceAddressOrder": {
			reason: "The list has an order.",
			args:   args{validInterface, `spec: {forProvider: {privateIps: [10.0.1.4, 10.0.1.5]}}`, `spec: {forProvider: {privateIps: [10.0.1.5, 10.0.1.4]}}`},
			want:   "the first of privateIps is the primary address, which EC2 cannot change: keep it first, or create another NetworkInterface",
		},
		"InterfacePrimaryIPv6": {
			reason: "A primary IPv6 address stays primary.",
			args:   args{validInterface, `spec: {forProvider: {enablePrimaryIpv6: true}}`, `spec: {forProvider: {enablePrimaryIpv6: false}}`},
			want:   "enablePrimaryIpv6 cannot be disabled once enabled; create another NetworkInterface",
		},
		"AttachmentRegion": {
			reason: "An attachment stays in its region.",
			args:   args{validAttachment, `{}`, `spec: {forProvider: {region: eu-west-1}}`},
			want:   "region cannot be changed; create another NetworkInterfaceAttachment",
		},
		"AttachmentInterface": {
			reason: "An attachment is of one ENI.",
			args:   args{validAttachment, `{}`, `spec: {forProvider: {networkInterfaceId: eni-2}}`},
			want:   "networkInterfaceId cannot be changed; create another NetworkInterfaceAttachment",
		},
		"AttachmentInstance": {
			reason: "An attachment is to one instance.",
			args:   args{validAttachment, `{}`, `spec: {forProvider: {instanceId: i-2}}`},
			want:   "instanceId cannot be changed: create another NetworkInterfaceAttachment for the other instance",
		},
		"AttachmentInstanceToNode": {
			reason: "An attachment is not moved by naming its instance in another way.",
			args:   args{validAttachment, `{}`, `spec: {forProvider: {instanceId: null, nodeName: node-b}}`},
			want:   "instanceId cannot be changed: create another NetworkInterfaceAttachment for the other instance",
		},
		"AttachmentNode": {
			reason: "An attachment is to one node.",
			args:   args{validAttachment, `spec: {forProvider: {instanceId: null, nodeName: node-a}}`, `spec: {forProvider: {nodeName: node-b}}`},
			want:   "nodeName cannot be changed: create another NetworkInterfaceAttachment for the other node",
		},
		"AttachmentPinnedIndex": {
			reason: "An attached ENI does not change places.",
			args:   args{validAttachment, `spec: {forProvider: {deviceIndex: 2}}`, `spec: {forProvider: {deviceIndex: 3}}`},
			want:   "a pinned deviceIndex cannot be changed: EC2 cannot move an attached ENI; create another NetworkInterfaceAttachment",
		},
		"AttachmentNetworkCard": {
			reason: "An attached ENI does not change cards, and no card means the first.",
			args:   args{validAttachment, `{}`, `spec: {forProvider: {networkCardIndex: 1}}`},
			want:   "networkCardIndex cannot be changed; create another NetworkInterfaceAttachment",
		},
		"HostInterfaceNode": {
			reason: "A host interface stays on its node.",
			args:   args{validHostInterface, `{}`, `spec: {nodeName: node-b}`},
			want:   "nodeName cannot be changed",
		},
		"HostInterfaceAttachment": {
			reason: "A host interface stays that of its attachment.",
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
				t.Fatalf("cannot create what is to be changed: %s", err)
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
				t.Fatalf("\n%s\nupdate: accepted, want a refusal that says:\n%s", tc.reason, tc.want)
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("\n%s\nupdate: want a refusal that says:\n%s\ngot:\n%s", tc.reason, tc.want, err)
			}
		})
	}
}

// predecessor holds the manifests of the user's guide of AWS Multi-ENI
// Controller, word for word: what was written for it applies unchanged.
var predecessor = map[string]struct {
	reason string
	args   string
}{
	"Basic": {
		reason: "The basic example gives each labelled node an ENI.",
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
		reason: "A subnet can be named by its Name tag.",
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
		reason: "Subnets and security groups can be named in lists.",
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
		reason: "mtu 9001 asks for jumbo frames.",
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
		reason: "dpdkEnabled asks for a userspace driver.",
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
		reason: "The Multus example is the basic one.",
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
		reason: "DPDK can name its driver and its resource.",
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
		reason: "A tenant has a subnet and a group of its own.",
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
		reason: "Another tenant has another.",
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
		"NodeENI":          {reason: "A selector and a subnet are enough.", args: args{validNodeENI, `spec: {securityGroupIDs: null, deviceIndex: null}`}},
		"NetworkInterface": {reason: "A subnet is enough.", args: args{validInterface, `spec: {forProvider: {region: null, securityGroups: null}}`}},
		"Attachment":       {reason: "An ENI and an instance are enough.", args: args{validAttachment, `spec: {forProvider: {region: null}}`}},
		"HostInterface":    {reason: "The provider asks a node to prepare a link.", args: args{validHostInterface, `{}`}},
		"HostInterfaceFull": {
			reason: "Addresses and prefixes of a subnet, as EC2 assigns them, are accepted.",
			args: args{validHostInterface, `spec: {subnetCidr: 10.0.0.0/16, subnetIpv6Cidrs: ["2001:db8:1::/64"], privateIps: [10.0.1.20], ipv6Addresses: ["2001:db8:1::20"],
				ipv4Prefixes: [10.0.1.64/28], ipv6Prefixes: ["2001:db8:1:0:a::/80"]}`},
		},
		"HostInterfaceWithoutSubnet": {
			reason: "Not every attachment knows its subnet.",
			args:   args{validHostInterface, `spec: {subnetCidr: ""}`},
		},
		"ProviderConfig":        {reason: "A Secret is a source of credentials.", args: args{validProviderConfig, `{}`}},
		"ClusterProviderConfig": {reason: "The pod's role is a source of credentials.", args: args{validClusterProviderConfig, `{}`}},
		"Usage":                 {reason: "A resource uses a config.", args: args{validUsage, `{}`}},

		"DriversMTU": {
			reason: "mtu 0 is the driver's default, and contradicts nothing.",
			args:   args{validNodeENI, `spec: {mtu: 0, host: {mtu: 9001}}`},
		},
		"SmallestMTU": {
			reason: "IPv4 needs 68 bytes, and no more.",
			args:   args{validNodeENI, `spec: {mtu: 68}`},
		},
		"DeviceIndexZero": {
			reason: "aws-multi-eni-controller takes device index 0 for its default.",
			args:   args{validNodeENI, `spec: {deviceIndex: 0}`},
		},
		"LargestMTU": {
			reason: "ENA links carry 9216 bytes.",
			args:   args{validNodeENI, `spec: {mtu: 9216}`},
		},
		"BothDPDKNames": {
			reason: "Both names of one setting may agree.",
			args:   args{validNodeENI, `spec: {enableDPDK: true, dpdkEnabled: true}`},
		},
		"ShortPCIAddress": {
			reason: "The PCI domain may be left out.",
			args:   args{validNodeENI, `spec: {enableDPDK: true, dpdkPCIAddress: "00:06.0"}`},
		},
		"ResourceNameWithoutPrefix": {
			reason: "A resource's prefix may be left out.",
			args:   args{validNodeENI, `spec: {dpdkResourceName: sriov_dpdk}`},
		},
		"ResourcePrefixWithHyphen": {
			reason: "A prefix may have hyphens, as DNS names do.",
			args:   args{validNodeENI, `spec: {dpdkResourceName: my-company.example.com/sriov_DPDK_2}`},
		},
		"LongestResourceName": {
			reason: "A name may have 63 characters.",
			args:   args{validNodeENI, `spec: {dpdkResourceName: intel.com/` + strings.Repeat("a", 63) + `}`},
		},
		"TermsInsteadOfSelector": {
			reason: "Nodes can be selected by expressions alone.",
			args:   args{validNodeENI, `spec: {nodeSelector: null, nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/os, operator: Exists}]}]}`},
		},
		"GtWithInteger": {
			reason: "Labels can be compared as integers.",
			args:   args{validNodeENI, `spec: {nodeSelectorTerms: [{matchExpressions: [{key: generation, operator: Gt, values: ["4"]}]}]}`},
		},
		"SubnetsByTag": {
			reason: "Subnets can be selected by tags alone.",
			args:   args{validNodeENI, `spec: {subnetID: null, subnetSelector: {tags: {role: data}}}`},
		},
		"OneNamePerZone": {
			reason: "One ENI per zone is one link to name.",
			args:   args{validNodeENI, `spec: {subnetIDs: [subnet-1], subnetPolicy: OnePerZone, host: {interfaceName: net1}}`},
		},
		"MaxUnavailablePercentage": {
			reason: "A rollout can be bounded by a share of the nodes.",
			args:   args{validNodeENI, `spec: {rollout: {maxUnavailable: 10%}}`},
		},
		"LongestName": {
			reason: "A label's value has 63 characters.",
			args:   args{validNodeENI, `metadata: {name: ` + strings.Repeat("n", 63) + `}`},
		},
		"MostAltNames": {
			reason: "Seven alternative names leave room for the NodeENI's own.",
			args:   args{validNodeENI, `spec: {host: {altNames: [` + many(7, "#") + `]}}`},
		},
		"ObserveOnly": {
			reason: "An ENI that is only observed needs no subnet.",
			args:   args{validInterface, `{metadata: {annotations: {crossplane.io/external-name: eni-1}}, spec: {managementPolicies: [Observe], forProvider: {subnetId: null}}}`},
		},
		"GovernmentRegion": {
			reason: "Regions of every partition are regions.",
			args:   args{validInterface, `spec: {forProvider: {region: us-gov-west-1}}`},
		},
		"PrimaryInList": {
			reason: "Any of privateIps can be the primary address.",
			args:   args{validInterface, `spec: {forProvider: {privateIp: 10.0.1.5, privateIps: [10.0.1.4, 10.0.1.5]}}`},
		},
		"PrimaryAndPrefix": {
			reason: "The primary address is no secondary one.",
			args:   args{validInterface, `spec: {forProvider: {privateIps: [10.0.1.4], ipv4PrefixCount: 1}}`},
		},
		"IPv6": {
			reason: "IPv6 addresses and prefixes go together.",
			args:   args{validInterface, `spec: {forProvider: {ipv6Addresses: ["2600:1f13::10"], ipv6Prefixes: ["2600:1f13:0:0:1::/80"], enablePrimaryIpv6: true}}`},
		},
		"MaxTimeouts": {
			reason: "EC2's longest timeouts are allowed.",
			args:   args{validInterface, `spec: {forProvider: {connectionTracking: {tcpEstablishedTimeoutSeconds: 432000, udpStreamTimeoutSeconds: 180, udpTimeoutSeconds: 60}}}`},
		},
		"ForceAfter": {
			reason: "A detach can be forced after a time.",
			args:   args{validAttachment, `spec: {forProvider: {detachPolicy: {mode: ForceAfter, after: 1h30m}}}`},
		},
		"ReleaseAfter": {
			reason: "Pods can be waited for up to a day.",
			args:   args{validAttachment, `spec: {host: {releasePolicy: {mode: WaitForPods, timeout: 24h}}}`},
		},
		"DPDKHost": {
			reason: "An attachment can hand its device to a userspace driver.",
			args:   args{validAttachment, `spec: {host: {driver: dpdk, dpdk: {driver: vfio-pci, allowNoIOMMU: true}, resourceName: intel.com/sriov_dpdk}}`},
		},
		"IndexLateInitialized": {
			reason: "The index chosen is written beside the lowest one allowed.",
			args:   args{validAttachment, `spec: {forProvider: {minDeviceIndex: 2, deviceIndex: 3}}`},
		},
		"Endpoint": {
			reason: "AWS can be reached elsewhere, as an emulator or through VPC endpoints.",
			args:   args{validClusterProviderConfig, `spec: {endpoint: {url: {type: Static, static: "http://127.0.0.1:4566"}, services: [ec2, sts]}}`},
		},
		"TokenFile": {
			reason: "A token can be mounted for the provider.",
			args:   args{validClusterProviderConfig, `spec: {credentials: {source: WebIdentity, webIdentity: {roleARN: "arn:aws:iam::123456789012:role/eni", tokenFile: /var/run/secrets/provider-aws-eni/tokens/token}}}`},
		},
		"Tenants": {
			reason: "Namespaces are selected by name and by label.",
			args:   args{validClusterProviderConfig, `spec: {allowedNamespaces: {names: [a, b], selector: {matchLabels: {enis: allowed}}}, hostNamespaces: {}}`},
		},
		"GrantedEndpoint": {
			reason: "A flag of the provider decides on a namespace's endpoint, so that the CRD accepts it.",
			args:   args{validProviderConfig, `spec: {endpoint: {url: {type: Static, static: "https://example.org"}}, assumeRoleChain: [{roleARN: "arn:aws:iam::123456789012:role/a"}]}`},
		},
		"Chain": {
			reason: "Roles can be assumed one after the other.",
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

// What is chosen once may still be corrected in the ways that EC2 can follow.
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
		"SubnetWrittenDown": {
			reason: "The subnet that a selector found is written to subnetId.",
			args:   args{validInterface, `spec: {forProvider: {subnetId: null, subnetSelector: {name: data-a}}}`, `spec: {forProvider: {subnetId: subnet-1}}`},
		},
		"GroupsAndTags": {
			reason: "Groups, tags and the description can be changed.",
			args:   args{validInterface, `{}`, `spec: {forProvider: {securityGroups: [sg-2], tags: {a: b}, description: other}}`},
		},
		"PrimaryIPv6On": {
			reason: "A primary IPv6 address can be asked for later.",
			args:   args{validInterface, `spec: {forProvider: {enablePrimaryIpv6: false}}`, `spec: {forProvider: {enablePrimaryIpv6: true}}`},
		},
		"IndexChosenAnew": {
			reason: "An index that was chosen, not pinned, may be chosen anew after a detach.",
			args:   args{validAttachment, `spec: {forProvider: {minDeviceIndex: 1, deviceIndex: 2}}`, `spec: {forProvider: {deviceIndex: 3}}`},
		},
		"FirstCardSpelledOut": {
			reason: "Card 0 is the one that is meant when none is given.",
			args:   args{validAttachment, `{}`, `spec: {forProvider: {networkCardIndex: 0}}`},
		},
		"NodeENISubnets": {
			reason: "A NodeENI's subnets, index and MTU can be changed while ENIs exist.",
			args:   args{validNodeENI, `{}`, `spec: {subnetID: subnet-2, deviceIndex: 3, mtu: 9001}`},
		},
	}

	c := user(t)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			u := changed(t, tc.args.manifest, tc.args.before)
			u.SetName("mutable-" + strings.ToLower(name))
			if err := c.Create(t.Context(), u); err != nil {
				t.Fatalf("cannot create what is to be changed: %s", err)
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
