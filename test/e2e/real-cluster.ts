/** A cluster with a real node and the operator, for tests whose pods really run. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";
import { stringify } from "yaml";
import { CodeRuns } from "#src/api/coderun.js";
import { DocsRuns } from "#src/api/docsrun.js";
import { isTerminal } from "#src/api/phase.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { demoAgentImage, DEMO_AGENT_IMAGE, startCluster, type Cluster } from "#src/cluster/index.js";
import { demoCommand } from "#src/cluster/demo-agent.js";
import { kubectl } from "#src/cluster/install.js";
import { missingPackages } from "#src/cluster/node/packages.js";
import { whyNoRealNode } from "#src/cluster/node/real.js";
import { startOperator, type OperatorOptions } from "#src/cluster/operator.js";
import type { AgentRun } from "#src/runs/run.js";
import { ConfigMaps, Namespaces, Pods, Secrets } from "#src/runtime/client/builtin.js";
import { NotFound } from "#src/runtime/client/errors.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { Pod, Stored } from "#src/runtime/client/objects.js";
import type { ResourceType } from "#src/runtime/client/resource.js";
import { eventually } from "../eventually.js";
import { adminClient } from "../integration/cluster.js";

/** Why pods cannot run here; undefined if they can. */
export const whyNot =
  (await whyNoRealNode()) ??
  (missingPackages().length > 0 ? `not installed: ${missingPackages().join(", ")}` : undefined);

/** Time-out in milliseconds for something that takes seconds on an idle machine, such as an attempt; two minutes were too short at a load of 24. */
const patience = 240_000;

/** The default agent of tests: the demo agent, small enough for many to run at once. */
export const demoAgent = {
  image: DEMO_AGENT_IMAGE,
  command: demoCommand,
  resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "500m", memory: "128Mi" } },
};

export class RealCluster {
  readonly cluster: Cluster;
  readonly client: HttpClient;
  readonly #operatorUrl: string;

  constructor(cluster: Cluster, client: HttpClient, operatorUrl: string) {
    this.cluster = cluster;
    this.client = client;
    this.#operatorUrl = operatorUrl;
  }

