// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package garbage

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/event"
	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

const cluster = "c"

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// A yard is an account with ENIs, an API server with objects, and a collector.
type yard struct {
	t         *testing.T
	ec2       *ec2emulator.Server
	collector *Collector
	clock     time.Time

	mu         sync.Mutex
	objects    []string          // UIDs of the NetworkInterfaces that exist
	names      map[string]string // the ENIs that they name, by UID
	listing    func()            // called when they are listed
	listError  error
	events     []string
	priorities map[throttle.Priority]bool
	configs    []*v1alpha1.ClusterProviderConfig
	reported   map[string][]v1alpha1.LeakedNetworkInterface // by config, as of the last pass
}

func (y *yard) Report(_ context.Context, config client.Object, leaked []v1alpha1.LeakedNetworkInterface) error {
	y.reported[config.GetName()] = leaked
	return nil
}

func newYard(t *testing.T, remove bool) *yard {
	t.Helper()
	y := &yard{t: t, ec2: ec2emulator.New(ec2emulator.Options{Latency: -1}), clock: noon, listing: func() {}, priorities: map[throttle.Priority]bool{}, reported: map[string][]v1alpha1.LeakedNetworkInterface{}}
	t.Cleanup(y.ec2.Close)
	if err := y.ec2.Seed(ec2emulator.Seed{
		VPCs:      []ec2emulator.VPC{{ID: "vpc-1", CIDR: "10.0.0.0/16"}},
		Subnets:   []ec2emulator.Subnet{{ID: "subnet-1", VPCID: "vpc-1", CIDR: "10.0.0.0/20"}},
		Instances: []ec2emulator.Instance{{ID: "i-1", Type: "m5.large", SubnetID: "subnet-1"}},
	}); err != nil {
		t.Fatal(err)
	}
	y.configs = []*v1alpha1.ClusterProviderConfig{{ObjectMeta: metav1.ObjectMeta{Name: "default", UID: "config"}}}
	y.collector = &Collector{
		uncached: y, clients: y, reports: y, log: logging.NewNopLogger(), record: y, metrics: newMetrics(), cluster: cluster, trusted: true,
		every: 10 * time.Minute, remove: remove, now: func() time.Time { return y.clock },
	}
	return y
}

// Each returns one client of the account for each config.
func (y *yard) All(context.Context) ([]ec2.ConfiguredClient, error) {
	var out []ec2.ConfiguredClient
	for _, c := range y.configs {
		api := awsec2.New(awsec2.Options{
			Region: "us-east-1", BaseEndpoint: new("http://ec2.example"), HTTPClient: &http.Client{Transport: y},
			Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "secret", ""), RetryMaxAttempts: 1,
		})
		out = append(out, ec2.ConfiguredClient{
			Client: ec2.NewClient(api, "us-east-1", ec2.WithSnapshot(ec2.OwnershipTags{ClusterTag: eni.TagCluster, Cluster: cluster, OwnerTag: eni.TagUID}, time.Minute)),
			Config: ec2.ConfigReference{Kind: v1alpha1.ClusterProviderConfigKind, Name: c.GetName()}, Object: c,
		})
	}
	return out, nil
}

// RoundTrip carries a call to the emulator, and notes its priority.
func (y *yard) RoundTrip(r *http.Request) (*http.Response, error) {
	y.mu.Lock()
	y.priorities[throttle.PriorityOf(r.Context(), awsmiddleware.GetOperationName(r.Context()))] = true
	y.mu.Unlock()
	w := httptest.NewRecorder()
	y.ec2.ServeHTTP(w, r)
	return w.Result(), nil
}

func (y *yard) Get(context.Context, client.ObjectKey, client.Object, ...client.GetOption) error {
	return errors.New("only lists are expected")
}

// List lists the objects, two at a time.
func (y *yard) List(_ context.Context, l client.ObjectList, opts ...client.ListOption) error {
	y.listing()
	if y.listError != nil {
		return y.listError
	}
	o := client.ListOptions{}
	o.ApplyOptions(opts)
	p, ok := l.(*metav1.PartialObjectMetadataList)
	if !ok {
		return errors.Errorf("%T was listed, but only the metadata is needed", l)
	}
	first := 0
	if o.Continue != "" {
		if _, err := fmt.Sscan(o.Continue, &first); err != nil {
			return err
		}
	}
	last := min(first+2, len(y.objects))
	p.Items, p.Continue = nil, ""
	for _, uid := range y.objects[first:last] {
		o := metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{UID: types.UID(uid)}}
		if name := y.names[uid]; name != "" {
			meta.SetExternalName(&o, name)
		}
		p.Items = append(p.Items, o)
	}
	if last < len(y.objects) {
		p.Continue = fmt.Sprint(last)
	}
	return nil
}

