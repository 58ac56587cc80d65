# provider-aws-eni. `make help` lists the targets.

SHELL := /bin/bash
# The binaries are static: everything is built and tested without cgo, and compiled once.
export CGO_ENABLED := 0
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
LDFLAGS := -s -w -X github.com/nodeeni/provider-aws-eni/internal/version.Version=$(VERSION)
TOOL := go tool -modfile=hack/tools/go.mod
ARCHES ?= amd64 arm64

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: testservers ## The whole path on this machine: NodeENI in, configured interfaces out (root; DEMO_ONCE=1 exits after printing, DEMO_INSTALL=helm applies a release of the Helm chart)
	@mkdir -p bin
	@echo "building the provider, the agent, the kubectl plugin and the demo"
	@go build -o bin/ ./cmd/provider ./cmd/agent ./cmd/kubectl-eni ./hack/demo
	@if [ "$(DEMO_INSTALL)" = helm ]; then cd hack/chart && go build -o ../../bin/chart .; fi
	@bin/demo

.PHONY: test
test: testservers ## Unit, simulation and agent tests, and the main integration tests; the long ones shortened
	@hack/test.sh

.PHONY: test-integration
test-integration: testservers ## All integration tests, the long ones shortened
	@hack/test.sh --integration

.PHONY: test-unit
test-unit: ## Of make test, the tests without servers and simulations, without the race detector: for the inner loop
	@go test -short $$(go list ./... | grep -v -e /test/ -e /hack/ -e /internal/controller/simulation -e /internal/ec2emulator)

.PHONY: bench
bench: testservers ## What it costs: a table of figures beside their bounds (BENCH="--nodes 1000"; see bin/bench --help)
	@mkdir -p bin
	@go build -o bin/ ./hack/bench
	@bin/bench $(BENCH)

.PHONY: bench-pods
bench-pods: ## What pods on the ENIs of two kubelets cost: a table of figures beside their bounds (Debian; root; builds Multus the first time)
	@$(MAKE) --no-print-directory e2e-node E2E_NODE='TestPool|TestFresh|TestStartupTaint'

.PHONY: chaos
chaos: testservers ## Faults, kills, wrong answers, wrong credentials, restores and changes at random, against a model of what must exist (CHAOS="-rounds 500 -seed 1")
	@KUBEBUILDER_ASSETS=$$(test/testservers/ensure.sh) go test ./test/chaos -count=1 -timeout 90m -failfast -v -args $(or $(CHAOS),-rounds 500)

.PHONY: mutants
mutants: ## Check that the tests notice small mistakes in the code paths of safety (MUTANTS="-only hostinterface"; see go run ./test/mutants -help)
	@go run ./test/mutants $(MUTANTS)

.PHONY: fuzz
fuzz: ## Every fuzz test for FUZZTIME (10000x: inputs)
	@hack/fuzz.sh

.PHONY: e2e-kernel
e2e-kernel: ## The agent on a real kernel: PCI NICs that are plugged into a virtual machine, with an IOMMU and without (Debian; root the first time)
	@kernelvm=$$(test/kernelvm/ensure.sh) && dpdk=$$(test/kernelvm/ensure-dpdk.sh) && assets=$$(test/testservers/ensure.sh) && \
		KERNELVM=$$kernelvm KERNELVM_DPDK=$$dpdk KUBEBUILDER_ASSETS=$$assets \
		go test ./test/kernelvm/... ./test/kernel -count=1 -p 1 -timeout 20m -v

.PHONY: pictures
pictures: testservers ## Draw the pictures of docs/images from a run of the demo: the map and the dashboard (root)
	@hack/pictures.sh

.PHONY: test-browser
test-browser: ## The page of kubectl eni map in headless Chromium (Debian; root the first time)
	@chromium=$$(test/browser/ensure.sh) && cd test/browser && CHROMIUM=$$chromium go test -count=1 -timeout 20m -v ./...

.PHONY: test-monitoring
test-monitoring: ## The alerting rules and the dashboard, with Prometheus' parser and query engine
	cd hack/monitoring && go test -count=1 ./...

