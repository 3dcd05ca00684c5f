/**
 * The receiver of webhooks at 100 a second, alone and while bodies of 25 MiB arrive one after another, beside plain creates of the same
 * objects: how long the answers take, and its memory.
 */
import { readFileSync } from "node:fs";
import { Deliveries, deliveryName } from "#src/api/delivery.js";
import { startCluster } from "#src/cluster/index.js";
import { kubectl, installOperator } from "#src/cluster/install.js";
import { githubEvent } from "#src/deliveries/github-event.js";
import { HttpClient } from "#src/runtime/client/http.js";
import { kubeconfigAccess } from "#src/runtime/client/kubeconfig.js";
import { payloadOf, Receivers, webhookHeaders } from "../integration/receivers.js";
import type { Figures } from "./main.js";
import { percentile } from "./measure.js";

const perSecond = 100;
const seconds = 15;
const rounds = 3;
const MiB = 1024 * 1024;

export async function webhooksSuite(): Promise<Figures> {
  const ends: (() => unknown)[] = [];
  const t = { teardown: (each: () => unknown) => ends.push(each) } as never;
  const cluster = await startCluster({ name: `bench-${process.pid}`, node: "none", progress: () => undefined });
  const client = new HttpClient({ access: await kubeconfigAccess({ file: cluster.kubeconfig }), connections: 16 });
  try {
    await installOperator(cluster, "https://127.0.0.1:9");
    // nobody answers those
    await kubectl(cluster, [
      "delete",
      "validatingwebhookconfiguration/orchestrator",
      "mutatingwebhookconfiguration/orchestrator",
    ]);
    const receivers = await Receivers.install(t, cluster, client);
    const server = await receivers.create(t);
    await server.start();
    const url = server.url("/webhook/github");
    const memory = (figure: "VmRSS" | "VmHWM"): number => {
      const status = readFileSync(`/proc/${server.pid ?? 0}/status`, "utf8");
      return Number(new RegExp(`${figure}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
    };
    const post = async (id: string, body: Buffer): Promise<void> => {
      const headers = webhookHeaders({ id, event: "pull_request" }, body);
      const { status } = await fetch(url, { method: "POST", body, headers });
      if (status !== 202) throw new Error(`the receiver answers ${status}`);
    };
    const create = async (id: string, body: Buffer): Promise<void> => {
      const spec = githubEvent("pull_request", id, body);
      if (spec === undefined) throw new Error("the event is not taken in");
      await client.create(Deliveries, { metadata: { namespace: "orchestrator", name: deliveryName(spec) }, spec });
    };
    await steadily("warm-up", post, 2);
    const idle = memory("VmRSS");
    const received: number[] = [];
    const direct: number[] = [];
    for (let round = 0; round < rounds; round++) {
      received.push(...(await steadily(`received-${round}`, post)));
      direct.push(...(await steadily(`direct-${round}`, create)));
    }
    const steady = memory("VmHWM");
    const beside = await besideLargeBodies(post, () => steadily("beside", post));
    return {
      "steady.p50Milliseconds": percentile(received, 0.5),
      "steady.p99Milliseconds": percentile(received, 0.99),
      "create.p50Milliseconds": percentile(direct, 0.5),
      "create.p99Milliseconds": percentile(direct, 0.99),
      "ratio.p99": percentile(received, 0.99) / percentile(direct, 0.99),
      "large.count": beside.count,
      "large.p50Milliseconds": percentile(beside.latencies, 0.5),
      "large.p99Milliseconds": percentile(beside.latencies, 0.99),
      "idle.residentMiB": idle,
      "steady.peakResidentMiB": steady,
      "large.peakResidentMiB": memory("VmHWM"),
    };
  } finally {
    for (const each of ends.reverse()) await each();
    await client.close();
    await cluster.stop();
  }
}

type Send = (id: string, body: Buffer) => Promise<void>;

/** About as long as GitHub's payloads of pull requests. */
function bodyOf(padding: number): Buffer {
  const sha = "ab12cd34".repeat(5);
  const side = { ref: "feature/task-5-x", sha, repo: { id: 1 } };
  const pull = { number: 3, draft: false, labels: [{ name: "task-5" }], head: side, base: { ...side, ref: "main" } };
  const payload = { action: "opened", pull_request: pull, padding: "x".repeat(padding) };
  return Buffer.from(JSON.stringify(payloadOf("github.com", payload)));
}

/** Sends at even distances, whether the ones before were answered or not. @returns milliseconds of each */
async function steadily(name: string, send: Send, duration = seconds): Promise<number[]> {
  const body = bodyOf(20_000);
  const began = performance.now();
  return await Promise.all(
    Array.from({ length: perSecond * duration }, async (_, number) => {
      await new Promise((resolve) => setTimeout(resolve, (number * 1000) / perSecond - (performance.now() - began)));
      const start = performance.now();
      await send(`${name}-${number}`, body);
      return performance.now() - start;
    }),
  );
}

async function besideLargeBodies(
  send: Send,
  measure: () => Promise<number[]>,
): Promise<{ readonly latencies: readonly number[]; readonly count: number }> {
  const body = bodyOf(25 * MiB - 2_000);
  const measuring = { isOver: false };
  const sending = (async () => {
    let count = 0;
    // another one may have the place of a large body: then GitHub would list it as not delivered
    while (!measuring.isOver) await send(`large-${count++}`, body).catch(() => undefined);
    return count;
  })();
  const latencies = await measure();
  measuring.isOver = true;
  return { latencies, count: await sending };
}
