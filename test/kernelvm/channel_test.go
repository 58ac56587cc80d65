// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernelvm

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nodeeni/provider-aws-eni/test/kernelvm/wire"
)

// TestChannel uses a guest whose lines are truncated, which returns an error, and then
// stops responding.
func TestChannel(t *testing.T) {
	here, there := net.Pipe()
	defer there.Close()
	c := newChannel(here)
	asked := make(chan string)
	go func() {
		for lines := bufio.NewScanner(there); lines.Scan(); {
			asked <- lines.Text()
		}
	}()

	fmt.Fprint(there, "\x00{\"id\":1,\"resu\n{\"hello\":true,\"error\":\"no disk\"}\n")
	if err := c.await(t.Context()); err == nil || !strings.Contains(err.Error(), "no disk") {
		t.Errorf("a guest with a failed preparation: %v", err)
	}
	fmt.Fprint(there, "\n{\"hello\":true}\n")
	if err := c.await(t.Context()); err != nil {
		t.Errorf("a guest that boots: %v", err)
	}

	go func() {
		<-asked
		fmt.Fprintf(there, "\n{\"id\":1,\"error\":\"open /x: no such file or directory\",\"errno\":%d}\n", syscall.ENOENT)
		<-asked
		fmt.Fprint(there, "\n{\"id\":2,\"result\":\"text\"}\n")
		<-asked
		c.failPending()
		<-asked
	}()
	if err := c.call(t.Context(), wire.OpRead, wire.Read{Path: "/x"}, nil); !errors.Is(err, fs.ErrNotExist) || !errors.Is(err, syscall.ENOENT) {
		t.Errorf("an errno of the guest's kernel is not in the chain: %v", err)
	}
	got := ""
	if err := c.call(t.Context(), wire.OpReadlink, wire.Path{Path: "/y"}, &got); err != nil || got != "text" {
		t.Errorf("the response is %q, %v", got, err)
	}
	if err := c.call(t.Context(), wire.OpSync, nil, nil); err == nil || !strings.Contains(err.Error(), "reset") {
		t.Errorf("a call during a reset: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := c.call(ctx, wire.OpSync, nil, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a guest that hangs: %v", err)
	}
	there.Close()
	if err := c.call(t.Context(), wire.OpSync, nil, nil); err == nil {
		t.Error("a guest that exited has responded")
	}
	if err := c.await(t.Context()); err == nil {
		t.Error("a guest that exited has booted")
	}
}
