package ec2

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"gopkg.in/ini.v1"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

const (
	sessionName = "provider-aws-eni"
	userAgent   = "provider-aws-eni"

	// attempts is how often the SDK tries a call that failed for a moment.
	attempts = 3

	// DefaultShare is the share of EC2's published request rates that is used
	// where nothing else is said: other programs of the account need some.
	DefaultShare = 0.5
)

// Clients makes Clients from ProviderConfigs, one for each way to reach EC2.
type Clients struct {
	kube   client.Reader
	region string
	wrap   func(http.RoundTripper) http.RoundTripper

	share       float64
	marks       Marks
	snapshotAge time.Duration
	metrics     *Metrics
	traffic     *traffic
	identities  *identities
	fleet       []ClientOption

	mu   sync.Mutex
	made map[string]madeClient
}

type madeClient struct {
	client *Client
	config ConfigReference
	// version names the state of everything the client was made from.
	version string
}

// A ClientsOption configures Clients.
type ClientsOption func(*Clients)

// WithTransport passes every HTTP transport through wrap, which may count,
// delay or refuse requests; the SDK's retries pass through it too.
func WithTransport(wrap func(http.RoundTripper) http.RoundTripper) ClientsOption {
	return func(c *Clients) { c.wrap = wrap }
}

// WithShare sets the share of EC2's published request rates that is used.
func WithShare(share float64) ClientsOption {
	return func(c *Clients) { c.share = share }
}

// WithMetrics counts into m.
func WithMetrics(m *Metrics) ClientsOption {
	return func(c *Clients) { c.metrics = m }
}

// WithMarks lets looks at the ENIs that carry the cluster's marks share one
// call, whose answer may be up to maxAge old where an ENI is at rest.
func WithMarks(m Marks, maxAge time.Duration) ClientsOption {
	return func(c *Clients) { c.marks, c.snapshotAge = m, maxAge }
}

// NewClients returns Clients that read Secrets and ProviderConfigs through
// kube, and reach the given region where an object names none.
func NewClients(kube client.Reader, region string, o ...ClientsOption) *Clients {
	c := &Clients{kube: kube, region: region, share: DefaultShare, snapshotAge: snapshotAge, identities: newIdentities(), made: map[string]madeClient{}}
	for _, fn := range o {
		fn(c)
	}
	if c.metrics == nil {
		c.metrics = NewMetrics(logging.NewNopLogger())
	}
	c.traffic = newTraffic(c.share, c.metrics)
	c.metrics.watch(c, c.traffic)
	return c
}

// A Reached is a Client with the config that it was made from.
type Reached struct {
	Client *Client
	Config ConfigReference
	Object client.Object
}

// Each returns the Clients of all configs, in the default region and in every
// other one in which they have been used.
func (c *Clients) Each(ctx context.Context) ([]Reached, error) {
	type config struct {
		ref ConfigReference
		obj client.Object
	}
	c.mu.Lock()
	c.forgetGone(ctx)
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
	var out []Reached
	var failed []error
	for _, cf := range configs {
		for _, region := range c.regions(cf.ref) {
			cl, err := c.Get(ctx, cf.ref, region)
			if err != nil {
				failed = append(failed, err)
				continue
			}
			out = append(out, Reached{Client: cl, Config: cf.ref, Object: cf.obj})
		}
	}
	if len(out) == 0 {
		return nil, errors.Join(failed...)
	}
	return out, nil
}

// regions returns the regions in which a config has been used, the default one
// among them.
func (c *Clients) regions(ref ConfigReference) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	if c.region != "" {
		out = append(out, c.region)
	}
	prefix := key(ref.Kind, ref.Namespace, ref.Name) + ","
	for k, m := range c.made {
		if strings.HasPrefix(k, prefix) && !slices.Contains(out, m.client.Region) {
			out = append(out, m.client.Region)
		}
	}
	return out
}

// all returns the clients made so far.
func (c *Clients) all() []madeClient {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Values(c.made))
}

// A ConfigReference names a ProviderConfig or ClusterProviderConfig.
type ConfigReference struct {
	Kind      string
	Name      string
	Namespace string // of a ProviderConfig
}

// String returns how the config is written in metrics.
func (r ConfigReference) String() string {
	if r.Namespace == "" {
		return r.Kind + "/" + r.Name
	}
	return r.Kind + "/" + r.Namespace + "/" + r.Name
}

