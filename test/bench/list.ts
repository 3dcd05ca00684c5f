/** `orchestrator task list` beside `kubectl get`: 5,000 runs, alternating, each in a new process. */
import { spawn } from "node:child_process";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { startCluster } from "#src/cluster/index.js";
import { kubectl } from "#src/cluster/install.js";
import { orchestratorProgram } from "#src/cluster/program.js";
import { Namespaces } from "#src/runtime/client/builtin.js";
import { HttpClient } from "#src/runtime/client/http.js";
import { kubeconfigAccess } from "#src/runtime/client/kubeconfig.js";
import { packageRoot } from "#src/version.js";
import type { Figures } from "./main.js";
import { median, taskRunOf } from "./measure.js";

const namespace = "bench-list";
const runs = 5_000;
const rounds = 15;

/** Wall time and, as a control, the number of lines of each. */
export async function listSuite(): Promise<Figures> {
  const cluster = await startCluster({ name: `bench-${process.pid}`, node: "none", progress: () => undefined });
  const client = new HttpClient({ access: await kubeconfigAccess({ file: cluster.kubeconfig }) });
  try {
    await kubectl(cluster, ["apply", "--server-side", "-f", `${packageRoot}/crds`]);
    await kubectl(cluster, ["wait", "--for=condition=Established", "-f", `${packageRoot}/crds`, "--timeout=60s"]);
    await client.create(Namespaces, { metadata: { name: namespace } });
    const next = Array.from({ length: runs }, (_, index) => index + 1).values();
    const create = async (): Promise<void> => {
      for (const number of next) {
        const run = taskRunOf(5_000, number);
        await client.create(TaskRuns, { ...run, metadata: { namespace, name: `run-${number}` } } as unknown as TaskRun);
      }
    };
    await Promise.all(Array.from({ length: 16 }, create));
    const where = ["-n", namespace, "--kubeconfig", cluster.kubeconfig];
    const ours = [process.execPath, orchestratorProgram(), "task", "list", ...where];
    const programs = {
      "kubectl.oneKind": [cluster.kubectl, "get", "taskruns.orchestrator.io", ...where],
      "ours.oneKind": [...ours, "--kind", "taskrun"],
      "kubectl.allKinds": [cluster.kubectl, "get", "orchestrator", ...where],
      "ours.allKinds": ours,
    };
    const taken = new Map<string, number[]>();
    for (let round = 0; round <= rounds; round++)
      for (const [name, command] of Object.entries(programs)) {
        const milliseconds = await timeOf(command, runs);
        // the first round fills the caches of both
        if (round > 0) taken.set(name, [...(taken.get(name) ?? []), milliseconds]);
      }
    const of = (name: keyof typeof programs): number => median(taken.get(name) ?? []);
    return {
      ...Object.fromEntries(
        Object.keys(programs).map((name) => [`${name}Milliseconds`, of(name as keyof typeof programs)]),
      ),
      "ratio.oneKind": of("ours.oneKind") / of("kubectl.oneKind"),
      "ratio.allKinds": of("ours.allKinds") / of("kubectl.allKinds"),
    };
  } finally {
    await client.close();
    await cluster.stop();
  }
}

/** Milliseconds of a process that prints a head and so many lines. */
async function timeOf([program = "", ...args]: readonly string[], lines: number): Promise<number> {
  const began = performance.now();
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  let printed = 0;
  child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString().split("\n").length - 1));
  await new Promise((resolve) => child.once("close", resolve));
  if (printed < lines + 1) throw new Error(`${program} printed ${printed} lines instead of ${lines + 1}`);
  return performance.now() - began;
}
