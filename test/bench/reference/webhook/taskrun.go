// Package webhook fills in and judges TaskRuns when they are created and changed.
package webhook

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	v1 "agent-orchestrator/reference/api/v1"
	"agent-orchestrator/reference/controller"
)

// Setup mounts both webhooks, at the paths that webhooks/*.yaml name.
func Setup(mgr ctrl.Manager) error {
	return ctrl.NewWebhookManagedBy(mgr, &v1.TaskRun{}).
		WithDefaulter(Defaulter{}).WithDefaulterCustomPath("/mutate/taskrun").
		WithValidator(&Validator{reader: mgr.GetClient()}).WithValidatorCustomPath("/validate/taskrun").
		Complete()
}

// Defaulter fills in what a TaskRun doesn't say.
type Defaulter struct{}

// resources by priority.
var resources = func() map[string]v1.Resources {
	of := func(cpu, memory, cpuLimit, memoryLimit string) v1.Resources {
		list := func(cpu, memory string) corev1.ResourceList {
			return corev1.ResourceList{
				corev1.ResourceCPU:    resource.MustParse(cpu),
				corev1.ResourceMemory: resource.MustParse(memory),
			}
		}
		return v1.Resources{Requests: list(cpu, memory), Limits: list(cpuLimit, memoryLimit)}
	}
	usual, large := of("1", "2Gi", "2", "4Gi"), of("2", "4Gi", "4", "8Gi")
	return map[string]v1.Resources{"low": usual, "medium": usual, "high": large, "critical": large}
}()

func (Defaulter) Default(_ context.Context, run *v1.TaskRun) error {
	spec := &run.Spec
	setDefault(&spec.ContextVersion, 1)
	setDefault(&spec.RetryAttempt, 1)
	setDefault(&spec.Priority, "medium")
	setDefault(&spec.OnDependencyFailure, "Wait")
	setDefault(&spec.AgentName, "claude-agent-1")
	setDefault(&spec.Model, "sonnet")
	setDefault(&spec.Image, "ghcr.io/5dlabs/platform/claude-code:latest")
	setDefault(&spec.ImagePullPolicy, corev1.PullIfNotPresent)
	setDefault(&spec.ServiceAccountName, "default")
	setDefaultPointer(&spec.ActiveDeadlineSeconds, 3600)
	setDefaultPointer(&spec.TTLSecondsAfterFinished, 86400)
	if spec.Resources == nil {
		amounts := resources[spec.Priority]
		spec.Resources = amounts.DeepCopy()
	}
	if spec.Workspace == nil {
		spec.Workspace = &v1.Workspace{}
	}
	setDefault(&spec.Workspace.PVCName, spec.ServiceName+"-workspace-pvc")
	if spec.Retry == nil {
		spec.Retry = &v1.Retry{}
	}
	setDefaultPointer(&spec.Retry.MaxRetries, 3)
	setDefaultPointer(&spec.Retry.InitialBackoffSeconds, 30)
	setDefaultPointer(&spec.Retry.MaxBackoffSeconds, 600)

	if run.Labels == nil {
		run.Labels = map[string]string{}
	}
	maps.Copy(run.Labels, controller.LabelsOf(run))
	if run.DeletionTimestamp.IsZero() {
		controllerutil.AddFinalizer(run, v1.CleanupFinalizer)
	}
	return nil
}

func setDefault[T comparable](to *T, value T) {
	var zero T
	if *to == zero {
		*to = value
	}
}

func setDefaultPointer[T any](to **T, value T) {
	if *to == nil {
		*to = &value
	}
}

// Validator judges what the schema can't.
type Validator struct {
	reader client.Reader
}

func (v *Validator) ValidateCreate(ctx context.Context, run *v1.TaskRun) (admission.Warnings, error) {
	errs := append(filesFit(run), resourcesFit(run)...)
	alone, err := v.oneLiveRun(ctx, run)
	if err != nil {
		return nil, err
	}
	errs = append(errs, alone...)
	cycle, err := v.noCycle(ctx, run)
	if err != nil {
		return nil, err
	}
	errs = append(errs, cycle...)
	return v.warnings(ctx, run), invalid(run, errs)
}

func (v *Validator) ValidateUpdate(ctx context.Context, old, run *v1.TaskRun) (admission.Warnings, error) {
	if equality.Semantic.DeepEqual(old.Spec, run.Spec) {
		return nil, nil
	}
	errs := append(filesFit(run), resourcesFit(run)...)
	errs = append(errs, frozenWhileRunning(old, run)...)
	if !slices.Equal(old.Spec.DependsOn, run.Spec.DependsOn) {
		cycle, err := v.noCycle(ctx, run)
		if err != nil {
			return nil, err
		}
		errs = append(errs, cycle...)
	}
	return v.warnings(ctx, run), invalid(run, errs)
}

