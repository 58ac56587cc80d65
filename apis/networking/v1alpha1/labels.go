package v1alpha1

// Labels and annotations that the controllers put on the objects they make.
const (
	// LabelNodeENI is the name of the NodeENI that an object was made for.
	LabelNodeENI = "networking.k8s.aws/node-eni"

	// LabelNode is the name of the node that an object was made for.
	LabelNode = "networking.k8s.aws/node"

	// LabelSlot is the place of an ENI among those a NodeENI gives one node:
	// the subnet it lies in.
	LabelSlot = "networking.k8s.aws/slot"

	// AnnotationNodeUID is the UID of the node that an object was made for.
	// Nodes can reuse a name; they never reuse a UID.
	AnnotationNodeUID = "networking.k8s.aws/node-uid"

	// AnnotationInstanceID is the instance of the node that an object was made
	// for, which is known before anything is attached to it.
	AnnotationInstanceID = "networking.k8s.aws/instance-id"

	// AnnotationDeviceIndexes holds the device index that an ENI gets if it is free, and
	// the first and the last index of its NodeENI's ENIs on the node, such as "2 of 1-3".
	// A NodeENI that gives a node a single ENI sets none.
	AnnotationDeviceIndexes = "networking.k8s.aws/device-indexes"

	// AnnotationNetworkCardIndex is the network card that the ENI of a NetworkInterface
	// is created for. Without it, that is card 0.
	AnnotationNetworkCardIndex = "networking.k8s.aws/network-card-index"
)

// AnnotationAdopted holds the id of the ENI that a NetworkInterface of a NodeENI
// took over, as long as it is that one's.
const AnnotationAdopted = "networking.k8s.aws/adopted"

// AnnotationCreateUnanswered holds when a create, or an attach, was last made for
// an object of which nobody has seen whether it had an effect. An object on its
// way out is kept for a minute after it, and no other ENI is made for one that has
// been changed since.
const AnnotationCreateUnanswered = "networking.k8s.aws/create-unanswered"

// AnnotationCreatedIn holds the account and region, separated by a slash, in which
// a managed resource was created or was last tried to be. It is written before the
// create, in the same write as Crossplane's own annotation, so that neither a crash
// nor a backup without status loses it.
const AnnotationCreatedIn = "networking.k8s.aws/created-in"

// AnnotationConfirmDeleted is set by a user. On a NetworkInterface or a
// NetworkInterfaceAttachment it confirms that the ENI or instance whose id it holds
// no longer exists, where EC2's answers do not prove it.
const AnnotationConfirmDeleted = "networking.k8s.aws/confirm-deleted"

// Finalizers.
const (
	// FinalizerNodeENI keeps a NodeENI until its children are gone.
	FinalizerNodeENI = "networking.k8s.aws/node-eni"

	// FinalizerHostRelease keeps a NetworkInterfaceAttachment, and so its ENI
	// on the instance, until the node's agent has let go of the interface.
	FinalizerHostRelease = "networking.k8s.aws/host-release"

	// FinalizerAgent keeps a HostInterface until the node's agent has undone
	// what it did on the host.
	FinalizerAgent = "networking.k8s.aws/agent"
)

// AgentLeaseName returns the name of the Lease, in the provider's namespace,
// that the agent of a node renews for as long as it runs.
func AgentLeaseName(nodeName string) string {
	return "agent-" + nodeName
}
