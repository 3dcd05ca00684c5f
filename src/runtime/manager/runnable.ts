import { setMaxListeners } from "node:events";
import { aborted } from "../abort.js";
import type { Logger } from "../logger.js";

/**
 * Something that runs as long as the manager does. `start` resolves when it has ended after its signal fired. If it
 * rejects, or resolves before that, the manager stops.
 */
export interface Runnable {
  /** Names it in the log. */
  readonly name: string;
  start(signal: AbortSignal): Promise<void>;
  /** Resolves when it works; the groups after it wait for that. Default: at once. */
  ready?(signal: AbortSignal): Promise<void>;
  /** Called when the stop begins, some time before `start`'s signal fires: tell clients to reconnect elsewhere. */
  drain?(): void;
}

/** The groups in their order of start; they stop in reverse. `leader` runs only while this process leads. */
export type RunnableGroup = "webhooks" | "others" | "leader";

/** Runnables that were started group by group. Each group has a signal of its own, so that they stop in reverse. */
export class StartedGroups {
  readonly #started: {
    readonly abort: AbortController;
    readonly runnables: readonly Runnable[];
    readonly running: Promise<void>[];
  }[] = [];
  readonly #failure = new AbortController();

  constructor(private readonly logger: Logger) {}

  /** Fires when a runnable failed or ended by itself; the reason says why. */
  get failed(): AbortSignal {
    return this.#failure.signal;
  }

  /** Fires `failed`, unless it has fired. */
  fail(error: unknown): void {
    this.#failure.abort(error);
  }

  /** Starts runnables together and waits until all of them are ready. Rejects with the reason of `stop` if that fires. */
  async start(runnables: readonly Runnable[], stop: AbortSignal): Promise<void> {
    const abort = new AbortController();
    // each part may listen; Node reports more than ten listeners as a leak
    setMaxListeners(0, abort.signal, stop);
    const running = runnables.map((runnable) => this.run(runnable, abort.signal));
    this.#started.push({ abort, runnables, running });
    const ready = Promise.all(runnables.map(async (runnable) => runnable.ready?.(stop)));
    const stopped = aborted(stop).then(() => stop.throwIfAborted());
    // the one that loses the race may still reject
    stopped.catch(() => undefined);
    ready.catch(() => undefined);
    await Promise.race([ready, stopped]);
  }

  /** Runs one runnable until the signal fires. Never rejects: a failure is logged and fires `failed`. */
  async run(runnable: Runnable, signal: AbortSignal): Promise<void> {
    try {
      await runnable.start(signal);
      if (!signal.aborted) throw new Error(`${runnable.name} ended by itself`);
    } catch (error) {
      if (signal.aborted) return;
      this.logger.error({ err: error, runnable: runnable.name }, "a part of the manager failed");
      this.fail(error);
    }
  }

  /** Calls `drain` of everything that was started. */
  drain(): void {
    for (const { runnables } of this.#started) for (const runnable of runnables) runnable.drain?.();
  }

  /** Stops the groups, the last one first; waits for each before the next. */
  async stop(): Promise<void> {
    for (const { abort, running } of this.#started.reverse()) {
      abort.abort(new Error("the manager is stopping"));
      await Promise.allSettled(running);
    }
  }
}
