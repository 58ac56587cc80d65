package kernelvm

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A process is a running qemu.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{}
	dir    string
}

// startProcess starts a program that ends with this one, should that be killed.
func startProcess(dir, program string, args []string) (*process, error) {
	log, err := os.Create(filepath.Join(dir, fileErrors))
	if err != nil {
		return nil, err
	}
	defer log.Close() //nolint:errcheck // The program has it open.
	p := &process{cmd: exec.Command(program, args...), exited: make(chan struct{}), dir: dir}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		// The signal is sent when the thread ends that started the program: this
		// one stays with it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // How it ended is in its log.
			close(p.exited)
		}
	}()
	return p, errors.Wrapf(<-started, "cannot start %s", program)
}

// kill ends it, and waits until it is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // It may be gone already.
	<-p.exited
}

// lastLines are those of a log in its folder.
func (p *process) lastLines(file string, n int) string {
	raw, err := os.ReadFile(filepath.Join(p.dir, file))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