  /** Applies the configuration, merged over one for small tests, and waits until the operator has loaded it. */
  async configure(configuration: object): Promise<void> {
    const before = await this.#reloads();
    await this.client.apply(ConfigMaps, {
      metadata: { name: "taskrun-controller-config", namespace: "orchestrator" },
      // the comment makes each configuration different
      data: {
        "config.yaml": `# ${randomBytes(4).toString("hex")}\n${stringify({ storage: { size: "1Gi" }, retry: { maxRetries: 0 }, ...configuration })}`,
      },
    });
    await eventually("the configuration is in force", async () => (await this.#reloads()) > before);
  }

  async #reloads(): Promise<number> {
    const result = /^orchestrator_config_reloads_total\{result="accepted"\} (\d+)$/m.exec(await this.metrics());
    return Number(result?.[1] ?? 0);
  }

  async metrics(): Promise<string> {
    return (await fetch(`${this.#operatorUrl}/metrics`)).text();
  }

  kubectl(args: readonly string[], input?: string): Promise<string> {
    return kubectl(this.cluster, args, input);
  }

  /** Creates the objects as a user would. */
  async apply(...runs: readonly AgentRun[]): Promise<void> {
    await this.kubectl(["apply", "-f", "-"], runs.map((run) => stringify(run)).join("---\n"));
  }

  /** A namespace that enforces the restricted Pod Security Standard, with the agents' Secret unless disabled. */
  async restrictedNamespace(t: Test, options: { readonly secret?: boolean } = {}): Promise<string> {
    const name = `e2e-${randomBytes(4).toString("hex")}`;
    await this.client.create(Namespaces, {
      metadata: { name, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    });
    if (options.secret !== false) await this.createSecret(name);
    t.teardown(async () => {
      await this.client.delete(Namespaces, { name }).catch((error: unknown) => {
        if (!(error instanceof NotFound)) throw error;
      });
    });
    return name;
  }

  async createSecret(namespace: string, key = "sk-very-secret-value"): Promise<void> {
    await this.client.create(Secrets, {
      metadata: { namespace, name: "orchestrator-secrets" },
      stringData: { ANTHROPIC_API_KEY: key },
    });
  }

  async get<R extends AgentRun>(run: R): Promise<Stored<R>> {
    return this.client.get(typeOf(run), { namespace: run.metadata?.namespace ?? "", name: run.metadata?.name ?? "" });
  }

  /**
   * Waits until the condition holds and returns the run; on time-out, the state of the cluster is written to the test's output.
   *
   * @param timeout milliseconds
   */
  async when<R extends AgentRun>(
    t: Test,
    run: R,
    what: string,
    holds: (run: Stored<R>) => boolean,
    timeout = patience,
  ): Promise<Stored<R>> {
    return eventually(
      `${run.metadata?.name ?? ""} ${what}`,
      async () => {
        const current = await this.get(run);
        return holds(current) && current;
      },
      timeout,
    ).catch(async (error: unknown) => {
      await this.#tell(t, run);
      throw error;
    });
  }

  /** Waits for the end of the run; fails if it has another phase. */
  async end<R extends AgentRun>(t: Test, run: R, wanted: "Succeeded" | "Failed"): Promise<Stored<R>> {
    const ended = await this.when(t, run, "has ended", ({ status }) => isTerminal(status?.phase));
    const { phase, message = "" } = ended.status ?? {};
    if (phase === wanted) return ended;
    await this.#tell(t, run);
    throw new Error(`${ended.metadata.name} is not ${wanted}, but ${String(phase)}: ${message}`);
  }

  /** A description of the run and its objects, for failures. */
  async #tell(t: Test, { metadata }: AgentRun): Promise<void> {
    const namespace = metadata?.namespace ?? "";
    t.comment(await this.kubectl(["describe", "-n", namespace, "orchestrator,job,pod,pvc"]));
    const logs = [
      "logs",
      "-n",
      namespace,
      "-l",
      "orchestrator.io/owner-uid",
      "--all-containers",
      "--ignore-errors",
      "--tail=50",
    ];
    t.comment(await this.kubectl(logs).catch(String));
  }

  phase<R extends AgentRun>(t: Test, run: R, wanted: string, timeout?: number): Promise<Stored<R>> {
    return this.when(t, run, `is ${wanted}`, ({ status }) => status?.phase === wanted, timeout);
  }

  /** The pods of the run that may be running. */
  async livePods(namespace: string): Promise<Stored<Pod>[]> {
    const { items } = await this.client.list(Pods, { namespace });
    return items.filter(({ status }) => status?.phase !== "Succeeded" && status?.phase !== "Failed");
  }

  /** A running pod of the run. */
  async worker(namespace: string): Promise<Stored<Pod>> {
    return eventually(
      "an agent works",
      async () => {
        const pods = await this.livePods(namespace);
        return pods.find(({ status }) => status?.phase === "Running");
      },
      patience,
    );
  }

  logs(run: Stored<AgentRun>): Promise<string> {
    const job = `job/${run.status?.jobName ?? ""}`;
    return this.kubectl(["logs", "-n", run.metadata.namespace ?? "", job, "-c", "claude-agent"]);
  }
}

function typeOf<R extends AgentRun>({ kind }: R): ResourceType<R> {
  const types: readonly ResourceType<AgentRun>[] = [TaskRuns, CodeRuns, DocsRuns];
  return types.find((type) => type.kind === kind) as ResourceType<R>;
}

/**
 * Starts the cluster with the demo agent loaded, and stops it at the end of the test.
 *
 * @param prepare options of the operator, which may need the cluster
 */
export async function realCluster(
  t: Test,
  prepare: (cluster: Cluster) => Promise<OperatorOptions> = () => Promise.resolve({}),
): Promise<RealCluster> {
  const cluster = await startCluster({
    name: `e2e-${randomBytes(3).toString("hex")}`,
    node: "real",
    progress: (line) => t.comment(line),
  });
  t.teardown(() => cluster.stop());
  const client = await adminClient(t, cluster);
  const directory = await mkdtemp(join(tmpdir(), "e2e-"));
  await demoAgentImage(join(directory, "agent.tar"));
  await cluster.loadImage(join(directory, "agent.tar"));
  await rm(directory, { recursive: true });
  const more = await prepare(cluster);
  const args = ["--no-leader-elect", "--log-level=debug", ...(more.arguments ?? [])];
  const { url } = await startOperator(cluster, { ...more, arguments: args });
  const real = new RealCluster(cluster, client, url);
  await real.configure({ agent: demoAgent });
  return real;
}

/** A TaskRun of the service `auth-service`, named after its task. */
export function taskRun(namespace: string, spec: Partial<TaskRun["spec"]> = {}): TaskRun {
  return {
    apiVersion: "orchestrator.io/v1",
    kind: "TaskRun",
    metadata: { namespace, name: `task-${spec.taskId ?? 1}` },
    spec: {
      taskId: 1,
      serviceName: "auth-service",
      markdownFiles: [
        { filename: "task.md", content: "# Task\nDo it.\n", fileType: "task" },
        { filename: "prompt.md", content: "# Prompt\nBe quick.\n", fileType: "prompt" },
      ],
      ...spec,
    },
  };
}
