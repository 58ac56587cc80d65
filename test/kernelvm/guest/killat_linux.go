// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/binary"
	"errors" //nolint:depguard // See wrapf.
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nodeeni/provider-aws-eni/test/kernelvm/wire"
)

// killAt kills a process when it next opens a file for writing, or any file in a
// directory, before the kernel permits it. The open and all later steps do not happen.
// Opening a file for reading is permitted, as a program may read a file long before it
// changes it.
func (p *processes) killAt(a wire.KillAt) (any, error) {
	n, err := p.get(a.Name)
	if err != nil {
		return nil, err
	}
	// The event contains a file descriptor with these flags. If the file cannot be
	// opened with them, the kernel denies access without an event; many files of sysfs
	// are write-only.
	fd, err := unix.FanotifyInit(unix.FAN_CLASS_CONTENT|unix.FAN_CLOEXEC|unix.FAN_REPORT_TID, unix.O_WRONLY|unix.O_CLOEXEC)
	if err != nil {
		return nil, wrapf(err, "cannot watch files")
	}
	if err := unix.FanotifyMark(fd, unix.FAN_MARK_ADD, unix.FAN_OPEN_PERM|unix.FAN_EVENT_ON_CHILD, unix.AT_FDCWD, a.Path); err != nil {
		return nil, errors.Join(wrapf(err, "cannot watch %q", a.Path), unix.Close(fd))
	}
	info, err := os.Stat(a.Path)
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	events := os.NewFile(uintptr(fd), "trap")
	go func() {
		defer events.Close() //nolint:errcheck // Closing permits pending opens.
		for {
			if done, err := n.handleEvents(events, info.IsDir()); done || err != nil {
				return
			}
		}
	}()
	return nil, nil
}

// handleEvents responds to open requests, and reports whether the process was killed.
func (n *process) handleEvents(events *os.File, reading bool) (bool, error) {
	buffer := make([]byte, 4096)
	size, err := events.Read(buffer)
	if err != nil {
		return false, err
	}
	killed := false
	for rest := buffer[:size]; len(rest) > 0; {
		var e unix.FanotifyEventMetadata
		if err := binary.Read(bytes.NewReader(rest), binary.NativeEndian, &e); err != nil {
			return false, err
		}
		rest = rest[e.Event_len:]
		answer := unix.FanotifyResponse{Fd: e.Fd, Response: unix.FAN_ALLOW}
		if n.isOpening(int(e.Pid), reading) {
			if err := n.cmd.Process.Kill(); err != nil {
				return false, err
			}
			answer.Response, killed = unix.FAN_DENY, true
		}
		var b bytes.Buffer
		if err := binary.Write(&b, binary.NativeEndian, answer); err != nil {
			return false, err
		}
		// The kernel does not wait for the response of a killed process.
		if _, err := events.Write(b.Bytes()); err != nil && !errors.Is(err, unix.ENOENT) {
			return false, err
		}
		if err := unix.Close(int(e.Fd)); err != nil {
			return false, err
		}
	}
	return killed, nil
}

// isOpening reports whether a thread of the process is opening a file, for writing
// unless reading is true. The event does not contain the open flags; they are arguments
// in the thread's syscall file.
func (n *process) isOpening(thread int, reading bool) bool {
	pid := n.cmd.Process.Pid
	text, err := syscallOf(pid, thread)
	if err != nil {
		return false // A thread of another process.
	}
	if reading {
		return true
	}
	var number int
	var arguments [3]uint64
	if _, err := fmt.Sscanf(text, "%d 0x%x 0x%x 0x%x", &number, &arguments[0], &arguments[1], &arguments[2]); err != nil {
		return false
	}
	flags := arguments[2]
	if number == unix.SYS_OPENAT2 {
		if flags, err = wordAt(pid, flags); err != nil {
			return false
		}
	}
	return flags&unix.O_ACCMODE != unix.O_RDONLY
}

// syscallOf reads the system call of a thread. A thread that is not blocked yet has
// "running".
func syscallOf(pid, thread int) (text string, err error) {
	for range 1000 {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/syscall", pid, thread))
		if err != nil || strings.TrimSpace(string(b)) != "running" {
			return string(b), err
		}
		unix.Nanosleep(&unix.Timespec{Nsec: int64(time.Millisecond)}, nil) //nolint:errcheck // An early return is harmless.
	}
	return "", errors.New("the thread did not block")
}

// wordAt reads eight bytes of a process's memory.
func wordAt(pid int, address uint64) (uint64, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return 0, err
	}
	defer f.Close() //nolint:errcheck // Nothing was written.
	var b [8]byte
	_, err = f.ReadAt(b[:], int64(address))
	return binary.NativeEndian.Uint64(b[:]), err
}
