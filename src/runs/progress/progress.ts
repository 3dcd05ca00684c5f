/**
 * Reads from the logs of running agents what they are doing, for the runs' messages. The text is only shown, never acted upon: a run whose log cannot
 * be read only says less.
 */
import { lastStep } from "./agent-output.js";
import { podIndex } from "../indexes.js";
import { isPodLive } from "../observed.js";
import type { AgentRun, RunKind } from "../run.js";
import type { Reader } from "../../runtime/cache/reader.js";
import { Pods } from "../../runtime/client/builtin.js";
import type { Client } from "../../runtime/client/client.js";
import { objectKey, type ObjectKey, type Pod, type Stored } from "../../runtime/client/objects.js";
import { objectPath } from "../../runtime/client/urls.js";
import type { Clock } from "../../runtime/clock.js";
import { errorText } from "../../runtime/error-text.js";
import type { Logger } from "../../runtime/logger.js";
import { periodically } from "../../runtime/periodic.js";

export interface ProgressOptions<R extends AgentRun> {
  readonly kind: RunKind<R>;
  readonly client: Pick<Client, "raw">;
  readonly runs: Pick<Reader<R>, "list">;
  /** Index: `runUID`. */
  readonly pods: Pick<Reader<Pod>, "byIndex">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Read before each round. */
  readonly settings: () => { readonly enabled: boolean; readonly seconds: number };
  /** Called for each run whose agent does something else than when it was last read. */
  readonly onChange: (run: ObjectKey) => void;
}

/** Logs that are read at once. */
const atOnce = 8;

/** The end of a log: results of tools are long lines, of which a few fit. */
const tail = { lines: 30, bytes: 262_144 };

export class Progress<R extends AgentRun> {
  readonly name: string;
  readonly #options: ProgressOptions<R>;
  /** By UID of the run. */
  #steps = new Map<string, string>();

  constructor(options: ProgressOptions<R>) {
    this.#options = options;
    this.name = `${options.kind.type.plural}-progress`;
  }

  /** What the agent of a run does; undefined if that is not known. */
  of(uid: string): string | undefined {
    return this.#steps.get(uid);
  }

  /** Reads at once and then after each interval, until the signal fires. */
  start(signal: AbortSignal): Promise<void> {
    const { name } = this;
    const { clock, logger, settings } = this.#options;
    const work = (stop: AbortSignal): Promise<void> => this.read(stop);
    return periodically({ name, clock, logger, interval: () => settings().seconds * 1000, work }, signal);
  }

  /** One round: forgets what has ended, and reads what runs. */
  async read(signal: AbortSignal): Promise<void> {
    const { runs, settings, onChange } = this.#options;
    const running = settings().enabled
      ? runs.list().filter(({ status }) => status?.phase === "Running" && status.reason === "Running")
      : [];
    const before = this.#steps;
    this.#steps = new Map(
      running.flatMap(({ metadata: { uid } }) => {
        const step = before.get(uid);
        return step === undefined ? [] : [[uid, step] as const];
      }),
    );
    const queue = running.values();
    const worker = async (): Promise<void> => {
      for (const run of queue) {
        if (signal.aborted) return;
        const step = await this.#stepOf(run, signal);
        const { uid } = run.metadata;
        if (step === undefined || step === before.get(uid)) continue;
        this.#steps.set(uid, step);
        onChange(objectKey(run));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  }

  async #stepOf(run: Stored<R>, signal: AbortSignal): Promise<string | undefined> {
    const { kind, client, pods, logger } = this.#options;
    const pod = pods.byIndex(podIndex.name, run.metadata.uid).findLast(isPodLive);
    if (pod === undefined) return undefined;
    const query = new URLSearchParams({
      container: kind.agentContainer,
      tailLines: String(tail.lines),
      limitBytes: String(tail.bytes),
    });
    try {
      const path = `${objectPath(Pods, objectKey(pod), "log")}?${query.toString()}`;
      const output = await client.raw({ method: "GET", path, accept: "*/*", signal });
      // a log of one line may be JSON
      return lastStep(typeof output === "string" ? output : JSON.stringify(output));
    } catch (error) {
      // its node may be away, or the agent has ended meanwhile
      logger.debug({ run: objectKey(run), reason: errorText(error) }, "the log of an agent cannot be read");
      return undefined;
    }
  }
}