// Event notes an event.
func (y *yard) Event(o runtime.Object, e event.Event) {
	y.events = append(y.events, fmt.Sprintf("%s %s %s", o.(client.Object).GetName(), e.Reason, e.Message))
}

// WithAnnotations is of no interest here.
func (y *yard) WithAnnotations(...string) event.Recorder { return y }

// add adds an ENI that was made an hour ago for an object.
func (y *yard) add(id, uid string, change ...func(n *ec2emulator.NetworkInterface)) {
	y.t.Helper()
	n := ec2emulator.NetworkInterface{ID: id, SubnetID: "subnet-1", Tags: map[string]string{
		eni.TagCluster: cluster, eni.TagUID: uid, eni.TagCreatedAt: y.clock.Add(-time.Hour).Format(time.RFC3339),
	}}
	for _, fn := range change {
		fn(&n)
	}
	if _, err := y.ec2.AddNetworkInterface(n); err != nil {
		y.t.Fatal(err)
	}
}

func tagged(key, value string) func(n *ec2emulator.NetworkInterface) {
	return func(n *ec2emulator.NetworkInterface) { n.Tags[key] = value }
}

// pass makes a pass, ten minutes after the last.
func (y *yard) pass() error {
	y.clock = y.clock.Add(10 * time.Minute)
	return y.collector.pass(y.t.Context())
}

// passes makes several that must succeed.
func (y *yard) passes(n int) {
	y.t.Helper()
	for range n {
		if err := y.pass(); err != nil {
			y.t.Fatal(err)
		}
	}
}

// deleted are the ENIs that were deleted, sorted.
func (y *yard) deleted() []string {
	var ids []string
	for _, n := range y.ec2.ENIs(func(n ec2emulator.NetworkInterface) bool { return !ec2emulator.Exists(n) }) {
		ids = append(ids, n.ID)
	}
	slices.Sort(ids)
	return ids
}

