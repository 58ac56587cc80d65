// Package deviceplugin writes the file from which the SR-IOV network device
// plugin (k8snetworkplumbingwg/sriov-network-device-plugin) learns which devices
// it offers to pods, under which extended resource.
//
// It refuses to know which devices should be offered, and starts or stops no
// plugin: the plugin reads the file once, when it starts, so whoever changed the
// file has to see to that.
//
// # What the plugin makes of the file
//
//   - The file is read without regard to the case of keys, and unknown keys are
//     left out. A file that is not JSON, or has two pools of one name, or one
//     name with a character other than a letter, a digit or an underscore, ends
//     the plugin with all its pools. So does a file without any pool: it says
//     "no resource configuration; exiting" and is started again by Kubernetes.
//   - Within a selector each key narrows the choice, and the values of a key
//     widen it. Pools take their devices in the order of the file, and what one
//     has taken no other gets. A pool that gets no device is left out: pods that
//     ask for its resource stay pending.
//   - The device that the default route of the main table leaves by is never
//     offered while a kernel driver has it.
//
// # What is written
//
// A pool of ours selects its devices by PCI address, which is exact and outlives
// the names of links, and by the driver that they must have when the plugin
// starts, so that a pod never gets a device that has the wrong one. pfNames,
// which is a selection by the name of a link, is not used: a device with a
// userspace driver has no link, and a link may be renamed.
//
// A device belongs into a pool only while it has its driver, then: offered
// earlier, a plugin that starts in between passes over it, and nothing in the
// file changes by which one would know to start it again.
//
// Pools of ours come first, so that the pool of somebody else that selects
// devices by vendor or driver does not take ours. They carry a mark in
// additionalInfo, which is the plugin's own place for what it does not know
// itself: it comes to the pod in PCIDEVICE_…_INFO, and to nobody else. What
// carries no mark is never changed, to the byte.
package deviceplugin
