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
  /** Why it does not run, when it does not. */
  readonly exit?: string;
}

/** The link and addresses of a real node; everything else of its network is inside its own namespace. */
export interface NodeNetwork {
  readonly link: string;
  /** The kernel's number of the link: a later link of the same name has another. */
  readonly linkIndex: number;
  readonly hostAddress: string;
  readonly nodeAddress: string;
  readonly podCidr: string;
  readonly podGateway: string;
}

/** What is known of a cluster outside its supervisor: the file `state.json` in its directory. */
export interface ClusterState {
  readonly version: 1;
  readonly name: string;
  /** Unique for every start: a later cluster of the same name has another. */
  readonly id: string;
  readonly phase: "starting" | "ready";
  readonly node: NodeMode;
  readonly createdAt: string;
  readonly server: string;
  readonly directory: string;
  /** etcd's and the node's data, in memory where there is a tmpfs. */
  readonly data: string;
  readonly kubectl: string;
  /** A copy of the admin kubeconfig that the user asked for. */
  readonly exportedKubeconfig?: string;
  readonly supervisor: ProcessIdentity;
  readonly janitor?: ProcessIdentity;
  readonly network?: NodeNetwork;
  /** The first process of the node's own process namespace, by its number on the host. */
  readonly nodeProcess?: ProcessIdentity;
  readonly components: readonly ComponentState[];
}

/** Every process of a cluster carries this in its environment, so that none can be lost. */
export const ID_VARIABLE = "AGENT_ORCHESTRATOR_CLUSTER_ID";

export function clustersDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const state = environment.XDG_STATE_HOME;
  return join(
    state === undefined || state === "" ? join(homedir(), ".local", "state") : state,
    "agent-orchestrator",
    "clusters",
  );
}

/** @throws {Error} when the name could not be a directory's and a link's. */
export function clusterDirectory(name: string): string {
  if (!/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/.test(name)) {
    throw new Error(
      `"${name}" is no name for a cluster: at most 40 of a-z, 0-9 and "-", beginning and ending with a letter or digit`,
    );
  }
  return join(clustersDirectory(), name);
}

export function readState(directory: string): ClusterState | undefined {
  try {
    // Written by writeState of this program, in a directory of mode 0700.
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
 * Takes the name: makes the cluster's directory with its first state in it, in one step, so that of two starts at
 * once one wins and no one ever sees a directory without a state. False when the name is taken.
 */
export function claim(state: ClusterState): boolean {
  const parent = clustersDirectory();
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  const draft = join(parent, `.${state.name}.${state.id}`);
  mkdirSync(draft, { mode: 0o700 });
  try {
    writeFileSync(join(draft, "state.json"), `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
    renameSync(draft, state.directory); // fails on a directory that is not empty
    return true;
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (error instanceof Error && "code" in error && (error.code === "ENOTEMPTY" || error.code === "EEXIST"))
      return false;
    throw error;
  }
}

/** Directories of clusters, whether alive or left by a crash. */
export function clusterDirectories(): string[] {
  try {
    return readdirSync(clustersDirectory(), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
      .map((entry) => join(clustersDirectory(), entry.name));
  } catch {
    return [];
  }
}
