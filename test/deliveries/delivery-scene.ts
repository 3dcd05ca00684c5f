/** An API server in memory that can break off at each write, and GitHub as a table of answers: what the reconciler acts on. */
import { CodeRuns, type CodeRun } from "#src/api/coderun.js";
import { Workflows, WorkflowTemplates, type Workflow, type WorkflowNode } from "#src/argo/workflow.js";
import { PlayWorkflows } from "#src/argo/workflows.js";
import { Deliveries, isFinished, type Delivery, type DeliverySpec } from "#src/api/delivery.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import type { Configuration } from "#src/configuration/configuration.js";
import { DeliveryReconciler } from "#src/deliveries/delivery-reconciler.js";
import { codeRunIndexes, deliveryIndexes } from "#src/deliveries/indexes.js";
import type { GitHubAnswer } from "#src/github/github-api.js";
import { ReportWriter } from "#src/github/report-writer.js";
import { RepositoryReader } from "#src/github/repository-reader.js";
import type { Reader } from "#src/runtime/cache/reader.js";
import type { Client } from "#src/runtime/client/client.js";
import { AlreadyExists, Conflict, Forbidden, Invalid, NotFound } from "#src/runtime/client/errors.js";
import type { KubernetesObject, ObjectKey, Stored } from "#src/runtime/client/objects.js";
import { silentLogger } from "#src/runtime/logger.js";
import { FakeClock } from "#src/runtime/testing/clock.js";
import { GitHubWrites, Killed } from "./github-writes.js";

export type Configured = Pick<Configuration, "github" | "agents" | "argo">;

const call = { method: "PATCH", path: "/" };

interface WorkflowMore {
  readonly namespace: string;
  readonly task: string;
  readonly repository: string;
  readonly phase: string;
}

/** A suspend node; its id is that of its place in the Workflow. */
export function suspendNode(id: string, displayName: string, phase = "Running"): WorkflowNode {
  const parameters = [{ name: "event", valueFrom: { supplied: {}, default: "resumed" } }];
  return { id, displayName, type: "Suspend", phase, outputs: { parameters } };
}

export class DeliveryScene {
  readonly clock = new FakeClock();
  readonly deliveries = new Map<string, Stored<Delivery>>();
  readonly runs = new Map<string, Stored<CodeRun>>();
  readonly workflows = new Map<string, Stored<Workflow>>();
  /** Whether `argo.enabled` is true. */
  argo = true;
  deniesWorkflows = false;
  /** Whether the namespaces have the WorkflowTemplate of plays. */
  hasTemplate = true;
  /** Writes that took effect, such as `create coderuns/ns/x`. */
  readonly writes: string[] = [];
  /** Answers of GitHub by path; what is absent does not exist. */
  readonly github = new Map<string, unknown>();
  /** What was written to GitHub. */
  readonly written = new GitHubWrites();
  /** Paths that GitHub was asked for. */
  readonly asked: string[] = [];
  githubStatus = 200;
  recoveredUntil = Infinity;
  /** What each question to GitHub fails with. */
  githubFailure: Error | undefined;
  configured: Configured;
  /** The write, counted from 0, at which the manager dies, and whether it takes effect before. */
  killAt: { readonly write: number; readonly isDone: boolean } | undefined;
  #attempted = 0;
  #version = 0;

  constructor() {
    this.configured = {
      github: { ...defaultConfiguration.github, webhook: { enabled: true, grafana: false } },
      agents: {
        rex: { githubApp: "Acme-Rex", appId: "101" },
        cleo: { githubApp: "Acme-Cleo", appId: "102" },
        tess: { githubApp: "Acme-Tess", appId: "103" },
      },
      argo: { enabled: true, startFromIssues: false },
    };
    this.allow("ann");
    for (const [name, app, id] of [
      ["rex", 101, 9001],
      ["cleo", 102, 9002],
      ["tess", 103, 9003],
    ] as const) {
      this.github.set(`/users/${encodeURIComponent(`acme-${name}[bot]`)}`, { id });
      this.github.set(`/apps/acme-${name}`, { id: app });
    }
  }

  /** Gives an account the right to push. */
  allow(login: string, permission = "write"): void {
    this.github.set(`/repos/acme/shop/collaborators/${login}/permission`, { permission });
  }