// Get returns the Client for a config and a region; an empty region means the
// default one. Credentials are not tried here.
func (c *Clients) Get(ctx context.Context, ref ConfigReference, region string) (*Client, error) {
	if ref.Kind == networkingv1alpha1.ClusterProviderConfigKind {
		ref.Namespace = "" // It is the same one from everywhere.
	}
	if region == "" {
		region = c.region
	}
	if region == "" {
		return nil, errors.New("no region: set spec.forProvider.region, or start the provider with --region or AWS_REGION")
	}
	spec, version, err := c.spec(ctx, ref)
	if err != nil {
		return nil, err
	}
	var secret []byte
	if spec.Credentials.Source == networkingv1alpha1.CredentialsSourceSecret {
		s, err := c.secret(ctx, ref, spec)
		if err != nil {
			return nil, err
		}
		secret = s.Data[spec.Credentials.SecretRef.Key]
		version += "/" + s.ResourceVersion
	}

	k := key(ref.Kind, ref.Namespace, ref.Name, region)
	c.mu.Lock()
	defer c.mu.Unlock()
	if m, ok := c.made[k]; ok && m.version == version {
		return m.client, nil
	}
	cfg, err := c.awsConfig(ctx, spec, secret, region)
	if err != nil {
		return nil, errors.Wrapf(err, "cannot use %s %q", ref.Kind, ref.Name)
	}
	cl := NewClient(awsec2.NewFromConfig(cfg, func(o *awsec2.Options) {
		if e := endpoint(spec, "ec2"); e != "" {
			o.BaseEndpoint = &e
		}
		o.APIOptions = append(o.APIOptions, readAnswers)
	}), region, append([]ClientOption{WithSnapshot(c.marks, c.snapshotAge), c.governed(cfg), c.identified(cfg, spec)}, c.fleet...)...)
	c.forgetGone(ctx) // or what they have seen of EC2 would stay for good
	c.made[k] = madeClient{client: cl, config: ref, version: version}
	return cl, nil
}

// forgetGone drops the clients of configs that are no more. c.mu must be held.
func (c *Clients) forgetGone(ctx context.Context) {
	for k, m := range c.made {
		if _, _, err := c.spec(ctx, m.config); kerrors.IsNotFound(err) {
			delete(c.made, k)
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
		return &pc.Spec, string(pc.UID) + "/" + generation(pc.Generation), nil
	case networkingv1alpha1.ProviderConfigKind:
		pc := &networkingv1alpha1.ProviderConfig{}
		if err := c.kube.Get(ctx, types.NamespacedName{Namespace: ref.Namespace, Name: ref.Name}, pc); err != nil {
			return nil, "", errors.Wrapf(err, "cannot get ProviderConfig %q in namespace %q", ref.Name, ref.Namespace)
		}
		return &pc.Spec, string(pc.UID) + "/" + generation(pc.Generation), nil
	default:
		return nil, "", errors.Errorf("providerConfigRef.kind is %q: use ClusterProviderConfig or ProviderConfig", ref.Kind)
	}
}

func (c *Clients) secret(ctx context.Context, ref ConfigReference, spec *networkingv1alpha1.ProviderConfigSpec) (*corev1.Secret, error) {
	r := spec.Credentials.SecretRef
	if r == nil {
		return nil, errors.Errorf("%s %q has source Secret but no secretRef", ref.Kind, ref.Name)
	}
	// A namespaced config must not become a way to read other namespaces.
	if ref.Kind == networkingv1alpha1.ProviderConfigKind && r.Namespace != ref.Namespace {
		return nil, errors.Errorf("ProviderConfig %q may only use a Secret of its own namespace %q, not of %q", ref.Name, ref.Namespace, r.Namespace)
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

func (c *Clients) awsConfig(ctx context.Context, spec *networkingv1alpha1.ProviderConfigSpec, secret []byte, region string) (aws.Config, error) {
	opts := []func(*config.LoadOptions) error{
		config.WithRegion(region),
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(callTimeout)),
		config.WithRetryer(newRetryer),
		config.WithAppID(userAgent),
	}
	if spec.Credentials.Source == networkingv1alpha1.CredentialsSourceSecret {
		p, err := parseSecret(secret)
		if err != nil {
			return aws.Config{}, err
		}
		opts = append(opts, config.WithCredentialsProvider(p))
	}
	cfg, err := config.LoadDefaultConfig(ctx, opts...)
	if err != nil {
		return aws.Config{}, errors.Wrap(err, "cannot load AWS configuration")
	}
	// Only now: loading has put AWS_CA_BUNDLE into the client that it was given.
	var rt http.RoundTripper = awshttp.NewBuildableClient().GetTransport()
	if b, ok := cfg.HTTPClient.(*awshttp.BuildableClient); ok {
		rt = b.GetTransport()
	}
	if c.wrap != nil {
		rt = c.wrap(rt)
	}
	creds := &renewable{}
	cfg.HTTPClient = &http.Client{Transport: &transport{next: rt, traffic: c.traffic, credentials: creds}}
	base := cfg
	creds.found = chained(base, spec)
	creds.find = func(ctx context.Context) (aws.CredentialsProvider, error) {
		fresh, err := config.LoadDefaultConfig(ctx, opts...)
		if err != nil {
			return nil, errors.Wrap(err, "cannot load AWS configuration")
		}
		again := base
		again.Credentials = fresh.Credentials
		return chained(again, spec), nil
	}
	cfg.Credentials = creds
	return cfg, nil
}

// chained returns the credentials to which those of a configuration lead.
func chained(cfg aws.Config, spec *networkingv1alpha1.ProviderConfigSpec) aws.CredentialsProvider {
	if spec.Credentials.Source == networkingv1alpha1.CredentialsSourceWebIdentity {
		cfg.Credentials = webIdentity(cfg, spec)
	}
	for i := range spec.AssumeRoleChain {
		cfg.Credentials = assumeRole(cfg, spec, &spec.AssumeRoleChain[i])
	}
	return cfg.Credentials
}

// newRetryer returns the SDK's standard retries, without its own limit on them,
// which the throttle replaces, and without any for a call that came too soon or
// was held back: those go back into the queue.
func newRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts
		o.RateLimiter = ratelimit.None
		o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
			if Judge(err).held() {
				return aws.FalseTernary
			}
			return aws.UnknownTernary
		})}, o.Retryables...)
	})
}

