import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { randomBytes } from "node:crypto";
import type { Test } from "tap";
import { startCluster } from "#src/cluster/index.js";
import type { Cluster, ClusterOptions, ClusterState } from "#src/cluster/index.js";
import { controlGroupOf } from "#src/cluster/node/control-groups.js";
import { hasLink } from "#src/cluster/node/network.js";
import { findByEnvironment } from "#src/cluster/process.js";
import { ID_VARIABLE, clusterDirectory } from "#src/cluster/state.js";

const execute = promisify(execFile);

export const clusterName = (): string => `test-${randomBytes(4).toString("hex")}`;

/** Starts a cluster with a unique name, which is stopped after the test. */
export async function testCluster(t: Test, options: ClusterOptions = {}): Promise<Cluster> {
  const cluster = await startCluster({ name: clusterName(), progress: (line) => t.comment(line), ...options });
  t.teardown(() => cluster.stop());
  return cluster;
}

/** Runs kubectl as the administrator; resolves with its output, or rejects with its stderr. */
export async function kubectl(cluster: Cluster, ...args: string[]): Promise<string> {
  const { stdout } = await execute(cluster.kubectl, ["--kubeconfig", cluster.kubeconfig, ...args], {
    maxBuffer: 16 << 20,
  });
  return stdout;
}

/** Applies a manifest as the administrator. */
export async function apply(cluster: Cluster, manifest: string): Promise<void> {
  const applied = execute(cluster.kubectl, ["--kubeconfig", cluster.kubeconfig, "apply", "-f", "-"]);
  applied.child.stdin?.end(manifest);
  await applied;
}

/** An empty directory that is removed after the test, because images are large. */
export function scratch(t: Pick<Test, "teardown">): string {
  const directory = mkdtempSync(join(tmpdir(), "ao-test-"));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Everything that a cluster has left on this machine; empty if it left nothing. */
export function leftovers(state: ClusterState): string[] {
  const left = findByEnvironment(`${ID_VARIABLE}=${state.id}`).map(({ pid }) => `process ${pid}`);
  for (const file of [state.data, state.exportedKubeconfig, clusterDirectory(state.name)]) {
    if (file !== undefined && existsSync(file)) left.push(file);
  }
  if (state.network !== undefined && hasLink(state.network)) left.push(`link ${state.network.link}`);
  if (process.platform === "linux") {
    const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
    left.push(...mounts.filter((mount) => mount.includes(state.id)));
  }
  const groups = "/sys/fs/cgroup";
  if (state.node === "real") {
    const hierarchies = [groups, ...readdirSync(groups).map((name) => `${groups}/${name}`)];
    left.push(
      ...hierarchies
        .map((hierarchy) => `${hierarchy}/${controlGroupOf(state.id)}`)
        .filter((group) => existsSync(group)),
    );
  }
  return left;
}

/** Starts a cluster from another process; resolves with that process and the cluster's state. */
export interface Starter {
  readonly child: ChildProcess;
  readonly ready: Promise<ClusterState>;
  readonly lines: string[];
}

export function startElsewhere(t: Test, options: ClusterOptions): Starter {
  const program = fileURLToPath(new URL("./starter.js", import.meta.url));
  const child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: ["pipe", "pipe", "inherit"] });
  t.teardown(() => child.kill("SIGKILL"));
  const lines: string[] = [];
  const ready = new Promise<ClusterState>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const said = JSON.parse(line) as { line: string } | { state: ClusterState };
      if ("state" in said) resolve(said.state);
      else lines.push(said.line);
    });
    child.once("exit", () => reject(new Error(`the starter ended:\n${lines.join("\n")}`)));
  });
  ready.catch(() => undefined); // some tests kill it before
  return { child, ready, lines };
}