  deliver(id: string, event: Partial<DeliverySpec> = {}): Stored<Delivery> {
    const delivery = {
      ...{ apiVersion: "orchestrator.io/v1", kind: "Delivery" },
      metadata: this.#metadata("orchestrator", `github-${id}`),
      // members that are undefined get lost
      spec: JSON.parse(JSON.stringify({ ...pullRequest, id, ...event })) as DeliverySpec,
    } as Stored<Delivery>;
    this.deliveries.set(keyOf(delivery), delivery);
    return delivery;
  }

  /** A run of task 5, the implementation unless said otherwise. */
  run(
    name: string,
    spec: Partial<CodeRun["spec"]> = {},
    more: { phase?: string; stage?: string; namespace?: string; workflow?: string; issue?: string } = {},
  ): void {
    const run = {
      ...{ apiVersion: "orchestrator.io/v1", kind: "CodeRun" },
      metadata: {
        ...this.#metadata(more.namespace ?? "team", name),
        labels: {
          ...(more.stage !== undefined && { "workflow-stage": more.stage }),
          ...(more.workflow !== undefined && { "workflow-name": more.workflow }),
          ...(more.issue !== undefined && { "orchestrator.io/issue": more.issue }),
        },
        ...(more.workflow !== undefined && {
          ownerReferences: [{ uid: this.workflows.get(`team/${more.workflow}`)?.metadata.uid }],
        }),
      },
      spec: { ...implementation, ...spec },
      status: { phase: more.phase ?? "Succeeded" },
    } as unknown as Stored<CodeRun>;
    this.runs.set(keyOf(run), run);
  }

  /** A Workflow that plays task 5 of acme/shop, with suspend nodes of these names. */
  workflow(name: string, nodes: Readonly<Record<string, WorkflowNode>>, more: Partial<WorkflowMore> = {}): void {
    const { namespace = "team", task = "5", repository = "acme/shop", phase = "Running" } = more;
    const workflow = {
      ...{ apiVersion: "argoproj.io/v1alpha1", kind: "Workflow" },
      metadata: {
        ...this.#metadata(namespace, name),
        labels: { "workflow-type": "play-orchestration", "task-id": task },
      },
      spec: { arguments: { parameters: [{ name: "repository", value: repository }] } },
      status: { phase, nodes },
    } as Stored<Workflow>;
    this.workflows.set(keyOf(workflow), workflow);
  }

  /** The nodes of the Workflow `play`, by id. */
  nodes(name = "play"): Readonly<Record<string, WorkflowNode>> {
    return this.workflows.get(`team/${name}`)?.status?.nodes ?? {};
  }

