/**
 * A storm of webhooks onto two receivers and two replicas of the operator, whose processes are killed meanwhile: what is accepted is
 * decided once, what a decision asks for happens once, and what no receiver took arrives by recovery. GitHub is a double that fails
 * now and then. Then hostile bodies: they are refused, and the memory of a receiver is bounded.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import t, { type Test } from "tap";
import { stringify } from "yaml";
import { CodeRuns } from "#src/api/coderun.js";
import { Deliveries, deliveryName, isFinished, type Delivery } from "#src/api/delivery.js";
import type { Cluster } from "#src/cluster/index.js";
import { operatorNames } from "#src/configuration/names.js";
import { ConfigMaps } from "#src/runtime/client/builtin.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { WatchEvent } from "#src/runtime/client/client.js";
import type { KubernetesObject, Stored } from "#src/runtime/client/objects.js";
import { unlessMissing } from "#src/runtime/client/unless-missing.js";
import { eventually } from "../eventually.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";
import { Deployment } from "./deployment.js";
import { GitHubDouble, writeAppKey, type Fault } from "./github-double.js";
import type { OperatorProcess } from "./operator.js";
import { payloadOf, Receivers, sendWebhook, webhookHeaders, type Webhook } from "./receivers.js";

const own = "orchestrator";
const isFull = process.env.TEST_FULL === "1";
/** Webhooks, without repetitions, and the time in which GitHub sends them. */
const count = isFull ? 1_000 : 300;
const seconds = isFull ? 10 : 4;
const repositories = ["shop-0", "shop-1", "shop-2", "shop-3"];
const tasks = 5;
/**
 * GitHub lists a webhook as one that it sent so many milliseconds ago, so that recovery need not wait for a minute. Recovery looks back
 * for a little longer than that: what it has not seen in the list is not passed over.
 */
const lag = 55_000;

t.setTimeout(600_000);

/** Numbers from 0 to 1, the same for a seed. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = randomOf(Number(process.env.TEST_SEED ?? 1));
const chosen = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;

let cluster: Cluster;
let client: HttpClient;
let directory: string;
let deployment: Deployment;
let receivers: Receivers;
t.before(async () => {
  cluster = await testCluster(t);
  client = await adminClient(t, cluster);
  directory = await mkdtemp(join(tmpdir(), "storm-test-"));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  await writeAppKey(directory);
  deployment = new Deployment(t, cluster, ["--github-app-dir", directory]);
  await deployment.install();
  receivers = await Receivers.install(t, cluster, client);
});

/** How often each value occurs. */
function counted(values: Iterable<string>): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].map(([value, times]) => `${value}: ${times}`).join(", ");
}

/** Something that happens to a pull request; each number is another one of it. */
function webhookOf(host: string, number: number): Webhook {
  const task = 1 + (number % tasks);
  const repository = repositories[Math.floor(number / tasks) % repositories.length] ?? "";
  const sha = (number + 1).toString(16).padStart(40, "a");
  const branch = `feature/task-${task}-implementation`;
  const issue = { number: task, labels: [{ name: `task-${task}` }], pull_request: {} };
  const pull = (action: string, more: object = {}): [string, object] => [
    "pull_request",
    {
      ...{ action, ...more },
      pull_request: {
        ...{
          number: task,
          draft: false,
          labels: [{ name: `task-${task}` }],
          user: { login: "ann", id: 1, type: "User" },
        },
        head: { ref: branch, sha, repo: { id: 1 } },
        base: { ref: "main", sha, repo: { id: 1 } },
      },
    },
  ];
  const suite = { conclusion: "failure", head_branch: branch, head_sha: sha, pull_requests: [] };
  const [event, payload] = chosen<() => [string, object]>([
    () => pull("opened"),
    () => pull("synchronize"),
    () => pull("labeled", { label: { name: "ready-for-qa" } }),
    () => pull("assigned"),
    () => ["check_suite", { action: "completed", check_suite: suite }],
    () => ["issue_comment", { action: "created", issue, comment: { body: "/orchestrator status" } }],
  ])();
  return { id: `storm-${number}`, event, payload: payloadOf(host, payload, repository) };
}

/** What GitHub does with its webhooks: each is sent once, some again, and a failed one is only listed. */
class Storm {
  readonly outcomes = new Map<string, string[]>();
  readonly times: number[] = [];

  constructor(
    readonly github: GitHubDouble,
    readonly receivers: readonly OperatorProcess[],
  ) {}

