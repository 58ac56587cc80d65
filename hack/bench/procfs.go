// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// clockTick is the unit of the times in /proc/PID/stat: USER_HZ, which is 100 on
// every architecture that Go runs on.
const clockTick = 10 * time.Millisecond

// A memory is the memory usage of a process in bytes.
type memory struct {
	resident  int64 // VmRSS
	anonymous int64 // RssAnon: without file pages, which the kernel can reclaim
	peak      int64 // VmHWM
}

// memoryOf reads the memory of a process.
func memoryOf(pid int) (memory, error) {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return memory{}, errors.Wrap(err, "cannot read the memory of a process")
	}
	return parseStatus(string(raw))
}

// parseStatus reads /proc/PID/status, see proc_pid_status(5).
func parseStatus(text string) (memory, error) {
	m := memory{resident: -1, peak: -1}
	for l := range strings.Lines(text) {
		name, value, _ := strings.Cut(l, ":")
		fields := strings.Fields(value)
		if len(fields) != 2 || fields[1] != "kB" {
			continue
		}
		n, err := strconv.ParseInt(fields[0], 10, 64)
		if err != nil {
			return m, errors.Wrapf(err, "cannot read %s", name)
		}
		switch name {
		case "VmRSS":
			m.resident = n << 10
		case "RssAnon":
			m.anonymous = n << 10
		case "VmHWM":
			m.peak = n << 10
		}
	}
	if m.resident < 0 || m.peak < 0 {
		return m, errors.New("VmRSS or VmHWM is missing")
	}
	return m, nil
}

// cpuOf returns the CPU time of a process.
func cpuOf(pid int) (time.Duration, error) {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, errors.Wrap(err, "cannot read the CPU time of a process")
	}
	return parseStat(string(raw))
}

// parseStat reads utime and stime of /proc/PID/stat, see proc_pid_stat(5). The
// program's name, in parentheses, may contain any characters.
func parseStat(text string) (time.Duration, error) {
	_, rest, ok := strings.Cut(text[strings.LastIndex(text, ")")+1:], " ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 13 {
		return 0, errors.New("/proc/PID/stat is truncated")
	}
	var sum int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, errors.Wrap(err, "cannot read a CPU time")
		}
		sum += n
	}
	return time.Duration(sum) * clockTick, nil
}