func (v *Validator) ValidateDelete(context.Context, *v1.TaskRun) (admission.Warnings, error) {
	return nil, nil
}

func invalid(run *v1.TaskRun, errs field.ErrorList) error {
	if len(errs) == 0 {
		return nil
	}
	return apierrors.NewInvalid(v1.GroupVersion.WithKind("TaskRun").GroupKind(), run.Name, errs)
}

// filesFit: all files of a run fit into its one ConfigMap, with 32 KiB to spare for generated ones.
func filesFit(run *v1.TaskRun) field.ErrorList {
	const limit = 1024*1024 - 32*1024
	sum := 0
	for _, file := range run.Spec.MarkdownFiles {
		sum += len(file.Filename) + len(file.Content)
	}
	if sum <= limit {
		return nil
	}
	return field.ErrorList{field.TooLong(field.NewPath("spec", "markdownFiles"), "", limit)}
}

// resourcesFit: nothing is requested beyond its limit.
func resourcesFit(run *v1.TaskRun) field.ErrorList {
	if run.Spec.Resources == nil {
		return nil
	}
	var errs field.ErrorList
	for name, wanted := range run.Spec.Resources.Requests {
		if most, limited := run.Spec.Resources.Limits[name]; limited && wanted.Cmp(most) > 0 {
			path := field.NewPath("spec", "resources", "requests").Key(string(name))
			errs = append(errs, field.Invalid(path, wanted.String(), "must not be more than its limit "+most.String()))
		}
	}
	return errs
}

// frozenWhileRunning: what a run was made from doesn't change under it.
func frozenWhileRunning(old, run *v1.TaskRun) field.ErrorList {
	before, after := old.Spec.DeepCopy(), run.Spec.DeepCopy()
	if old.Status.Phase != v1.PhaseRunning ||
		after.ContextVersion > before.ContextVersion || after.RetryAttempt > before.RetryAttempt {
		return nil
	}
	// these may change at any time
	for _, spec := range []*v1.TaskRunSpec{before, after} {
		spec.Suspend, spec.Cancel, spec.Priority, spec.Retry = false, false, "", nil
		spec.TTLSecondsAfterFinished, spec.DependsOn, spec.OnDependencyFailure = nil, nil, ""
	}
	if equality.Semantic.DeepEqual(before, after) {
		return nil
	}
	return field.ErrorList{field.Forbidden(field.NewPath("spec"), "can't be changed while a run goes on; also raise contextVersion")}
}

// oneLiveRun: a task has at most one TaskRun that has not ended.
func (v *Validator) oneLiveRun(ctx context.Context, run *v1.TaskRun) (field.ErrorList, error) {
	if run.Spec.Cancel {
		return nil, nil
	}
	var others v1.TaskRunList
	err := v.reader.List(ctx, &others, client.InNamespace(run.Namespace),
		client.MatchingFields{controller.TaskIndex: controller.TaskKey(run)}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return nil, err
	}
	for _, other := range others.Items {
		if other.Name != run.Name && !other.Status.Phase.IsTerminal() {
			return field.ErrorList{field.Duplicate(field.NewPath("spec", "taskId"), strconv.Itoa(int(run.Spec.TaskID)))}, nil
		}
	}
	return nil, nil
}

// noCycle: no TaskRun waits for itself.
func (v *Validator) noCycle(ctx context.Context, run *v1.TaskRun) (field.ErrorList, error) {
	open, seen := slices.Clone(run.Spec.DependsOn), map[string]bool{}
	for len(open) > 0 {
		name := open[len(open)-1]
		open = open[:len(open)-1]
		if name == run.Name {
			return field.ErrorList{field.Invalid(field.NewPath("spec", "dependsOn"), run.Spec.DependsOn, "would wait for ever")}, nil
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		var other v1.TaskRun
		err := v.reader.Get(ctx, client.ObjectKey{Namespace: run.Namespace, Name: name}, &other)
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		open = append(open, other.Spec.DependsOn...)
	}
	return nil, nil
}

// warnings: a ServiceAccount that isn't there may be on its way.
func (v *Validator) warnings(ctx context.Context, run *v1.TaskRun) admission.Warnings {
	name := run.Spec.ServiceAccountName
	if name == "" {
		return nil
	}
	account := &metav1.PartialObjectMetadata{}
	account.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("ServiceAccount"))
	if err := v.reader.Get(ctx, client.ObjectKey{Namespace: run.Namespace, Name: name}, account); !apierrors.IsNotFound(err) {
		return nil
	}
	return admission.Warnings{fmt.Sprintf("spec.serviceAccountName: there is no ServiceAccount %q yet", name)}
}
