/**
 * Deletes workspaces that nothing has needed for `storage.keepIdleSeconds`. See docs/adr/060-idle-workspaces.md.
 *
 * A claim is first marked with the time since when it is idle. The start of an attempt removes the mark before its Job exists
 * (plan/start.ts), and the deletion requires the version that has the mark: of the two, only one takes effect.
 */
import { endTimeOf } from "./earlier-end.js";
import { workspaceIndexName } from "./indexes.js";
import { isManaged, runAnnotations } from "./metadata.js";
import { isDeleting } from "./observed.js";
import { isAttemptRequested } from "./requests.js";
import type { AgentRun } from "./run.js";
import { workspaceBase } from "./workspace.js";
import type { Reader } from "../runtime/cache/reader.js";
import { PersistentVolumeClaims, Pods } from "../runtime/client/builtin.js";
import type { Client } from "../runtime/client/client.js";
import { Conflict, NotFound } from "../runtime/client/errors.js";
import { objectKey, type PersistentVolumeClaim, type Stored } from "../runtime/client/objects.js";
import { formatTime, type Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import { periodically } from "../runtime/periodic.js";

export interface IdleWorkspacesOptions {
  readonly client: Pick<Client, "list" | "patch" | "delete">;
  readonly workspaces: Pick<Reader<PersistentVolumeClaim>, "list">;
  /** The runs of every kind. Index: `workspace`. */
  readonly runs: readonly Pick<Reader<AgentRun>, "byIndex">[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether the operator manages the runs of a namespace. */
  readonly covers: (namespace: string) => boolean;
  /** Read before each pass. Undefined: workspaces stay. */
  readonly keepSeconds: () => number | undefined;
  /** Registers a callback for changes of the above; returns the function that removes it. */
  readonly onChange: (listener: () => void) => () => void;
}

/** Milliseconds between two passes. */
const interval = 600_000;

/** Whether a claim of ours has the mark, which has to go before an agent works in it. */
export function isMarkedIdle(claim: Stored<PersistentVolumeClaim>): boolean {
  return isManaged(claim) && claim.metadata.annotations?.[runAnnotations.idleSince] !== undefined;
}

/**
 * What is due for a claim. Pure.
 *
 * @param runs those that name the workspace, or may work in one made for another identity that names it
 * @param now milliseconds since the epoch
 */
export function idleDecision(
  claim: Stored<PersistentVolumeClaim>,
  runs: readonly Stored<AgentRun>[],
  keepSeconds: number,
  now: number,
): "keep" | "mark" | "unmark" | "delete" {
  if (!isManaged(claim) || isDeleting(claim)) return "keep";
  const mark = claim.metadata.annotations?.[runAnnotations.idleSince];
  if (runs.some(mayContinue)) return mark === undefined ? "keep" : "unmark";
  const since = Date.parse(mark ?? "");
  if (Number.isNaN(since)) return "mark";
  // an earlier version starts attempts without removing the mark
  const lastUse = Math.max(since, ...runs.map((run) => endTimeOf(run) ?? now));
  return lastUse + keepSeconds * 1000 <= now ? "delete" : "keep";
}

/** Whether an attempt of the run works in its workspace, or may without a change of what it says. A failed run may be retried. */
function mayContinue(run: Stored<AgentRun>): boolean {
  const phase = run.status?.phase;
  if (phase === "Cancelled") return false;
  return phase !== "Succeeded" || isDeleting(run) || isAttemptRequested(run, run.status ?? {});
}

export class IdleWorkspaces {
  readonly name = "idle-workspaces";
  readonly #options: IdleWorkspacesOptions;

  constructor(options: IdleWorkspacesOptions) {
    this.#options = options;
  }

  /** Looks at once, then after each interval and change, until the signal fires. */
  start(signal: AbortSignal): Promise<void> {
    const { clock, logger, onChange: wakeOn } = this.#options;
    const work = (stop: AbortSignal): Promise<void> => this.tidy(stop);
    return periodically({ name: this.name, clock, logger, interval: () => interval, wakeOn, work }, signal);
  }

  /** One pass. An error ends the work for its claim only; the first one is thrown at the end. */
  async tidy(signal: AbortSignal): Promise<void> {
    const { workspaces, runs, clock, covers, keepSeconds } = this.#options;
    const seconds = keepSeconds();
    if (seconds === undefined) return;
    const failures: unknown[] = [];
    for (const claim of workspaces.list()) {
      const { namespace = "", name } = claim.metadata;
      if (!covers(namespace)) continue;
      const key = `${namespace}/${workspaceBase(name)}`;
      const users = runs.flatMap((reader) => reader.byIndex(workspaceIndexName, key));
      try {
        await this.#apply(idleDecision(claim, users, seconds, clock.now()), claim, signal);
      } catch (error) {
        signal.throwIfAborted();
        // gone, or used by an attempt meanwhile: the next pass decides again
        if (!(error instanceof NotFound || error instanceof Conflict)) failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  async #apply(
    decision: ReturnType<typeof idleDecision>,
    claim: Stored<PersistentVolumeClaim>,
    signal: AbortSignal,
  ): Promise<void> {
    const { client, clock, logger } = this.#options;
    if (decision === "keep") return;
    if (decision !== "delete") {
      await this.#mark(claim, decision === "mark" ? formatTime(clock.now()) : null, signal);
      return;
    }
    // the mark counts as use, so that the volume is kept for the whole time after the pod's end
    if (await this.#isMounted(claim, signal)) {
      await this.#mark(claim, formatTime(clock.now()), signal);
      return;
    }
    const { uid, resourceVersion, namespace, name, annotations } = claim.metadata;
    await client.delete(PersistentVolumeClaims, objectKey(claim), { preconditions: { uid, resourceVersion }, signal });
    const since = annotations?.[runAnnotations.idleSince];
    logger.info({ namespace, name, uid, since }, "workspace deleted: storage.keepIdleSeconds is over");
  }

  async #mark(claim: Stored<PersistentVolumeClaim>, since: string | null, signal: AbortSignal): Promise<void> {
    const { uid, resourceVersion } = claim.metadata;
    const body = { metadata: { uid, resourceVersion, annotations: { [runAnnotations.idleSince]: since } } };
    await this.#options.client.patch(PersistentVolumeClaims, objectKey(claim), { type: "merge", body }, { signal });
  }

  /** Asks the API server: the cache has only pods of runs, and a person may look into a workspace with another one. */
  async #isMounted({ metadata }: Stored<PersistentVolumeClaim>, signal: AbortSignal): Promise<boolean> {
    const { namespace = "", name } = metadata;
    const { items } = await this.#options.client.list(Pods, { namespace, signal });
    return items.some(({ spec, status }) => {
      const isOver = status?.phase === "Succeeded" || status?.phase === "Failed";
      return !isOver && spec?.volumes?.some((volume) => volume.persistentVolumeClaim?.claimName === name) === true;
    });
  }
}
