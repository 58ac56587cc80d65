// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"encoding/json"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
	"gopkg.in/ini.v1"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
)

// Environment variables of the credential sources, as EKS sets them.
const (
	envRoleARN            = "AWS_ROLE_ARN"
	envWebIdentityFile    = "AWS_WEB_IDENTITY_TOKEN_FILE"
	envContainerURI       = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	envContainerTokenFile = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE" //nolint:gosec // the name of a variable
)

// A source is the source of a config's credentials. It never falls back to another source:
// an object must not act with another identity.
type source struct {
	spec      *networkingv1alpha1.ProviderConfigSpec
	secret    []byte
	tokenDirs []string
	load      []func(*config.LoadOptions) error
	agent     endpointcreds.HTTPClient // reaches the EKS Pod Identity agent
}

// credentials returns the credentials. cfg reaches STS.
func (s source) credentials(ctx context.Context, cfg aws.Config) (aws.CredentialsProvider, error) {
	switch s.spec.Credentials.Source {
	case networkingv1alpha1.CredentialsSourceNone:
		return s.defaultChain(ctx)
	case networkingv1alpha1.CredentialsSourceSecret:
		return parseSecret(s.secret)
	case networkingv1alpha1.CredentialsSourceIRSA:
		return s.serviceAccountRole(cfg)
	case networkingv1alpha1.CredentialsSourceWebIdentity:
		return s.webIdentity(cfg)
	case networkingv1alpha1.CredentialsSourcePodIdentity:
		return s.podIdentity(ctx)
	default:
		return nil, errors.Errorf("credentials.source is %q: use None, Secret, IRSA, WebIdentity or PodIdentity", s.spec.Credentials.Source)
	}
}

// defaultChain returns the first credentials that the SDK finds.
func (s source) defaultChain(ctx context.Context) (aws.CredentialsProvider, error) {
	load := s.load
	if e := endpoint(s.spec, "sts"); e != "" {
		// Only the chain uses this configuration. Its other services have no endpoint here.
		load = append(slices.Clone(load), config.WithBaseEndpoint(e))
	}
	fresh, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, errors.Wrap(err, "cannot load AWS configuration")
	}
	env, err := config.NewEnvConfig()
	if err != nil {
		return nil, errors.Wrap(err, "cannot read the AWS environment")
	}
	return defaultChain{fresh.Credentials, env.RoleARN}, nil
}

// defaultChain adds the role of the environment to the errors of STS.
type defaultChain struct {
	aws.CredentialsProvider

	role string
}

// Retrieve returns the credentials.
func (d defaultChain) Retrieve(ctx context.Context) (aws.Credentials, error) {
	c, err := d.CredentialsProvider.Retrieve(ctx)
	var op *smithy.OperationError
	if errors.As(err, &op) && op.Service() == sts.ServiceID && d.role != "" {
		err = &awserr.RoleError{Role: d.role, Action: op.Operation(), Err: err}
	}
	return c, err
}

// serviceAccountRole returns the role of the pod's service account.
func (s source) serviceAccountRole(cfg aws.Config) (aws.CredentialsProvider, error) {
	env, err := config.NewEnvConfig()
	if err != nil {
		return nil, errors.Wrap(err, "cannot read the AWS environment")
	}
	if env.RoleARN == "" || env.WebIdentityTokenFilePath == "" {
		return nil, errors.Errorf("credentials.source IRSA needs %s and %s in the environment of the provider's pod, and %s is not set: annotate the service account with eks.amazonaws.com/role-arn and restart the pod", envRoleARN, envWebIdentityFile, missing(env.RoleARN, envRoleARN, envWebIdentityFile))
	}
	token, err := environmentToken(env.WebIdentityTokenFilePath)
	if err != nil {
		return nil, errors.Wrapf(err, "cannot use %s", envWebIdentityFile)
	}
	name := env.RoleSessionName
	if name == "" {
		name = sessionName
	}
	return assumeWithToken(cfg, s.spec, env.RoleARN, name, token), nil
}

// missing returns the name of the variable that is not set.
func missing(first, firstName, secondName string) string {
	if first == "" {
		return firstName
	}
	return secondName
}

// webIdentity returns the role that a config names.
func (s source) webIdentity(cfg aws.Config) (aws.CredentialsProvider, error) {
	w := s.spec.Credentials.WebIdentity
	if w == nil || w.RoleARN == "" {
		return nil, errors.New("credentials.source WebIdentity needs credentials.webIdentity.roleARN")
	}
	token, err := s.webIdentityToken(ptr.Deref(w.TokenFile, ""))
	if err != nil {
		return nil, err
	}
	return assumeWithToken(cfg, s.spec, string(w.RoleARN), ptr.Deref(w.RoleSessionName, sessionName), token), nil
}

func (s source) webIdentityToken(path string) (tokenFile, error) {
	if path != "" {
		token, err := configuredToken(s.tokenDirs, path)
		return token, errors.Wrap(err, "cannot use credentials.webIdentity.tokenFile")
	}
	env, err := config.NewEnvConfig()
	if err != nil {
		return tokenFile{}, errors.Wrap(err, "cannot read the AWS environment")
	}
	if env.WebIdentityTokenFilePath == "" {
		return tokenFile{}, errors.Errorf("credentials.source WebIdentity has no token: set credentials.webIdentity.tokenFile, or %s in the environment of the provider's pod", envWebIdentityFile)
	}
	token, err := environmentToken(env.WebIdentityTokenFilePath)
	return token, errors.Wrapf(err, "cannot use %s", envWebIdentityFile)
}

