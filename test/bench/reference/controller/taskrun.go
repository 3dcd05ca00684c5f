// Package controller leads a TaskRun from its creation to the end of its Job.
package controller

import (
	"context"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	v1 "agent-orchestrator/reference/api/v1"
)

const (
	fieldOwner = client.FieldOwner("agent-orchestrator")

	// TaskIndex finds TaskRuns by what TaskKey gives.
	TaskIndex = "task"
	// workspaceIndex finds TaskRuns by the claim they work in.
	workspaceIndex = "workspace"
	// dependencyIndex finds TaskRuns by those they wait for.
	dependencyIndex = "dependsOn"
)

// TaskKey tells which task a TaskRun is for.
func TaskKey(run *v1.TaskRun) string {
	return fmt.Sprintf("%s/%d", run.Spec.ServiceName, run.Spec.TaskID)
}

// Reconciler starts the Job of a TaskRun and says what became of it.
type Reconciler struct {
	client.Client
	// Live reads where a cache that lags would mislead.
	Live     client.Reader
	Recorder events.EventRecorder
}

// SetupWithManager adds indexes, watches and the controller.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, workers int) error {
	for name, of := range map[string]func(*v1.TaskRun) []string{
		TaskIndex:       func(run *v1.TaskRun) []string { return []string{TaskKey(run)} },
		workspaceIndex:  func(run *v1.TaskRun) []string { return []string{run.WorkspaceName()} },
		dependencyIndex: func(run *v1.TaskRun) []string { return run.Spec.DependsOn },
	} {
		err := mgr.GetFieldIndexer().IndexField(context.Background(), &v1.TaskRun{}, name, func(object client.Object) []string {
			return of(object.(*v1.TaskRun))
		})
		if err != nil {
			return err
		}
	}
	// of ConfigMaps only the metadata is kept: their data is never read back
	return ctrl.NewControllerManagedBy(mgr).
		Named("taskrun").
		For(&v1.TaskRun{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Owns(&batchv1.Job{}).
		Owns(&corev1.ConfigMap{}, builder.OnlyMetadata, builder.WithPredicates(deleted)).
		Watches(&v1.TaskRun{}, handler.EnqueueRequestsFromMapFunc(r.waiting), builder.WithPredicates(ended)).
		Watches(&corev1.Pod{}, handler.EnqueueRequestsFromMapFunc(runOfPod)).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers}).
		Complete(r)
}

// Reconcile implements reconcile.Reconciler.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var run v1.TaskRun
	if err := r.Get(ctx, request.NamespacedName, &run); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !run.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, r.cleanUp(ctx, &run)
	}
	if !controllerutil.ContainsFinalizer(&run, v1.CleanupFinalizer) {
		before := run.DeepCopy()
		controllerutil.AddFinalizer(&run, v1.CleanupFinalizer)
		if err := r.Patch(ctx, &run, client.MergeFrom(before)); err != nil {
			return ctrl.Result{}, err
		}
	}
	if run.Status.Phase.IsTerminal() {
		return ctrl.Result{}, nil
	}
	before := run.DeepCopy()
	number := max(run.Spec.RetryAttempt, 1)
	job, err := r.findJob(ctx, &run, number)
	if err != nil {
		return ctrl.Result{}, err
	}
	if job == nil {
		reason, message, err := r.obstacle(ctx, &run)
		if err != nil {
			return ctrl.Result{}, err
		}
		if reason != "" {
			wait(&run, "Admitted", reason, message)
			return ctrl.Result{}, r.writeStatus(ctx, before, &run)
		}
		if job, err = r.start(ctx, &run, number); err != nil {
			return ctrl.Result{}, err
		}
	}
	describe(&run, number, job)
	return ctrl.Result{}, r.writeStatus(ctx, before, &run)
}

// findJob gives nil where there is none yet.
func (r *Reconciler) findJob(ctx context.Context, run *v1.TaskRun, number int32) (*started, error) {
	key := client.ObjectKey{Namespace: run.Namespace, Name: jobName(run, number)}
	var job batchv1.Job
	err := r.Get(ctx, key, &job)
	if apierrors.IsNotFound(err) && run.Status.JobName != "" {
		// it was started: either the cache lags, or the Job is gone
		err = r.Live.Get(ctx, key, &job)
		if apierrors.IsNotFound(err) {
			return &started{
				name: run.Status.JobName,
				at:   *run.Status.StartTime,
				finished: &batchv1.JobCondition{
					Type: batchv1.JobFailed, Reason: "JobLost", Message: "its Job is gone",
				},
				ended: new(metav1.Now()),
			}, nil
		}
	}
	if err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	if !metav1.IsControlledBy(&job, run) {
		return nil, reconcile.TerminalError(fmt.Errorf("the Job %s belongs to something else", job.Name))
	}
	return startedFrom(&job), nil
}

