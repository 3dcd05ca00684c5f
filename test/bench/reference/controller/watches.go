package controller

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	v1 "agent-orchestrator/reference/api/v1"
)

// deleted lets only deletions through.
var deleted = predicate.Funcs{
	CreateFunc:  func(event.CreateEvent) bool { return false },
	UpdateFunc:  func(event.UpdateEvent) bool { return false },
	GenericFunc: func(event.GenericEvent) bool { return false },
}

// ended lets the end of a run through, whichever way it came.
var ended = predicate.Funcs{
	CreateFunc: func(event.CreateEvent) bool { return false },
	UpdateFunc: func(change event.UpdateEvent) bool {
		before, after := change.ObjectOld.(*v1.TaskRun), change.ObjectNew.(*v1.TaskRun)
		return after.Status.Phase.IsTerminal() && !before.Status.Phase.IsTerminal()
	},
	GenericFunc: func(event.GenericEvent) bool { return false },
}

// waiting gives the runs that may start now that this one has ended.
func (r *Reconciler) waiting(ctx context.Context, object client.Object) []reconcile.Request {
	run := object.(*v1.TaskRun)
	var requests []reconcile.Request
	for index, value := range map[string]string{workspaceIndex: run.WorkspaceName(), dependencyIndex: run.Name} {
		var others v1.TaskRunList
		err := r.List(ctx, &others, client.InNamespace(run.Namespace),
			client.MatchingFields{index: value}, client.UnsafeDisableDeepCopy)
		if err != nil {
			continue // only a cache that is being stopped fails
		}
		for _, other := range others.Items {
			if other.UID != run.UID && !other.Status.Phase.IsTerminal() {
				requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&other)})
			}
		}
	}
	return requests
}

// runOfPod gives the run that a pod works for.
func runOfPod(_ context.Context, pod client.Object) []reconcile.Request {
	name := pod.GetAnnotations()["orchestrator.io/run-name"]
	if name == "" {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: pod.GetNamespace(), Name: name}}}
}
