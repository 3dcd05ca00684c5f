/** What became of exports that failed: at most one line a minute, whatever the collector does. */
import type { Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";

/** Milliseconds between two lines. */
const interval = 60_000;
/** Characters of an error: a collector's answer may be long. */
const maxError = 200;

/** The result of an export, as all exporters of OpenTelemetry report it. Code 0 is success. */
interface ExportResult {
  readonly code: number;
  readonly error?: Error;
}

interface Exporter<T> {
  export(items: T, done: (result: ExportResult) => void): void;
}

export class FailureLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #failed: Record<string, number> = {};
  #lastLine = -Infinity;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /**
   * Reports the failures of an exporter here, and to nobody else. Returns the exporter.
   *
   * @param signal for the log
   */
  follow<T, E extends Exporter<T>>(signal: string, exporter: E & Exporter<T>): E {
    const send = exporter.export.bind(exporter);
    exporter.export = (items, done) =>
      send(items, (result) => {
        if (result.code !== 0) this.#failedOnce(signal, result.error);
        done({ code: 0 });
      });
    return exporter;
  }

  #failedOnce(signal: string, error: Error | undefined): void {
    this.#failed[signal] = (this.#failed[signal] ?? 0) + 1;
    const now = this.#clock.monotonic();
    if (now - this.#lastLine < interval) return;
    this.#lastLine = now;
    const failed = { ...this.#failed };
    for (const each of Object.keys(failed)) Reflect.deleteProperty(this.#failed, each);
    // neither its stack nor its data, which may repeat what was sent
    const reason = [(error as NodeJS.ErrnoException | undefined)?.code, error?.message]
      .filter((part) => part !== undefined && part !== "")
      .join(": ");
    this.#logger.warn(
      { signal, failed, reason: reason.slice(0, maxError) },
      "cannot export telemetry; what was to be sent is lost, and the next export tries again",
    );
  }
}