  async send(): Promise<void> {
    const began = performance.now();
    const attempts = Array.from({ length: count }, (_, number) => webhookOf(this.github.host, number)).flatMap(
      (webhook, number) => {
        const at = ((number + random() * 0.1 * count) * seconds * 1_000) / count;
        return [{ webhook, at }, ...(random() < 0.2 ? [{ webhook, at: at + random() * 3_000 }] : [])];
      },
    );
    await Promise.all(
      attempts.map(async ({ webhook, at }) => {
        await new Promise((resolve) => setTimeout(resolve, at - (performance.now() - began)));
        await this.#sendOne(webhook);
      }),
    );
  }

  async #sendOne(webhook: Webhook): Promise<void> {
    const began = performance.now();
    const answer = await sendWebhook(chosen(this.receivers).url("/webhook/github"), webhook, 10_000).catch(
      () => "502 ",
    );
    if (answer.startsWith("202")) this.times.push(performance.now() - began);
    this.outcomes.set(webhook.id, [...(this.outcomes.get(webhook.id) ?? []), answer]);
    const { action } = webhook.payload as { action: string };
    this.github.record(
      webhook.id,
      webhook.event,
      action,
      Number(answer.slice(0, 3)),
      Date.now() - lag,
      webhook.payload,
    );
  }
}

/** Follows objects from now on, and keeps what was said of each, without repetitions. */
async function follow<T extends KubernetesObject>(
  events: AsyncGenerator<WatchEvent<T>>,
  told: Map<string, Set<string>>,
  what: (object: Stored<T>) => readonly [string, string] | undefined,
): Promise<void> {
  for await (const event of events) {
    const [name, text] = ("object" in event ? what(event.object) : undefined) ?? [];
    if (name !== undefined && text !== undefined) told.set(name, (told.get(name) ?? new Set()).add(text));
  }
}

/** What can't change any more once it is decided. */
function decisionOf({ metadata, status }: Stored<Delivery>): readonly [string, string] | undefined {
  if (status?.decidedAt === undefined) return undefined;
  return [metadata.name, JSON.stringify([status.decidedAt, status.decision, status.run, status.cancelled])];
}

async function configure(t: Test, github: GitHubDouble, namespace: string): Promise<void> {
  const authorities = { namespace: own, name: "company-ca" };
  const key = { namespace: own, name: operatorNames.configuration };
  const configuration = {
    git: { hosts: [{ host: github.host, apiUrl: github.apiUrl, caConfigMapName: authorities.name }] },
    github: {
      ...{ webhook: { enabled: true }, report: { enabled: true }, recovery: { seconds: 30 }, namespace },
      ...{ maxEventsPerMinute: 10_000, maxRunsPerPullRequest: 3, maxPerRepository: 10_000 },
    },
    agents: { rex: { githubApp: "Acme-Rex" }, cleo: { githubApp: "Acme-Cleo" }, tess: { githubApp: "Acme-Tess" } },
  };
  for (const [metadata, data] of [
    [authorities, { "ca.crt": github.authority }],
    [key, { "config.yaml": stringify(configuration) }],
  ] as const) {
    await unlessMissing(client.delete(ConfigMaps, metadata));
    await client.create(ConfigMaps, { metadata, data });
    t.teardown(() => unlessMissing(client.delete(ConfigMaps, metadata)));
  }
}

