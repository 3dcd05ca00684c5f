/**
 * A small model of an API server with the controllers that affect a run: Job controller, garbage collector and kubelet,
 * each driven by the test. It can do what a real cluster cannot do on demand: kill the manager between any two writes, and
 * show it caches of any age. The integration tests run the same engine against a real API server.
 */
import { dropPodSpec, dropPodTemplate } from "#src/operator/caches.js";
import { isDeepStrictEqual } from "node:util";
import { dependencyIndex, ownerIndex, ownerNameIndex, podIndex, workspaceIndex } from "#src/runs/indexes.js";
import type { RunReaders } from "#src/runs/observe.js";
import { taskRunKind } from "../kinds/task-runs.js";
import { cleanupFinalizer, labelsOf, TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import type { IndexFunction, Reader } from "#src/runtime/cache/reader.js";
import { ConfigMaps, Jobs, PersistentVolumeClaims, Pods } from "#src/runtime/client/builtin.js";
import type { Client } from "#src/runtime/client/client.js";
import { apiError } from "#src/runtime/client/errors.js";
import type { Job, KubernetesObject, ObjectKey, Pod, Stored } from "#src/runtime/client/objects.js";
import type { ResourceType } from "#src/runtime/client/resource.js";
import { Budgets, type Budget } from "#src/api/budget.js";
import { budgetSchema } from "#src/api/generated/budget.schema.js";
import { coderunSchema } from "#src/api/generated/coderun.schema.js";
import { taskrunSchema } from "#src/api/generated/taskrun.schema.js";
import { formatFieldError } from "#src/runtime/schema/field-error.js";
import { structuralSchema } from "#src/runtime/schema/structural.js";
import { formatTime } from "#src/runtime/clock.js";

type Objects = ReadonlyMap<string, Stored<KubernetesObject>>;

/** One write of any client. */
export interface Written {
  /** `plural/namespace/name` */
  readonly path: string;
  readonly before: Stored<KubernetesObject> | undefined;
  /** Undefined if it was deleted. */
  readonly after: Stored<KubernetesObject> | undefined;
  /** The resourceVersion of the cluster after the write. */
  readonly version: number;
}

/** The manager was killed. */
export class Killed extends Error {
  override readonly name = "Killed";
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** RFC 7386 */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result = record(target);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, name);
    else result[name] = merge(result[name], value);
  }
  return result;
}

/** The schemas by which the API server validates runs, by plural. */
const schemas = new Map([
  ["taskruns", structuralSchema(taskrunSchema)],
  ["coderuns", structuralSchema(coderunSchema)],
  ["budgets", structuralSchema(budgetSchema)],
]);

/** @throws Error for an object that the API server would reject: the engine must not write it, so no test expects it */
function validate(type: ResourceType, object: unknown, old: unknown): void {
  const errors = schemas.get(type.plural)?.validate(object, old) ?? [];
  if (errors.length > 0)
    throw new Error(`against the schema of ${type.plural}: ${errors.map(formatFieldError).join("; ")}`);
}

/** Models the time that a deleted pod takes to end. */
const grace = "model/grace";

/** What the operator's caches do without, by plural. */
const slimmed = new Map<string, (object: Stored<KubernetesObject>) => unknown>([
  [TaskRuns.plural, (run) => taskRunKind.dropContents?.(run as Stored<TaskRun>)],
  [Jobs.plural, (job) => dropPodTemplate(job)],
  [Pods.plural, (pod) => dropPodSpec(pod)],
]);

export class ModelCluster {
  /** Wall clock, in milliseconds. */
  time = Date.parse("2024-07-02T10:00:00Z");
  /** `verb resource` of every write of the manager that took effect. */
  readonly writes: string[] = [];
  /** Names of Jobs, each time one was created. */
  readonly jobsCreated: string[] = [];
  /** Called with each write of the manager, before and after it takes effect; may throw. */
  onWrite: (when: "before" | "after", what: string) => void = () => undefined;
  /** The error for a write that is forbidden. */
  refuse: (what: string) => string | undefined = () => undefined;
  #version = 0;
  #uid = 0;
  #objects: Objects = new Map();
  readonly #past: Objects[] = [];
  /** All writes so far, which watches show. */
  readonly log: Written[] = [];

  get settled(): Objects {
    return this.#objects;
  }

