package agent
import ("testing";"os";"os/exec";"time";"strings";"fmt"
"sigs.k8s.io/controller-runtime/pkg/envtest"
"sigs.k8s.io/controller-runtime/pkg/client"
corev1 "k8s.io/api/core/v1"
metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1")
func TestMem(t *testing.T){
 env := &envtest.Environment{CRDDirectoryPaths: []string{"../../package/crds"}}
 cfg, err := env.Start(); if err!=nil {t.Fatal(err)}
 defer env.Stop()
 kc := t.TempDir()+"/kc"; os.WriteFile(kc, env.KubeConfig, 0600)
 o,_ := ManagerOptions(node); c,_ := client.New(cfg, client.Options{Scheme:o.Scheme})
 c.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})
 cmd := exec.Command("/tmp/agent","--node-name="+node,"--kubeconfig="+kc,"--link-kinds=veth","--metrics-bind-address=127.0.0.1:18080","--health-probe-bind-address=0")
 cmd.Env = append(os.Environ(), strings.Fields(os.Getenv("AGENTENV"))...)
 cmd.Stderr=os.Stderr
 if err:=cmd.Start(); err!=nil {t.Fatal(err)}
 defer cmd.Process.Kill()
 for i := range 10 {
  h := hif(fmt.Sprint("m",i), fmt.Sprintf("02:00:00:00:01:%02x",i), int32(i+1), mtu(9001))
  h.UID=""; h.CreationTimestamp=metav1.Time{}
  h.Spec.AttachmentRef = v1alpha1.AttachmentReference{Namespace: "default", Name: "a", UID: "u"}
  if err := c.Create(t.Context(), h); err!=nil {t.Fatal(err)}
 }
 for range 4 { time.Sleep(5*time.Second)
 b,_ := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
 for _, l := range strings.Split(string(b),"\n") { if strings.HasPrefix(l,"VmRSS")||strings.HasPrefix(l,"RssAnon")||strings.HasPrefix(l,"RssFile") { t.Log(l)}}
 }
}
