import { existsSync, readdirSync, renameSync, rmSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { isOurs } from "./kubeconfig.js";
import { releaseNetwork } from "./node/network.js";
import { ID_VARIABLE } from "./state.js";
import type { ClusterState } from "./state.js";
import { findByEnvironment, signal, until } from "./process.js";

/**
 * Removes all that a cluster left on the machine: processes, link, control groups, data, kubeconfig and, last, its
 * directory, whose absence therefore means that nothing is left. May be repeated, and interrupted.
 *
 * The kernel has done most of it by then: what the supervisor started is killed with it, and with the first process
 * of the node's namespaces go its pods, mounts, links and packet filter rules.
 */
export async function cleanUp(state: ClusterState): Promise<void> {
  await killProcesses(state);
  if (state.network !== undefined) await releaseNetwork(state.network);
  await removeControlGroups(state);
  rmSync(state.data, { recursive: true, force: true, maxRetries: 5 });
  if (state.exportedKubeconfig !== undefined && isOurs(state.exportedKubeconfig, state.name))
    rmSync(state.exportedKubeconfig, { force: true });
  const doomed = join(dirname(state.directory), `.${state.name}.${state.id}.removed`);
  try {
    renameSync(state.directory, doomed);
  } catch {
    // another cleaning was quicker
  }
  rmSync(doomed, { recursive: true, force: true, maxRetries: 5 });
}

async function killProcesses(state: ClusterState): Promise<void> {
  const named = [state.nodeProcess, ...state.components.map((component) => component.process)].filter(
    (identity) => identity !== undefined,
  );
  const gone = await until(15_000, () => {
    const rest = [...findByEnvironment(`${ID_VARIABLE}=${state.id}`), ...named].filter((identity) =>
      signal(identity, "SIGKILL"),
    );
    return rest.length === 0 ? true : undefined;
  });
  if (gone === undefined) throw new Error(`processes of the cluster ${state.name} do not end, even on SIGKILL`);
}

/** The name of the control group that holds a cluster's pods, in each hierarchy. */
export const controlGroupOf = (id: string): string => `agent-orchestrator-${id}`;

async function removeControlGroups(state: ClusterState): Promise<void> {
  const root = "/sys/fs/cgroup";
  if (state.node !== "real" || !existsSync(root)) return;
  const name = controlGroupOf(state.id);
  const groups = [join(root, name), ...readdirSync(root).map((hierarchy) => join(root, hierarchy, name))].filter(
    (group) => existsSync(group),
  );
  for (const group of groups) {
    // A group can be busy for a moment after its last process.
    await until(5_000, () => {
      try {
        removeTree(group);
        return true;
      } catch {
        return undefined;
      }
    });
  }
}

/** Control groups are removed directory by directory; their files can't be. */
function removeTree(group: string): void {
  if (!existsSync(group)) return;
  for (const entry of readdirSync(group, { withFileTypes: true }))
    if (entry.isDirectory()) removeTree(join(group, entry.name));
  rmdirSync(group);
}
