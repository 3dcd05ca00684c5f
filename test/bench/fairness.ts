/** How much the runs of one tenant delay those of another: create-to-Job, idle and while the other's burst is worked off. */
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { startCluster, type Cluster } from "#src/cluster/index.js";
import { installOperator } from "#src/cluster/install.js";
import { ConfigMaps, Namespaces, ServiceAccounts } from "#src/runtime/client/builtin.js";
import { HttpClient } from "#src/runtime/client/http.js";
import { kubeconfigAccess } from "#src/runtime/client/kubeconfig.js";
import { eventually } from "../eventually.js";
import type { Figures } from "./main.js";
import { percentile, taskRunOf } from "./measure.js";
import { Ours } from "./runs/contender.js";
import { Finisher } from "./runs/finisher.js";

export interface FairnessOptions {
  /** Number of TaskRuns of the busy tenant. */
  readonly count: number;
  /** `concurrency` of the configuration, as YAML; empty: no limits. */
  readonly concurrency: string;
  /** Milliseconds that an agent works. */
  readonly work: number;
  /** How much shorter or longer than `work`, as a part of it from 0 to 1. */
  readonly spread: number;
  /** Directory for a CPU profile of the manager; absent: none. */
  readonly profile?: string;
}

const busy = "bench-busy";
const quiet = "bench-quiet";
const size = 2_000;
/** Creates of the quiet tenant per second. */
const perSecond = 2;
/** Number of concurrent creates of the busy tenant. */
const creates = 4;
const idleSeconds = 60;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Jobs of a tenant that run at once, unless limits allow fewer. */
const running = 64;

/** When a run was requested and admitted, in milliseconds. */
interface Made {
  readonly name: string;
  readonly at: number;
  readonly created: number;
}

/** Milliseconds from the request: until it was answered, and until the Job was seen. */
interface Latencies {
  readonly create: readonly number[];
  readonly job: readonly number[];
}

interface Scene {
  /** A client for each tenant and one for its Jobs, so that none waits for the connections of another. */
  readonly clients: Readonly<Record<string, HttpClient>>;
  readonly finishers: Readonly<Record<string, Finisher>>;
  made: number;
}

export async function fairnessSuite(options: FairnessOptions): Promise<Figures> {
  const cluster = await startCluster({
    name: `bench-${process.pid}`,
    node: "none",
    components: { controllerManager: false },
    progress: say,
  });
  const access = await kubeconfigAccess({ file: cluster.kubeconfig });
  const clients: HttpClient[] = [];
  const connect = (): HttpClient => {
    const client = new HttpClient({ access, connections: 16 });
    clients.push(client);
    return client;
  };
  const client = connect();
  const flags = options.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${options.profile}`];
  const operator = new Ours({ cluster, admin: client, namespace: `${busy},${quiet}` }, flags);
  try {
    const scene = await prepare(cluster, connect, operator, options);
    await operator.start();
    await steady(scene, 10, () => false); // warms up connections and compiler
    const idle = await steady(scene, idleSeconds, () => false);
    let created = false;
    const making = burst(scene, options.count).then(() => (created = true));
    const during = await steady(scene, 600, () => created);
    await making;
    const after = await steady(scene, idleSeconds, () => false);
    for (const finisher of Object.values(scene.finishers)) await finisher.stop();
    return {
      ...figuresOf("idle", idle, idle),
      ...figuresOf("creating", during, idle),
      ...figuresOf("queued", after, idle),
    };
  } finally {
    await operator.stop();
    await Promise.all(clients.map((each) => each.close()));
    await cluster.stop();
  }
}

async function prepare(
  cluster: Cluster,
  connect: () => HttpClient,
  operator: Ours,
  { concurrency, work, spread }: FairnessOptions,
): Promise<Scene> {
  await installOperator(cluster, "https://127.0.0.1:1");
  await cluster.serviceAccountKubeconfig("orchestrator", operator.serviceAccount, operator.kubeconfig);
  const client = connect();
  if (concurrency !== "")
    await client.create(ConfigMaps, {
      metadata: { namespace: "orchestrator", name: "taskrun-controller-config" },
      data: { "config.yaml": `concurrency: ${concurrency}\n` },
    });
  const finishers: Record<string, Finisher> = {};
  const clients: Record<string, HttpClient> = {};
  for (const namespace of [busy, quiet]) {
    await client.create(Namespaces, { metadata: { name: namespace } });
    await client.create(ServiceAccounts, { metadata: { namespace, name: "default" } });
    clients[namespace] = connect();
    const finisher = new Finisher(connect(), namespace, { atOnce: running, work, spread });
    await finisher.start();
    finishers[namespace] = finisher;
  }
  return { clients, finishers, made: 0 };
}

/** Creates a run in its own workspace; the result has the time of the request. */
async function create(scene: Scene, namespace: string): Promise<Made> {
  const index = ++scene.made;
  const { spec } = taskRunOf(size, index) as unknown as TaskRun;
  const name = `run-${index}`;
  const at = performance.now();
  await scene.clients[namespace]?.create(TaskRuns, {
    metadata: { namespace, name },
    spec: { ...spec, serviceName: `service-${index}` },
  });
  return { name, at, created: performance.now() };
}

async function burst(scene: Scene, count: number): Promise<void> {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await create(scene, busy);
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: creates }, worker));
  say(`  ${count} created in ${((performance.now() - began) / 1000).toFixed(0)} s`);
}

/** Milliseconds from create to Job of the quiet tenant's runs, created at a steady rate until the time or the condition. */
async function steady(scene: Scene, seconds: number, isDone: () => boolean): Promise<Latencies> {
  const runs: Promise<Made>[] = [];
  const began = performance.now();
  for (let index = 0; index < perSecond * seconds && !isDone(); index++) {
    const wait = began + (index * 1000) / perSecond - performance.now();
    if (wait > 0) await sleep(wait);
    runs.push(create(scene, quiet));
  }
  const made = await Promise.all(runs);
  const jobOf = (name: string): number | undefined => scene.finishers[quiet]?.seen(name).job;
  await eventually("all runs of the quiet tenant have a Job", () => made.every(({ name }) => jobOf(name)), 900_000);
  const byTime = made.map(({ name, at }) => Math.round((jobOf(name) ?? Number.NaN) - at)).join(" ");
  say(`  create to Job in ms, in order: ${byTime}`);
  return {
    create: made.map(({ at, created }) => created - at),
    job: made.map(({ name, at }) => (jobOf(name) ?? Number.NaN) - at),
  };
}

function figuresOf(phase: string, { create, job }: Latencies, idle: Latencies): Figures {
  const [p50, p99] = [percentile(job, 0.5), percentile(job, 0.99)];
  return {
    [`${phase}.runs`]: job.length,
    [`${phase}.createP50Milliseconds`]: percentile(create, 0.5),
    [`${phase}.createP99Milliseconds`]: percentile(create, 0.99),
    [`${phase}.createToJobP50Milliseconds`]: p50,
    [`${phase}.createToJobP99Milliseconds`]: p99,
    [`${phase}.ratioP50`]: p50 / percentile(idle.job, 0.5),
    [`${phase}.ratioP99`]: p99 / percentile(idle.job, 0.99),
  };
}