// podIdentity returns the credentials of the EKS Pod Identity agent.
func (s source) podIdentity(ctx context.Context) (aws.CredentialsProvider, error) {
	uri, path := os.Getenv(envContainerURI), os.Getenv(envContainerTokenFile)
	if uri == "" || path == "" {
		return nil, errors.Errorf("credentials.source PodIdentity needs %s and %s in the environment of the provider's pod, and %s is not set: create a pod identity association for the service account and restart the pod", envContainerURI, envContainerTokenFile, missing(uri, envContainerURI, envContainerTokenFile))
	}
	if err := checkContainerURI(ctx, uri); err != nil {
		return nil, errors.Wrapf(err, "cannot use %s", envContainerURI)
	}
	token, err := environmentToken(path)
	if err != nil {
		return nil, errors.Wrapf(err, "cannot use %s", envContainerTokenFile)
	}
	p := endpointcreds.New(uri, func(o *endpointcreds.Options) {
		o.HTTPClient = s.agent
		o.AuthorizationTokenProvider = endpointcreds.TokenProviderFunc(func() (string, error) {
			b, err := token.GetIdentityToken()
			return string(b), err
		})
	})
	return aws.NewCredentialsCache(roleProvider{CredentialsProvider: p, action: awserr.PodIdentityAction}), nil
}

// checkContainerURI accepts the same hosts as the SDK: any host with https, and loopback and
// the addresses of the ECS and EKS agents with http.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
func checkContainerURI(ctx context.Context, uri string) error {
	u, err := url.Parse(uri)
	if err != nil || u.Hostname() == "" {
		return errors.Errorf("%q is not a URL", uri)
	}
	switch u.Scheme {
	case "https":
		return nil
	case "http":
	default:
		return errors.Errorf("%q is neither an http nor an https URL", uri)
	}
	addresses := []string{u.Hostname()}
	if net.ParseIP(u.Hostname()) == nil {
		if addresses, err = net.DefaultResolver.LookupHost(ctx, u.Hostname()); err != nil {
			return errors.Wrapf(err, "cannot resolve %q", u.Hostname())
		}
	}
	for _, a := range addresses {
		if ip := net.ParseIP(a); ip == nil || !isContainerAgent(ip) {
			return errors.Errorf("%q is neither loopback nor the address of the ECS or EKS agent", u.Hostname())
		}
	}
	return nil
}

func isContainerAgent(ip net.IP) bool {
	return ip.IsLoopback() || ip.Equal(net.ParseIP("169.254.170.2")) || ip.Equal(net.ParseIP("169.254.170.23")) || ip.Equal(net.ParseIP("fd00:ec2::23"))
}

// chained returns the credentials at the end of a config's role chain.
func chained(cfg aws.Config, spec *networkingv1alpha1.ProviderConfigSpec) aws.CredentialsProvider {
	for i := range spec.AssumeRoleChain {
		cfg.Credentials = assumeRole(cfg, spec, &spec.AssumeRoleChain[i])
	}
	return cfg.Credentials
}

func stsClient(cfg aws.Config, spec *networkingv1alpha1.ProviderConfigSpec) *sts.Client {
	return sts.NewFromConfig(cfg, func(o *sts.Options) {
		if e := endpoint(spec, "sts"); e != "" {
			o.BaseEndpoint = &e
		}
	})
}

func assumeWithToken(cfg aws.Config, spec *networkingv1alpha1.ProviderConfigSpec, role, name string, token stscreds.IdentityTokenRetriever) aws.CredentialsProvider {
	p := stscreds.NewWebIdentityRoleProvider(stsClient(cfg, spec), role, token, func(o *stscreds.WebIdentityRoleOptions) {
		o.RoleSessionName = name
	})
	return aws.NewCredentialsCache(roleProvider{CredentialsProvider: p, role: role, action: "AssumeRoleWithWebIdentity"})
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
	return aws.NewCredentialsCache(roleProvider{CredentialsProvider: p, role: string(r.RoleARN), action: "AssumeRole"})
}

// roleProvider adds the role to the errors of STS.
type roleProvider struct {
	aws.CredentialsProvider

	role, action string
}

// Retrieve returns the credentials of the role. An error of the credentials with which the
// role is assumed keeps its own role.
func (p roleProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	c, err := p.CredentialsProvider.Retrieve(ctx)
	var inner *awserr.RoleError
	if err != nil && !errors.As(err, &inner) {
		err = &awserr.RoleError{Role: p.role, Action: p.action, Err: err}
	}
	return c, err
}

// parseSecret parses an AWS shared credentials file with a default profile, the format of
// Crossplane's AWS providers, or a JSON object.
func parseSecret(data []byte) (aws.CredentialsProvider, error) {
	if strings.HasPrefix(strings.TrimSpace(string(data)), "{") {
		j := map[string]string{}
		if err := json.Unmarshal(data, &j); err != nil {
			return nil, errors.New("the credentials Secret is not valid JSON: write {\"aws_access_key_id\": …, \"aws_secret_access_key\": …}")
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