.PHONY: e2e-managers
e2e-managers: ## The agent beside systemd-networkd, NetworkManager and udev in a virtual machine (Debian; root the first time; E2E_MANAGERS="TestUdev": only these tests)
	@managers=$$(test/kernelvm/ensure-managers.sh) && kernelvm=$$(test/kernelvm/ensure.sh) && assets=$$(test/testservers/ensure.sh) && \
		KERNELVM=$$kernelvm KERNELVM_MANAGERS=$$managers KUBEBUILDER_ASSETS=$$assets \
		go test ./test/kernel -run '$(or $(E2E_MANAGERS),TestNetworkd|TestNetworkManager|TestUdev)' -count=1 -timeout 30m -v

.PHONY: e2e-kubelet
e2e-kubelet: ## Devices offered to pods of a real kubelet, and waited for; provider and agent in pods of the Helm chart (Debian; root)
	@kubelet=$$(test/kubelet/ensure.sh) && assets=$$(test/testservers/ensure.sh) && \
		manager=$$(test/testservers/ensure.sh --kube-controller-manager) && scheduler=$$(test/testservers/ensure.sh --kube-scheduler) && \
		export KUBELET=$$kubelet KUBEBUILDER_ASSETS=$$assets KUBE_CONTROLLER_MANAGER=$$manager KUBE_SCHEDULER=$$scheduler && \
		go test ./internal/agent -run 'TestKubelet$$|TestKubeletResource$$' -count=1 -timeout 20m -v && \
		cd test/helm && go test -run 'TestPods$$|TestReadme$$' -count=1 -timeout 20m -v .

.PHONY: e2e-node
e2e-node: ## Pods that use ENIs through Multus on two real kubelets, over a network that drops what EC2 drops (Debian; root; builds Multus the first time; E2E_NODE="TestPool": only these tests)
	@kubelet=$$(test/kubelet/ensure.sh) && assets=$$(test/testservers/ensure.sh) && programs=$$(test/node/ensure.sh) && \
		manager=$$(test/testservers/ensure.sh --kube-controller-manager) && scheduler=$$(test/testservers/ensure.sh --kube-scheduler) && \
		export KUBELET=$$kubelet KUBEBUILDER_ASSETS=$$assets NODE_PROGRAMS=$$programs KUBE_CONTROLLER_MANAGER=$$manager KUBE_SCHEDULER=$$scheduler && \
		go test $(if $(E2E_NODE),,./test/vpc) ./test/node $(if $(E2E_NODE),-run '$(E2E_NODE)') -count=1 -p 1 -timeout 30m -v

.PHONY: e2e-crossplane
e2e-crossplane: ## The package on a real Crossplane, with composition functions and agents (root; builds Crossplane the first time)
	@assets=$$(test/testservers/ensure.sh) && manager=$$(test/testservers/ensure.sh --kube-controller-manager) && programs=$$(test/crossplane/ensure.sh) && \
		$(MAKE) --no-print-directory images package VERSION=v0.0.1 && cd test/crossplane && \
		KUBEBUILDER_ASSETS=$$assets KUBE_CONTROLLER_MANAGER=$$manager CROSSPLANE_PROGRAMS=$$programs go test -count=1 -timeout 20m -v ./...

.PHONY: e2e
e2e: testservers ## The long tests, suite by suite: fuzz tests, alerting rules, a browser, a real kernel, network managers, a real kubelet, pods on two nodes, a real Crossplane, all tests in full under the race detector, mutants, chaos and the broken builds that it must notice (E2E_SUITES="kernel chaos": only these; E2E_BUDGET=1800: those that fit in so many seconds, at random; E2E_SEED, E2E_MUTANTS=6m, E2E_CHAOS=12m, E2E_REPLACEMENTS=200)
	@hack/e2e.sh $(E2E_SUITES)

.PHONY: testservers
testservers: ## etcd, kube-apiserver and kubectl: found, downloaded or built, once
	@test/testservers/ensure.sh >/dev/null

.PHONY: lint
lint: ## Static checks
	$(TOOL) golangci-lint run ./...

