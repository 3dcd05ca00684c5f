// Package v1 holds the Go types of the CustomResourceDefinition in crds/taskruns.orchestrator.io.yaml.
//
// +kubebuilder:object:generate=true
package v1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion of the types.
var GroupVersion = schema.GroupVersion{Group: "orchestrator.io", Version: "v1"}

// CleanupFinalizer keeps a deleted TaskRun until its Jobs are gone.
const CleanupFinalizer = "taskrun.orchestrator.io/cleanup"

// AddToScheme makes the types known to a client.
func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion, &TaskRun{}, &TaskRunList{})
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}

// Phase is where the work stands.
type Phase string

const (
	PhasePending   Phase = "Pending"
	PhaseRunning   Phase = "Running"
	PhaseSucceeded Phase = "Succeeded"
	PhaseFailed    Phase = "Failed"
	PhaseCancelled Phase = "Cancelled"
)

// IsTerminal tells whether nothing follows by itself.
func (p Phase) IsTerminal() bool {
	return p == PhaseSucceeded || p == PhaseFailed || p == PhaseCancelled
}

// MarkdownFile is a file that the agent works from.
type MarkdownFile struct {
	Filename string `json:"filename"`
	Content  string `json:"content"`
	FileType string `json:"fileType,omitempty"`
}

// AgentTool is a tool that the agent may or may not use.
type AgentTool struct {
	Name         string                `json:"name"`
	Enabled      *bool                 `json:"enabled,omitempty"`
	Config       *runtime.RawExtension `json:"config,omitempty"`
	Restrictions []string              `json:"restrictions,omitempty"`
}

// RepositoryAuth names the Secret that a repository is reached with.
type RepositoryAuth struct {
	Type       string `json:"type"`
	SecretName string `json:"secretName"`
	SecretKey  string `json:"secretKey,omitempty"`
}

// Repository is checked out into the workspace.
type Repository struct {
	URL        string          `json:"url"`
	Branch     string          `json:"branch,omitempty"`
	GithubUser string          `json:"githubUser,omitempty"`
	Path       string          `json:"path,omitempty"`
	Auth       *RepositoryAuth `json:"auth,omitempty"`
	Token      string          `json:"token,omitempty"`
}

// EnvVar is a plain environment variable of the agent.
type EnvVar struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Workspace is the volume that the agent works in.
type Workspace struct {
	PVCName string `json:"pvcName,omitempty"`
}

// Resources of the agent's container.
type Resources struct {
	Requests corev1.ResourceList `json:"requests,omitempty"`
	Limits   corev1.ResourceList `json:"limits,omitempty"`
}

// Retry says what is done after a run failed.
type Retry struct {
	MaxRetries            *int32  `json:"maxRetries,omitempty"`
	InitialBackoffSeconds *int32  `json:"initialBackoffSeconds,omitempty"`
	MaxBackoffSeconds     *int32  `json:"maxBackoffSeconds,omitempty"`
	TerminalExitCodes     []int32 `json:"terminalExitCodes,omitempty"`
}

// TaskRunSpec is what is to be done.
type TaskRunSpec struct {
	TaskID                  int32             `json:"taskId"`
	ServiceName             string            `json:"serviceName"`
	MarkdownFiles           []MarkdownFile    `json:"markdownFiles"`
	AgentName               string            `json:"agentName,omitempty"`
	Model                   string            `json:"model,omitempty"`
	ContextVersion          int32             `json:"contextVersion,omitempty"`
	Priority                string            `json:"priority,omitempty"`
	RetryAttempt            int32             `json:"retryAttempt,omitempty"`
	AgentTools              []AgentTool       `json:"agentTools,omitempty"`
	Repository              *Repository       `json:"repository,omitempty"`
	Env                     []EnvVar          `json:"env,omitempty"`
	Image                   string            `json:"image,omitempty"`
	ImagePullPolicy         corev1.PullPolicy `json:"imagePullPolicy,omitempty"`
	ServiceAccountName      string            `json:"serviceAccountName,omitempty"`
	Workspace               *Workspace        `json:"workspace,omitempty"`
	Resources               *Resources        `json:"resources,omitempty"`
	ActiveDeadlineSeconds   *int64            `json:"activeDeadlineSeconds,omitempty"`
	TTLSecondsAfterFinished *int32            `json:"ttlSecondsAfterFinished,omitempty"`
	Retry                   *Retry            `json:"retry,omitempty"`
	DependsOn               []string          `json:"dependsOn,omitempty"`
	OnDependencyFailure     string            `json:"onDependencyFailure,omitempty"`
	Suspend                 bool              `json:"suspend,omitempty"`
	Cancel                  bool              `json:"cancel,omitempty"`
}

// RunRecord is one time that an agent was started.
type RunRecord struct {
	Number         int32        `json:"number"`
	JobName        string       `json:"jobName,omitempty"`
	JobUID         string       `json:"jobUID,omitempty"`
	Cause          string       `json:"cause,omitempty"`
	StartTime      *metav1.Time `json:"startTime,omitempty"`
	CompletionTime *metav1.Time `json:"completionTime,omitempty"`
	Outcome        string       `json:"outcome,omitempty"`
	ExitCode       *int32       `json:"exitCode,omitempty"`
	Reason         string       `json:"reason,omitempty"`
}

// TaskRunStatus is what became of it.
type TaskRunStatus struct {
	Phase                  Phase              `json:"phase,omitempty"`
	ObservedGeneration     int64              `json:"observedGeneration,omitempty"`
	Conditions             []metav1.Condition `json:"conditions,omitempty"`
	ConfigMapName          string             `json:"configMapName,omitempty"`
	JobName                string             `json:"jobName,omitempty"`
	Attempts               int32              `json:"attempts,omitempty"`
	Runs                   []RunRecord        `json:"runs,omitempty"`
	StartTime              *metav1.Time       `json:"startTime,omitempty"`
	CompletionTime         *metav1.Time       `json:"completionTime,omitempty"`
	LastUpdated            *metav1.Time       `json:"lastUpdated,omitempty"`
	Message                string             `json:"message,omitempty"`
	WorkCompleted          bool               `json:"workCompleted,omitempty"`
	ObservedRetryAttempt   int32              `json:"observedRetryAttempt,omitempty"`
	ObservedContextVersion int32              `json:"observedContextVersion,omitempty"`
}

// TaskRun is a task for an agent.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
type TaskRun struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   TaskRunSpec   `json:"spec"`
	Status TaskRunStatus `json:"status,omitempty"`
}

// TaskRunList is a list of them.
//
// +kubebuilder:object:root=true
type TaskRunList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []TaskRun `json:"items"`
}

// WorkspaceName is the claim that a run works in.
func (t *TaskRun) WorkspaceName() string {
	if t.Spec.Workspace != nil && t.Spec.Workspace.PVCName != "" {
		return t.Spec.Workspace.PVCName
	}
	return t.Spec.ServiceName + "-workspace-pvc"
}
