#!/usr/bin/env bash
# Draws the pictures of docs/images from a run of the demo (root):
#
#   map.svg, map.html   kubectl eni map
#   dashboard.svg       the Grafana dashboard, from the metrics of the provider
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

metrics=127.0.0.1:18443
log=$(mktemp)
mkdir -p bin docs/images
go build -o bin/ ./cmd/kubectl-eni
(cd hack/monitoring && go build -o ../../bin/ ./picture)

DEMO_METRICS=$metrics make demo >"$log" 2>&1 &
demo=$!
stop() {
	pkill -INT -P "$demo" 2>/dev/null || true
	wait "$demo" 2>/dev/null || true
	rm -f "$log"
}
trap stop EXIT
until grep -q 'export KUBECONFIG=' "$log"; do
	kill -0 "$demo" 2>/dev/null || { cat "$log"; exit 1; }
	sleep 1
done
KUBECONFIG=$(sed -n 's/.*export KUBECONFIG=//p' "$log" | head -1)
export KUBECONFIG
PATH=$(sed -n 's/.*export PATH=\([^:]*\):.*/\1/p' "$log" | head -1):$PATH

bin/picture -metrics "http://$metrics/metrics" -for 100s -out docs/images/dashboard.svg &
picture=$!
# What the picture shows: another NodeENI, one that fails, a change, and a release.
subnet=$(kubectl get nodeeni -o jsonpath='{.items[0].spec.subnetID}')
group=$(kubectl get nodeeni -o jsonpath='{.items[0].spec.securityGroupIDs[0]}')
nodeeni() { # name subnet group
	printf 'apiVersion: networking.k8s.aws/v1alpha1\nkind: NodeENI\nmetadata:\n  name: %s\nspec:\n  nodeSelector: {ng: multi-eni}\n  subnetID: %s\n  securityGroupIDs: [%s]\n' "$1" "$2" "$3" | kubectl apply -f - >/dev/null
}
sleep 15
nodeeni storage "$subnet" "$group"
sleep 15
nodeeni broken "$subnet" sg-00000000000000000
sleep 15
bin/kubectl-eni map -o svg -f docs/images/map.svg
bin/kubectl-eni map -o html -f docs/images/map.html
kubectl patch nodeeni storage --type merge -p '{"spec":{"description":"storage network"}}' >/dev/null
sleep 15
kubectl delete nodeeni broken storage >/dev/null
wait "$picture"
chmod 644 docs/images/*
ls -l docs/images
