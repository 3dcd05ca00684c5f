/** Creates the run of each time of a Schedule once, however often it is interrupted. */
import { findCondition, setCondition } from "../api/conditions.js";
import { isLive } from "../api/phase.js";
import { Schedules, type Schedule, type ScheduleStatus } from "../api/schedule.js";
import type { Phase } from "../api/taskrun.js";
import type { Reader } from "../runtime/cache/reader.js";
import type { Client } from "../runtime/client/client.js";
import { AlreadyExists, BadRequest, Forbidden, Invalid, NotFound } from "../runtime/client/errors.js";
import { objectKey, type KubernetesObject, type Stored } from "../runtime/client/objects.js";
import type { ResourceType } from "../runtime/client/resource.js";
import { formatTime, type Clock } from "../runtime/clock.js";
import type { ReconcileContext, Reconciler, Request, Result } from "../runtime/controller/reconciler.js";
import type { EventRecorder } from "../runtime/events/recorder.js";
import { jsonEqual } from "../runtime/schema/json.js";
import { CronError, cronTimes, type CronTimes } from "./cron.js";
import { countedOf, planSchedule, type SchedulePlan } from "./plan.js";
import { isRunOf, runAt, runNameAt, scheduledKinds } from "./scheduled-run.js";

/** A run of any kind, as far as it matters here. */
type AnyRun = KubernetesObject & {
  readonly spec: { readonly cancel?: boolean };
  readonly status?: { readonly phase?: Phase };
};

export interface ScheduleReconcilerOptions {
  readonly client: Pick<Client, "get" | "create" | "patch">;
  readonly clock: Clock;
  readonly events: EventRecorder;
  readonly schedules: Reader<Schedule>;
  /** The runs of each kind, by its name. */
  readonly runs: Readonly<Record<keyof typeof scheduledKinds, Reader<AnyRun>>>;
  /** Whether the operator manages a namespace. */
  readonly manages: (namespace: string) => boolean;
}

/** The longest timer of a controller, in milliseconds. */
const longestWait = 3_600_000;

/** Milliseconds after which a run that was denied is tried again, and after which live runs that are being replaced are checked. */
const tryAgain = 60_000;

/** Whether runs can be created, for the condition Ready. */
interface Readiness {
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

const ready: Readiness = { status: "True", reason: "Scheduled", message: "A dry run of its run passed." };

export class ScheduleReconciler implements Reconciler {
  readonly #options: ScheduleReconcilerOptions;

  constructor(options: ScheduleReconcilerOptions) {
    this.#options = options;
  }

  async reconcile(request: Request, { signal }: ReconcileContext): Promise<Result> {
    const { schedules, manages, clock } = this.#options;
    const schedule = schedules.get(request);
    if (schedule === undefined || schedule.metadata.deletionTimestamp !== undefined) return {};
    if (!manages(request.namespace ?? "")) return {};
    const { spec } = schedule;
    let times: CronTimes;
    try {
      times = cronTimes(spec.schedule, spec.timeZone ?? "UTC");
    } catch (error) {
      if (!(error instanceof CronError)) throw error;
      const message = `spec.${error.field} ${error.message}.`;
      await this.#write(schedule, {}, { status: "False", reason: "InvalidSchedule", message }, signal);
      return {};
    }
    const runs = this.#options.runs[spec.run.kind].list(request.namespace).filter((run) => isRunOf(schedule, run));
    const live = runs.filter(isLive);
    const existsAt = (at: number): boolean =>
      runs.some(({ metadata }) => metadata.name === runNameAt(request.name, at));
    const plan = planSchedule(schedule, times, { live: live.length, existsAt }, clock.now());
    return this.#follow(schedule, plan, live, signal);
  }

