#!/usr/bin/env bash
# Runs containerd and a kubelet in the current mount and PID namespaces, with all files
# in one directory. Started by package kubelet, which sets in the environment:
#   NODE_NAME, NODE_IP     of the node (default: node, 127.0.0.1)
#   LISTEN                 address of the kubelet's server (default: 127.0.0.1)
#   PROVIDER_ID, LABELS, TAINTS
#                          of the node (default: none)
#   CNI_BIN                directory of CNI plugins (default: Debian's)
set -euo pipefail

kubelet=$1
work=$2
port=$3

# A container sees mounts that appear in the node, such as network namespaces, if the mounts
# are shared. The namespace was created with private mounts: nothing propagates out of it.
mount --make-rshared /

# Directories that the kubelet, containerd and CNI plugins do not allow to configure, or
# that pods mount. They survive a restart.
mkdir -p "$work/logs" "$work/kubelet" /var/lib/kubelet /var/log/containers
mount --bind "$work/kubelet" /var/lib/kubelet
mount --bind "$work/logs" /var/log/containers
for d in /etc/cni /etc/pcidp /opt/cni /var/lib/cni; do
	mkdir -p "$work/host$d" "$d"
	mount --bind "$work/host$d" "$d"
done
mkdir -p /etc/cni/net.d /opt/cni/bin
# PCI devices in place of the machine's.
if [ -d "$work/host/sys/bus/pci" ]; then mount --bind "$work/host/sys/bus/pci" /sys/bus/pci; fi
# It does not survive a restart.
mount -t tmpfs -o mode=755 run /run
mkdir -p /run/netns

# The kubelet requires these values, and would set them for the whole machine.
while read -r name value; do
	file=$work/settings/${name//\//.}
	mkdir -p "$work/settings"
	echo "$value" >"$file"
	if [ -e "/proc/sys/$name" ]; then mount --bind "$file" "/proc/sys/$name"; fi
done <<END
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
state = "/run/containerd"
[grpc]
  address = "$work/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "pause.invalid/pause:1"
  restrict_oom_score_adj = true
  # Pods without host networking need a configuration in this directory.
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${CNI_BIN:-/usr/lib/cni}"
    conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
END
containerd --config "$work/containerd.toml" &
for ((i = 0; i < 300; i++)); do
	if ctr --address "$work/containerd.sock" version >/dev/null 2>&1; then break; fi
	sleep 0.1
done
if [ ! -e "$work/imported" ]; then
	for image in "$work"/*.tar; do
		ctr --address "$work/containerd.sock" --namespace k8s.io images import --snapshotter native "$image"
	done
	touch "$work/imported"
fi

: >"$work/resolv.conf"
cat >"$work/kubelet.yaml" <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
podLogsDir: $work/logs
resolvConf: $work/resolv.conf
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
providerID: "${PROVIDER_ID:-}"
address: ${LISTEN:-127.0.0.1}
port: $port
healthzPort: 0
END
# A line in this pipe kills the kubelet and starts it again. containerd and the containers keep
# running.
rm -f "$work/restart"
mkfifo "$work/restart"
while true; do
	"$kubelet" --config "$work/kubelet.yaml" --kubeconfig "$work/kubeconfig" --node-labels "${LABELS:-}" --register-with-taints "${TAINTS:-}" \
		--hostname-override "${NODE_NAME:-node}" --node-ip "${NODE_IP:-127.0.0.1}" &
	running=$!
	(read -r _ <"$work/restart") &
	wait -n "$running" $! || true
	kill -KILL "$running" 2>/dev/null || exit 1 # the kubelet has exited
	wait "$running" || true
done