  /** What Argo does: sets nodes of the Workflow `play`. */
  reach(nodes: Readonly<Record<string, WorkflowNode>>): void {
    const found = this.workflows.get("team/play");
    if (found === undefined) throw new Error("there is no Workflow");
    const resourceVersion = String(++this.#version);
    const status = { ...found.status, nodes: { ...found.status?.nodes, ...nodes } };
    this.workflows.set("team/play", { ...found, metadata: { ...found.metadata, resourceVersion }, status });
  }

  end(name: string, phase = "Succeeded"): void {
    const run = this.runs.get(`team/${name}`);
    if (run !== undefined) this.runs.set(`team/${name}`, { ...run, status: { ...run.status, phase } } as never);
  }

  set(name: string, status: NonNullable<CodeRun["status"]>): void {
    const run = this.runs.get(`team/${name}`);
    if (run !== undefined) this.runs.set(`team/${name}`, { ...run, status });
  }

  delivery(id: string): Stored<Delivery> | undefined {
    return this.deliveries.get(`orchestrator/github-${id}`);
  }

  annotate(id: string, annotations: Record<string, string>): void {
    const found = this.delivery(id);
    if (found !== undefined)
      this.deliveries.set(keyOf(found), { ...found, metadata: { ...found.metadata, annotations } });
  }

  /** One reconcile by a manager that knows nothing of earlier ones. @returns milliseconds until the next */
  async once(id: string): Promise<number | undefined> {
    const client = this.#client();
    const reconciler = new DeliveryReconciler({
      ...{ client, clock: this.clock },
      deliveries: readerOf(this.deliveries, deliveryIndexes),
      runs: readerOf(this.runs, codeRunIndexes),
      configuration: () => this.configured,
      manages: (namespace) => namespace !== "other",
      repository: () =>
        Promise.resolve(new RepositoryReader({ request: (_, path) => this.#ask(path) }, "t", "acme", "shop")),
      access: () => {
        const token = (): Promise<string> => Promise.resolve("t");
        const writer = new ReportWriter({ api: this.written, owner: "acme", repository: "shop", appId: "17" });
        return Promise.resolve({ writer, commentToken: token, checkToken: token });
      },
      recoveredUntil: () => this.recoveredUntil,
      workflows: () =>
        this.argo ? new PlayWorkflows({ client, manages: (namespace) => namespace !== "other" }) : undefined,
    });
    const context = { signal: new AbortController().signal, logger: silentLogger, reconcileID: "1" };
    const key = { namespace: "orchestrator", name: `github-${id}` };
    return (await reconciler.reconcile(key, context)).requeueAfter;
  }

  /** Until it is finished or waits; a manager that dies is replaced. */
  async settle(id: string): Promise<Stored<Delivery>["status"]> {
    for (let pass = 0; pass < 20; pass++) {
      try {
        await this.once(id);
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        continue;
      }
      const found = this.delivery(id);
      if (found === undefined || isFinished(found) || found.status?.phase === "Waiting") break;
    }
    return this.delivery(id)?.status;
  }

  /** The manager dies at this write, counted from 0 from now on. */
  dieAt(write: number, isDone: boolean): void {
    this.killAt = { write: this.#attempted + write, isDone };
  }

  #ask(path: string): Promise<GitHubAnswer> {
    this.asked.push(path);
    if (this.githubFailure !== undefined) return Promise.reject(this.githubFailure);
    const content = this.github.get(path);
    if (this.githubStatus !== 200) return Promise.resolve({ status: this.githubStatus, content: {}, message: "Bad" });
    return Promise.resolve({ status: content === undefined ? 404 : 200, content, message: "" });
  }

  #metadata(namespace: string, name: string): Stored<KubernetesObject>["metadata"] {
    const version = String(++this.#version);
    const creationTimestamp = new Date(this.clock.now()).toISOString();
    return { namespace, name, uid: `uid-${version}`, resourceVersion: version, creationTimestamp };
  }

  #client(): Pick<Client, "get" | "list" | "create" | "patch" | "delete"> {
    const mapOf = (type: { readonly plural: string }): Map<string, Stored<KubernetesObject>> => {
      if (type.plural === Workflows.plural) return this.workflows;
      return type.plural === Deliveries.plural ? this.deliveries : this.runs;
    };
    const stored = (type: { readonly plural: string }, key: ObjectKey): Stored<KubernetesObject> => {
      const found = mapOf(type).get(nameOf(key));
      if (found === undefined) throw new NotFound({}, 404, call);
      return found;
    };
    const client = {
      get: async (type: { plural: string }, key: ObjectKey) => {
        if (type.plural === WorkflowTemplates.plural && this.hasTemplate)
          return await Promise.resolve({ metadata: key });
        return await Promise.resolve(stored(type, key));
      },
      list: async (type: { plural: string }, { labelSelector = "" }: { labelSelector?: string }) => {
        const wanted = labelSelector.split(",").map((each) => each.split("=") as [string, string]);
        const items = [...mapOf(type).values()].filter(({ metadata }) =>
          wanted.every(([name, value]) => metadata.labels?.[name] === value),
        );
        return await Promise.resolve({ items, metadata: {} });
      },
      create: (type: { plural: string }, object: Stored<CodeRun>) =>
        this.#write(`create ${type.plural}/${nameOf(object.metadata)}`, () => {
          const key = nameOf(object.metadata);
          if (type.plural === Workflows.plural && this.deniesWorkflows)
            throw new Forbidden({ message: "the policy denies it" }, 403, call);
          if (mapOf(type).has(key)) throw new AlreadyExists({}, 409, call);
          const { namespace = "", name } = object.metadata;
          const made = { ...object, metadata: { ...object.metadata, ...this.#metadata(namespace, name) } };
          if (type.plural !== CodeRuns.plural) {
            mapOf(type).set(key, made);
            return made;
          }
          // as the rule one-live-run of admission
          const isLive = [...this.runs.values()].some(
            ({ spec, status, metadata }) =>
              spec.taskId === object.spec.taskId &&
              spec.githubApp === object.spec.githubApp &&
              metadata.namespace === object.metadata.namespace &&
              !["Succeeded", "Failed", "Cancelled"].includes(status?.phase ?? ""),
          );
          const causes = [{ reason: "FieldValueDuplicate", message: "live", field: "spec.taskId" }];
          if (isLive) throw new Invalid({ details: { causes } }, 422, call);
          this.runs.set(key, made);
          return made;
        }),
      patch: (type: { plural: string }, key: ObjectKey, { body }: { body: Merge }) =>
        this.#write(`patch ${type.plural}/${nameOf(key)}`, () => {
          if (type.plural === Workflows.plural && this.deniesWorkflows)
            throw new Forbidden({ message: "the policy denies it" }, 403, call);
          const before = stored(type, key);
          const wanted = body.metadata.resourceVersion;
          if (wanted !== undefined && wanted !== before.metadata.resourceVersion) throw new Conflict({}, 409, call);
          const { annotations } = merged(before.metadata, {
            annotations: body.metadata.annotations,
          }) as Stored<KubernetesObject>["metadata"];
          const resourceVersion = String(++this.#version);
          const metadata = { ...before.metadata, ...(annotations && { annotations }), resourceVersion };
          const after = { ...(merged(before, { spec: body.spec, status: body.status }) as object), metadata };
          mapOf(type).set(nameOf(key), after);
          return after;
        }),
      delete: (type: { plural: string }, key: ObjectKey) =>
        this.#write(`delete ${type.plural}/${nameOf(key)}`, () => {
          stored(type, key);
          mapOf(type).delete(nameOf(key));
        }),
    };
    return client as never;
  }

