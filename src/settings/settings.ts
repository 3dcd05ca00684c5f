/** The controller's configuration after sources are merged and defaults filled in: what the rest of the program reads. */

/** Kubernetes resource quantities by resource name, as in a container's `resources`. */
export interface Resources {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

/** Lowest first. */
export const priorities = ["low", "medium", "high", "critical"] as const;
export type Priority = (typeof priorities)[number];

export const pullPolicies = ["Always", "IfNotPresent", "Never"] as const;
export type PullPolicy = (typeof pullPolicies)[number];

export const otlpProtocols = ["grpc", "http"] as const;
export type OtlpProtocol = (typeof otlpProtocols)[number];

/** Automatic runs that can be asked for at most; the same bound as in the kinds' `spec.retry.maxRetries`. */
export const mostRetries = 100;

/** How many runs may work at once; absent: as many as there are. */
export interface ConcurrencyLimits {
  readonly total?: number;
  readonly perNamespace?: number;
  /** A service of a namespace. */
  readonly perService?: number;
  readonly perAgent?: number;
  readonly perRepository?: number;
  /** A workspace's PersistentVolumeClaim. Default 1: two agents in one workspace spoil each other's work. */
  readonly perWorkspace: number;
  /** Seconds of waiting that count as one step of priority. Default 600. */
  readonly agingSeconds: number;
}

/** Which finished TaskRuns are kept, and where the record of one goes before it is removed. */
export interface History {
  /** The newest of each service of a namespace. Absent: all. */
  readonly keepPerService?: number;
  /** After the end of the run. Absent: for ever. */
  readonly keepSeconds?: number;
  readonly archive: {
    /** As one JSON line of the manager's log. Default true. */
    readonly log: boolean;
    /** Name of a ConfigMap in the run's namespace. Absent: none. */
    readonly configMap?: string;
  };
}

/** Immutable; a change of configuration is a new object. */
export interface Settings {
  readonly job: {
    /** The Job's own retries within one run. Default 0: each attempt should be a run of its own, numbered and recorded. */
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
  readonly concurrency: ConcurrencyLimits;
  readonly cleanup: {
    /** Delete the workspace's PVC together with the last run that uses it. Default false: the work stays. */
    readonly deleteWorkspace: boolean;
  };
  readonly retry: {
    /** Automatic runs after the first, or after the last manual retry. Default 3, at most {@link mostRetries}. */
    readonly maxRetries: number;
    /** Seconds; the wait before automatic run k is drawn from 0..min(maxBackoff, initial * 2^k). Default 30. */
    readonly initialBackoffSeconds: number;
    /** Seconds. Default 600. */
    readonly maxBackoffSeconds: number;
    /** Exit codes of the agent after which no automatic run follows. Default none. */
    readonly terminalExitCodes: readonly number[];
  };
  /** Seconds that a pod may stand without starting (image, configuration, scheduling) before its run has failed. Default 300. */
  readonly stuckPodSeconds: number;
  readonly history: History;
  /** Seconds between two searches for objects whose run is gone. Default 3600. */
  readonly orphanSweepSeconds: number;
  /** Agents' own telemetry (OpenTelemetry), handed to them as environment. */
  readonly telemetry: {
    /** Default false. */
    readonly enabled: boolean;
    /** `host:port` or a URL. */
    readonly otlpEndpoint?: string;
    /** Default `grpc`. */
    readonly otlpProtocol: OtlpProtocol;
  };
}
