package controller

import (
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "agent-orchestrator/reference/api/v1"
)

// started is what is known of a Job that was made or found.
type started struct {
	name, uid string
	at        metav1.Time
	finished  *batchv1.JobCondition
	ended     *metav1.Time
}

func startedFrom(job *batchv1.Job) *started {
	found := &started{name: job.Name, uid: string(job.UID), at: job.CreationTimestamp}
	for i, condition := range job.Status.Conditions {
		if (condition.Type == batchv1.JobComplete || condition.Type == batchv1.JobFailed) && condition.Status == corev1.ConditionTrue {
			found.finished = &job.Status.Conditions[i]
			found.ended = job.Status.CompletionTime
			if found.ended == nil {
				found.ended = &job.Status.Conditions[i].LastTransitionTime
			}
		}
	}
	return found
}

// describe makes the status from the Job, in place.
func describe(run *v1.TaskRun, number int32, job *started) {
	status := &run.Status
	record := v1.RunRecord{Number: number, JobName: job.name, JobUID: job.uid, Cause: "Initial", StartTime: &job.at}
	phase, succeeded, reason := v1.PhaseRunning, metav1.ConditionUnknown, "Running"
	message := fmt.Sprintf("Run %d is at work in Job %s.", number, job.name)
	if job.finished != nil {
		record.CompletionTime, status.CompletionTime = job.ended, job.ended
		if job.finished.Type == batchv1.JobComplete {
			phase, succeeded, reason = v1.PhaseSucceeded, metav1.ConditionTrue, "Completed"
			message, record.Outcome, status.WorkCompleted = fmt.Sprintf("Run %d succeeded.", number), "Succeeded", true
		} else {
			phase, succeeded, reason = v1.PhaseFailed, metav1.ConditionFalse, job.finished.Reason
			message, record.Outcome = fmt.Sprintf("Run %d failed: %s", number, job.finished.Message), "Failed"
		}
		record.Reason = reason
	}
	status.Phase, status.Message, status.JobName = phase, message, job.name
	status.ConfigMapName = filesName(run, number)
	status.Attempts, status.Runs = 1, []v1.RunRecord{record}
	status.StartTime = &job.at
	status.ObservedRetryAttempt, status.ObservedContextVersion = run.Spec.RetryAttempt, run.Spec.ContextVersion
	set(run, "Admitted", metav1.ConditionTrue, "SlotFree", "No limit of concurrency is reached.")
	set(run, "DependenciesMet", metav1.ConditionTrue, "NoDependencies", "It waits for no other run.")
	set(run, "WorkspaceReady", metav1.ConditionTrue, "ClaimExists", fmt.Sprintf("PersistentVolumeClaim %s is there.", run.WorkspaceName()))
	set(run, "ConfigMapReady", metav1.ConditionTrue, "FilesWritten", fmt.Sprintf("The files of run %d are in its ConfigMap.", number))
	set(run, "JobCreated", metav1.ConditionTrue, "JobCreated", fmt.Sprintf("Job %s was created.", job.name))
	set(run, "Succeeded", succeeded, reason, message)
	mark(run, reason, message)
}

// wait says why no Job is started yet, in place.
func wait(run *v1.TaskRun, condition, reason, message string) {
	run.Status.Phase, run.Status.Message = v1.PhasePending, message
	set(run, condition, metav1.ConditionFalse, reason, message)
	set(run, "Succeeded", metav1.ConditionUnknown, reason, message)
	mark(run, reason, message)
}

// mark sets the conditions that kstatus reads.
func mark(run *v1.TaskRun, reason, message string) {
	run.Status.ObservedGeneration = run.Generation
	if run.Status.Phase.IsTerminal() {
		meta.RemoveStatusCondition(&run.Status.Conditions, "Reconciling")
	} else {
		set(run, "Reconciling", metav1.ConditionTrue, reason, message)
	}
	if run.Status.Phase == v1.PhaseFailed {
		set(run, "Stalled", metav1.ConditionTrue, reason, message)
	}
}

func set(run *v1.TaskRun, kind string, status metav1.ConditionStatus, reason, message string) {
	meta.SetStatusCondition(&run.Status.Conditions, metav1.Condition{
		Type: kind, Status: status, Reason: reason, Message: message, ObservedGeneration: run.Generation,
	})
}
