import type { TaskRun } from "#src/api/taskrun.js";
import { TaskRuns } from "#src/api/taskrun.js";
import { Informer } from "#src/runtime/cache/informer.js";
import { dropManagedFields } from "#src/runtime/cache/reflector.js";
import { Jobs, Pods } from "#src/runtime/client/builtin.js";
import { NotFound } from "#src/runtime/client/errors.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { Job, Pod, Stored } from "#src/runtime/client/objects.js";
import { formatTime, sleep, systemClock } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";

export interface FinisherOptions {
  /** Jobs that are ended at once at most, as the real controllers are limited. Default: no limit. */
  readonly atOnce?: number;
  /** Milliseconds that the agent of a run "works". Default 200. */
  readonly work?: number;
  /** How much shorter or longer than `work` an agent works, evenly distributed; a part of `work` from 0 to 1. Default 0: all the same. */
  readonly spread?: number;
}

interface Seen {
  readonly job?: number;
  readonly succeeded?: number;
}

/**
 * Plays Job controller, scheduler and kubelet: completes each Job of a namespace a moment after it appears, and records when
 * (`performance.now()`) the Job of each run was seen, and its success.
 */
export class Finisher {
  readonly #client: HttpClient;
  readonly #namespace: string;
  readonly #seen = new Map<string, Seen>();
  readonly #stop = new AbortController();
  readonly #ended: Promise<unknown>[] = [];

  readonly #atOnce: number;
  readonly #duration: () => number;
  readonly #waiting: Stored<Job>[] = [];
  #working = 0;

  constructor(
    client: HttpClient,
    namespace: string,
    { atOnce = Number.POSITIVE_INFINITY, work = 200, spread = 0 }: FinisherOptions = {},
  ) {
    this.#client = client;
    this.#namespace = namespace;
    this.#atOnce = atOnce;
    this.#duration = () => work * (1 + spread * (2 * Math.random() - 1));
  }

  async start(): Promise<void> {
    const parts = { client: this.#client, clock: systemClock, random: Math.random, logger: silentLogger };
    // nothing is kept, since this process is not measured
    const jobs = new Informer<Job>(Jobs, { namespaces: [this.#namespace], transform: dropManagedFields }, parts);
    const runs = new Informer<TaskRun>(TaskRuns, { namespaces: [this.#namespace], transform: onlyState }, parts);
    jobs.addHandler(({ type, object }) => {
      const run = object.metadata.ownerReferences?.[0]?.name;
      if (run === undefined || type === "deleted" || object.status?.completionTime !== undefined) return;
      if (this.#seen.get(run)?.job !== undefined) return;
      this.#note(run, { job: performance.now() });
      this.#waiting.push(object);
      void this.#workOff();
    });
    runs.addHandler(({ object }) => {
      if (object.status?.phase !== "Succeeded" || this.#seen.get(object.metadata.name)?.succeeded !== undefined) return;
      this.#note(object.metadata.name, { succeeded: performance.now() });
    });
    for (const informer of [jobs, runs]) {
      this.#ended.push(informer.start(this.#stop.signal));
      await informer.waitForSync(this.#stop.signal);
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#ended);
  }

  seen(run: string): Seen {
    return this.#seen.get(run) ?? {};
  }

  #note(run: string, seen: Seen): void {
    this.#seen.set(run, { ...this.#seen.get(run), ...seen });
  }

  async #workOff(): Promise<void> {
    if (this.#working >= this.#atOnce) return;
    this.#working++;
    for (let job = this.#waiting.shift(); job !== undefined; job = this.#waiting.shift()) await this.#work(job);
    this.#working--;
  }

  /** Creates the pod of the Job, and ends both a moment later. */
  async #work(job: Stored<Job>): Promise<void> {
    try {
      const pod = await this.#client.create(Pods, podOf(job));
      await sleep(systemClock, this.#duration(), this.#stop.signal);
      const key = { namespace: this.#namespace, name: pod.metadata.name };
      const body = { status: endedWell(pod) };
      await this.#client.patch(Pods, key, { type: "merge", body }, { subresource: "status" });
      await this.#finish(job);
    } catch (error) {
      if (!(error instanceof NotFound)) process.stderr.write(`the finisher: ${String(error)}\n`);
    }
  }

  async #finish({ metadata }: Stored<Job>): Promise<void> {
    const now = formatTime(Date.now());
    const condition = { status: "True", lastTransitionTime: now, lastProbeTime: now };
    const status = {
      ...{ startTime: metadata.creationTimestamp ?? now, completionTime: now, succeeded: 1 },
      ...{ active: 0, ready: 0, terminating: 0, uncountedTerminatedPods: {} },
      conditions: [
        { ...condition, type: "SuccessCriteriaMet", reason: "CompletionsReached", message: "by the finisher" },
        { ...condition, type: "Complete", reason: "CompletionsReached", message: "by the finisher" },
      ],
    };
    const key = { namespace: this.#namespace, name: metadata.name };
    await this.#client.patch(Jobs, key, { type: "merge", body: { status } }, { subresource: "status" });
  }
}

function podOf({ metadata, spec }: Stored<Job>): Pod {
  const { template } = spec as unknown as { readonly template: Pod };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      namespace: metadata.namespace ?? "",
      name: `${metadata.name}-pod`,
      labels: { ...template.metadata?.labels, "batch.kubernetes.io/job-name": metadata.name },
      annotations: { ...template.metadata?.annotations },
      ownerReferences: [
        { apiVersion: "batch/v1", kind: "Job", name: metadata.name, uid: metadata.uid, controller: true },
      ],
    },
    // the only existing ServiceAccount
    spec: { ...template.spec, serviceAccountName: "default" },
  } as Pod;
}

function endedWell(pod: Stored<Pod>): Pod["status"] {
  const finishedAt = formatTime(Date.now());
  const { containers = [] } = pod.spec as unknown as { readonly containers?: readonly { readonly name: string }[] };
  const terminated = { exitCode: 0, reason: "Completed", startedAt: finishedAt, finishedAt };
  return {
    phase: "Succeeded",
    containerStatuses: containers.map(({ name }) => ({
      ...{ name, image: "agent", imageID: "", ready: false, restartCount: 0, state: { terminated } },
    })),
  };
}

function onlyState<T extends TaskRun>(object: T): T {
  delete (object as { spec?: unknown }).spec;
  delete object.metadata?.managedFields;
  return object;
}
