// Package networkinterfaceattachment keeps one ENI on one instance like one
// NetworkInterfaceAttachment object. It knows the API, EC2 and which instance a
// node is; it refuses to know what the node does with the interface.
package networkinterfaceattachment
