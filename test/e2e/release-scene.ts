/** What happens to a release of the chart in its life: an earlier version of it, a killed leader, a drained node, and creations meanwhile. */
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parse, stringify } from "yaml";
import type { Cluster } from "#src/cluster/index.js";
import { kubectl } from "#src/cluster/install.js";
import { Jobs } from "#src/runtime/client/builtin.js";
import type { Client } from "#src/runtime/client/client.js";
import { chart } from "../chart/helm.js";
import { eventually } from "../eventually.js";

export const earlierVersion = "0.0.9";

/** Fields of a TaskRun that the earlier chart's definition does not have. */
const laterFields = ["queueName", "budget", "githubApp"];

interface Definition {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly versions: readonly {
      readonly schema: {
        readonly openAPIV3Schema: { properties: { spec: { properties: Record<string, unknown> } } };
      };
    }[];
  };
}

/**
 * The chart as an earlier version had it: another version and so another image, a value less with its template, and a TaskRun without
 * the latest fields. The program in the image is the same: a checkout has no earlier one.
 */
export function writeEarlierChart(folder: string): void {
  cpSync(chart, folder, { recursive: true });
  const change = <T>(name: string, edit: (content: T) => void, write: (content: T) => string = stringify): void => {
    const path = join(folder, name);
    const content = parse(readFileSync(path, "utf8")) as T;
    edit(content);
    writeFileSync(path, write(content));
  };
  change<Record<string, unknown>>("Chart.yaml", (about) =>
    Object.assign(about, { version: earlierVersion, appVersion: earlierVersion }),
  );
  change<Record<string, unknown>>("values.yaml", (values) => delete values.argo);
  change<{ properties: Record<string, unknown> }>(
    "values.schema.json",
    ({ properties }) => delete properties.argo,
    JSON.stringify,
  );
  rmSync(join(folder, "templates/argo.yaml"));
  change<{ items: readonly Definition[] }>("files/crds.yaml", ({ items }) => {
    const { spec } = items.find(({ metadata }) => metadata.name.startsWith("taskruns.")) ?? {};
    const { properties } = spec?.versions[0]?.schema.openAPIV3Schema.properties.spec ?? {};
    for (const field of laterFields) {
      if (properties?.[field] === undefined) throw new Error(`TaskRun has no field ${field}`);
      Reflect.deleteProperty(properties, field);
    }
  });
}

/** Creations at ten a second, until they are stopped. */
export class Creations {
  readonly failures: { readonly at: number; readonly text: string }[] = [];
  calls = 0;
  readonly #isOver = new AbortController();
  readonly #stream: Promise<void>;

  constructor(create: (count: number) => Promise<unknown>) {
    this.#stream = this.#run(create);
  }

  async #run(create: (count: number) => Promise<unknown>): Promise<void> {
    for (; !this.#isOver.signal.aborted; this.calls++) {
      const pause = setTimeout(100);
      const began = performance.now();
      await create(this.calls).catch((error: unknown) => {
        const text = `after ${Math.round(performance.now() - began)} ms: ${String(error)}`;
        this.failures.push({ at: performance.now(), text });
      });
      await pause;
    }
  }

  async end(): Promise<void> {
    this.#isOver.abort();
    await this.#stream;
  }
}

const holder = ["get", "lease/orchestrator", "-n", "orchestrator", "-o", "jsonpath={.spec.holderIdentity}"];

/** Deletes the leader's pod without a grace period, and waits until the other replica leads and two are ready again. */
export async function killLeader(cluster: Cluster): Promise<void> {
  const before = await kubectl(cluster, holder);
  const [pod = ""] = before.split("_");
  await kubectl(cluster, ["delete", "pod", pod, "-n", "orchestrator", "--grace-period=0", "--force"]);
  await eventually("another replica leads", async () => ![before, ""].includes(await kubectl(cluster, holder)), 60_000);
  await rolledOut(cluster);
}

/** Resolves when both replicas are ready. */
export async function rolledOut(cluster: Cluster): Promise<void> {
  await kubectl(cluster, ["rollout", "status", "-n", "orchestrator", "deployment/orchestrator", "--timeout=60s"]);
}

/** The UIDs of the first Jobs whose agents run, by name; undefined if they are fewer. */
export async function runningJobs(client: Client, namespace: string, count: number): Promise<string[] | undefined> {
  const { items } = await client.list(Jobs, { namespace });
  const running = items
    .filter(({ status }) => status?.ready === 1)
    .map(({ metadata }) => metadata)
    .sort((a, b) => a.name.localeCompare(b.name));
  return running.length >= count ? running.slice(0, count).map(({ uid }) => uid) : undefined;
}

/**
 * Drains the node of the operator's pods, as far as one node allows: the first replica is evicted, its successor finds no node, and the
 * PodDisruptionBudget refuses the eviction of the other one. Then the node takes pods again, and the drain ends. Agents stay, since
 * their pods have no other node.
 *
 * @param shell runs a script. Returns what it printed, errors included
 */
export async function drainNode(cluster: Cluster, shell: (script: string) => Promise<string>): Promise<string> {
  const node = await kubectl(cluster, ["get", "nodes", "-o", "jsonpath={.items[0].metadata.name}"]);
  const managers = "app.kubernetes.io/component=manager";
  const drain = shell(`kubectl drain ${node} --pod-selector=${managers} --delete-emptydir-data --timeout=120s`);
  const pending = ["get", "pods", "-n", "orchestrator", "-l", managers, "--field-selector=status.phase=Pending"];
  const isWaiting = eventually(
    "the successor of the evicted replica finds no node",
    async () => (await kubectl(cluster, [...pending, "-o", "name"])) !== "",
  );
  try {
    await Promise.race([isWaiting, drain]);
    const ready = await kubectl(cluster, [
      ...["get", "deployment/orchestrator", "-n", "orchestrator", "-o", "jsonpath={.status.readyReplicas}"],
    ]);
    if (ready !== "1") throw new Error(`${ready} replicas are ready while the node is drained, in place of 1`);
  } finally {
    await kubectl(cluster, ["uncordon", node]);
  }
  return drain;
}
