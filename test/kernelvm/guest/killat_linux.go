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

// killAt arms a trap: the next time that a process opens a file for writing, or any
// file in a folder, it is killed before the kernel lets it. What it would have done
// with the file is not done. Reading a file goes on: a program may look at it long
// before it is about to change it.
func (p *processes) killAt(a wire.KillAt) (any, error) {
	n, err := p.get(a.Name)
	if err != nil {
		return nil, err
	}
	// With the question comes the file, opened as is said here; where that cannot
	// be, nobody is asked and the answer is no. Many files of sysfs are only for
	// writing.
	fd, err := unix.FanotifyInit(unix.FAN_CLASS_CONTENT|unix.FAN_CLOEXEC|unix.FAN_REPORT_TID, unix.O_WRONLY|unix.O_CLOEXEC)
	if err != nil {
		return nil, wrapf(err, "cannot watch files")
	}
	if err := unix.FanotifyMark(fd, unix.FAN_MARK_ADD, unix.FAN_OPEN_PERM|unix.FAN_EVENT_ON_CHILD, unix.AT_FDCWD, a.Path); err != nil {
		return nil, errors.Join(wrapf(err, "cannot watch %q", a.Path), unix.Close(fd))
	}
	folder, err := os.Stat(a.Path)
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	trap := os.NewFile(uintptr(fd), "trap")
	go func() {
		defer trap.Close() //nolint:errcheck // Whoever waits for an answer gets a yes by it.
		for {
			if done, err := n.trapped(trap, folder.IsDir()); done || err != nil {
				return
			}
		}
	}()
	return nil, nil
}

// trapped answers those who want to open the file, and says whether the process
// was among them.
func (n *process) trapped(trap *os.File, reading bool) (bool, error) {
	buffer := make([]byte, 4096)
	size, err := trap.Read(buffer)
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
		if n.opens(int(e.Pid), reading) {
			if err := n.cmd.Process.Kill(); err != nil {
				return false, err
			}
			answer.Response, killed = unix.FAN_DENY, true
		}
		var b bytes.Buffer
		if err := binary.Write(&b, binary.NativeEndian, answer); err != nil {
			return false, err
		}
		// One that is being killed does not wait for it any more.
		if _, err := trap.Write(b.Bytes()); err != nil && !errors.Is(err, unix.ENOENT) {
			return false, err
		}
		if err := unix.Close(int(e.Fd)); err != nil {
			return false, err
		}
	}
	return killed, nil
}

// opens says whether a thread is one of the process's that waits to be let open a
// file, for writing if reading does not count. The kernel asks without saying for
// what; what the thread asked of the kernel is in its file syscall.
func (n *process) opens(thread int, reading bool) bool {
	pid := n.cmd.Process.Pid
	text, err := syscallOf(pid, thread)
	if err != nil {
		return false // Another process's.
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

// syscallOf reads what a thread asked of the kernel. One that has put its question
// and not gone to sleep over it yet is said to be running.
func syscallOf(pid, thread int) (text string, err error) {
	for range 1000 {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/syscall", pid, thread))
		if err != nil || strings.TrimSpace(string(b)) != "running" {
			return string(b), err
		}
		unix.Nanosleep(&unix.Timespec{Nsec: int64(time.Millisecond)}, nil) //nolint:errcheck // Sooner does no harm.
	}
	return "", errors.New("the thread does not go to sleep")
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