  async #write<T>(what: string, effect: () => T): Promise<T> {
    await Promise.resolve();
    const write = this.#attempted++;
    const kill = this.killAt?.write === write ? this.killAt : undefined;
    if (kill?.isDone === false) throw new Killed();
    const result = effect();
    this.writes.push(what);
    if (kill !== undefined) throw new Killed();
    return result;
  }
}

interface Merge {
  readonly metadata: { readonly resourceVersion?: string; readonly annotations?: object };
  readonly spec?: object;
  readonly status?: object;
}

/** RFC 7386. */
function merged(before: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result = new Map<string, unknown>(Object.entries(before ?? {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    if (value === null) result.delete(key);
    else result.set(key, merged(result.get(key), value));
  }
  return Object.fromEntries(result);
}

const nameOf = ({ namespace = "", name }: { readonly namespace?: string; readonly name: string }): string =>
  `${namespace}/${name}`;
const keyOf = ({ metadata }: Stored<KubernetesObject>): string => nameOf(metadata);

export function readerOf<T extends KubernetesObject>(
  objects: ReadonlyMap<string, Stored<T>>,
  indexes: Readonly<Record<string, (object: T) => readonly string[]>>,
): Reader<T> {
  const list = (namespace?: string): Stored<T>[] =>
    [...objects.values()].filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
  return {
    hasSynced: true,
    ...{ list, get: (key) => objects.get(nameOf(key)) },
    byIndex: (index, value) => list().filter((object) => indexes[index]?.(object).includes(value)),
  };
}

const sha = "ab12cd34ab12cd34ab12cd34ab12cd34ab12cd34";

/** Opened by the implementation's agent. */
export const pullRequest: DeliverySpec = {
  ...{ source: "github", id: "1", event: "pull_request", action: "opened" },
  repository: { host: "github.com", owner: "acme", name: "shop" },
  sender: { login: "acme-rex[bot]", id: 9001, type: "Bot" },
  subject: { kind: "PullRequest", number: 3, draft: false },
  ...{ labels: ["task-5"], branch: "feature/task-5-implementation", baseBranch: "main", revision: sha, fork: false },
};

export const failedCheck: Partial<DeliverySpec> = {
  ...{ event: "check_suite", action: "completed", conclusion: "failure" },
  check: { name: "CI", url: "https://github.com/acme/shop/runs/1" },
};

const implementation = {
  ...{ taskId: 5, service: "shop", repositoryUrl: "https://github.com/acme/shop", docsRepositoryUrl: "acme/docs" },
  ...{ githubApp: "Acme-Rex", model: "opus", retryAttempt: 3, contextVersion: 2, env: { REGION: "eu" } },
};