  /** Stores a copy under the next resourceVersion; undefined removes. */
  #put(path: string, object: KubernetesObject | undefined): void {
    this.#past.push(this.#objects);
    const next = new Map(this.#objects);
    const before = next.get(path);
    if (object === undefined) next.delete(path);
    else {
      this.#version += 1;
      const copy = structuredClone(object);
      copy.metadata = { ...copy.metadata, resourceVersion: String(this.#version) };
      // name and UID were set at creation
      next.set(path, copy as Stored<KubernetesObject>);
    }
    this.#objects = next;
    this.log.push({ path, before, after: next.get(path), version: this.#version });
  }

  static #path(type: ResourceType, key: ObjectKey): string {
    // all objects of the model are in one namespace, and those without a namespace as well
    return `${type.plural}/${type.namespaced ? (key.namespace ?? "") : "orchestrator"}/${key.name}`;
  }

  #error(code: number, reason: string, path: string): Error {
    const details = { name: path.split("/").at(-1) ?? "" };
    return apiError({ reason, message: `${path}: ${reason}`, details }, code, { method: "?", path });
  }

  /** API server: removes a deleted object that has no finalizers. */
  #store(path: string, object: Stored<KubernetesObject>): void {
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    this.#put(path, deletionTimestamp !== undefined && finalizers.length === 0 ? undefined : object);
  }

  get<T extends KubernetesObject>(type: ResourceType<T>, name: string): Stored<T> | undefined {
    return this.#objects.get(ModelCluster.#path(type, { namespace: "orchestrator", name })) as Stored<T> | undefined;
  }

  all<T extends KubernetesObject>(type: ResourceType<T>): Stored<T>[] {
    return [...this.#objects]
      .filter(([path]) => path.startsWith(`${type.plural}/`))
      .map(([, each]) => each as Stored<T>);
  }

  create<T extends KubernetesObject>(type: ResourceType<T>, object: T): Stored<T> {
    const path = ModelCluster.#path(type, { namespace: "orchestrator", name: object.metadata?.name ?? "" });
    if (this.#objects.has(path)) throw this.#error(409, "AlreadyExists", path);
    const { data = {} } = object as { readonly data?: Readonly<Record<string, string>> };
    if (data["task.md"] === "") throw new Error("files were made of a run without its contents");
    this.#uid += 1;
    this.#put(path, {
      ...object,
      metadata: {
        ...object.metadata,
        uid: `uid-${this.#uid}`,
        generation: 1,
        creationTimestamp: formatTime(this.time),
      },
    });
    return this.#objects.get(path) as Stored<T>;
  }

  /** Changes an object as a client other than the manager. */
  change<T extends KubernetesObject>(type: ResourceType<T>, name: string, change: (object: Stored<T>) => void): void {
    const path = ModelCluster.#path(type, { namespace: "orchestrator", name });
    const object = this.#objects.get(path);
    if (object === undefined) return;
    const copy = structuredClone(object) as Stored<T>;
    const spec = JSON.stringify((object as { spec?: unknown }).spec);
    change(copy);
    // as in the API server, a write that changes nothing is not a write
    if (isDeepStrictEqual(copy, object)) return;
    if (JSON.stringify((copy as { spec?: unknown }).spec) !== spec)
      copy.metadata.generation = (copy.metadata.generation ?? 0) + 1;
    this.#store(path, copy);
  }

  delete(type: ResourceType, name: string, policy: "Foreground" | "Background" | "Orphan" = "Background"): void {
    this.change(type, name, ({ metadata }) => {
      metadata.deletionTimestamp ??= formatTime(this.time);
      const finalizer = { Foreground: "foregroundDeletion", Background: undefined, Orphan: "orphan" }[policy];
      if (finalizer !== undefined && metadata.finalizers?.includes(finalizer) !== true) {
        metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
      }
    });
  }

  #write<T>(what: string, write: () => T): T {
    this.onWrite("before", what);
    const message = this.refuse(what);
    if (message !== undefined) throw apiError({ reason: "Forbidden", message }, 403, { method: "?", path: what });
    const result = write();
    this.writes.push(what);
    this.onWrite("after", what);
    return result;
  }

