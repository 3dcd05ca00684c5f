// Command reference is the operator of TaskRuns that the orchestrator is measured against: see README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"net/http"
	"os"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/selection"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	v1 "agent-orchestrator/reference/api/v1"
	"agent-orchestrator/reference/controller"
	taskrunwebhook "agent-orchestrator/reference/webhook"
)

func main() {
	var file, namespace, host, probes, metrics, certificates string
	var port, workers int
	flag.StringVar(&file, "credentials", "", "path of a kubeconfig")
	flag.StringVar(&namespace, "watch-namespace", "", "look after runs in this namespace only")
	flag.StringVar(&host, "webhook-host", "127.0.0.1", "that webhooks listen on")
	flag.IntVar(&port, "webhook-port", 9443, "that webhooks listen on")
	flag.StringVar(&certificates, "webhook-cert-dir", "", "with tls.crt and tls.key")
	flag.StringVar(&probes, "probes", ":8081", "address of the probes")
	flag.StringVar(&metrics, "metrics", ":8080", "address of the metrics")
	flag.IntVar(&workers, "workers", 10, "reconciles at once")
	flag.Parse()
	ctrl.SetLogger(zap.New())
	if err := run(file, namespace, host, port, certificates, probes, metrics, workers); err != nil {
		ctrl.Log.Error(err, "the operator failed")
		os.Exit(1)
	}
}

func run(file, namespace, host string, port int, certificates, probes, metrics string, workers int) error {
	config, err := clientcmd.BuildConfigFromFlags("", file)
	if err != nil {
		return err
	}
	// no limit of the client's own: the API server's priority and fairness is what limits
	config.QPS = -1
	config.UserAgent = "reference"

	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1.AddToScheme(scheme))

	ours, err := labels.NewRequirement(controller.OwnerUIDLabel, selection.Exists, nil)
	if err != nil {
		return err
	}
	options := cache.Options{
		DefaultTransform: cache.TransformStripManagedFields(),
		ByObject:         map[client.Object]cache.ByObject{&corev1.Pod{}: {Label: labels.NewSelector().Add(*ours)}},
	}
	if namespace != "" {
		options.DefaultNamespaces = map[string]cache.Config{namespace: {}}
	}
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                 scheme,
		Cache:                  options,
		HealthProbeBindAddress: probes,
		Metrics:                metricsserver.Options{BindAddress: metrics},
		WebhookServer:          webhook.NewServer(webhook.Options{Host: host, Port: port, CertDir: certificates}),
	})
	if err != nil {
		return err
	}
	reconciler := &controller.Reconciler{
		Client:   mgr.GetClient(),
		Live:     mgr.GetAPIReader(),
		Recorder: mgr.GetEventRecorder("agent-orchestrator"),
	}
	if err := reconciler.SetupWithManager(mgr, workers); err != nil {
		return err
	}
	if err := taskrunwebhook.Setup(mgr); err != nil {
		return err
	}
	if err := addProbes(mgr); err != nil {
		return err
	}
	return mgr.Start(ctrl.SetupSignalHandler())
}

// addProbes makes it ready once its caches are filled and its webhooks listen.
func addProbes(mgr ctrl.Manager) error {
	ctx := context.Background()
	account := &metav1.PartialObjectMetadata{}
	account.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("ServiceAccount"))
	files := &metav1.PartialObjectMetadata{}
	files.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("ConfigMap"))
	var informers []cache.Informer
	for _, object := range []client.Object{&v1.TaskRun{}, &batchv1.Job{}, &corev1.PersistentVolumeClaim{}, &corev1.Pod{}, account, files} {
		informer, err := mgr.GetCache().GetInformer(ctx, object, cache.BlockUntilSynced(false))
		if err != nil {
			return err
		}
		informers = append(informers, informer)
	}
	if err := mgr.AddReadyzCheck("caches", func(*http.Request) error {
		for _, informer := range informers {
			if !informer.HasSynced() {
				return errors.New("not synced yet")
			}
		}
		return nil
	}); err != nil {
		return err
	}
	return mgr.AddReadyzCheck("webhooks", mgr.GetWebhookServer().StartedChecker())
}
