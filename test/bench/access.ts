/** What asking for the author's access (`access.mode`) adds to admission, through a real API server. */
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { startCluster } from "#src/cluster/index.js";
import { installOperator } from "#src/cluster/install.js";
import { ConfigMaps, Namespaces } from "#src/runtime/client/builtin.js";
import { HttpClient } from "#src/runtime/client/http.js";
import { kubeconfigAccess } from "#src/runtime/client/kubeconfig.js";
import { sleep, systemClock } from "#src/runtime/clock.js";
import type { Figures } from "./main.js";
import { median, percentile, taskRunOf } from "./measure.js";
import { Ours } from "./runs/contender.js";

const namespace = "bench-access";
const rounds = 6;
const perRound = 300;

/** Alternates between both modes in one run; the answers of the API server's authorizers are reused for 10 s, as always. */
export async function accessSuite(): Promise<Figures> {
  const cluster = await startCluster({ name: `bench-${process.pid}`, node: "none", progress: () => undefined });
  const client = new HttpClient({ access: await kubeconfigAccess({ file: cluster.kubeconfig }) });
  const operator = new Ours({ cluster, admin: client, namespace });
  try {
    await installOperator(cluster, "https://127.0.0.1:1");
    await cluster.serviceAccountKubeconfig("orchestrator", operator.serviceAccount, operator.kubeconfig);
    await client.create(Namespaces, { metadata: { name: namespace } });
    await operator.start();
    const run = { ...taskRunOf(2_000), metadata: { namespace, name: "probe" } } as unknown as TaskRun;
    const latencies: Record<"off" | "enforce", number[][]> = { off: [], enforce: [] };
    for (let round = 0; round <= rounds; round++) {
      for (const mode of ["off", "enforce"] as const) {
        await client.apply(ConfigMaps, {
          metadata: { namespace: "orchestrator", name: "taskrun-controller-config" },
          data: { "config.yaml": `access: { mode: ${mode} }\n` },
        });
        await sleep(systemClock, 2_000);
        const taken: number[] = [];
        for (let call = 0; call < perRound; call++) {
          const began = performance.now();
          await client.create(TaskRuns, run, { dryRun: true });
          taken.push(performance.now() - began);
        }
        // the first round warms up
        if (round > 0) latencies[mode].push(taken);
      }
    }
    const of = (mode: "off" | "enforce", part: number): number =>
      median(latencies[mode].map((each) => percentile(each, part)));
    return {
      "off.p50Milliseconds": of("off", 0.5),
      "enforce.p50Milliseconds": of("enforce", 0.5),
      "added.p50Milliseconds": of("enforce", 0.5) - of("off", 0.5),
      "ratio.p50": of("enforce", 0.5) / of("off", 0.5),
      "off.p99Milliseconds": of("off", 0.99),
      "enforce.p99Milliseconds": of("enforce", 0.99),
    };
  } finally {
    await operator.stop();
    await client.close();
    await cluster.stop();
  }
}
