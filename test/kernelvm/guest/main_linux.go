// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"log"
	"os"

	"golang.org/x/sys/unix"

	"github.com/nodeeni/provider-aws-eni/test/kernelvm/wire"
)

// In any other process than init, main waits for a signal: a program for tests to
// start.
func main() {
	log.SetFlags(0)
	log.SetPrefix("guest: ")
	if len(os.Args) > confinedArgs && os.Args[1] == confined {
		log.Fatal(confine(os.Args[2], os.Args[confinedArgs:]))
	}
	if len(os.Args) > 1 && os.Args[1] == serving {
		log.Fatal(serve(os.NewFile(portFD, "port"), nil))
	}
	if os.Getpid() != 1 {
		_ = unix.Pause() // A signal terminates it.
		return
	}
	if err := run(); err != nil {
		// The kernel panics when init exits, which terminates the machine.
		log.Fatal(err)
	}
}

func run() error {
	// The serial port is in /dev.
	if err := mount("devtmpfs", "devtmpfs", "/dev"); err != nil {
		return err
	}
	port, err := openPort("/dev/ttyS1")
	if err != nil {
		return err
	}
	c, err := prepare()
	if err == nil && c.Systemd {
		return startSystemd(port)
	}
	return serve(port, err)
}

// serve executes the requests of the test. It reports the error of prepare.
func serve(port *os.File, prepared error) error {
	hello := wire.Hello{Hello: true}
	if prepared != nil {
		log.Print(prepared)
		hello.Error = prepared.Error()
	}
	s := newServer(port)
	if err := s.send(hello); err != nil {
		return err
	}
	return s.serve()
}

// openPort opens a serial port in raw mode.
func openPort(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	t, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		return nil, wrapf(err, "cannot read the mode of the serial port")
	}
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return f, wrapf(unix.IoctlSetTermios(int(f.Fd()), unix.TCSETS, t), "cannot set the mode of the serial port")
}

func readConfig() (wire.Config, error) {
	c := wire.Config{}
	raw, err := os.ReadFile(wire.ConfigPath)
	if err != nil {
		return c, err
	}
	return c, wrapf(json.Unmarshal(raw, &c), "cannot read the configuration")
}
