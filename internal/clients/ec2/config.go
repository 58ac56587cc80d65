// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/timings"
)

const (
	sessionName = "provider-aws-eni"
	userAgent   = "provider-aws-eni"

	// attempts is the SDK's maximum number of attempts for a retryable failure.
	attempts = 3

	// DefaultShare is the default share of EC2's published request rates. The rest is
	// left to other programs of the account.
	DefaultShare = 0.5
)

// Clients creates and caches Clients, one for each provider config and region.
type Clients struct {
	kube     client.Reader
	region   string
	detector *regionDetector
	wrap     func(http.RoundTripper) http.RoundTripper

	share          float64
	adaptive       bool // exceeds share while EC2 throttles no calls
	timings        timings.Timings
	ownershipTags  OwnershipTags
	snapshotAge    time.Duration
	metrics        *Metrics
	traffic        *traffic
	identities     *identityCache
	absenceOptions []ClientOption
	tenancy        Tenancy
	tokenDirs      []string
	detached       detacher

	mu     sync.Mutex
	cached map[string]cachedClient
}

type cachedClient struct {
	client *Client
	config ConfigReference
	// version identifies the config and Secret from which the client was created.
	version string
}

// NewClients returns Clients that read Secrets and provider configs through kube. region is
// the region of objects without a region. If it is empty, the region of the AWS
// configuration, of the nodes or of the provider's instance is used.
func NewClients(kube client.Reader, region string, o ...ClientsOption) *Clients {
	c := &Clients{
		kube: kube, region: region, detector: &regionDetector{nodes: kube}, share: DefaultShare, snapshotAge: snapshotAge, timings: timings.Default(),
		cached: map[string]cachedClient{}, tokenDirs: tokenDirectories(), detached: detach,
	}
	for _, fn := range o {
		fn(c)
	}
	if c.metrics == nil {
		c.metrics = NewMetrics(logging.NewNopLogger())
	}
	c.identities = newIdentityCache(c.timings)
	c.traffic = newTraffic(c.share, c.metrics, c.timings)
	c.traffic.limiter.Adaptive = c.adaptive
	c.metrics.watch(c, c.traffic)
	return c
}

// Reader returns the reader of Secrets and ProviderConfigs.
func (c *Clients) Reader() client.Reader { return c.kube }

// A ConfiguredClient is a Client with its provider config.
type ConfiguredClient struct {
	Client *Client
	Config ConfigReference
	Object client.Object
}

// All returns the Clients of all configs, for the default region and every other region in
// which a config has been used.
func (c *Clients) All(ctx context.Context) ([]ConfiguredClient, error) {
	type config struct {
		ref ConfigReference
		obj client.Object
	}
	c.mu.Lock()
	c.dropDeleted(ctx)
	c.mu.Unlock()
	var configs []config
	cluster := &networkingv1alpha1.ClusterProviderConfigList{}
	if err := c.kube.List(ctx, cluster); err != nil {
		return nil, errors.Wrap(err, "cannot list ClusterProviderConfigs")
	}
	for i := range cluster.Items {
		o := &cluster.Items[i]
		configs = append(configs, config{ConfigReference{Kind: networkingv1alpha1.ClusterProviderConfigKind, Name: o.GetName()}, o})
	}
	namespaced := &networkingv1alpha1.ProviderConfigList{}
	if err := c.kube.List(ctx, namespaced); err != nil {
		return nil, errors.Wrap(err, "cannot list ProviderConfigs")
	}
	for i := range namespaced.Items {
		o := &namespaced.Items[i]
		configs = append(configs, config{ConfigReference{Kind: networkingv1alpha1.ProviderConfigKind, Name: o.GetName(), Namespace: o.GetNamespace()}, o})
	}
	var out []ConfiguredClient
	var failed []error
	for _, cf := range configs {
		for _, region := range c.regions(ctx, cf.ref) {
			cl, err := c.Get(ctx, cf.ref, region)
			if err != nil {
				failed = append(failed, err)
				continue
			}
			out = append(out, ConfiguredClient{Client: cl, Config: cf.ref, Object: cf.obj})
		}
	}
	if len(out) == 0 {
		return nil, errors.Join(failed...)
	}
	return out, nil
}

// regions returns the default region and the regions in which a config has been used.
func (c *Clients) regions(ctx context.Context, ref ConfigReference) []string {
	var out []string
	if region, err := c.defaultRegion(ctx); err == nil {
		out = append(out, region)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	prefix := key(ref.Kind, ref.Namespace, ref.Name) + ","
	for k, m := range c.cached {
		if strings.HasPrefix(k, prefix) && !slices.Contains(out, m.client.Region) {
			out = append(out, m.client.Region)
		}
	}
	return out
}

// defaultRegion returns the region of objects without a region.
func (c *Clients) defaultRegion(ctx context.Context) (string, error) {
	if c.region != "" {
		return c.region, nil
	}
	return c.detector.detect(ctx)
}

// cachedClients returns the cached clients.
func (c *Clients) cachedClients() []cachedClient {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Values(c.cached))
}