.PHONY: fmt
fmt: ## Format the code
	$(TOOL) golangci-lint fmt ./...

.PHONY: generate
generate: ## Deep copies and CRDs from the types, the chart's copies and tables, the manifests from the chart, the advice of kubectl eni and the API reference
	cd apis && go generate -tags generate ./...
	@go run ./hack/advice
	@go run ./hack/apidocs
	@$(MAKE) --no-print-directory manifests

.PHONY: manifests
manifests: ## The generated files of the Helm chart, and cluster/manifests from the chart
	cd hack/chart && go run . generate && go run . manifests

.PHONY: check-api
check-api: ## Fail if the exported API of pkg/eni differs from the recorded API in hack/apicheck/api
	@go run ./hack/apicheck

.PHONY: record-api
record-api: ## Record the exported API of pkg/eni after a change
	@go run ./hack/apicheck -record

.PHONY: check-diff
check-diff: generate notice check-api ## Fail if generated files or a module's go.mod are not current
	@for m in $$(git ls-files '*go.mod'); do (cd $$(dirname $$m) && go list -deps -test ./... >/dev/null) || { echo "$$m: if it is stale, run 'go mod tidy' in its directory and commit"; exit 1; }; done
	@git diff --exit-code -- apis internal/kubectl/advice package/crds cluster/charts cluster/manifests docs/api.md NOTICE || { echo "generated files are stale: run 'make generate notice' and commit"; exit 1; }

.PHONY: notice
notice: ## Licences of the modules that are linked into the binaries
	@cd hack/tools && go run ./notice >../../NOTICE.new && mv ../../NOTICE.new ../../NOTICE

.PHONY: reviewable
reviewable: generate lint test check-diff ## What CI does, before you ask for a review

.PHONY: build
build: $(ARCHES:%=build-%) ## Static binaries for amd64 and arm64 in dist/

.PHONY: build-kubectl
build-kubectl: ## The kubectl plugin for Linux and macOS in dist/
	@for os in linux darwin; do for arch in $(ARCHES); do \
		CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch go build -trimpath -ldflags "$(LDFLAGS)" -o dist/$${os}_$$arch/ ./cmd/kubectl-eni || exit 1; \
	done; done

.PHONY: build-%
build-%:
	CGO_ENABLED=0 GOOS=linux GOARCH=$* go build -trimpath -ldflags "$(LDFLAGS)" -o dist/linux_$*/ ./cmd/provider ./cmd/agent

.PHONY: images
images: build ## OCI images of the provider and the agent in dist/oci, without a container daemon (IMAGE_REGISTRY=registry.example.org/team pushes them)
	@cd hack/release && go run . -version $(VERSION) images

.PHONY: package
package: build ## The Crossplane package with the provider's image in dist/oci (IMAGE_REGISTRY pushes it)
	@cd hack/release && go run . -version $(VERSION) package

.PHONY: package-lint
package-lint: ## Crossplane's own checks of the package
	@cd hack/release && go run . lint

.PHONY: krew
krew: build-kubectl ## Archives of the kubectl plugin and its krew manifest eni.yaml in dist (VERSION=v1.2.3 PLUGIN_URL=https://example.org/releases/v1.2.3)
	@cd hack/release && go run . -version $(VERSION) -plugin-url "$(PLUGIN_URL)" krew

.PHONY: chart
chart: ## The packaged Helm chart in dist (CHART_VERSION=1.2.3; the images' default tag is VERSION)
	@mkdir -p dist
	@cd hack/chart && go run . -app-version $(VERSION) -version "$(CHART_VERSION)" package

.PHONY: test-helm
test-helm: testservers ## The Helm chart against a real API server: values, every object, install, upgrade, rollback, uninstall, admission
	@assets=$$(test/testservers/ensure.sh) && cd hack/chart && go test -count=1 ./... && cd ../../test/helm && KUBEBUILDER_ASSETS=$$assets go test -count=1 -timeout 10m ./...

.PHONY: clean
clean: ## Remove what was built here
	rm -rf bin dist
