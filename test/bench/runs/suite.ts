/** The operator compared with a reference on controller-runtime. README.md describes the measurements. */
import { join } from "node:path";
import { Pool } from "undici";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { installOperator, kubectl } from "#src/cluster/install.js";
import { startCluster, type Cluster } from "#src/cluster/index.js";
import { Namespaces, ServiceAccounts } from "#src/runtime/client/builtin.js";
import { HttpClient } from "#src/runtime/client/http.js";
import { kubeconfigAccess } from "#src/runtime/client/kubeconfig.js";
import { packageRoot } from "#src/version.js";
import { eventually } from "../../eventually.js";
import type { Figures } from "../main.js";
import { median, percentile, rate, taskRunOf } from "../measure.js";
import { reviewOf } from "../review.js";
import { AuditCount } from "./audit.js";
import type { Contender } from "./contender.js";
import { cpuSeconds, Ours, Reference } from "./contender.js";
import { Finisher } from "./finisher.js";

export interface RunsOptions {
  /** Number of TaskRuns in a burst. */
  readonly count: number;
  /** Number of bursts of each operator, alternating. */
  readonly rounds: number;
  /** Number of finished TaskRuns for the measurements of memory and start. */
  readonly finished: number;
  /** Directory for a CPU profile of each start of our manager; absent: no profiles. */
  readonly profile?: string;
}

/** Size of a TaskRun in bytes. */
const size = 5_000;
/** Number of concurrent creates in a burst. */
const creates = 32;
const sustainedRate = 20;
const sustainedSeconds = 15;
/** Number of concurrent calls of a webhook, and of creates through it. */
const connections = 10;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** One operator with its namespace, the objects created there, and the measurements. */
interface Bench {
  readonly contender: Contender;
  readonly client: HttpClient;
  readonly cluster: Cluster;
  readonly finisher: Finisher;
  /** Measured values by round. */
  readonly values: Map<string, number[]>;
  made: number;
}

