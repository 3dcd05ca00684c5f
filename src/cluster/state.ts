import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { ProcessIdentity } from "./process.js";

export type NodeMode = "real" | "simulated" | "none";

export interface ComponentState {
  readonly name: string;
  readonly log: string;
  readonly port?: number;
  readonly process?: ProcessIdentity;
  /** Why it is not running; absent while it runs. */
  readonly exit?: string;
  /** How often it exited by itself and was restarted; absent if its exits are not followed by restarts. */
  readonly restarts?: number;
  /** How it ended before its latest restart. */
  readonly lastExit?: string;
}

/** The link and addresses of a real node; the rest of its network is inside its namespace. */
export interface NodeNetwork {
  readonly link: string;
  /** The kernel's index of the link; a later link of the same name has another. */
  readonly linkIndex: number;
  readonly hostAddress: string;
  readonly nodeAddress: string;
  readonly podCidr: string;
  readonly podGateway: string;
}

/** The state of a cluster as other processes see it: the file `state.json` in its directory. */
export interface ClusterState {
  readonly version: 1;
  readonly name: string;
  /** Unique for every start; a later cluster of the same name has another. */
  readonly id: string;
  readonly phase: "starting" | "ready";
  readonly node: NodeMode;
  readonly createdAt: string;
  readonly server: string;
  readonly directory: string;
  /** The directory of etcd's and the node's data, in memory where /dev/shm exists. */
  readonly data: string;
  readonly kubectl: string;
  /** The copy of the admin kubeconfig that the user requested. */
  readonly exportedKubeconfig?: string;
  readonly supervisor: ProcessIdentity;
  readonly janitor?: ProcessIdentity;
  readonly network?: NodeNetwork;
  /** The first process of the node's PID namespace, by its PID on the host. */
  readonly nodeProcess?: ProcessIdentity;
  readonly components: readonly ComponentState[];
}

/** Set in the environment of every process of a cluster, so that the janitor finds all of them. */
export const ID_VARIABLE = "AGENT_ORCHESTRATOR_CLUSTER_ID";

export function clustersDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const state = environment.XDG_STATE_HOME;
  return join(
    state === undefined || state === "" ? join(homedir(), ".local", "state") : state,
    "agent-orchestrator",
    "clusters",
  );
}

/** The directory of a cluster. @throws {Error} for an invalid name. */
export function clusterDirectory(name: string): string {
  if (!/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/.test(name)) {
    throw new Error(
      `"${name}" is not a valid cluster name: at most 40 of a-z, 0-9 and "-", starting and ending with a letter or digit`,
    );
  }
  return join(clustersDirectory(), name);
}

export function readState(directory: string): ClusterState | undefined {
  try {
    // Only writeState writes it, in a directory of mode 0700, so that it has this shape.
    const state = JSON.parse(readFileSync(join(directory, "state.json"), "utf8")) as ClusterState;
    return (state.version as number) === 1 ? state : undefined;
  } catch {
    return undefined;
  }
}

export function writeState(state: ClusterState): void {
  const file = join(state.directory, "state.json");
  writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/**
 * Claims the name: creates the cluster's directory with its first state in one step, so that only one of two concurrent
 * starts succeeds and nothing ever sees a directory without a state. False when the name is taken.
 */
export function claim(state: ClusterState): boolean {
  const parent = clustersDirectory();
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  const draft = join(parent, `.${state.name}.${state.id}`);
  mkdirSync(draft, { mode: 0o700 });
  try {
    writeFileSync(join(draft, "state.json"), `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
    renameSync(draft, state.directory); // fails if the target is a directory that is not empty
    return true;
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (error instanceof Error && "code" in error && (error.code === "ENOTEMPTY" || error.code === "EEXIST"))
      return false;
    throw error;
  }
}

/** The directories of clusters, running or left by a crash. */
export function clusterDirectories(): string[] {
  try {
    return readdirSync(clustersDirectory(), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
      .map((entry) => join(clustersDirectory(), entry.name));
  } catch {
    return [];
  }
}
