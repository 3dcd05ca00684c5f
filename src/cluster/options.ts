import type { ClusterState, NodeMode } from "./state.js";

export interface ClusterOptions {
  /** Default `local`. Several clusters of different names run side by side. */
  readonly name?: string;
  /**
   * `real`: pods are containers (root on Linux). `simulated`: pods only go through their phases (kwok). `none`: an API
   * server with controllers, and pods stay Pending. Default `auto`: real where that is possible, else simulated.
   */
  readonly node?: NodeMode | "auto";
  /** Whether pods, and pulls of images, reach what this machine reaches. Needs a real node. Default false. */
  readonly internet?: boolean;
  /** The admin kubeconfig is also written here, and removed with the cluster. */
  readonly kubeconfig?: string;
  /** Replace `kubeconfig` even when it is somebody else's file. Default false. */
  readonly overwriteKubeconfig?: boolean;
  /** Whether missing Debian packages are installed for a real node. Default true; it is said first. */
  readonly installPackages?: boolean;
  /** Default both, but no scheduler where there is no node. */
  readonly components?: { readonly controllerManager?: boolean; readonly scheduler?: boolean };
  /** JSON audit log at Metadata level. Default true: it is cheap. */
  readonly audit?: boolean;
  readonly progress?: (line: string) => void;
  /** Ends a start under way, leaving nothing; has no effect once the cluster is there. */
  readonly signal?: AbortSignal;
  readonly apiServerFlags?: readonly string[];
  /** Outlives this process. Default false: the cluster ends with it, even if it is killed. */
  readonly detached?: boolean;
  /** Milliseconds for the start, without building or downloading programs. Default 180,000. */
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
  /** A kubectl that fits. */
  readonly kubectl: string;
  readonly caFile: string;
  /** The admin's client certificate. */
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
  /** Where the API server reaches this host's processes, for webhooks by `url`: it runs on the host itself, so 127.0.0.1. */
  readonly hostAddress: string;
  /** Where pods reach this host's processes that listen on all addresses; undefined without a real node. */
  readonly hostAddressForPods: string | undefined;
  /** Makes an image of an OCI or docker archive available to pods; does nothing where no pod is real. */
  loadImage(archive: string): Promise<void>;
  /** Writes a kubeconfig whose token is the ServiceAccount's (by TokenRequest, for a year), so that its RBAC is what applies. */
  serviceAccountKubeconfig(namespace: string, serviceAccount: string, file: string): Promise<void>;
  /** Runs a program of the host as a component of the cluster: it has a log, is in the status, and ends with it. */
  startComponent(component: {
    readonly name: string;
    readonly argv: readonly string[];
    readonly port?: number;
    readonly environment?: Readonly<Record<string, string>>;
  }): Promise<void>;
  /** Fault injection: signals the component's process. It is not started again by itself. */
  signalComponent(name: string, signal: NodeJS.Signals): Promise<void>;
  /** Fault injection: stops it and starts it with the same ports and flags; resolves when it is ready. */
  restartComponent(name: string): Promise<void>;
  /** What is known of it now. */
  state(): ClusterState;
  /** Ends it and resolves when nothing of it is left. May be called again. */
  stop(): Promise<void>;
}

/** A cluster of the name is there already. */
export class ClusterRunningError extends Error {
  constructor(readonly state: ClusterState) {
    super(
      `the cluster ${state.name} is ${state.phase === "ready" ? "running" : "being started"} already: ${state.node} node, ${state.server === "" ? "no address yet" : state.server}, since ${state.createdAt}. ` +
        `Its kubeconfig: ${state.directory}/kubeconfig. To end it: orchestrator cluster down --name ${state.name}`,
    );
    this.name = "ClusterRunningError";
  }
}
