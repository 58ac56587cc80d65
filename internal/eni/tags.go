// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strings"
	"time"
)

// Tags of the ENIs that this provider creates.
const (
	// TagPrefix is the prefix of the keys of this provider's own tags.
	TagPrefix = "networking.k8s.aws/"

	// TagUID is the UID of the NetworkInterface object: the ownership tag by which a
	// leaked ENI is found.
	TagUID = TagPrefix + "mr-uid"

	// TagObject is the namespace and name of the NetworkInterface object.
	TagObject = TagPrefix + "mr"

	// TagCluster is the name of the object's cluster.
	TagCluster = TagPrefix + "cluster"

	// TagNodeENI, TagNode and TagSlot are the NodeENI, the node and the slot for which
	// the ENI was created.
	TagNodeENI = TagPrefix + "node-eni"
	TagNode    = TagPrefix + "node"
	TagSlot    = TagPrefix + "slot"

	// TagLibraryOwner is the owner id of the client of the Go library that created the ENI.
	TagLibraryOwner = TagPrefix + "library-owner"

	// TagCreatedAt is the creation time of the object, RFC 3339. It is the same in every
	// retry, because EC2 requires identical parameters with the same client token.
	TagCreatedAt = TagPrefix + "created-at"

	// TagKeep excludes an ENI from garbage collection: it outlives its object, whose
	// management policies do not include Delete.
	TagKeep = TagPrefix + "keep"

	// TagAdopt is set by a user on an unmanaged ENI. Its value is the object that adopts
	// the ENI: the name of a NodeENI, or namespace/name of a NetworkInterface.
	TagAdopt = TagPrefix + "adopt"

	// TagPredecessor is the tag with the name of the NodeENI on the ENIs of
	// aws-multi-eni-controller.
	TagPredecessor = "NodeENI"

	// TagNoManage excludes the ENI from the VPC CNI, which otherwise assigns its
	// addresses to pods. The VPC CNI reads the tag when the ENI appears on the instance,
	// so it must be set at creation:
	// https://github.com/aws/amazon-vpc-cni-k8s/blob/master/README.md
	TagNoManage = "node.k8s.amazonaws.com/no_manage"

	// TagName is the name that the EC2 console shows.
	TagName = "Name"

	// Crossplane's tags of external resources.
	tagCrossplaneKind   = "crossplane-kind"
	tagCrossplaneName   = "crossplane-name"
	tagCrossplaneConfig = "crossplane-providerconfig"
)

// maxTagValue is EC2's limit on the length of a tag's value, in characters:
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
const maxTagValue = 256

// An Owner is the object for which an ENI is created.
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

// Tags returns the desired tags of the owner's ENI. The user's tags override the
// provider's, except the ownership tags.
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

// ClientToken returns the token that makes CreateNetworkInterface idempotent. It depends
// on the external name, so that an ENI that was deleted outside the controller can be
// created again. attempt distinguishes calls with different parameters.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Run_Instance_Idempotency.html
func ClientToken(uid, externalName, attempt string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{uid, externalName, attempt}, "\x00")))
	return hex.EncodeToString(sum[:]) // 64 characters, EC2's limit
}

// A TagChange lists the tags to set and the keys to remove.
type TagChange struct {
	Set    map[string]string
	Remove []string
}

// Empty reports whether there is nothing to change.
func (c TagChange) Empty() bool { return len(c.Set) == 0 && len(c.Remove) == 0 }

// DiffTags compares the desired with the observed tags. Only managed keys, which this
// provider set, are removed.
func DiffTags(desired, observed map[string]string, managed []string) TagChange {
	var c TagChange
	for k, v := range desired {
		if o, ok := observed[k]; ok && o == v {
			continue
		}
		if c.Set == nil {
			c.Set = map[string]string{}
		}
		c.Set[k] = v
	}
	for _, k := range managed {
		_, keep := desired[k]
		_, present := observed[k]
		if !keep && present && k != TagCreatedAt {
			c.Remove = append(c.Remove, k)
		}
	}
	return c
}
