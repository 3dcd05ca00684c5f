/** Carries out what an event does to the Workflow of a play. Every step is judged from live state, so that each may be lost or repeated. */
import { restart, resumption, type Request, type RoundRun, type Step } from "../argo/resumption.js";
import { supersededAnnotation, workflowNameLabel, type Workflow } from "../argo/workflow.js";
import type { PlayWorkflows } from "../argo/workflows.js";
import { CodeRuns, stageLabel, type CodeRun } from "../api/coderun.js";
import type { Delivery } from "../api/delivery.js";
import { isLive } from "../api/phase.js";
import type { Reader } from "../runtime/cache/reader.js";
import type { Client } from "../runtime/client/client.js";
import { Invalid, NotFound } from "../runtime/client/errors.js";
import { keyOf, parseKey, type Stored } from "../runtime/client/objects.js";
import type { Clock } from "../runtime/clock.js";
import { deliveryAnnotation } from "./decision.js";
import { playsAlready } from "./play-start.js";

export interface PlayActionsOptions {
  readonly client: Pick<Client, "patch">;
  readonly clock: Clock;
  readonly runs: Reader<CodeRun>;
  readonly workflows: PlayWorkflows;
}

type End = Extract<Step, { readonly do: "end" }>;
type Rest = End | Extract<Step, { readonly do: "wait" }>;

/** Stages whose runs make up a round. */
const roundStages: ReadonlySet<string> = new Set(["quality", "testing"]);

/** Milliseconds that an event waits for its node. */
const maxWait = 86_400_000;

/** More steps than any event needs at once. */
const maxSteps = 5;

export class PlayActions {
  readonly #options: PlayActionsOptions;

  constructor(options: PlayActionsOptions) {
    this.#options = options;
  }

  /** Resumes the node of a decided Delivery, or begins a new round. @throws Conflict if the Workflow changes meanwhile */
  async resume(delivery: Stored<Delivery>, signal: AbortSignal): Promise<Rest> {
    const { clock, workflows } = this.#options;
    const { metadata, spec, status = {} } = delivery;
    const request: Request = {
      by: metadata.name,
      at: inSeconds(metadata.creationTimestamp),
      ...(spec.revision !== undefined && { revision: spec.revision }),
    };
    for (let steps = 0; steps < maxSteps; steps++) {
      const workflow = await this.#workflow(delivery, signal);
      if (workflow === undefined) return gone;
      const runs = this.#runsOf(workflow);
      const step =
        status.node === undefined ? restart(workflow, runs, request) : resumption(workflow, runs, status.node, request);
      if (step.do === "resume") {
        const now = new Date(clock.now()).toISOString();
        await workflows.resume(workflow, step.node, step.event, { by: request.by, now, signal });
      } else if (step.do === "record") await workflows.record(workflow, request, signal);
      else if (step.do === "supersede") {
        for (const key of step.runs) await this.#supersede(key, request.by, signal);
        return { do: "wait", message: `Waiting until ${step.runs.join(", ")} has ended.` };
      } else {
        const isOver = step.do === "wait" && clock.now() - Date.parse(request.at) > maxWait;
        return isOver ? { do: "end", phase: "Ignored", reason: "NotReached", message: step.message } : step;
      }
    }
    return { do: "wait", message: "Waiting until the Workflow rests." };
  }

  /**
   * Submits the Workflow of a decided Delivery, unless another one plays the task since.
   *
   * @param repository as `PlayWorkflows.of` takes it
   * @returns the Workflow that the Delivery has started, or how it ended without one
   * @throws WorkflowDenied; WorkflowsUnreadable
   */
  async start(
    { status = {} }: Stored<Delivery>,
    play: Workflow,
    repository: string,
    signal: AbortSignal,
  ): Promise<Stored<Workflow> | End> {
    const { workflows } = this.#options;
    const { namespace, name } = play.metadata ?? {};
    const isOurs = (each: Stored<Workflow>): boolean =>
      each.metadata.namespace === namespace && each.metadata.name === name;
    const playing = await workflows.of(status.task ?? 0, repository, signal);
    const [other] = playing.filter((each) => !isOurs(each));
    if (other !== undefined)
      return { do: "end", phase: "Ignored", reason: "AlreadyPlays", message: playsAlready(other) };
    const stored = playing.find(isOurs) ?? (await workflows.submit(play, signal));
    if (stored.metadata.annotations?.[deliveryAnnotation] !== undefined) return stored;
    const message = `Workflow ${keyOf(stored)} exists, and no event started it.`;
    return { do: "end", phase: "Failed", reason: "NameTaken", message };
  }

  /** Stops the Workflow of a decided Delivery. @throws Conflict if the Workflow changes meanwhile */
  async stop(delivery: Stored<Delivery>, signal: AbortSignal): Promise<void> {
    const workflow = await this.#workflow(delivery, signal);
    if (workflow !== undefined) await this.#options.workflows.stop(workflow, delivery.metadata.name, signal);
  }

  async #workflow({ status }: Stored<Delivery>, signal: AbortSignal): Promise<Stored<Workflow> | undefined> {
    if (status?.workflow === undefined) return undefined;
    const { namespace, name, uid } = status.workflow;
    return uid === undefined ? undefined : await this.#options.workflows.get({ namespace, name }, uid, signal);
  }

  #runsOf({ metadata }: Stored<Workflow>): RoundRun[] {
    return this.#options.runs
      .list(metadata.namespace)
      .filter(
        (run) =>
          run.metadata.labels?.[workflowNameLabel] === metadata.name &&
          (run.metadata.ownerReferences ?? []).some(({ uid }) => uid === metadata.uid) &&
          roundStages.has(run.metadata.labels[stageLabel] ?? ""),
      )
      .map((run) => {
        const supersededBy = run.metadata.annotations?.[supersededAnnotation];
        return {
          key: keyOf(run),
          stage: run.metadata.labels?.[stageLabel] ?? "",
          createdAt: inSeconds(run.metadata.creationTimestamp),
          isLive: isLive(run),
          isCancelled: run.status?.phase === "Cancelled",
          ...(supersededBy !== undefined && { supersededBy }),
        };
      });
  }

  async #supersede(key: string, by: string, signal: AbortSignal): Promise<void> {
    const { namespace = "", name } = parseKey(key);
    const run = this.#options.runs.get({ namespace, name });
    if (run === undefined) return;
    const metadata = { uid: run.metadata.uid, annotations: { [supersededAnnotation]: by } };
    const body = { metadata, spec: { cancel: true } };
    try {
      await this.#options.client.patch(CodeRuns, { namespace, name }, { type: "merge", body }, { signal });
    } catch (error) {
      // it has ended or is gone meanwhile: the next look decides
      if (!(error instanceof Invalid || error instanceof NotFound)) throw error;
    }
  }
}

const gone: End = { do: "end", phase: "Ignored", reason: "WorkflowGone", message: "The Workflow no longer exists." };

/** A time of the API server, all of which are whole seconds in UTC. */
function inSeconds(time: string | undefined): string {
  return time === undefined ? "" : `${time.slice(0, 19)}Z`;
}
