/** A play on real pods: one task's Workflow, the git server of its repository, and GitHub as far as its events go. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { CodeRuns, type CodeRun } from "#src/api/coderun.js";
import type { Delivery } from "#src/api/delivery.js";
import { playName, playWorkflow } from "#src/argo/play.js";
import { isEnded, waitingNodes, Workflows, type Workflow } from "#src/argo/workflow.js";
import { playCommand } from "#src/cli/play.js";
import type { Cluster } from "#src/cluster/index.js";
import type { OperatorOptions } from "#src/cluster/operator.js";
import { ConfigMaps } from "#src/runtime/client/builtin.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { packageRoot } from "#src/version.js";
import { argoManifests } from "../argo/argo-cluster.js";
import { outcomeOf, type Outcome } from "../cli/command-line.js";
import { eventually } from "../eventually.js";
import { Receivers } from "../integration/receivers.js";
import { app, GitScene, sceneCertificate } from "./git-scene.js";
import type { RealCluster } from "./real-cluster.js";

const patience = 240_000;

/** Options of an operator with the key of an App that reads the repositories. @param directory gets its files */
export async function operatorWithApp(cluster: Cluster, directory: string): Promise<OperatorOptions> {
  const { ca } = await sceneCertificate(cluster.hostAddressForPods ?? "127.0.0.1");
  writeFileSync(join(directory, "ca.crt"), ca);
  writeFileSync(join(directory, "app-id"), `${app.id}\n`);
  writeFileSync(join(directory, "private-key"), app.privateKey);
  return {
    arguments: ["--github-app-dir", directory],
    environment: { NODE_EXTRA_CA_CERTS: join(directory, "ca.crt") },
  };
}

/** Starts the receiver of webhooks, and lets the operator resume Workflows. @returns the URL for GitHub */
export async function startReceiver(t: Test, real: RealCluster): Promise<string> {
  await real.kubectl(["apply", "-f", join(packageRoot, "config/argo/operator/rbac.yaml")]);
  const receivers = await Receivers.install(t, real.cluster, real.client);
  const server = await receivers.create(t);
  await server.start();
  return server.url("/webhook/github");
}

/** Name of the Workflow that holds a semaphore. */
const semaphoreHolder = "holder";

/** Limits a semaphore to one holder, and lets a Workflow hold it until `releaseSemaphore`. */
export async function holdSemaphore(real: RealCluster, namespace: string, key: string): Promise<void> {
  const name = "orchestrator-semaphores";
  await real.client.patch(ConfigMaps, { namespace, name }, { type: "merge", body: { data: { [key]: "1" } } });
  const spec = {
    entrypoint: "hold",
    synchronization: { semaphores: [{ configMapKeyRef: { name, key } }] },
    templates: [{ name: "hold", suspend: {} }],
  };
  const holder = { namespace, name: semaphoreHolder };
  await real.client.create(Workflows, { metadata: holder, spec: spec as Workflow["spec"] });
  await eventually("the other Workflow has the semaphore", async () => {
    const { status } = await real.client.get(Workflows, holder);
    const { synchronization } = (status ?? {}) as { synchronization?: { semaphore?: { holding?: unknown[] } } };
    return synchronization?.semaphore?.holding?.length === 1;
  });
}

export async function releaseSemaphore(real: RealCluster, namespace: string): Promise<void> {
  const key = { namespace, name: semaphoreHolder };
  await real.client.patch(Workflows, key, { type: "merge", body: { spec: { shutdown: "Stop" } } });
}

/** A namespace with a repository, the Apps of three agents, and the templates of plays, which Argo's controller knows. */
export async function playNamespace(t: Test, real: RealCluster): Promise<GitScene> {
  const scene = await GitScene.of(t, real);
  for (const name of ["Acme-Rex", "Acme-Cleo", "Acme-Tess"]) await scene.app(name);
  scene.github.writers.add("ann");
  await real.kubectl(["apply", "-n", scene.namespace, "-f", "-"], await argoManifests(real.cluster, scene.namespace));
  const key = { namespace: scene.namespace, name: "probe" };
  const play = playWorkflow(key, { "task-id": "1", service: "s", repository: "a/b", "docs-repository": "a/b" });
  const suspended = { ...play, spec: { ...play.spec, suspend: true } };
  await eventually("Argo's controller knows the templates", async () => {
    await real.client.create(Workflows, suspended);
    const found = await eventually("it has looked at the Workflow", async () => {
      const workflow = await real.client.get(Workflows, key);
      return workflow.status?.phase !== undefined && workflow;
    });
    await real.client.delete(Workflows, key);
    return found.status?.phase !== "Error";
  });
  return scene;
}

export class Play {
  #endExpected = false;

  private constructor(
    readonly scene: GitScene,
    private readonly real: RealCluster,
    readonly workflow: string,
  ) {}

