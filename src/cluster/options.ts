import type { ClusterState, NodeMode } from "./state.js";

export interface ClusterOptions {
  /** Default `local`. Clusters with different names run side by side. */
  readonly name?: string;
  /**
   * `real`: pods run in containers (Linux, root). `simulated`: pods only change phase (kwok). `none`: no node, and pods
   * stay Pending. Default `auto`: real where possible, else simulated.
   */
  readonly node?: NodeMode | "auto";
  /** Whether pods and image pulls reach everything that this machine reaches. Needs a real node. Default false. */
  readonly internet?: boolean;
  /** A file to write the admin kubeconfig to as well; it is removed with the cluster. */
  readonly kubeconfig?: string;
  /** Whether to replace a `kubeconfig` file that no local cluster wrote. Default false. */
  readonly overwriteKubeconfig?: boolean;
  /** Whether to install missing Debian packages for a real node. Default true; reported as progress first. */
  readonly installPackages?: boolean;
  /** Default: both, but no scheduler without a node. */
  readonly components?: { readonly controllerManager?: boolean; readonly scheduler?: boolean };
  /** Whether to write a JSON audit log at level Metadata, which is cheap. Default true. */
  readonly audit?: boolean;
  readonly progress?: (line: string) => void;
  /** Aborts the start and leaves nothing behind; has no effect once the cluster is ready. */
  readonly signal?: AbortSignal;
  readonly apiServerFlags?: readonly string[];
  /** Whether the cluster outlives this process. Default false: it stops with the process, even when that is killed. */
  readonly detached?: boolean;
  /** Start-up timeout in milliseconds, not counting the time to build or download programs. Default 180,000. */
  readonly timeout?: number;
}

/** A running cluster, started here or found. */
export interface Cluster {
  readonly name: string;
  readonly node: NodeMode;
  readonly server: string;
  /** Path of the admin's kubeconfig. */
  readonly kubeconfig: string;
  readonly directory: string;
  readonly auditLog: string;
  /** Path of a kubectl with a supported version. */
  readonly kubectl: string;
  readonly caFile: string;
  /** The admin's client certificate. */
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
  /** The address at which the API server reaches processes of this host, for webhooks by `url`; it runs here, so 127.0.0.1. */
  readonly hostAddress: string;
  /** The address at which pods reach processes of this host that listen on all addresses; undefined without a real node. */
  readonly hostAddressForPods: string | undefined;
  /** Makes the image in an OCI or Docker archive available to pods; does nothing without a real node. */
  loadImage(archive: string): Promise<void>;
  /** Writes a kubeconfig with a token of the ServiceAccount (TokenRequest, valid for a year), so that its RBAC applies. */
  serviceAccountKubeconfig(namespace: string, serviceAccount: string, file: string): Promise<void>;
  /** Runs a program on the host as a component of the cluster: with a log, in the status, stopped with the cluster. */
  startComponent(component: {
    readonly name: string;
    readonly argv: readonly string[];
    readonly port?: number;
    readonly environment?: Readonly<Record<string, string>>;
  }): Promise<void>;
  /** From now on restarts the component whenever it exits by itself, with pauses that grow from a second to half a minute. */
  keepComponentRunning(name: string): Promise<void>;
  /** Fault injection: signals the component's process. It is restarted only after {@link keepComponentRunning}. */
  signalComponent(name: string, signal: NodeJS.Signals): Promise<void>;
  /** Fault injection: restarts the component with the same ports and flags; resolves when it is ready. */
  restartComponent(name: string): Promise<void>;
  /** The current state. @throws {Error} when the cluster is no longer running. */
  state(): ClusterState;
  /** Stops the cluster and resolves when everything of it is removed. Idempotent. */
  stop(): Promise<void>;
}

/** A cluster of that name is already running or starting. */
export class ClusterRunningError extends Error {
  constructor(readonly state: ClusterState) {
    super(
      `cluster ${state.name} is already ${state.phase === "ready" ? "running" : "starting"}: ${state.node} node, ${state.server === "" ? "no address yet" : state.server}, since ${state.createdAt}. ` +
        `Kubeconfig: ${state.directory}/kubeconfig. To remove it: orchestrator cluster down --name ${state.name}`,
    );
    this.name = "ClusterRunningError";
  }
}