t.test("each webhook of a storm is decided once and carried out once, with kills of any process", async (t) => {
  const github = await GitHubDouble.start(t);
  github.writers.add("ann");
  const namespace = await testNamespace(t, client);
  await configure(t, github, namespace);
  t.teardown(async () => {
    for (const { metadata } of (await client.list(Deliveries, { namespace: own })).items)
      await unlessMissing(client.delete(Deliveries, metadata as { namespace: string; name: string }));
    await unlessMissing(client.delete(ConfigMaps, { namespace: own, name: "orchestrator-webhook-recovery" }));
  });
  await Promise.all([deployment.add(), deployment.add()]);
  const both = await Promise.all([receivers.create(t), receivers.create(t)]);
  await Promise.all(both.map((each) => each.start()));
  await eventually("the configuration is known, and each task has its run", async () => {
    for (const repository of repositories)
      for (let taskId = 1; taskId <= tasks; taskId++) {
        const metadata = { namespace, name: `${repository}-task-${taskId}` };
        const urls = {
          repositoryUrl: `https://${github.host}/acme/${repository}`,
          docsRepositoryUrl: `https://${github.host}/acme/docs`,
        };
        const spec = { taskId, service: repository, githubApp: "Acme-Rex", ...urls };
        if ((await unlessMissing(client.get(CodeRuns, metadata))) === undefined)
          await client.create(CodeRuns, { metadata, spec });
      }
    return true;
  });
  await eventually("recovery has looked once", () =>
    unlessMissing(client.get(ConfigMaps, { namespace: own, name: "orchestrator-webhook-recovery" })),
  );

  const decisions = new Map<string, Set<string>>();
  const created = new Map<string, Set<string>>();
  const end = new AbortController();
  const watching = Promise.all([
    follow(client.watch(Deliveries, { namespace: own, signal: end.signal }), decisions, decisionOf),
    follow(client.watch(CodeRuns, { namespace, signal: end.signal }), created, ({ metadata: { name, uid } }) => [
      name,
      uid,
    ]),
  ]).catch((error: unknown) => (end.signal.aborted ? [] : Promise.reject(error as Error)));
  let requests = 0;
  github.fault = (line): Fault | undefined => {
    if (line.startsWith("GET /app/")) return undefined;
    if (++requests === 200) return { status: 429, headers: { "retry-after": "2" } };
    const number = random();
    if (number < 0.02) return "lost";
    return number < 0.04 ? { status: 502 } : undefined;
  };

  const storm = new Storm(github, both);
  const sending = storm.send();
  const kill = async (): Promise<void> => {
    for (let time = 0; time < 3; time++) {
      await new Promise((resolve) => setTimeout(resolve, 500 + random() * 2_000));
      const victim = chosen(both);
      await victim.end("SIGKILL");
      await victim.start();
    }
  };
  const killLeaders = async (): Promise<void> => {
    for (let time = 0; time < 2; time++) {
      await new Promise((resolve) => setTimeout(resolve, 1_000 + random() * 2_000));
      await deployment.remove(await deployment.leader(), "SIGKILL");
      await deployment.add();
    }
  };
  await Promise.all([sending, kill(), killLeaders()]);
  const sentAt = performance.now();

  const names = new Map([...storm.outcomes.keys()].map((id) => [deliveryName({ source: "github", id }), id] as const));
  let left: string[] = [];
  const settled = await eventually(
    "all are settled",
    async () => {
      const { items } = await client.list(Deliveries, { namespace: own });
      const isSettled = (each: Delivery): boolean =>
        isFinished(each) || (each.status?.phase === "Waiting" && each.status.reason === "LiveRun");
      left = items.filter((each) => !isSettled(each)).map(({ status }) => status?.reason ?? "undecided");
      if (items.length < names.size) left.push(`missing: ${names.size - items.length}`);
      return left.length === 0 && items;
    },
    240_000,
  ).catch((error: unknown) => {
    throw new Error(`not settled: ${counted(left)}; ${deployment.replicas[0]?.process.log.slice(-2_000) ?? ""}`, {
      cause: error,
    });
  });
  const settling = performance.now() - sentAt;
  github.fault = () => undefined;

  const outcomes = [...storm.outcomes.values()];
  const sorted = storm.times.toSorted((a, b) => a - b);
  const quantile = (part: number): string => (sorted[Math.floor(sorted.length * part)] ?? NaN).toFixed(0);
  t.comment(`${count} webhooks, ${outcomes.flat().length} attempts: ${counted(outcomes.flat())}`);
  t.comment(
    `accepted within p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms; settled ${(settling / 1_000).toFixed(0)} s after`,
  );
  t.comment(
    `not taken by a receiver: ${outcomes.filter((each) => each.every((one) => !one.startsWith("202"))).length}`,
  );
  t.comment(`reasons: ${counted(settled.map(({ status }) => status?.reason ?? ""))}`);

  t.same(
    settled.map(({ metadata }) => metadata.name).sort(),
    [...names.keys()].sort(),
    "one Delivery for each webhook",
  );
  t.same(
    outcomes.filter((each) => each.filter((one) => one === "202 accepted").length > 1),
    [],
    "a webhook is accepted once",
  );
  t.same(
    [...decisions].filter(([, told]) => told.size > 1).map(([name, told]) => [name, ...told]),
    [],
    "a decision is never made again",
  );
  t.same(
    [...created].filter(([, uids]) => uids.size > 1),
    [],
    "a run is created once",
  );
  const nameOf = ({ status }: Delivery): string[] => (status?.run === undefined ? [] : [status.run.name]);
  const carriedOut = settled.filter(({ status }) => status?.phase === "Done").flatMap(nameOf);
  const { items: runs } = await client.list(CodeRuns, { namespace });
  const started = runs.map(({ metadata }) => metadata.name).filter((name) => !name.startsWith("shop-"));
  // a run may have ended meanwhile, for which another one waited
  const { items: afterwards } = await client.list(Deliveries, { namespace: own });
  const wanted = new Set(afterwards.flatMap(nameOf));
  t.ok(started.length >= repositories.length * tasks, `${started.length} runs`);
  t.same(
    carriedOut.filter((name) => !started.includes(name)),
    [],
    "what was carried out exists",
  );
  t.same(
    started.filter((name) => !wanted.has(name)),
    [],
    "and nothing else",
  );
  const answers = settled.filter(({ status }) => status?.phase === "Done" && status.decision === "comment");
  t.ok(answers.length > 10, `${answers.length} comments`);
  for (const { metadata } of answers)
    t.equal(
      github.comments.filter(({ body }) => body.includes(`agent-orchestrator: ${metadata.name} `)).length,
      1,
      metadata.name,
    );
  await eventually("every run is told in a Check Run", () => github.checks.length >= started.length);
  const ids = github.checks.map(({ revision, content }) => `${revision} ${String(content.external_id)}`);
  t.equal(new Set(ids).size, ids.length, "one Check Run for each");
  end.abort();
  await watching;
});