export async function runsSuite(options: RunsOptions): Promise<Figures> {
  const cluster = await startCluster({
    name: `bench-${process.pid}`,
    node: "none",
    // the finisher is the Job controller; a real one would create pods and report the Jobs as unfinished
    components: { controllerManager: false },
    // one file for a whole run
    apiServerFlags: ["--audit-log-maxsize=4000"],
    progress: say,
  });
  const client = new HttpClient({ access: await kubeconfigAccess({ file: cluster.kubeconfig }), connections: 64 });
  try {
    await installOperator(cluster, "https://127.0.0.1:1");
    await kubectl(cluster, ["apply", "-f", join(packageRoot, "test/bench/reference/rbac.yaml")]);
    const parts = { cluster, admin: client };
    const flags = options.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${options.profile}`];
    const benches: Bench[] = [];
    for (const contender of [
      new Ours({ ...parts, namespace: "bench-ours" }, flags),
      new Reference({ ...parts, namespace: "bench-reference" }),
    ]) {
      const { namespace, serviceAccount } = contender;
      await cluster.serviceAccountKubeconfig("orchestrator", serviceAccount, contender.kubeconfig);
      await client.create(Namespaces, { metadata: { name: namespace } });
      // the controller that creates it in each namespace does not run; without it both operators would warn
      await client.create(ServiceAccounts, { metadata: { namespace, name: "default" } });
      const finisher = new Finisher(client, namespace);
      await finisher.start();
      benches.push({ contender, client, cluster, finisher, values: new Map(), made: 0 });
    }
    for (let round = 0; round < options.rounds; round++) {
      for (const bench of benches) {
        await bench.contender.start();
        if (round === 0) await measureIdle(bench);
        await measureBurst(bench, options.count);
        if (round === 1 || options.rounds === 1) await measureLatency(bench);
        if (round === options.rounds - 1) await measureAdmission(bench);
        await bench.contender.stop();
      }
    }
    for (const bench of benches) {
      await measureFinished(bench, options.finished);
      await bench.finisher.stop();
    }
    return figuresOf(benches);
  } finally {
    await client.close();
    await cluster.stop();
  }
}

function note({ contender, values }: Bench, name: string, value: number): void {
  say(`  ${contender.name.padEnd(9)} ${name.padEnd(42)} ${Number(value.toPrecision(4))}`);
  values.set(name, [...(values.get(name) ?? []), value]);
}

/** Each run has its own service, and so its own workspace: only one run at a time uses a workspace. */
function nextRun(bench: Bench): TaskRun & { metadata: { name: string } } {
  const index = ++bench.made;
  const { spec } = taskRunOf(size, index) as unknown as TaskRun;
  return {
    metadata: { namespace: bench.contender.namespace, name: `run-${index}` },
    spec: { ...spec, serviceName: `service-${index}` },
  };
}

async function measureIdle(bench: Bench): Promise<void> {
  await sleep(8_000);
  note(bench, "idle.rssMiB", bench.contender.memory());
}

interface Made {
  readonly name: string;
  /** Time of the request to create it. */
  readonly at: number;
}

async function create(bench: Bench): Promise<Made> {
  const run = nextRun(bench);
  const at = performance.now();
  await bench.client.create(TaskRuns, run);
  return { name: run.metadata.name, at };
}

async function burst(bench: Bench, count: number): Promise<Made[]> {
  const made: Made[] = [];
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) made.push(await create(bench));
  };
  await Promise.all(Array.from({ length: creates }, worker));
  await allSucceeded(bench, made);
  return made;
}

async function allSucceeded({ finisher, contender }: Bench, made: readonly Made[]): Promise<void> {
  const open = new Set(made.map(({ name }) => name));
  await eventually(
    `all runs of ${contender.name} have succeeded`,
    () => {
      for (const name of open) if (finisher.seen(name).succeeded !== undefined) open.delete(name);
      return open.size === 0;
    },
    300_000,
  );
}

async function measureBurst(bench: Bench, count: number): Promise<void> {
  const { contender, cluster, finisher } = bench;
  // warms up connections and, for one of the two, the compiler
  await burst(bench, Math.min(100, count));
  const { pid } = cluster.state().components.find(({ name }) => name === "kube-apiserver")?.process ?? {};
  const audit = new AuditCount(cluster.auditLog, contender);
  const [before, serverBefore] = [contender.cpuSeconds(), cpuSeconds(pid)];
  const made = await burst(bench, count);
  const [used, serverUsed] = [contender.cpuSeconds() - before, cpuSeconds(pid) - serverBefore];
  const start = Math.min(...made.map(({ at }) => at));
  const last = (what: "job" | "succeeded"): number =>
    Math.max(...made.map(({ name }) => finisher.seen(name)[what] ?? Number.NaN));
  note(bench, "burst.jobsPerSecond", (count * 1000) / (last("job") - start));
  note(bench, "burst.succeededPerSecond", (count * 1000) / (last("succeeded") - start));
  note(bench, "burst.cpuMillisecondsPerRun", (used * 1000) / count);
  note(bench, "burst.apiServerCpuMillisecondsPerRun", (serverUsed * 1000) / count);
  // Events are written asynchronously, and reach the log a moment later
  await sleep(2_000);
  noteCalls(bench, await audit.read(), count);
}

function noteCalls(bench: Bench, counts: ReadonlyMap<string, number>, count: number): void {
  say(`  ${[...counts].map(([what, number]) => `${what} ${(number / count).toFixed(2)}`).join(", ")}`);
  const sum = (choose: (verb: string, resource: string) => boolean): number =>
    [...counts].reduce((total, [what, number]) => {
      const [verb = "", resource = ""] = what.split(" ");
      return choose(verb, resource) ? total + number / count : total;
    }, 0);
  const isRead = (verb: string): boolean => verb === "get" || verb === "list";
  note(
    bench,
    "calls.writesPerRun",
    sum((verb, resource) => !isRead(verb) && !["events", "persistentvolumeclaims"].includes(resource)),
  );
  note(
    bench,
    "calls.workspaceWritesPerRun",
    sum((verb, resource) => !isRead(verb) && resource === "persistentvolumeclaims"),
  );
  note(
    bench,
    "calls.eventWritesPerRun",
    sum((verb, resource) => !isRead(verb) && resource === "events"),
  );
  note(
    bench,
    "calls.readsPerRun",
    sum((verb) => isRead(verb)),
  );
}

async function measureLatency(bench: Bench): Promise<void> {
  const before = bench.contender.cpuSeconds();
  const made: Promise<Made>[] = [];
  const began = performance.now();
  for (let index = 0; index < sustainedRate * sustainedSeconds; index++) {
    const wait = began + (index * 1000) / sustainedRate - performance.now();
    if (wait > 0) await sleep(wait);
    made.push(create(bench));
  }
  const runs = await Promise.all(made);
  await allSucceeded(bench, runs);
  const latencies = runs.map(({ name, at }) => (bench.finisher.seen(name).job ?? Number.NaN) - at);
  note(bench, "sustained.createToJobP50Milliseconds", percentile(latencies, 0.5));
  note(bench, "sustained.createToJobP99Milliseconds", percentile(latencies, 0.99));
  note(bench, "sustained.cpuMillisecondsPerRun", ((bench.contender.cpuSeconds() - before) * 1000) / runs.length);
}

/** The webhook server, called directly, and through the API server with dry runs. */
async function measureAdmission(bench: Bench): Promise<void> {
  const { contender, client } = bench;
  const dryRun = (): Promise<TaskRun> => client.create(TaskRuns, nextRun(bench), { dryRun: true });
  const pool = new Pool(contender.webhookUrl, { connections, connect: { ca: await contender.authority() } });
  const bodies = { mutate: nextRun(bench), validate: await dryRun() };
  for (const [path, object] of Object.entries(bodies)) {
    const body = reviewOf({ apiVersion: "orchestrator.io/v1", kind: "TaskRun", ...object }, contender.namespace);
    const headers = { "content-type": "application/json" };
    await noteRate(bench, `admission.${path}`, async () => {
      const answer = await pool.request({ method: "POST", path: `/${path}/taskrun`, body, headers });
      const text = await answer.body.text();
      if (!text.includes('"allowed":true')) throw new Error(text.slice(0, 500));
    });
  }
  await pool.close();
  await noteRate(bench, "admission.throughApiServer", dryRun);
}

async function noteRate(bench: Bench, name: string, call: () => Promise<unknown>): Promise<void> {
  await rate(call, connections, 1_000);
  const before = bench.contender.cpuSeconds();
  const rounds = [];
  for (let round = 0; round < 3; round++) rounds.push(await rate(call, connections, 1_500));
  const used = bench.contender.cpuSeconds() - before;
  const calls = rounds.reduce((sum, { latencies }) => sum + latencies.length, 0);
  note(bench, `${name}PerSecond`, median(rounds.map(({ perSecond }) => perSecond)));
  note(bench, `${name}P99Milliseconds`, median(rounds.map(({ latencies }) => percentile(latencies, 0.99))));
  note(bench, `${name}CpuMicroseconds`, (used * 1e6) / calls);
}

async function measureFinished(bench: Bench, finished: number): Promise<void> {
  const { contender } = bench;
  await contender.start();
  // each dry run used up a name, so existing objects are counted
  const { items } = await bench.client.list(TaskRuns, { namespace: contender.namespace, metadataOnly: true });
  if (items.length < finished) await burst(bench, finished - items.length);
  await sleep(8_000);
  note(bench, "finished.rssAfterWorkMiB", contender.memory());
  for (let round = 0; round < 3; round++) {
    await contender.stop();
    note(bench, "finished.startToSyncedSeconds", await contender.start());
    note(bench, "finished.startCpuSeconds", contender.cpuSeconds());
    await sleep(8_000);
    note(bench, "finished.rssMiB", contender.memory());
  }
  await contender.stop();
}

function figuresOf(benches: readonly Bench[]): Figures {
  const figures: Figures = {};
  const [ours, reference] = benches.map(
    ({ values }) => new Map([...values].map(([name, all]) => [name, median(all)] as const)),
  );
  for (const [name, value] of ours ?? []) {
    const other = reference?.get(name) ?? Number.NaN;
    figures[`ours.${name}`] = value;
    figures[`reference.${name}`] = other;
    if (other !== 0) figures[`ratio.${name}`] = value / other;
  }
  return figures;
}
