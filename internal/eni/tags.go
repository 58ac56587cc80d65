package eni

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strings"
	"time"
)

// Tags that this provider puts on each ENI that it makes.
const (
	// TagPrefix begins the keys of this provider's own tags.
	TagPrefix = "networking.k8s.aws/"

	// TagUID holds the UID of the NetworkInterface object: the mark by which a
	// lost ENI is found again.
	TagUID = TagPrefix + "mr-uid"

	// TagObject holds the namespace and name of the NetworkInterface object.
	TagObject = TagPrefix + "mr"

	// TagCluster names the cluster whose object it is.
	TagCluster = TagPrefix + "cluster"

	// TagNodeENI, TagNode and TagSlot say what for a NodeENI made the ENI.
	TagNodeENI = TagPrefix + "node-eni"
	TagNode    = TagPrefix + "node"
	TagSlot    = TagPrefix + "slot"

	// TagCreatedAt holds the time of the object's creation, RFC 3339: a create that
	// is repeated with its client token must ask for the same.
	TagCreatedAt = TagPrefix + "created-at"

	// TagKeep marks an ENI that is to outlive its object, because the object's
	// management policies have no Delete: it is nobody's garbage.
	TagKeep = TagPrefix + "keep"

	// TagAdopt, set by a user on an ENI that nobody manages, says who is to
	// take it over: the name of a NodeENI, or namespace/name of a
	// NetworkInterface.
	TagAdopt = TagPrefix + "adopt"

	// TagPredecessor is the tag with the name of the NodeENI on the ENIs of
	// aws-multi-eni-controller.
	TagPredecessor = "NodeENI"

	// TagNoManage keeps the VPC CNI from taking the ENI for pods. It is read
	// when the ENI appears on the instance, so it must be set at creation:
	// https://github.com/aws/amazon-vpc-cni-k8s/blob/master/README.md
	TagNoManage = "node.k8s.amazonaws.com/no_manage"

	// TagName is the name that the EC2 console shows.
	TagName = "Name"

	// The tags by which Crossplane users find their resources.
	tagCrossplaneKind   = "crossplane-kind"
	tagCrossplaneName   = "crossplane-name"
	tagCrossplaneConfig = "crossplane-providerconfig"
)

// maxTagValue is EC2's limit on the length of a tag's value, in characters:
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
const maxTagValue = 256

// An Owner is the object that an ENI is made for.
type Owner struct {
	UID            string
	Namespace      string
	Name           string
	Kind           string // for Crossplane's tag, such as networkinterface.ec2.networking.k8s.aws
	ProviderConfig string
	Cluster        string
	NodeENI        string
	Node           string
	Slot           string
	Keep           bool // the ENI outlives the object
}

// Tags returns the tags that an ENI of the owner must carry: the user's over
// the provider's, but never over the marks of ownership.
func (o Owner) Tags(user map[string]string) map[string]string {
	tags := map[string]string{
		TagName:             o.Name,
		TagNoManage:         "true",
		tagCrossplaneKind:   o.Kind,
		tagCrossplaneName:   o.Name,
		tagCrossplaneConfig: o.ProviderConfig,
	}
	maps.Copy(tags, user)
	tags[TagUID] = o.UID
	tags[TagObject] = o.Namespace + "/" + o.Name
	for k, v := range map[string]string{TagCluster: o.Cluster, TagNodeENI: o.NodeENI, TagNode: o.Node, TagSlot: o.Slot} {
		if v != "" {
			tags[k] = v
		}
	}
	if o.Keep {
		tags[TagKeep] = "true"
	}
	for k, v := range tags {
		if r := []rune(v); len(r) > maxTagValue {
			tags[k] = string(r[:maxTagValue])
		}
	}
	return tags
}

// CreationTags returns Tags and the time of the object's creation.
func (o Owner) CreationTags(user map[string]string, created time.Time) map[string]string {
	tags := o.Tags(user)
	tags[TagCreatedAt] = created.UTC().Format(time.RFC3339)
	return tags
}

// ClientToken returns the token that makes creating an ENI idempotent: the same
// until the id of the ENI has been written down as the external name, and
// another one once it has, so that an ENI deleted behind our back can be made
// anew. attempt tells apart tries with parameters that EC2 must not confuse.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Run_Instance_Idempotency.html
func ClientToken(uid, externalName, attempt string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{uid, externalName, attempt}, "\x00")))
	return hex.EncodeToString(sum[:]) // 64 characters, EC2's limit
}

// A TagChange is what must be done to make tags as wanted.
type TagChange struct {
	Set    map[string]string
	Remove []string
}

// Empty says that nothing must be done.
func (c TagChange) Empty() bool { return len(c.Set) == 0 && len(c.Remove) == 0 }

// DiffTags compares the tags wanted with those there are. Only keys that we put
// there, the managed ones, are removed: others' tags are left alone.
func DiffTags(want, have map[string]string, managed []string) TagChange {
	var c TagChange
	for k, v := range want {
		if h, ok := have[k]; ok && h == v {
			continue
		}
		if c.Set == nil {
			c.Set = map[string]string{}
		}
		c.Set[k] = v
	}
	for _, k := range managed {
		_, wanted := want[k]
		_, there := have[k]
		if !wanted && there && k != TagCreatedAt {
			c.Remove = append(c.Remove, k)
		}
	}
	return c
}