// Get returns the Client for a config and a region. An empty region is the default region.
// Get does not verify credentials.
func (c *Clients) Get(ctx context.Context, ref ConfigReference, region string) (*Client, error) {
	if ref.Kind == networkingv1alpha1.ClusterProviderConfigKind {
		ref.Namespace = "" // cluster-scoped
	}
	if region == "" {
		var err error
		if region, err = c.defaultRegion(ctx); err != nil {
			return nil, err
		}
	}
	spec, version, err := c.spec(ctx, ref)
	if err != nil {
		return nil, err
	}
	if err := c.tenancy.check(ref, spec); err != nil {
		return nil, err
	}
	var secret []byte
	if spec.Credentials.Source == networkingv1alpha1.CredentialsSourceSecret {
		s, err := c.secret(ctx, ref, spec)
		if err != nil {
			return nil, errors.Wrapf(err, "cannot use %s %q", ref.Kind, ref.Name)
		}
		secret = s.Data[spec.Credentials.SecretRef.Key]
		// Not the resource version: a write that does not change the key must not replace
		// the Client, whose caches would be lost.
		version += fmt.Sprintf("/%x", sha256.Sum256(secret))
	}

	k := key(ref.Kind, ref.Namespace, ref.Name, region)
	c.mu.Lock()
	defer c.mu.Unlock()
	if m, ok := c.cached[k]; ok && m.version == version {
		return m.client, nil
	}
	cfg, tr, err := c.awsConfig(ctx, ref, spec, secret, region)
	if err != nil {
		return nil, errors.Wrapf(err, "cannot use %s %q", ref.Kind, ref.Name)
	}
	cl := NewClient(awsec2.NewFromConfig(cfg, func(o *awsec2.Options) {
		if e := endpoint(spec, "ec2"); e != "" {
			o.BaseEndpoint = &e
		}
		o.APIOptions = append(o.APIOptions, recordUnreadable)
	}), region, append([]ClientOption{
		withTimings(c.timings), WithSnapshot(c.ownershipTags, c.snapshotAge), c.withTraffic(cfg, tr), withDetached(c.detached), c.withIdentity(cfg, spec), withQuotas(cfg, spec),
	}, c.absenceOptions...)...)
	c.dropDeleted(ctx) // release their caches
	c.cached[k] = cachedClient{client: cl, config: ref, version: version}
	return cl, nil
}

// dropDeleted drops the clients of deleted configs. c.mu must be held.
func (c *Clients) dropDeleted(ctx context.Context) {
	for k, m := range c.cached {
		if _, _, err := c.spec(ctx, m.config); kerrors.IsNotFound(err) {
			delete(c.cached, k)
			c.traffic.forget(m.config)
		}
	}
}

func (c *Clients) spec(ctx context.Context, ref ConfigReference) (*networkingv1alpha1.ProviderConfigSpec, string, error) {
	switch ref.Kind {
	case networkingv1alpha1.ClusterProviderConfigKind:
		pc := &networkingv1alpha1.ClusterProviderConfig{}
		if err := c.kube.Get(ctx, types.NamespacedName{Name: ref.Name}, pc); err != nil {
			return nil, "", errors.Wrapf(err, "cannot get ClusterProviderConfig %q", ref.Name)
		}
		return pc.Config(), string(pc.UID) + "/" + generation(pc.Generation), nil
	case networkingv1alpha1.ProviderConfigKind:
		pc := &networkingv1alpha1.ProviderConfig{}
		if err := c.kube.Get(ctx, types.NamespacedName{Namespace: ref.Namespace, Name: ref.Name}, pc); err != nil {
			return nil, "", errors.Wrapf(err, "cannot get ProviderConfig %q in namespace %q", ref.Name, ref.Namespace)
		}
		return &pc.Spec, string(pc.UID) + "/" + generation(pc.Generation), nil
	default:
		return nil, "", unknownKind(ref.Kind)
	}
}

func (c *Clients) secret(ctx context.Context, ref ConfigReference, spec *networkingv1alpha1.ProviderConfigSpec) (*corev1.Secret, error) {
	r := spec.Credentials.SecretRef
	if r == nil {
		return nil, errors.Errorf("%s %q has source Secret but no secretRef", ref.Kind, ref.Name)
	}
	s := &corev1.Secret{}
	if err := c.kube.Get(ctx, types.NamespacedName{Namespace: r.Namespace, Name: r.Name}, s); err != nil {
		return nil, errors.Wrapf(err, "cannot get credentials Secret %q in namespace %q", r.Name, r.Namespace)
	}
	if len(s.Data[r.Key]) == 0 {
		return nil, errors.Errorf("credentials Secret %q in namespace %q has no key %q", r.Name, r.Namespace, r.Key)
	}
	return s, nil
}

// withTraffic connects a Client to the token buckets and breaker of its calls.
func (c *Clients) withTraffic(cfg aws.Config, t *transport) ClientOption {
	return func(cl *Client) {
		cl.metrics, cl.traffic = c.metrics, c.traffic
		cl.scopeOf = func(ctx context.Context) (rateScope, error) {
			creds, err := cfg.Credentials.Retrieve(ctx)
			return t.scope(creds.AccessKeyID, cfg.Region), err
		}
	}
}

func generation(g int64) string { return strconv.FormatInt(g, 10) }