  /**
   * Applies the templates to a namespace of its own, and starts the play of task 7 there.
   *
   * @param files that the repository has, too
   * @param semaphore of the repository's runs, which another Workflow then holds; default: one that is free
   */
  static async start(
    t: Test,
    real: RealCluster,
    files: Readonly<Record<string, string>> = {},
    semaphore?: string,
  ): Promise<Play> {
    const scene = await playNamespace(t, real);
    if (Object.keys(files).length > 0) scene.repositories.commitTo(scene.bare("acme/auth"), "main", files);
    if (semaphore !== undefined) await holdSemaphore(real, scene.namespace, semaphore);
    const repository = scene.urlOf("acme/auth");
    const play = new Play(scene, real, playName(7, repository));
    const options = [
      ...["--repo", repository, "--docs-repo", scene.urlOf("acme/platform"), "--docs-project-directory", scene.project],
      ...["--working-directory", ".", "--implementation-agent", "Acme-Rex"],
      ...["--quality-agent", "Acme-Cleo", "--testing-agent", "Acme-Tess"],
      ...(semaphore === undefined ? [] : ["--repository-semaphore", semaphore]),
    ];
    t.match(await play.cli("start", "7", ...options), { code: 0, out: `workflow/${play.workflow} created\n` });
    t.match((await play.cli("start", "7", ...options)).out, `workflow/${play.workflow} runs already\n`);
    return play;
  }

  /** The play that an event has started. */
  static of(scene: GitScene, real: RealCluster, { status }: Stored<Delivery>): Play {
    return new Play(scene, real, status?.workflow?.name ?? "");
  }

  /** `orchestrator play`, for the play's namespace. */
  cli(...args: string[]): Promise<Outcome> {
    const { cluster } = this.real;
    return outcomeOf(playCommand, [...args, "--kubeconfig", cluster.kubeconfig, "-n", this.scene.namespace]);
  }

  get #key(): { readonly namespace: string; readonly name: string } {
    return { namespace: this.scene.namespace, name: this.workflow };
  }

  /** From here on the play may end at any moment: what is waited for may come after that. */
  expectEnd(): void {
    this.#endExpected = true;
  }

  async get(): Promise<Stored<Workflow>> {
    return await this.real.client.get(Workflows, this.#key);
  }

  async runs(): Promise<Stored<CodeRun>[]> {
    const { items } = await this.real.client.list(CodeRuns, { namespace: this.scene.namespace });
    return items;
  }

  async run(stage: string, round: number, phase: string): Promise<Stored<CodeRun>> {
    return await this.#until(`${stage} ${round} is ${phase}`, async () =>
      (await this.runs()).find(
        ({ metadata, status }) =>
          metadata.labels?.["workflow-stage"] === stage &&
          metadata.name.endsWith(`-${round}`) &&
          status?.phase === phase,
      ),
    );
  }

  async waitsForSemaphore(): Promise<void> {
    const { namespace } = this.#key;
    await this.#until("a run waits for a semaphore", async () => {
      const { status } = await this.get();
      return JSON.stringify(status ?? {}).includes(`Waiting for ${namespace}/ConfigMap/orchestrator-semaphores`);
    });
  }

  /** Waits until the play rests in a node, and its stage says so. */
  async waitsIn(node: string): Promise<void> {
    await this.#until(`the play waits in ${node}`, async () => {
      const workflow = await this.get();
      const [waiting, second] = waitingNodes(workflow).map(({ displayName }) => displayName);
      return waiting === node && second === undefined && workflow.metadata.labels?.["current-stage"] === node;
    });
  }

  async ends(): Promise<Stored<Workflow>> {
    this.expectEnd();
    return await this.#until("the play has ended", async () => {
      const workflow = await this.get();
      return isEnded(workflow) && workflow;
    });
  }

  async #until<T>(what: string, probe: () => Promise<T>): Promise<Exclude<T, false | undefined>> {
    const found = await eventually(
      what,
      async () => {
        const value = await probe();
        if (value !== undefined && (value as unknown) !== false) return { value };
        if (this.#endExpected) return false;
        const { status } = await this.get();
        return (status?.phase === "Failed" || status?.phase === "Error") && { ended: status.message ?? "" };
      },
      patience,
    ).catch(async (error: unknown) => {
      await this.#tell();
      throw error;
    });
    if ("value" in found) return found.value as Exclude<T, false | undefined>;
    await this.#tell();
    throw new Error(`the play has ended before ${what}: ${found.ended}`);
  }

  /** What Argo knows and did, for a failure that does not happen again. */
  async #tell(): Promise<void> {
    t.comment(JSON.stringify((await this.get()).status?.nodes, null, 1));
    t.comment(
      await this.real.kubectl(["get", "-n", this.scene.namespace, "workflowtaskresults.argoproj.io", "-o", "yaml"]),
    );
    const log = readFileSync(join(this.real.cluster.directory, "logs", "workflow-controller.log"), "utf8").split("\n");
    t.comment(
      log
        .filter((line) => line.includes(this.scene.namespace))
        .slice(-200)
        .join("\n"),
    );
    t.comment(
      await this.real.kubectl(["get", "-A", "deliveries.orchestrator.io,coderuns.orchestrator.io,pods", "-o", "wide"]),
    );
  }
}