/** Sends a part of a body, and nothing more. @returns the status, or 0 if the connection ends */
function slowly(url: string, headers: Record<string, string>, part: Buffer): Promise<number> {
  return new Promise((resolve) => {
    const sent = request(url, { method: "POST", headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on("error", () => resolve(0));
    sent.write(part);
  });
}

t.test("hostile bodies are refused, and take a bounded amount of memory", async (t) => {
  const server = await receivers.create(t);
  await server.start();
  const url = server.url("/webhook/github");
  const memory = async (): Promise<number> =>
    Number(/^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${server.pid ?? 0}/status`, "utf8"))?.[1]) / 1_024;
  const post = async (id: string, body: string | Buffer, more: Record<string, string> = {}): Promise<number> => {
    const headers = { ...webhookHeaders({ id, event: "pull_request" }, body), ...more };
    return await fetch(url, { method: "POST", body, headers }).then(
      ({ status }) => status,
      () => 0,
    );
  };
  t.equal(await post("small", JSON.stringify(payloadOf("github.com", { action: "opened" }))), 202);
  const before = await memory();
  const MiB = 1_024 * 1_024;
  const large = Buffer.alloc(25 * MiB, " ");
  large.write('{"action":"opened","padding":"', 0);
  large.write('"}', large.length - 2);
  const statuses: string[] = [];
  const note = async (what: string, status: Promise<number>): Promise<void> =>
    void statuses.push(`${what} ${await status}`);
  // one after another fits; at once only one of them does
  for (let time = 0; time < 3; time++) t.equal(await post(`large-${time}`, large), 202);
  await Promise.all(Array.from({ length: 12 }, (_, number) => note("large", post(`at-once-${number}`, large))));
  await Promise.all([
    note("too large", post("a", Buffer.alloc(26 * MiB, " "))),
    note("bomb", post("b", gzipSync(Buffer.alloc(200 * MiB)), { "content-encoding": "gzip" })),
    note("unsigned", post("c", large, { "x-hub-signature-256": `sha256=${"0".repeat(64)}` })),
    note("deep", post("d", "[".repeat(2 * MiB))),
    note("broken", post("e", '{"action":')),
  ]);
  const headers = { ...webhookHeaders({ id: "f", event: "push" }, ""), "content-length": String(20 * MiB) };
  await Promise.all(Array.from({ length: 20 }, () => note("slow", slowly(url, headers, large.subarray(0, 2 * MiB)))));
  t.comment(counted(statuses));
  const growth = (await memory()) - before;
  t.comment(`memory: ${before.toFixed(0)} MiB, and ${growth.toFixed(0)} MiB more at its peak`);
  t.ok(growth < 160, `${growth.toFixed(0)} MiB`);
  for (const [what, allowed] of Object.entries({
    large: [202, 503, 0],
    "too large": [413, 0],
    bomb: [415, 0],
    unsigned: [401, 503, 0],
    deep: [400],
    broken: [400],
    slow: [408, 503, 0],
  }))
    for (const status of statuses.filter((each) => each.startsWith(`${what} `)))
      t.ok(allowed.includes(Number(status.slice(what.length + 1))), status);
  t.equal(await post("after", JSON.stringify(payloadOf("github.com", { action: "opened" }))), 202, "it still receives");
});
