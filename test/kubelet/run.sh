#!/usr/bin/env bash
# Runs containerd and a kubelet in the current mount and PID namespaces, with all files
# in one directory. Started by package kubelet.
set -euo pipefail

kubelet=$1
work=$2
port=$3

# Directories that the kubelet does not allow to configure.
mkdir -p /var/lib/kubelet /var/log/containers
mount --bind "$work/kubelet" /var/lib/kubelet
mount --bind "$work/logs" /var/log/containers
# The kubelet requires these values, and would set them for the whole machine.
while read -r name value; do
	file=$work/settings/${name//\//.}
	mkdir -p "$work/settings"
	echo "$value" >"$file"
	if [ -e "/proc/sys/$name" ]; then mount --bind "$file" "/proc/sys/$name"; fi
done <<'END'
vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
kernel/keys/root_maxkeys 1000000
kernel/keys/root_maxbytes 25000000
END

cat >"$work/containerd.toml" <<END
version = 2
root = "$work/containerd"
state = "$work/state"
[grpc]
  address = "$work/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "pause.invalid/pause:1"
  restrict_oom_score_adj = true
  # Pods without host networking need a configuration in this directory.
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$work/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
END
containerd --config "$work/containerd.toml" &
for ((i = 0; i < 300; i++)); do
	if ctr --address "$work/containerd.sock" version >/dev/null 2>&1; then break; fi
	sleep 0.1
done
ctr --address "$work/containerd.sock" --namespace k8s.io images import --snapshotter native "$work/image.tar"

cat >"$work/kubelet.yaml" <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
podLogsDir: $work/logs
syncFrequency: 1s
containerRuntimeEndpoint: unix://$work/containerd.sock
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupsPerQOS: false
enforceNodeAllocatable: []
failSwapOn: false
localStorageCapacityIsolation: false
makeIPTablesUtilChains: false
evictionHard: {memory.available: 1Mi, nodefs.available: 0%, nodefs.inodesFree: 0%, imagefs.available: 0%}
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
registerWithTaints: []
address: 127.0.0.1
port: $port
healthzPort: 0
END
exec "$kubelet" --config "$work/kubelet.yaml" --kubeconfig "$work/kubeconfig" --hostname-override node --node-ip 127.0.0.1
