import { aligned } from "./aligned.js";
import { proxyFor } from "../runtime/client/proxy.js";
import type { ClusterState } from "../cluster/index.js";
import { isAlive, residentMemory } from "../cluster/process.js";

interface ComponentRow {
  readonly name: string;
  readonly pid?: number;
  readonly port?: number;
  readonly state: string;
  /** Of a component that is restarted when it exits: how often that happened. */
  readonly restarts?: number;
  readonly lastExit?: string;
  readonly memoryBytes?: number;
}

/** The components of a cluster with the present state of their processes. */
export function componentRows(state: ClusterState): ComponentRow[] {
  return state.components.map(({ name, process: identity, port, exit, restarts, lastExit }) => {
    const memoryBytes = identity === undefined ? undefined : residentMemory(identity.pid);
    const isRunning = identity !== undefined && isAlive(identity);
    return {
      name,
      ...(identity === undefined ? {} : { pid: identity.pid }),
      ...(port === undefined ? {} : { port }),
      state: exit ?? (isRunning ? "running" : "gone"),
      ...(restarts === undefined ? {} : { restarts }),
      ...(lastExit === undefined ? {} : { lastExit }),
      ...(isRunning && memoryBytes !== undefined ? { memoryBytes } : {}),
    };
  });
}

/** A table of clusters and their components. */
export function clusterTable(clusters: readonly ClusterState[]): string {
  const rows = [["CLUSTER", "COMPONENT", "PID", "PORT", "STATE", "MEMORY"]];
  for (const cluster of clusters) {
    rows.push([
      cluster.name,
      `(${cluster.node} node, ${cluster.phase})`,
      String(cluster.supervisor.pid),
      "",
      cluster.server,
      mebibytes(residentMemory(cluster.supervisor.pid)),
    ]);
    for (const row of componentRows(cluster)) {
      rows.push([
        "",
        row.name,
        row.pid === undefined ? "" : String(row.pid),
        row.port === undefined ? "" : String(row.port),
        stateText(row),
        mebibytes(row.memoryBytes),
      ]);
    }
  }
  return aligned(rows, { gap: 2 }).trimEnd();
}

/** `running, restarted 2 times (last: exit code 1)`. */
function stateText({ state, restarts = 0, lastExit }: ComponentRow): string {
  if (restarts === 0) return state;
  const times = restarts === 1 ? "once" : `${restarts} times`;
  return `${state}, restarted ${times}${lastExit === undefined ? "" : ` (last: ${lastExit})`}`;
}

const mebibytes = (bytes: number | undefined): string =>
  bytes === undefined ? "" : `${Math.round(bytes / 1_048_576)} MiB`;

/** The addresses and files of a cluster, and the commands to use and stop it. */
export function describeCluster(state: ClusterState, kubeconfig: string): string {
  return `
Cluster:     ${state.name} (${state.node} node)
API server:  ${state.server}
Kubeconfig:  ${kubeconfig}
Audit log:   ${state.directory}/audit.log

Next:
  export KUBECONFIG=${kubeconfig}${withoutProxy(state)}
  ${state.kubectl} get nodes,pods --all-namespaces
  orchestrator cluster status --name ${state.name}
  orchestrator cluster down --name ${state.name}`;
}

/** The line that keeps kubectl from asking a proxy for an address of this machine. */
function withoutProxy({ server }: ClusterState): string {
  const { hostname } = new URL(server);
  return proxyFor(server, undefined) === undefined ? "" : `\n  export NO_PROXY=$NO_PROXY,${hostname}`;
}
