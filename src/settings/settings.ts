/** The controller's configuration after sources are merged and defaults filled in: what the rest of the program reads. */

/** Kubernetes resource quantities by resource name, as in a container's `resources`. */
export interface Resources {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

export type Priority = "low" | "medium" | "high" | "critical";

export type PullPolicy = "Always" | "IfNotPresent" | "Never";

/** Immutable; a change of configuration is a new object. */
export interface Settings {
  readonly job: {
    /** The Job's own retries within one run. Default 0: each attempt should be a run of its own. */
    readonly backoffLimit: number;
    /** Seconds a run may take. Default 3600. */
    readonly activeDeadlineSeconds: number;
    /** Seconds that a finished Job is kept before the manager removes it. Default 86400. */
    readonly ttlSecondsAfterFinished: number;
  };
  readonly agent: {
    /** `spec.agentName` where a run names none. Default `claude-agent-1`. */
    readonly name: string;
    /** Default `sonnet`. */
    readonly model: string;
    readonly image: string;
    readonly imagePullPolicy: PullPolicy;
    /** The main container's command. Default `["claude"]`. */
    readonly command: readonly string[];
    readonly args: readonly string[];
    /** Plain environment for every agent. */
    readonly env: readonly { readonly name: string; readonly value: string }[];
    /** Default `default`; agents get no token of it. */
    readonly serviceAccountName: string;
    readonly imagePullSecrets: readonly string[];
  };
  readonly initContainer: {
    /** Default `busybox:1.36`. */
    readonly image: string;
    readonly imagePullPolicy: PullPolicy;
  };
  /** Resources of the main container by priority. Defaults: high and critical 2/4Gi..4/8Gi, others 1/2Gi..2/4Gi. */
  readonly resources: Readonly<Record<Priority, Resources>>;
  readonly storage: {
    /** Absent: the cluster's default StorageClass. */
    readonly storageClassName?: string;
    /** Default `ReadWriteOnce`. */
    readonly accessMode: string;
    /** Default `10Gi`. */
    readonly size: string;
  };
  readonly secrets: {
    /** Default `orchestrator-secrets`. */
    readonly apiKeySecretName: string;
    /** Default `ANTHROPIC_API_KEY`. */
    readonly apiKeySecretKey: string;
  };
  readonly cleanup: {
    /** Delete the workspace's PVC together with its run. Default false. */
    readonly deleteWorkspace: boolean;
  };
  readonly retry: {
    /** Automatic runs after the first, or after the last manual retry. Default 3. */
    readonly maxRetries: number;
  };
}
