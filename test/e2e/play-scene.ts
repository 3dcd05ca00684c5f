/** A play on real pods: one task's Workflow, the git server of its repository, and GitHub as far as its events go. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { CodeRuns, type CodeRun } from "#src/api/coderun.js";
import { Deliveries, type Delivery } from "#src/api/delivery.js";
import { isEnded, waitingNodes, Workflows, type Workflow } from "#src/argo/workflow.js";
import { playCommand } from "#src/cli/play.js";
import type { Cluster } from "#src/cluster/index.js";
import type { OperatorOptions } from "#src/cluster/operator.js";
import { playName } from "#src/operations/plays.js";
import { ConfigMaps } from "#src/runtime/client/builtin.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { packageRoot } from "#src/version.js";
import { argoManifests } from "../argo/argo-cluster.js";
import { outcomeOf, type Outcome } from "../cli/command-line.js";
import { eventually } from "../eventually.js";
import { payloadOf, Receivers, sendWebhook } from "../integration/receivers.js";
import { app, GitScene, sceneCertificate } from "./git-scene.js";
import type { RealCluster } from "./real-cluster.js";

const own = "orchestrator";
const patience = 240_000;

/** The branch of the task. */
export const branch = "feature/task-7-implementation";

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
export const semaphoreHolder = "holder";

/** Limits a semaphore to one holder, and lets a Workflow hold it until it is stopped. */
async function holdSemaphore(real: RealCluster, namespace: string, key: string): Promise<void> {
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

export class Play {
  #endExpected = false;

  private constructor(
    readonly scene: GitScene,
    private readonly real: RealCluster,
    private readonly url: string,
    readonly workflow: string,
  ) {}

  /**
   * Applies the templates to a namespace of its own, and starts the play of task 7 there.
   *
   * @param url of the webhook
   * @param files that the repository has, too
   * @param semaphore of the repository's runs, which another Workflow then holds; default: one that is free
   */
  static async start(
    t: Test,
    real: RealCluster,
    url: string,
    files: Readonly<Record<string, string>> = {},
    semaphore?: string,
  ): Promise<Play> {
    const scene = await GitScene.of(t, real);
    for (const name of ["Acme-Rex", "Acme-Cleo", "Acme-Tess"]) await scene.app(name);
    if (Object.keys(files).length > 0) scene.repositories.commitTo(scene.bare("acme/auth"), "main", files);
    scene.github.writers.add("ann");
    await real.kubectl(["apply", "-n", scene.namespace, "-f", "-"], await argoManifests(real.cluster, scene.namespace));
    if (semaphore !== undefined) await holdSemaphore(real, scene.namespace, semaphore);
    const repository = scene.urlOf("acme/auth");
    const play = new Play(scene, real, url, playName(7, repository));
    const options = [
      ...["--repo", repository, "--docs-repo", scene.urlOf("acme/platform"), "--docs-project-directory", scene.project],
      ...["--working-directory", ".", "--implementation-agent", "Acme-Rex"],
      ...["--quality-agent", "Acme-Cleo", "--testing-agent", "Acme-Tess"],
      ...(semaphore === undefined ? [] : ["--repository-semaphore", semaphore]),
    ];
    await play.submitted(async () => {
      const { code, err } = await play.cli("start", "7", ...options);
      if (code !== 0) throw new Error(err);
    });
    t.match((await play.cli("start", "7", ...options)).out, `workflow/${play.workflow} runs already\n`);
    return play;
  }

  /** Submits a Workflow, again if Argo's controller fails it since its cache does not show the templates yet. */
  async submitted(submit: () => Promise<void>, name = this.workflow): Promise<void> {
    const key = { namespace: this.scene.namespace, name };
    await eventually("the controller knows the templates", async () => {
      await submit();
      const found = await eventually("the Workflow has begun", async () => {
        const workflow = await this.real.client.get(Workflows, key);
        return workflow.status?.phase !== undefined && workflow;
      });
      if (found.status?.phase !== "Error" || found.status.message?.includes("not found") !== true) return true;
      await this.real.client.delete(Workflows, key);
      return false;
    });
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

  /** Sends a webhook as GitHub does. @returns status and outcome */
  async send(id: string, event: string, payload: object): Promise<string> {
    const [pull] = this.scene.github.pulls;
    const sha = this.scene.git("acme/auth", "rev-parse", branch).trim();
    const changes = {
      pull_request: {
        ...{ number: pull?.number ?? 1, draft: false, user: { login: "ann", id: 1, type: "User" }, merged: false },
        ...{
          labels: (pull?.labels ?? []).map((name) => ({ name })),
          ...(payload as { pull_request?: object }).pull_request,
        },
        head: { ref: branch, sha, repo: { id: 1 } },
        base: { ref: "main", sha, repo: { id: 1 } },
      },
      ...Object.fromEntries(Object.entries(payload).filter(([key]) => key !== "pull_request")),
    };
    const { host } = new URL(this.scene.github.url);
    return sendWebhook(this.url, { id: this.#id(id), event, payload: payloadOf(host, changes, "auth") });
  }

  /** Ids of webhooks are unique for GitHub, and here for a play. */
  #id(id: string): string {
    return `${id}-${this.scene.namespace}`;
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

  async delivery(id: string, phase: string): Promise<Stored<Delivery>> {
    return await this.#until(`${id} is ${phase}`, async () => {
      const found = await this.real.client.get(Deliveries, { namespace: own, name: `github-${this.#id(id)}` });
      return found.status?.phase === phase && found;
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