// governed ties a Client to the token buckets that its calls will draw from.
func (c *Clients) governed(cfg aws.Config) ClientOption {
	return func(cl *Client) {
		cl.metrics, cl.traffic = c.metrics, c.traffic
		cl.turns = func(ctx context.Context) (place, error) {
			creds, err := cfg.Credentials.Retrieve(ctx)
			return place{account: accountOf(creds.AccessKeyID), region: cfg.Region}, err
		}
	}
}

func stsClient(cfg aws.Config, spec *networkingv1alpha1.ProviderConfigSpec) *sts.Client {
	return sts.NewFromConfig(cfg, func(o *sts.Options) {
		if e := endpoint(spec, "sts"); e != "" {
			o.BaseEndpoint = &e
		}
	})
}

func webIdentity(cfg aws.Config, spec *networkingv1alpha1.ProviderConfigSpec) aws.CredentialsProvider {
	w := spec.Credentials.WebIdentity
	file := ptr.Deref(w.TokenFile, "")
	if file == "" {
		// The file that EKS mounts is named by the environment; the SDK has
		// read that already.
		env, _ := config.NewEnvConfig()
		file = env.WebIdentityTokenFilePath
	}
	p := stscreds.NewWebIdentityRoleProvider(stsClient(cfg, spec), string(w.RoleARN), stscreds.IdentityTokenFile(file), func(o *stscreds.WebIdentityRoleOptions) {
		o.RoleSessionName = ptr.Deref(w.RoleSessionName, sessionName)
	})
	return aws.NewCredentialsCache(p)
}

func assumeRole(cfg aws.Config, spec *networkingv1alpha1.ProviderConfigSpec, r *networkingv1alpha1.AssumeRoleOptions) aws.CredentialsProvider {
	p := stscreds.NewAssumeRoleProvider(stsClient(cfg, spec), string(r.RoleARN), func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = sessionName
		o.ExternalID = r.ExternalID
		o.TransitiveTagKeys = r.TransitiveTagKeys
		for _, t := range r.Tags {
			o.Tags = append(o.Tags, ststypes.Tag{Key: new(t.Key), Value: new(t.Value)})
		}
	})
	return aws.NewCredentialsCache(p)
}

func endpoint(spec *networkingv1alpha1.ProviderConfigSpec, service string) string {
	e := spec.Endpoint
	if e == nil || (len(e.Services) > 0 && !slices.Contains(e.Services, service)) {
		return ""
	}
	return e.URL.Static
}

// parseSecret reads an AWS shared credentials file with a default profile, as
// Crossplane's AWS providers take it, or a JSON object.
func parseSecret(data []byte) (aws.CredentialsProvider, error) {
	if strings.HasPrefix(strings.TrimSpace(string(data)), "{") {
		j := map[string]string{}
		if err := json.Unmarshal(data, &j); err != nil {
			return nil, errors.New("the credentials Secret looks like JSON but is not: write {\"aws_access_key_id\": …, \"aws_secret_access_key\": …}")
		}
		return static(j["aws_access_key_id"], j["aws_secret_access_key"], j["aws_session_token"])
	}
	f, err := ini.Load(data)
	if err != nil {
		return nil, errors.New("the credentials Secret is neither JSON nor an AWS shared credentials file: write [default] and below it aws_access_key_id = … and aws_secret_access_key = …")
	}
	s := f.Section("default")
	return static(s.Key("aws_access_key_id").String(), s.Key("aws_secret_access_key").String(), s.Key("aws_session_token").String())
}

func static(id, secret, token string) (aws.CredentialsProvider, error) {
	if id == "" || secret == "" {
		return nil, errors.New("the credentials Secret lacks aws_access_key_id or aws_secret_access_key in its [default] profile")
	}
	return credentials.NewStaticCredentialsProvider(id, secret, token), nil
}

func generation(g int64) string { return strconv.FormatInt(g, 10) }
