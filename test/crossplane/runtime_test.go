// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package crossplane

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/test/process"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

const (
	// stopTimeout is the default grace period of pods.
	stopTimeout = 30 * time.Second
	// restartAfter is the first back-off of a kubelet for a container that has ended.
	restartAfter = 10 * time.Second
)

// A podRuntime runs the Deployments of Crossplane and of cluster/manifests as processes, as a kubelet runs
// pods: with the content of the image, its user, and the arguments, variables, Secrets and
// service account of the Deployment. It sets the status of each Deployment. It does not
// probe, limit resources or restrict system calls.
type podRuntime struct {
	c       *cluster
	hosts   *testbed.Hosts
	forward []string // addresses that replicas reach
	inject  []string // variables that EKS adds to each pod

	mu        sync.Mutex
	running   map[string]*workload // by name of the Deployment
	serial    int
	err       error
	suspended bool
}

// A workload is the running replicas of a Deployment.
type workload struct {
	uid      types.UID
	spec     appsv1.DeploymentSpec
	replicas []*replica
	ended    time.Time // when a replica was last found to have ended
	log      string    // its log
}

type replica struct {
	name      string
	namespace string // of the network, or empty
	process   *process.Process
	log       string
}

// run follows the Deployments until ctx is done.
func (r *podRuntime) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := r.sync(ctx); err != nil && ctx.Err() == nil {
			r.mu.Lock()
			r.err = err
			r.mu.Unlock()
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (r *podRuntime) sync(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.suspended {
		return nil
	}
	list := &appsv1.DeploymentList{}
	if err := r.c.kube.List(ctx, list); err != nil {
		return err
	}
	var errs []error
	exists := map[string]bool{}
	for i := range list.Items {
		d := &list.Items[i]
		if d.DeletionTimestamp != nil {
			continue
		}
		exists[d.Name] = true
		errs = append(errs, r.apply(ctx, d))
	}
	for name, w := range r.running {
		if !exists[name] {
			w.stop()
			delete(r.running, name)
		}
	}
	return errors.Join(errs...)
}

// apply starts the replicas of a Deployment, after it has stopped those of another
// revision. A rolling update starts new replicas first; here both are absent for a moment.
func (r *podRuntime) apply(ctx context.Context, d *appsv1.Deployment) error {
	w := r.running[d.Name]
	if w != nil && (w.uid != d.UID || !apiequality.Semantic.DeepEqual(w.spec, d.Spec)) {
		w.stop()
		delete(r.running, d.Name)
		w = nil
	}
	if w == nil {
		w = &workload{uid: d.UID, spec: *d.Spec.DeepCopy()}
		r.running[d.Name] = w
	}
	want := 1
	if d.Spec.Replicas != nil {
		want = int(*d.Spec.Replicas)
	}
	w.replicas = slices.DeleteFunc(w.replicas, func(p *replica) bool {
		if p.exited() {
			w.ended, w.log = time.Now(), p.log
		}
		return p.exited()
	})
	if time.Since(w.ended) < restartAfter {
		return nil
	}
	for len(w.replicas) < want {
		p, err := r.start(ctx, d)
		if err != nil {
			return fmt.Errorf("cannot start a replica of %s: %w", d.Name, err)
		}
		w.replicas = append(w.replicas, p)
	}
	if int(d.Status.ReadyReplicas) == want && d.Status.ObservedGeneration == d.Generation {
		return nil
	}
	n := int32(want) //nolint:gosec // 0 to 2
	d.Status = appsv1.DeploymentStatus{
		ObservedGeneration: d.Generation, Replicas: n, ReadyReplicas: n, AvailableReplicas: n, UpdatedReplicas: n,
		Conditions: []appsv1.DeploymentCondition{{
			Type: appsv1.DeploymentAvailable, Status: corev1.ConditionTrue, Reason: "MinimumReplicasAvailable",
			LastUpdateTime: metav1.Now(), LastTransitionTime: metav1.Now(),
		}},
	}
	return client.IgnoreNotFound(ignoreConflict(r.c.kube.Status().Update(ctx, d)))
}

func ignoreConflict(err error) error {
	if kerrors.IsConflict(err) {
		return nil
	}
	return err
}

// start starts a replica.
func (r *podRuntime) start(ctx context.Context, d *appsv1.Deployment) (*replica, error) {
	pod := d.Spec.Template.Spec
	container := pod.Containers[0]
	program, user, err := unpack(ctx, container.Image, filepath.Join(r.c.dir, "images"))
	if err != nil {
		return nil, err
	}
	r.serial++
	name := fmt.Sprintf("%s-%d", d.Name, r.serial)
	kubeconfig, err := r.c.token(ctx, d.Namespace, pod.ServiceAccountName, name, nil)
	if err != nil {
		return nil, err
	}
	env, err := r.environment(ctx, d, name)
	if err != nil {
		return nil, err
	}
	env = append(env, "KUBECONFIG="+kubeconfig, "HOSTNAME="+name, "HOME=/")
	env = append(env, r.inject...)
	args := container.Args
	var wrapper []string
	network := ""
	switch d.Labels["pkg.crossplane.io/function"] + d.Spec.Template.Labels["pkg.crossplane.io/function"] {
	case "":
		network = fmt.Sprintf("p%d", r.serial)
		if err := r.namespace(ctx, network); err != nil {
			return nil, err
		}
		wrapper = []string{"ip", "netns", "exec", network}
	default: // Functions share the namespace of the tests: Crossplane connects to them.
		address := readyAddress
		if strings.Contains(d.Name, "patch") {
			address = patchAddress
		}
		args = append(slices.Clone(args), "--address", address+":9443")
	}
	uid, gid, err := ids(user, pod.SecurityContext)
	if err != nil {
		return nil, err
	}
	if err := os.Chown(kubeconfig, uid, gid); err != nil {
		return nil, err
	}
	wrapper = append(wrapper, "setpriv", "--reuid", strconv.Itoa(uid), "--regid", strconv.Itoa(gid), "--clear-groups")
	if uid != 0 {
		wrapper = append(wrapper, "--bounding-set", "-all", "--no-new-privs")
	}
	log := filepath.Join(r.c.dir, name+".log")
	command := slices.Concat(env, wrapper, []string{program}, args)
	p, err := process.Start(log, "env", append([]string{"-i", "PATH=" + os.Getenv("PATH")}, command...)...)
	if err != nil {
		return nil, err
	}
	return &replica{name: name, namespace: network, process: p, log: log}, nil
}

// ids returns the numeric user and group of a container.
func ids(user string, c *corev1.PodSecurityContext) (uid, gid int, err error) {
	if c != nil && c.RunAsUser != nil {
		uid = int(*c.RunAsUser)
		if c.RunAsGroup != nil {
			gid = int(*c.RunAsGroup)
		}
		return uid, gid, nil
	}
	if user == "" {
		return 0, 0, nil
	}
	u, g, _ := strings.Cut(user, ":")
	uid, uerr := strconv.Atoi(u)
	gid, gerr := strconv.Atoi(g)
	return uid, gid, errors.Join(uerr, gerr)
}

// namespace creates a network namespace with the listed addresses of the cluster.
func (r *podRuntime) namespace(ctx context.Context, name string) error {
	for _, args := range [][]string{{"netns", "add", name}, {"-n", name, "link", "set", "lo", "up"}} {
		if out, err := exec.CommandContext(ctx, "ip", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
		}
	}
	for _, a := range r.forward {
		if err := r.hosts.Forward(ctx, name, a); err != nil {
			return err
		}
	}
	return nil
}

// environment returns the variables of a container. Variables with the path of a mounted
// Secret contain the path of its files on this machine.
func (r *podRuntime) environment(ctx context.Context, d *appsv1.Deployment, name string) ([]string, error) {
	pod := d.Spec.Template.Spec
	mounted := map[string]string{}
	for _, m := range pod.Containers[0].VolumeMounts {
		i := slices.IndexFunc(pod.Volumes, func(v corev1.Volume) bool { return v.Name == m.Name })
		if i < 0 || pod.Volumes[i].Secret == nil {
			continue
		}
		dir := filepath.Join(r.c.dir, "mounts", name, m.Name)
		if err := r.c.writeSecret(ctx, d.Namespace, pod.Volumes[i].Secret.SecretName, dir); err != nil {
			return nil, err
		}
		mounted[m.MountPath] = dir
	}
	out := map[string]string{}
	for _, e := range pod.Containers[0].Env {
		v := e.Value
		if e.ValueFrom != nil && e.ValueFrom.FieldRef != nil && e.ValueFrom.FieldRef.FieldPath == "metadata.namespace" {
			v = d.Namespace
		}
		if dir, ok := mounted[strings.NewReplacer("$(TLS_SERVER_CERTS_DIR)", "/tls/server").Replace(v)]; ok {
			v = dir
		}
		out[e.Name] = v
	}
	var env []string
	for _, k := range slices.Sorted(maps.Keys(out)) {
		env = append(env, k+"="+out[k])
	}
	return env, nil
}

// exited reports whether a replica has ended.
func (p *replica) exited() bool {
	select {
	case <-p.process.Exited():
		return true
	default:
		return false
	}
}

// stop terminates all replicas of a workload, as a kubelet does.
func (w *workload) stop() {
	for _, p := range w.replicas {
		p.process.Signal(syscall.SIGTERM)
	}
	for _, p := range w.replicas {
		select {
		case <-p.process.Exited():
		case <-time.After(stopTimeout):
			p.process.Kill()
		}
	}
}