  /** The manager's client. Every response is immediate and reflects the latest state. */
  client(): Client {
    const unused = (): never => {
      throw new Error("not in the model");
    };
    const read = <T extends KubernetesObject>(type: ResourceType<T>, key: ObjectKey): Stored<T> => {
      const path = ModelCluster.#path(type, key);
      const object = this.#objects.get(path);
      if (object === undefined) throw this.#error(404, "NotFound", path);
      return object as Stored<T>;
    };
    const list: Client["list"] = async (type, options) => {
      const [label = "", value] = (options?.labelSelector ?? "").split("=");
      const uid = /^regarding\.uid=([^,]+)(?:,type=Warning)?$/.exec(options?.fieldSelector ?? "")?.[1];
      const isAbout = (object: KubernetesObject): boolean =>
        "regarding" in object && record(object.regarding).uid === uid;
      const isLabelled = ({ metadata: { labels = {} } }: Stored<KubernetesObject>): boolean =>
        label === "" || (value === undefined ? Object.hasOwn(labels, label) : labels[label] === value);
      const scope = options?.namespace ?? "orchestrator";
      const items = this.all(type).filter(
        (object) => scope === "orchestrator" && isLabelled(object) && (uid === undefined || isAbout(object)),
      );
      return Promise.resolve({ items, metadata: {} });
    };
    return {
      fieldManager: "agent-orchestrator",
      list,
      listPages: async function* (type, options) {
        yield await list(type, options);
      },
      get: async (type, key) => Promise.resolve().then(() => read(type, key)),
      create: async (type, object) =>
        Promise.resolve().then(() =>
          this.#write(`create ${type.plural}`, () => {
            const created = this.create(type, object);
            if (type.plural === "jobs") this.jobsCreated.push(created.metadata.name);
            return created;
          }),
        ),
      patch: async (type, key, patch, options) =>
        Promise.resolve().then(() => {
          const suffix = options?.subresource === undefined ? "" : `/${options.subresource}`;
          return this.#write(`patch ${type.plural}${suffix}`, () => {
            const path = ModelCluster.#path(type, key);
            const old = read(type, key);
            const body = record(patch.body);
            const { uid, resourceVersion, ...metadata } = record(body.metadata);
            const isStale = resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion;
            if (isStale || (uid !== undefined && uid !== old.metadata.uid)) throw this.#error(409, "Conflict", path);
            const changes = suffix === "" ? { ...body, metadata, status: undefined } : { status: body.status };
            const { status, ...rest } = changes;
            const merged = merge(old, suffix === "" ? rest : { status });
            validate(type, merged, old);
            this.#store(path, merged as typeof old);
            return (this.#objects.get(path) ?? merged) as typeof old;
          });
        }),
      delete: async (type, key, options) =>
        Promise.resolve().then(() =>
          this.#write(`delete ${type.plural}`, () => {
            const path = ModelCluster.#path(type, key);
            const old = read(type, key);
            const { uid = old.metadata.uid, resourceVersion = old.metadata.resourceVersion } =
              options?.preconditions ?? {};
            if (uid !== old.metadata.uid || resourceVersion !== old.metadata.resourceVersion)
              throw this.#error(409, "Conflict", path);
            const policy = options?.propagationPolicy;
            this.delete(type, key.name, policy);
            return this.#objects.get(path) as typeof old | undefined;
          }),
        ),
      watch: unused,
      update: unused,
      apply: unused,
      raw: unused,
    };
  }

  /**
   * The content of caches.
   *
   * @param age for each type, the number of writes by which its cache is stale
   */
  readers(age: (plural: string) => number = () => 0): RunReaders<TaskRun> & { readonly budgets: Reader<Budget> } {
    const reader = <T extends KubernetesObject>(
      type: ResourceType<T>,
      indexes: readonly { readonly name: string; readonly of: IndexFunction<T> }[],
    ): Reader<T> => {
      const back = age(type.plural);
      const objects = back === 0 ? this.#objects : (this.#past.at(-back) ?? this.#objects);
      const asCached = (object: Stored<KubernetesObject>): Stored<T> => {
        const slim = slimmed.get(type.plural);
        if (slim === undefined) return object as Stored<T>;
        const copy = structuredClone(object);
        slim(copy);
        return copy as Stored<T>;
      };
      const list = (): Stored<T>[] =>
        [...objects].filter(([path]) => path.startsWith(`${type.plural}/`)).map(([, each]) => asCached(each));
      return {
        hasSynced: true,
        get: (key) => {
          const object = objects.get(ModelCluster.#path(type, key));
          return object && asCached(object);
        },
        list,
        byIndex: (name, value) => {
          const index = indexes.find((each) => each.name === name);
          if (index === undefined) throw new Error(`no index ${name}`);
          return list().filter((object) => index.of(object).includes(value));
        },
      };
    };
    return {
      runs: reader(TaskRuns, [dependencyIndex, workspaceIndex(taskRunKind)]),
      jobs: reader(Jobs, [ownerIndex, ownerNameIndex]),
      files: reader(ConfigMaps, [ownerIndex]),
      workspaces: reader(PersistentVolumeClaims, []),
      pods: reader(Pods, [podIndex]),
      budgets: reader(Budgets, []),
    };
  }

  /** Job controller: one pod for each Job that needs one; none for a suspended Job. */
  runJobController(): void {
    for (const job of this.all(Jobs)) {
      const { name, uid, deletionTimestamp } = job.metadata;
      const pods = this.podsOf(job);
      const isFinished = job.status?.conditions?.some(({ type }) => type === "Complete" || type === "Failed") ?? false;
      if (isFinished || deletionTimestamp !== undefined) continue;
      const live = pods.filter(isLive);
      if (job.spec?.suspend === true) {
        for (const pod of live) this.delete(Pods, pod.metadata.name);
        continue;
      }
      const ended = pods.find((pod) => !isLive(pod));
      if (ended !== undefined) {
        const succeeded = ended.status?.phase === "Succeeded";
        this.change(Jobs, name, (each) => {
          const type = succeeded ? "Complete" : "Failed";
          const time = formatTime(this.time);
          each.status = {
            ...each.status,
            ...(succeeded && { completionTime: time }),
            conditions: [
              {
                type,
                status: "True",
                reason: succeeded ? "CompletionsReached" : "BackoffLimitExceeded",
                lastTransitionTime: time,
              },
            ],
          };
        });
      } else if (live.length === 0) {
        this.create(Pods, {
          metadata: {
            name: `${name}-${this.#uid}`,
            namespace: "orchestrator",
            labels: { ...job.spec?.template.metadata?.labels },
            annotations: { ...job.spec?.template.metadata?.annotations },
            finalizers: [grace],
            ownerReferences: [
              { apiVersion: "batch/v1", kind: "Job", name, uid, controller: true, blockOwnerDeletion: true },
            ],
          },
          status: {
            phase: "Running",
            initContainerStatuses: (job.spec?.template.spec?.initContainers ?? []).map((container) => ({
              ...{ name: container.name, image: container.image ?? "", imageID: "", ready: true, restartCount: 0 },
              state: { terminated: { exitCode: 0 } },
            })),
            containerStatuses: (job.spec?.template.spec?.containers ?? []).map((container) => ({
              ...{ name: container.name, image: container.image ?? "", imageID: "", ready: true, restartCount: 0 },
              state: { running: { startedAt: formatTime(this.time) } },
            })),
          },
        });
      }
    }
  }

  podsOf(job: Stored<Job>): Stored<Pod>[] {
    return this.all(Pods).filter((pod) => ownerIndex.of(pod).includes(job.metadata.uid));
  }

  get livePods(): Stored<Pod>[] {
    return this.all(Pods).filter(isLive);
  }

  /** Kubelet: the agent in every live pod, or in these, ends with this outcome. */
  endPods(exitCode: number, message?: string, pods = this.livePods): void {
    for (const pod of pods) {
      this.change(Pods, pod.metadata.name, (each) => {
        each.status = {
          phase: exitCode === 0 ? "Succeeded" : "Failed",
          containerStatuses: [
            {
              name: "claude-agent",
              image: "",
              imageID: "",
              ready: false,
              restartCount: 0,
              state: { terminated: { exitCode, ...(message !== undefined && { message }) } },
            },
          ],
        };
      });
    }
  }

  /** Kubelet: the gateway of a pod has left this report as its termination message. */
  report(pod: string, report: object): void {
    const message = JSON.stringify({ version: 1, ...report });
    this.change(Pods, pod, (each) => {
      const gateway = { name: "gateway", image: "", imageID: "", ready: false, restartCount: 0 };
      const others = (each.status?.initContainerStatuses ?? []).filter(({ name }) => name !== gateway.name);
      const state = { terminated: { exitCode: 0, message } };
      each.status = { ...each.status, initContainerStatuses: [...others, { ...gateway, state }] };
    });
  }

  /** Kubelet: the container before the agent's of every live pod, or of these, fails, and the agent never starts. */
  failInit(exitCode: number, pods = this.livePods): void {
    for (const pod of pods) {
      this.change(Pods, pod.metadata.name, (each) => {
        const all = each.status?.initContainerStatuses ?? [];
        const first = all.find(({ name }) => name === "prepare-workspace");
        if (first === undefined) throw new Error(`${pod.metadata.name} has no init container`);
        const failed = { ...first, ready: false, state: { terminated: { exitCode } } };
        each.status = { phase: "Failed", initContainerStatuses: all.map((one) => (one === first ? failed : one)) };
      });
    }
  }

  /** Kubelet: the image of every live pod, or of these, cannot be pulled. */
  stickPods(pods = this.livePods): void {
    for (const pod of pods) {
      this.change(Pods, pod.metadata.name, (each) => {
        each.status = {
          ...each.status,
          phase: "Pending",
          conditions: [{ type: "PodScheduled", status: "True", lastTransitionTime: formatTime(this.time) }],
          containerStatuses: [
            {
              name: "claude-agent",
              image: "none",
              imageID: "",
              ready: false,
              restartCount: 0,
              state: { waiting: { reason: "ImagePullBackOff" } },
            },
          ],
        };
      });
    }
  }

  /** Garbage collector and kubelet, one after the other. */
  settle(): void {
    this.collectGarbage();
    this.runKubelet();
  }

  /** Kubelet: terminating pods have ended. */
  runKubelet(): void {
    for (const pod of this.all(Pods)) {
      if (pod.metadata.deletionTimestamp === undefined && isLive(pod)) continue;
      this.change(Pods, pod.metadata.name, ({ metadata }) => {
        metadata.finalizers = [];
      });
    }
  }

  /** Garbage collector: foreground deletion, orphaning, and objects without their owner. */
  collectGarbage(): void {
    for (const job of this.all(Jobs)) {
      const { name, finalizers = [] } = job.metadata;
      const held = (finalizer: string): boolean => finalizers.includes(finalizer);
      if (held("foregroundDeletion")) {
        const pods = this.podsOf(job);
        for (const pod of pods) this.delete(Pods, pod.metadata.name);
        if (pods.length === 0) this.#drop(name, "foregroundDeletion");
      }
      if (held("orphan")) {
        for (const pod of this.podsOf(job))
          this.change(Pods, pod.metadata.name, (each) => delete each.metadata.ownerReferences);
        this.#drop(name, "orphan");
      }
    }
    const uids = new Set([...this.#objects.values()].map(({ metadata }) => metadata.uid));
    for (const type of [Pods, Jobs, ConfigMaps]) {
      for (const object of this.all<KubernetesObject>(type)) {
        const owners = object.metadata.ownerReferences ?? [];
        if (owners.length > 0 && !owners.some(({ uid }) => uids.has(uid))) this.delete(type, object.metadata.name);
      }
    }
  }

  #drop(job: string, finalizer: string): void {
    this.change(Jobs, job, ({ metadata }) => {
      metadata.finalizers = metadata.finalizers?.filter((each) => each !== finalizer) ?? [];
    });
  }
}

function isLive(pod: Pod): boolean {
  return pod.status?.phase !== "Succeeded" && pod.status?.phase !== "Failed";
}

/** The sample TaskRun after admission. */
export function exampleRun(spec: Partial<TaskRun["spec"]> = {}): TaskRun {
  const whole: TaskRun["spec"] = {
    taskId: 1001,
    serviceName: "auth-service",
    agentName: "claude-agent-1",
    model: "sonnet",
    priority: "high",
    contextVersion: 1,
    retryAttempt: 1,
    markdownFiles: [
      { filename: "task.md", content: "# Task 1001\n", fileType: "task" },
      { filename: "design-spec.md", content: "# Design\n", fileType: "design-spec" },
      { filename: "prompt.md", content: "# Prompt\n", fileType: "prompt" },
    ],
    ...spec,
  };
  return {
    apiVersion: "orchestrator.io/v1",
    kind: "TaskRun",
    metadata: {
      name: "auth-service-task-1001",
      namespace: "orchestrator",
      labels: labelsOf({ ...whole }),
      finalizers: [cleanupFinalizer],
    },
    spec: whole,
  };
}
