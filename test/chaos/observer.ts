/** Watches the Jobs, pods and runs of a namespace independently, and checks what must hold at every moment. */
import type { Test } from "tap";
import { isTerminal } from "#src/api/phase.js";
import { TaskRuns, type TaskRunStatus } from "#src/api/taskrun.js";
import { isPodLive } from "#src/runs/observed.js";
import type { AgentRun } from "#src/runs/run.js";
import { Jobs, Pods } from "#src/runtime/client/builtin.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { Job, KubernetesObject, Pod, Stored } from "#src/runtime/client/objects.js";
import type { ResourceType } from "#src/runtime/client/resource.js";
import { eventually } from "../eventually.js";

const ownerLabel = "orchestrator.io/owner-uid";

/** The number of agents that may be alive at once in each group of pods. */
export interface Limit {
  readonly name: string;
  /** Undefined: not counted. */
  readonly of: (pod: Pod) => string | undefined;
  readonly most: number;
}

/** Always: one agent per run and, by default, one per workspace. */
export const always: readonly Limit[] = [
  { name: "run", of: (pod) => pod.metadata?.labels?.[ownerLabel], most: 1 },
  {
    name: "workspace",
    of: (pod) => pod.spec?.volumes?.find(({ name }) => name === "workspace")?.persistentVolumeClaim?.claimName,
    most: 1,
  },
];

export class Observer {
  /** Changes that were seen. */
  changes = 0;
  readonly #jobs = new Map<string, string[]>();
  readonly #names = new Map<string, string>();
  readonly #live = new Map<string, Stored<Pod>>();
  readonly #phases = new Map<string, { readonly phase: NonNullable<TaskRunStatus["phase"]>; readonly asked: number }>();
  readonly #wrongs: string[] = [];
  readonly #waiting: (() => void)[] = [];

  readonly #limits: readonly Limit[];
  /** The most that were alive at once, by limit. */
  readonly peaks = new Map<string, number>();

  private constructor(limits: readonly Limit[]) {
    this.#limits = limits;
  }

  /** It watches until the test ends. */
  static async of(
    t: Test,
    client: HttpClient,
    namespace: string,
    limits = always,
    kind: ResourceType<AgentRun> = TaskRuns,
  ): Promise<Observer> {
    const observer = new Observer(limits);
    const abort = new AbortController();
    t.teardown(() => abort.abort());
    await Promise.all([
      observer.#watch<Job>(client, Jobs, namespace, abort.signal, (job) => observer.#seeJob(job)),
      observer.#watch<Pod>(client, Pods, namespace, abort.signal, (pod, gone) => observer.#seePod(pod, gone)),
      observer.#watch(client, kind, namespace, abort.signal, (run) => observer.#seeRun(run)),
    ]);
    return observer;
  }

  /** UIDs of all Jobs that ever existed for the run, in order. */
  jobsOf(runUID: string): readonly string[] {
    return this.#jobs.get(runUID) ?? [];
  }

  get jobs(): number {
    return [...this.#jobs.values()].reduce((sum, jobs) => sum + jobs.length, 0);
  }

  /** Once so many runs have ended, or something is wrong. @param timeout milliseconds */
  async ended(count: number, timeout: number): Promise<void> {
    await eventually(
      `${count} runs have ended`,
      () => {
        const ended = [...this.#phases.values()].filter(({ phase }) => isTerminal(phase));
        return this.#wrongs.length > 0 || ended.length >= count;
      },
      timeout,
    );
    this.check();
  }

  /** @throws {Error} with all that was wrong so far */
  check(): void {
    if (this.#wrongs.length > 0) throw new Error(this.#wrongs.join("; "));
  }

  /** Until something changes, or for a tenth of a second. */
  async moment(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      setTimeout(resolve, 100);
    });
  }

  async #watch<T extends KubernetesObject>(
    client: HttpClient,
    type: ResourceType<T>,
    namespace: string,
    signal: AbortSignal,
    see: (object: Stored<T>, gone: boolean) => void,
  ): Promise<void> {
    const { metadata } = await client.list(type, { namespace });
    void (async () => {
      try {
        const resourceVersion = metadata.resourceVersion ?? "";
        for await (const event of client.watch(type, { namespace, resourceVersion, signal })) {
          if (event.type === "BOOKMARK") continue;
          this.changes += 1;
          see(event.object, event.type === "DELETED");
          for (const resolve of this.#waiting.splice(0)) resolve();
        }
        if (!signal.aborted) this.#wrongs.push(`the watch of ${type.plural} ended`);
      } catch (error) {
        if (!signal.aborted) this.#wrongs.push(`the watch of ${type.plural} failed: ${String(error)}`);
      }
    })();
  }

  #seeJob({ metadata }: Stored<Job>): void {
    const owner = metadata.labels?.[ownerLabel] ?? "";
    const known = this.#jobs.get(owner) ?? [];
    if (known.includes(metadata.uid)) return;
    this.#jobs.set(owner, [...known, metadata.uid]);
    const name = `${owner}/${metadata.name}`;
    if (this.#names.has(name)) this.#wrongs.push(`Job ${metadata.name} was created twice for one run`);
    this.#names.set(name, metadata.uid);
  }

  #seePod(pod: Stored<Pod>, gone: boolean): void {
    if (gone || !isPodLive(pod)) this.#live.delete(pod.metadata.uid);
    else this.#live.set(pod.metadata.uid, pod);
    const live = [...this.#live.values()];
    for (const { name, of, most } of this.#limits) {
      const group = of(pod);
      if (group === undefined) continue;
      const same = live.filter((each) => of(each) === group);
      this.peaks.set(name, Math.max(this.peaks.get(name) ?? 0, same.length));
      if (same.length > most) {
        this.#wrongs.push(
          `${same.length} agents of ${name} ${group}: ${same.map((each) => each.metadata.name).join(", ")}`,
        );
      }
    }
  }

  /** An ended run starts again only on request. */
  #seeRun({ metadata, spec, status }: Stored<AgentRun>): void {
    const phase = status?.phase ?? "Pending";
    const asked = (spec.retryAttempt ?? 1) + (spec.contextVersion ?? 1);
    const before = this.#phases.get(metadata.uid);
    if (before?.phase === "Cancelled" && phase !== "Cancelled")
      this.#wrongs.push(`${metadata.name}: not cancelled any more`);
    if (before?.phase === "Succeeded" && phase !== "Succeeded" && asked === before.asked) {
      this.#wrongs.push(`${metadata.name}: Succeeded became ${phase}`);
    }
    // as long as it stays so, the raise that it was asked before counts
    this.#phases.set(metadata.uid, before?.phase === phase ? { phase, asked: before.asked } : { phase, asked });
  }
}