// obstacle tells what keeps the run from starting; an empty reason: nothing does.
func (r *Reconciler) obstacle(ctx context.Context, run *v1.TaskRun) (reason, message string, err error) {
	if run.Spec.Suspend {
		return "Suspended", "Suspended; set spec.suspend to false to go on.", nil
	}
	for _, name := range run.Spec.DependsOn {
		var other v1.TaskRun
		err := r.Get(ctx, client.ObjectKey{Namespace: run.Namespace, Name: name}, &other)
		if client.IgnoreNotFound(err) != nil {
			return "", "", err
		}
		if other.Status.Phase != v1.PhaseSucceeded {
			return "WaitsForDependency", fmt.Sprintf("Waits for %s.", name), nil
		}
	}
	var sharers v1.TaskRunList
	err = r.List(ctx, &sharers, client.InNamespace(run.Namespace),
		client.MatchingFields{workspaceIndex: run.WorkspaceName()}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return "", "", err
	}
	for _, other := range sharers.Items {
		if other.UID != run.UID && other.Status.Phase == v1.PhaseRunning {
			return "WaitsForSlot", fmt.Sprintf("%s works in the workspace.", other.Name), nil
		}
	}
	return "", "", nil
}

// start makes claim, files and Job by server-side apply.
func (r *Reconciler) start(ctx context.Context, run *v1.TaskRun, number int32) (*started, error) {
	var claim corev1.PersistentVolumeClaim
	err := r.Get(ctx, client.ObjectKey{Namespace: run.Namespace, Name: run.WorkspaceName()}, &claim)
	if apierrors.IsNotFound(err) {
		err = r.Apply(ctx, workspaceClaim(run), fieldOwner, client.ForceOwnership)
	}
	if err != nil {
		return nil, fmt.Errorf("workspace: %w", err)
	}
	files, err := filesConfigMap(run, number)
	if err != nil {
		return nil, err
	}
	if err := r.Apply(ctx, files, fieldOwner, client.ForceOwnership); err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	made := job(run, number)
	if err := r.Apply(ctx, made, fieldOwner, client.ForceOwnership); err != nil {
		return nil, fmt.Errorf("job: %w", err)
	}
	return &started{name: *made.Name, uid: string(*made.UID), at: *made.CreationTimestamp}, nil
}

// writeStatus patches what differs, if anything does, and tells of it.
func (r *Reconciler) writeStatus(ctx context.Context, before, run *v1.TaskRun) error {
	if equality.Semantic.DeepEqual(before.Status, run.Status) {
		return nil
	}
	run.Status.LastUpdated = new(metav1.Now())
	if err := r.Status().Patch(ctx, run, client.MergeFrom(before)); err != nil {
		return client.IgnoreNotFound(err)
	}
	ctrl.LoggerFrom(ctx).Info("TaskRun reconciled", "job", run.Status.JobName, "phase", run.Status.Phase)
	if before.Status.Phase == run.Status.Phase {
		return nil
	}
	switch run.Status.Phase {
	case v1.PhaseRunning:
		r.Recorder.Eventf(run, nil, corev1.EventTypeNormal, "JobCreated", "StartRun", "Created Job %s.", run.Status.JobName)
	case v1.PhaseSucceeded:
		r.Recorder.Eventf(run, nil, corev1.EventTypeNormal, "RunSucceeded", "RecordOutcome", "%s", run.Status.Message)
	case v1.PhaseFailed:
		r.Recorder.Eventf(run, nil, corev1.EventTypeWarning, "RunFailed", "RecordOutcome", "%s", run.Status.Message)
	}
	return nil
}

// cleanUp deletes the Jobs of a deleted run, and frees it once they are gone.
func (r *Reconciler) cleanUp(ctx context.Context, run *v1.TaskRun) error {
	if !controllerutil.ContainsFinalizer(run, v1.CleanupFinalizer) {
		return nil
	}
	var jobs batchv1.JobList
	err := r.Live.List(ctx, &jobs, client.InNamespace(run.Namespace), client.MatchingLabels{ownerUIDLabel: string(run.UID)})
	if err != nil {
		return err
	}
	for i := range jobs.Items {
		if jobs.Items[i].DeletionTimestamp.IsZero() {
			err := r.Delete(ctx, &jobs.Items[i], client.PropagationPolicy(metav1.DeletePropagationForeground))
			if client.IgnoreNotFound(err) != nil {
				return err
			}
		}
	}
	if len(jobs.Items) > 0 {
		return nil // the last of them brings the run back
	}
	before := run.DeepCopy()
	controllerutil.RemoveFinalizer(run, v1.CleanupFinalizer)
	return client.IgnoreNotFound(r.Patch(ctx, run, client.MergeFrom(before)))
}