// reasons are of the events so far.
func (y *yard) reasons() []string {
	seen := map[string]bool{}
	for _, e := range y.events {
		seen[strings.Fields(e)[1]] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

func TestPass(t *testing.T) {
	errBoom := errors.New("boom")
	leaked, refused, deleted := string(reasonLeaked), string(reasonRefused), string(reasonDeleted)

	type want struct {
		deleted []string
		reasons []string
		err     error
	}
	cases := map[string]struct {
		reason string
		keep   bool // report only
		run    func(y *yard) error
		want   want
	}{
		"OnePass": {
			reason: "The finding of one pass may be wrong: it has no effect.",
			run: func(y *yard) error {
				y.add("eni-left", "deleted")
				y.passes(1)
				return nil
			},
		},
		"TwoPasses": {
			reason: "An ENI that two consecutive passes find is deleted, with an event before and after.",
			run: func(y *yard) error {
				y.add("eni-left", "deleted")
				y.passes(2)
				return nil
			},
			want: want{deleted: []string{"eni-left"}, reasons: []string{deleted, leaked}},
		},
		"Report": {
			reason: "In mode Report the collector deletes nothing.",
			keep:   true,
			run: func(y *yard) error {
				y.add("eni-left", "deleted")
				y.passes(5)
				return nil
			},
			want: want{reasons: []string{leaked}},
		},
		"BackInBetween": {
			reason: "An ENI that was not leaked in the last pass is not confirmed.",
			run: func(y *yard) error {
				y.add("eni-left", "blinking")
				y.passes(1)
				y.objects = append(y.objects, "blinking")
				y.passes(1)
				y.objects = y.objects[:1]
				y.passes(1)
				return nil
			},
		},
		"Live": {
			reason: "The ENI of an object that exists is none of the collector's business.",
			run: func(y *yard) error {
				y.objects = []string{"1", "2", "3", "4", "5", "6", "7"}
				y.add("eni-live", "7") // on the last of several pages
				y.passes(3)
				return nil
			},
		},
		"Restored": {
			reason: "The ENI that an object names is that object's, whose UID is another after a restore.",
			run: func(y *yard) error {
				y.objects, y.names = []string{"1", "2", "restored"}, map[string]string{"restored": "eni-named"}
				y.add("eni-named", "before")
				y.passes(3)
				return nil
			},
		},
		"JustStarted": {
			reason: "In the first hour after its start the collector does not know how many objects there were: it only reports.",
			run: func(y *yard) error {
				y.collector.began = y.clock
				y.add("eni-left", "deleted")
				y.passes(5)
				if d := y.deleted(); len(d) > 0 {
					return errors.Errorf("%v were deleted after fifty minutes", d)
				}
				y.passes(1)
				return nil
			},
			want: want{deleted: []string{"eni-left"}, reasons: []string{deleted, leaked}},
		},
		"MadeMeanwhile": {
			reason: "An object created between the describe call and the list of objects is listed.",
			run: func(y *yard) error {
				y.add("eni-new", "new")
				y.listing = func() {
					if !slices.Contains(y.objects, "new") {
						y.objects = append(y.objects, "new")
					}
				}
				y.passes(3)
				return nil
			},
		},
		"CannotList": {
			reason: "Without a list of objects from the API server itself nothing is left behind.",
			run: func(y *yard) error {
				y.add("eni-left", "deleted")
				y.passes(1)
				y.listError = errBoom
				return y.pass()
			},
			want: want{err: errBoom},
		},
		"NoObjectAtAll": {
			reason: "In a cluster without objects, as during a restore, ENIs are reported but not deleted.",
			run: func(y *yard) error {
				y.objects = nil
				y.add("eni-left", "deleted")
				y.passes(20)
				return nil
			},
			want: want{reasons: []string{leaked, refused}},
		},
		"FewerThanHalf": {
			reason: "When there are fewer than half of the objects that there were within the hour, ENIs are reported and none is deleted.",
			run: func(y *yard) error {
				y.objects = []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"}
				for _, uid := range y.objects {
					y.add("eni-"+uid, uid)
				}
				y.passes(2)
				y.objects = y.objects[:4]
				y.passes(4)
				return nil
			},
			want: want{reasons: []string{leaked, refused}},
		},
		"FewerThanHalfForAnHour": {
			reason: "After an hour the smaller number of objects is trusted, and two passes find leaked ENIs.",
			run: func(y *yard) error {
				y.objects = []string{"1", "2", "3"}
				y.add("eni-2", "2")
				y.passes(1)
				y.objects = y.objects[:1]
				y.passes(6 + 1)
				if d := y.deleted(); len(d) > 0 {
					return errors.Errorf("%v were deleted before two passes found them", d)
				}
				y.passes(1)
				return nil
			},
			want: want{deleted: []string{"eni-2"}, reasons: []string{deleted, leaked, refused}},
		},
		"RefusedInBetween": {
			reason: "A pass in which the number of objects is not plausible does not count as one of two.",
			run: func(y *yard) error {
				y.objects = []string{"1", "2", "3"}
				y.add("eni-left", "deleted")
				y.passes(1)
				y.objects = y.objects[:1]
				y.passes(1)
				y.objects = []string{"1", "2", "3"}
				y.passes(1)
				return nil
			},
			want: want{reasons: []string{leaked, refused}},
		},
		"Young": {
			reason: "An ENI is not left behind in its first ten minutes.",
			run: func(y *yard) error {
				y.add("eni-new", "deleted", tagged(eni.TagCreatedAt, y.clock.Add(10*time.Minute+time.Second).Format(time.RFC3339)))
				y.passes(2) // at ten and at twenty minutes, when it is a second short of ten
				return nil
			},
		},
		"Kept": {
			reason: "An ENI whose object was deleted without Delete in its management policies is kept.",
			run: func(y *yard) error {
				y.add("eni-kept", "deleted", tagged(eni.TagKeep, "true"))
				y.passes(3)
				return nil
			},
		},
		"Attached": {
			reason: "An attached ENI of no object is reported and not deleted.",
			run: func(y *yard) error {
				y.add("eni-used", "deleted", func(n *ec2emulator.NetworkInterface) {
					n.Attachment = &ec2emulator.Attachment{InstanceID: "i-1", DeviceIndex: 1}
				})
				y.passes(3)
				return nil
			},
			want: want{reasons: []string{leaked}},
		},
		"OfAService": {
			reason: "An ENI of an AWS service is not ours to delete, whatever its tags.",
			run: func(y *yard) error {
				y.add("eni-service", "deleted", func(n *ec2emulator.NetworkInterface) { n.RequesterID = "amazon-elb" })
				y.add("eni-operator", "deleted", func(n *ec2emulator.NetworkInterface) { n.OperatorPrincipal = "eks.amazonaws.com" })
				y.passes(3)
				return nil
			},
		},
		"OfAnotherCluster": {
			reason: "Another cluster's ENI is that cluster's.",
			run: func(y *yard) error {
				y.add("eni-other", "deleted", tagged(eni.TagCluster, "other"))
				y.passes(3)
				return nil
			},
		},
		"ManyAtOnce": {
			reason: "A pass deletes at most 25, which bounds what one mistake can cost.",
			run: func(y *yard) error {
				for i := range 30 {
					y.add(fmt.Sprintf("eni-%02d", i), "deleted")
				}
				y.passes(2)
				if n := len(y.deleted()); n != 25 {
					return errors.Errorf("%d were deleted in one pass", n)
				}
				y.passes(1)
				if n := len(y.deleted()); n != 30 {
					return errors.Errorf("%d were deleted in two passes", n)
				}
				return nil
			},
			want: want{deleted: numbered(30), reasons: []string{deleted, leaked}},
		},
		"OneCannotBeDeleted": {
			reason: "An ENI that cannot be deleted does not block the others.",
			run: func(y *yard) error {
				y.add("eni-1", "deleted")
				y.add("eni-2", "deleted")
				y.ec2.Inject(ec2emulator.Fault{Action: "DeleteNetworkInterface", ResourceID: "eni-1", Code: "UnauthorizedOperation"})
				y.passes(1)
				if err := y.pass(); err == nil || !strings.Contains(err.Error(), "eni-1") {
					return errors.Errorf("the error names no eni-1: %w", err)
				}
				return nil
			},
			want: want{deleted: []string{"eni-2"}, reasons: []string{deleted, leaked}},
		},
		"GoneMeanwhile": {
			reason: "An ENI that was deleted meanwhile counts as deleted.",
			run: func(y *yard) error {
				y.add("eni-left", "deleted")
				y.ec2.Inject(ec2emulator.Fault{Action: "DeleteNetworkInterface", Code: "InvalidNetworkInterfaceID.NotFound"})
				y.passes(2)
				return nil
			},
			want: want{reasons: []string{deleted, leaked}},
		},
		"CannotLook": {
			reason: "An account that cannot be read is reported with its error.",
			run: func(y *yard) error {
				y.add("eni-left", "deleted")
				y.passes(1)
				y.ec2.Inject(ec2emulator.Fault{Action: "DescribeNetworkInterfaces", Code: "UnauthorizedOperation"})
				if err := y.pass(); err == nil || awserr.Code(err) != "UnauthorizedOperation" {
					return errors.Errorf("unexpected error: %w", err)
				}
				return nil
			},
		},
		"TwoConfigs": {
			reason: "Configs that reach one account see the same ENIs, each of which is deleted once.",
			run: func(y *yard) error {
				y.configs = append(y.configs, &v1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: "second", UID: "second"}})
				y.add("eni-left", "deleted")
				y.passes(2)
				if n := y.ec2.Count(ec2emulator.ByAction("DeleteNetworkInterface")); n != 1 {
					return errors.Errorf("%d calls for one ENI", n)
				}
				return nil
			},
			want: want{deleted: []string{"eni-left"}, reasons: []string{deleted, leaked}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			y := newYard(t, !tc.keep)
			y.objects = []string{"another"}
			err := tc.run(y)
			if diff := cmp.Diff(tc.want.err, err, cmpopts.EquateErrors()); diff != "" {
				t.Errorf("\n%s\npass(...): -want error, +got error:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.want.deleted, y.deleted()); diff != "" {
				t.Errorf("\n%s\ndeleted: -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.want.reasons, y.reasons()); diff != "" {
				t.Errorf("\n%s\nevents: -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(map[throttle.Priority]bool{throttle.PriorityGarbage: true}, y.priorities); diff != "" {
				t.Errorf("\nThe collector's calls have the lowest priority.\npriorities: -want, +got:\n%s", diff)
			}
		})
	}
}

func numbered(n int) []string {
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("eni-%02d", i))
	}
	return ids
}

// TestStart records the times of the passes.
func TestStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var passes []time.Duration
		each := counting(func() { passes = append(passes, time.Since(began)) })
		c := &Collector{clients: each, uncached: &yard{listing: func() {}}, log: logging.NewNopLogger(), metrics: newMetrics(), every: 10 * time.Minute, now: time.Now}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- c.Start(ctx) }()
		time.Sleep(time.Hour)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("\nA collector that is stopped ends well.\nStart(...): %v", err)
		}
		if len(passes) != 6 || passes[0] >= c.every {
			t.Fatalf("\nThe first pass comes within the interval, at random, and the others at the interval.\npasses: %v", passes)
		}
		for i := range passes[1:] {
			if d := passes[i+1] - passes[i]; d != c.every {
				t.Errorf("\nA pass follows the last after the interval.\n%s after %s", d, passes[i])
			}
		}
		if !c.began.Equal(began) {
			t.Errorf("\nA collector knows when it began.\n%s, want %s", c.began, began)
		}
		if !c.NeedLeaderElection() {
			t.Error("\nOnly one replica collects.")
		}
	})
}

type counting func()

func (c counting) All(context.Context) ([]ec2.ConfiguredClient, error) { c(); return nil, nil }

func TestSetupGated(t *testing.T) {
	// A manager without a runnable group panics on Add.
	if err := SetupGated(nil, options.Options{GarbageCollection: string(ModeOff)}); err != nil {
		t.Errorf("\nWhere collecting is off, nothing is set up.\nSetupGated(...): %v", err)
	}
}
