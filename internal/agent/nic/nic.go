package nic

// An Info is what a device says about itself.
type Info struct {
	// Driver is the kernel driver, such as ena.
	Driver string
	// Version of the driver, as it says itself: the kernel's, or its own.
	Version string
	// SpeedMbps is the speed of the link, 0 where the driver does not know it.
	SpeedMbps int32
	// Bus is where the device is: a PCI address for an ENI, and empty or a word
	// of the driver's for a link without hardware.
	Bus string
}

// A Reader asks the device behind a link.
type Reader interface {
	Info(link string) (Info, error)
}

// A ReaderFn is a function that asks the device behind a link.
type ReaderFn func(link string) (Info, error)

// Info calls the function.
func (f ReaderFn) Info(link string) (Info, error) { return f(link) }
