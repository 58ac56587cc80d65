package kernelvm

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"sync"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A monitor commands a qemu over its machine protocol, QMP: objects of JSON,
// one in a line.
type monitor struct {
	conn io.ReadWriteCloser
	// heard is told of each event, in order. It must not wait.
	heard func(event)

	mu      sync.Mutex
	last    int
	waiting map[int]chan message
	ended   chan struct{}
}

// An event is something that qemu tells unasked.
type event struct {
	Name string
	// Device is the id of the device that it is about, if it has one.
	Device string
}

// A message is any line of qemu's.
type message struct {
	// Greeting is there in the first one.
	Greeting json.RawMessage `json:"QMP"` //nolint:tagliatelle // qemu's name.

	ID     int             `json:"id"`
	Return json.RawMessage `json:"return"`
	Error  *struct {
		Class string `json:"class"`
		Desc  string `json:"desc"`
	} `json:"error"`

	Event string `json:"event"`
	Data  struct {
		Device string `json:"device"`
	} `json:"data"`
}

type command struct {
	Execute   string `json:"execute"`
	Arguments any    `json:"arguments,omitempty"`
	ID        int    `json:"id"`
}

// newMonitor greets back, after which qemu takes commands.
func newMonitor(ctx context.Context, conn io.ReadWriteCloser, heard func(event)) (*monitor, error) {
	m := &monitor{conn: conn, heard: heard, waiting: map[int]chan message{}, ended: make(chan struct{})}
	go m.listen()
	return m, m.execute(ctx, "qmp_capabilities", nil)
}

func (m *monitor) listen() {
	defer close(m.ended)
	lines := bufio.NewReader(m.conn)
	for {
		raw, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		l, err := parseMessage(raw)
		switch {
		case err != nil || l.Greeting != nil:
		case l.Event != "":
			m.heard(event{Name: l.Event, Device: l.Data.Device})
		default:
			m.mu.Lock()
			if c, ok := m.waiting[l.ID]; ok {
				c <- l // There is room for one.
				delete(m.waiting, l.ID)
			}
			m.mu.Unlock()
		}
	}
}

func parseMessage(raw []byte) (message, error) {
	m := message{}
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, errors.Wrapf(err, "cannot read %q", raw)
	}
	return m, nil
}

// execute gives a command and waits for its answer, which is not what the
// command brings about: that is told by an event.
func (m *monitor) execute(ctx context.Context, name string, arguments any) error {
	c := make(chan message, 1)
	m.mu.Lock()
	m.last++
	id := m.last
	m.waiting[id] = c
	raw, err := json.Marshal(command{Execute: name, Arguments: arguments, ID: id})
	if err == nil {
		_, err = m.conn.Write(append(raw, '\n'))
	}
	m.mu.Unlock()
	if err != nil {
		return errors.Wrapf(err, "cannot give qemu the command %s", name)
	}
	select {
	case r := <-c:
		if r.Error != nil {
			return errors.Errorf("qemu refuses %s: %s", name, r.Error.Desc)
		}
		return nil
	case <-m.ended:
		return errors.Errorf("qemu has ended before it answered %s", name)
	case <-ctx.Done():
		return errors.Wrapf(ctx.Err(), "qemu does not answer %s", name)
	}
}
