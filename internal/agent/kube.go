// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"sync/atomic"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// Client-side rate limit of requests to the API server.
const (
	kubeQPS   = 20
	kubeBurst = 30
)

// kube is an agent's access to the API server.
type kube struct {
	// cache has the HostInterfaces of one node. It rejects reads of other kinds, which
	// the agent's RBAC rules do not allow to list.
	cache cache.Cache
	// cached reads from the cache, direct from the API server.
	cached, direct client.Client
	// watchError is the last error of the cache's lists and watches.
	watchError atomic.Pointer[error]
	// reachable observes all requests.
	reachable *reachable
}

func dial(config *rest.Config, nodeName string) (*kube, error) {
	s, err := newScheme()
	if err != nil {
		return nil, err
	}
	config = rest.CopyConfig(config)
	if config.QPS == 0 {
		config.QPS, config.Burst = kubeQPS, kubeBurst
	}
	if config.UserAgent == "" {
		config.UserAgent = rest.DefaultKubernetesUserAgent()
	}
	k, mapper := &kube{reachable: &reachable{}}, newMapper(s)
	config.Wrap(k.reachable.wrap)
	h, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, errors.Wrap(err, "cannot create HTTP client")
	}
	k.cache, err = cache.New(config, cache.Options{
		HTTPClient:                  h,
		Scheme:                      s,
		Mapper:                      mapper,
		ReaderFailOnMissingInformer: true,
		DefaultTransform:            cache.TransformStripManagedFields(),
		DefaultWatchErrorHandler: func(ctx context.Context, r *toolscache.Reflector, err error) {
			k.watchError.Store(&err)
			toolscache.DefaultWatchErrorHandler(ctx, r, err)
		},
		ByObject: map[client.Object]cache.ByObject{
			&v1alpha1.HostInterface{}: {Field: fields.OneTermEqualSelector("spec.nodeName", nodeName)},
		},
	})
	if err != nil {
		return nil, errors.Wrap(err, "cannot create cache")
	}
	if k.direct, err = client.New(config, client.Options{HTTPClient: h, Scheme: s, Mapper: mapper}); err != nil {
		return nil, errors.Wrap(err, "cannot create client")
	}
	k.cached, err = client.New(config, client.Options{HTTPClient: h, Scheme: s, Mapper: mapper, Cache: &client.CacheOptions{Reader: k.cache}})
	return k, errors.Wrap(err, "cannot create client")
}

// newScheme returns a scheme of the kinds that the agent reads and writes.
func newScheme() (*runtime.Scheme, error) {
	s := runtime.NewScheme()
	err := errors.Join(
		corev1.AddToScheme(s),
		coordinationv1.AddToScheme(s),
		v1alpha1.SchemeBuilder.AddToScheme(s),
	)
	return s, errors.Wrap(err, "cannot build the scheme")
}

// newMapper returns a static mapper, so that an agent needs no discovery at its start.
func newMapper(s *runtime.Scheme) meta.RESTMapper {
	m := meta.NewDefaultRESTMapper(s.PrioritizedVersionsAllGroups())
	m.Add(v1alpha1.HostInterfaceGroupVersionKind, meta.RESTScopeRoot)
	m.Add(coordinationv1.SchemeGroupVersion.WithKind("Lease"), meta.RESTScopeNamespace)
	m.Add(corev1.SchemeGroupVersion.WithKind("Pod"), meta.RESTScopeNamespace)
	m.Add(corev1.SchemeGroupVersion.WithKind("Event"), meta.RESTScopeNamespace)
	return m
}