  async #follow(
    schedule: Stored<Schedule>,
    plan: SchedulePlan,
    live: readonly Stored<AnyRun>[],
    signal: AbortSignal,
  ): Promise<Result> {
    const wait = { requeueAfter: this.#until(plan.next) };
    switch (plan.do) {
      case "wait": {
        await this.#write(schedule, plan, await this.#readiness(schedule, signal), signal);
        return plan.next === undefined ? {} : wait;
      }
      case "skip": {
        const names = live.map(({ metadata }) => metadata.name).join(", ");
        const note =
          plan.because === "late"
            ? `The time ${formatTime(plan.at)} was missed: it is longer ago than startingDeadlineSeconds.`
            : `The time ${formatTime(plan.at)} is skipped: ${names} has not ended.`;
        this.#options.events.event(schedule, { type: "Warning", reason: "Skipped", action: "StartRun", note });
        await this.#write(schedule, { ...plan, countedFrom: plan.at }, undefined, signal);
        return wait;
      }
      case "replace": {
        for (const run of live) await this.#cancel(schedule, run, signal);
        return { requeueAfter: tryAgain };
      }
      case "start": {
        const problem = await this.#start(schedule, plan.at, signal);
        if (problem === undefined) {
          await this.#write(schedule, { ...plan, countedFrom: plan.at, started: plan.at }, ready, signal);
          return wait;
        }
        await this.#write(schedule, plan, problem, signal);
        return { requeueAfter: tryAgain };
      }
    }
  }

  #until(next: number | undefined): number {
    return next === undefined ? longestWait : Math.min(Math.max(0, next - this.#options.clock.now()), longestWait);
  }

  /** @returns why the run was not created; undefined: it exists */
  async #start(schedule: Stored<Schedule>, at: number, signal: AbortSignal): Promise<Readiness | undefined> {
    const { client, events } = this.#options;
    const run = runAt(schedule, at);
    const { kind } = schedule.spec.run;
    const type: ResourceType = scheduledKinds[kind];
    const name = runNameAt(schedule.metadata.name, at);
    try {
      await client.create(type, run, { signal });
    } catch (error) {
      if (error instanceof AlreadyExists) {
        const existing = await client.get(type, objectKey(run), { signal });
        if (isRunOf(schedule, existing)) return undefined;
        return { status: "False", reason: "NameTaken", message: `${kind} ${name} exists, and is not its own.` };
      }
      if (!isRefusal(error)) throw error;
      const note = refusal(kind, name, error);
      events.event(schedule, { type: "Warning", reason: "RunDenied", action: "StartRun", note });
      return { status: "False", reason: "RunDenied", message: note };
    }
    events.event(schedule, { type: "Normal", reason: "Started", action: "StartRun", note: `Started ${kind} ${name}.` });
    return undefined;
  }

  /** A dry run of the run, once for each version of the spec. */
  async #readiness(schedule: Stored<Schedule>, signal: AbortSignal): Promise<Readiness | undefined> {
    const { metadata, spec, status } = schedule;
    if (spec.suspend === true) return { status: "True", reason: "Suspended", message: "spec.suspend is true." };
    const before = findCondition(status?.conditions, "Ready");
    const isChecked = status?.observedGeneration === metadata.generation;
    if (isChecked && before !== undefined && before.reason !== "Suspended") return undefined;
    const { kind } = spec.run;
    const name = `${metadata.name}-0`;
    const run = runAt(schedule, 0);
    try {
      await this.#options.client.create(scheduledKinds[kind], run, { signal, dryRun: true });
      return ready;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // a live run of the same task forbids another one, which may be over in time
      if (error.causes.some(({ reason }) => reason === "FieldValueDuplicate")) return ready;
      return { status: "False", reason: "RunDenied", message: refusal(kind, name, error) };
    }
  }

  async #cancel(schedule: Stored<Schedule>, run: Stored<AnyRun>, signal: AbortSignal): Promise<void> {
    if (run.spec.cancel === true) return;
    const type = scheduledKinds[schedule.spec.run.kind] as ResourceType;
    const body = { metadata: { uid: run.metadata.uid }, spec: { cancel: true } };
    await this.#options.client
      .patch(type, objectKey(run), { type: "merge", body }, { signal })
      .catch((error: unknown) => {
        if (!(error instanceof NotFound)) throw error;
      });
  }

  async #write(
    schedule: Stored<Schedule>,
    plan: { readonly countedFrom?: number; readonly next?: number; readonly started?: number },
    readiness: Readiness | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { client, clock } = this.#options;
    const { metadata, spec, status = {} } = schedule;
    const { countedFrom, next, started } = plan;
    const generation = metadata.generation === undefined ? {} : { observedGeneration: metadata.generation };
    const wanted: ScheduleStatus & { nextTime?: string | null } = {
      ...status,
      ...generation,
      ...(countedFrom !== undefined && { countedFrom: formatTime(countedFrom), counted: countedOf({ spec }) }),
      ...(started !== undefined && {
        lastTime: formatTime(started),
        lastRun: runNameAt(metadata.name, started),
      }),
      ...(readiness !== undefined && {
        conditions: [
          ...setCondition(status.conditions, { type: "Ready", ...readiness, ...generation }, formatTime(clock.now())),
        ],
      }),
    };
    delete wanted.nextTime;
    const body = { ...wanted, nextTime: next === undefined ? null : formatTime(next) };
    if (jsonEqual({ ...wanted, ...(next !== undefined && { nextTime: formatTime(next) }) }, status)) return;
    const patch = { type: "merge", body: { metadata: { uid: metadata.uid }, status: body } } as const;
    await client.patch(Schedules, objectKey(schedule), patch, { subresource: "status", signal });
  }
}

type Refusal = Invalid | Forbidden | BadRequest;

function isRefusal(error: unknown): error is Refusal {
  return error instanceof Invalid || error instanceof Forbidden || error instanceof BadRequest;
}

function refusal(kind: string, name: string, error: Refusal): string {
  return `${kind} ${name} was denied: ${error.status.message ?? error.message}`.slice(0, 1_024);
}
