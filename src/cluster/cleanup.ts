import { renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { isOurs } from "./kubeconfig.js";
import { removeControlGroups } from "./node/control-groups.js";
import { releaseNetwork } from "./node/network.js";
import { ID_VARIABLE } from "./state.js";
import type { ClusterState } from "./state.js";
import { findByEnvironment, signal, until } from "./process.js";

/**
 * Removes everything that a cluster left on the machine: processes, link, control groups, data, kubeconfig and, last,
 * its directory, whose absence therefore means that nothing is left. Safe to repeat after an interruption.
 *
 * The kernel has already done most of the work: the supervisor's children are killed with it, and the pods, mounts,
 * links and packet filter rules of the node end with the first process of its namespaces.
 */
export async function cleanUp(state: ClusterState): Promise<void> {
  await killProcesses(state);
  if (state.network !== undefined) await releaseNetwork(state.network);
  if (state.node === "real") await removeControlGroups(state.id);
  rmSync(state.data, { recursive: true, force: true, maxRetries: 5 });
  if (state.exportedKubeconfig !== undefined && isOurs(state.exportedKubeconfig, state.name))
    rmSync(state.exportedKubeconfig, { force: true });
  const doomed = join(dirname(state.directory), `.${state.name}.${state.id}.removed`);
  try {
    renameSync(state.directory, doomed);
  } catch {
    // another cleanup was faster
  }
  rmSync(doomed, { recursive: true, force: true, maxRetries: 5 });
}

async function killProcesses(state: ClusterState): Promise<void> {
  const named = [state.nodeProcess, ...state.components.map((component) => component.process)].filter(
    (identity) => identity !== undefined,
  );
  const ended = await until(15_000, () => {
    const alive = [...findByEnvironment(`${ID_VARIABLE}=${state.id}`), ...named].filter((identity) =>
      signal(identity, "SIGKILL"),
    );
    return alive.length === 0 ? true : undefined;
  });
  if (ended === undefined) throw new Error(`processes of cluster ${state.name} survive SIGKILL`);
}
