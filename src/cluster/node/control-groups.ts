import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../process.js";

const root = "/sys/fs/cgroup";

/** The name of the control group for a cluster's pods, in each hierarchy. */
export const controlGroupOf = (id: string): string => `agent-orchestrator-${id}`;

/** Creates the pods' control group in every hierarchy: kubelet does not create it. */
export function makeControlGroups(name: string): void {
  if (existsSync(join(root, "cgroup.controllers"))) {
    const available = readFileSync(join(root, "cgroup.controllers"), "utf8").trim().split(" ");
    for (const controller of ["cpuset", "cpu", "io", "memory", "hugetlb", "pids"].filter((one) =>
      available.includes(one),
    )) {
      try {
        writeFileSync(join(root, "cgroup.subtree_control"), `+${controller}`);
      } catch {
        // kubelet reports a controller that it requires and misses
      }
    }
    mkdirSync(join(root, name), { recursive: true });
    return;
  }
  for (const hierarchy of readdirSync(root, { withFileTypes: true })) {
    if (hierarchy.isDirectory()) mkdirSync(join(root, hierarchy.name, name), { recursive: true });
  }
}

/** Removes the control groups of a cluster. */
export async function removeControlGroups(id: string): Promise<void> {
  if (!existsSync(root)) return;
  const name = controlGroupOf(id);
  const groups = [join(root, name), ...readdirSync(root).map((hierarchy) => join(root, hierarchy, name))].filter(
    (group) => existsSync(group),
  );
  for (const group of groups) {
    // A control group can stay busy for a moment after its last process has exited.
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

/** Removes a control group and those below it. Their files cannot be removed, only the directories. */
function removeTree(group: string): void {
  if (!existsSync(group)) return;
  for (const entry of readdirSync(group, { withFileTypes: true }))
    if (entry.isDirectory()) removeTree(join(group, entry.name));
  rmdirSync(group);
}
