/** The export of the operator's telemetry, which follows the configuration. */
import type { Registry } from "prom-client";
import type { Export } from "./export.js";
import { FailureLog } from "./failure-log.js";
import { readCollectorFiles } from "./files.js";
import { exportSettings, type Configured } from "./settings.js";
import { sleep, type Clock } from "../runtime/clock.js";
import type { EventRecorder } from "../runtime/events/recorder.js";
import type { Logger } from "../runtime/logger.js";
import { withoutCredentials } from "../runtime/tracing/export.js";

export interface TelemetryOptions {
  /** `service.name`, unless OTEL_SERVICE_NAME is set. */
  readonly name: string;
  /** `service.version`. */
  readonly version: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Directory with headers and certificates for the collector. */
  readonly directory: string;
  /** Attributes of every signal beside name and version; OTEL_RESOURCE_ATTRIBUTES overrides them. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Milliseconds that the last spans, metrics and logs may take. */
const flushTimeout = 3_000;

/**
 * Exports traces, metrics, log and Events while the configuration names a collector; nothing is loaded otherwise. A failure
 * here is logged and never reaches the caller.
 */
export class Telemetry {
  readonly #options: TelemetryOptions;
  readonly #failures: FailureLog;
  #export: Export | undefined;
  #problems = "";
  /** Changes take effect one after the other. */
  #changed: Promise<void> = Promise.resolve();

  constructor(options: TelemetryOptions) {
    this.#options = options;
    this.#failures = new FailureLog(options.logger, options.clock);
  }

  /** Exports a line of the log. */
  readonly line = (line: string): void => this.#export?.line(line);

  /** Exports an Event. */
  readonly event: EventRecorder["event"] = (regarding, event) => this.#export?.event(regarding, event);

  /** Exports by this configuration from now on, and the registry's metrics. Resolves when that has begun; never rejects. */
  async apply(configured: Configured, registry: Registry): Promise<void> {
    this.#changed = this.#changed.then(() => this.#apply(configured, registry));
    return this.#changed;
  }

  /** Sends what is left, for at most 3 seconds, and ends the export. Never rejects. */
  async stop(): Promise<void> {
    this.#changed = this.#changed.then(() => this.#stop());
    return this.#changed;
  }

  async #apply(configured: Configured, registry: Registry): Promise<void> {
    const { clock, environment, directory, logger } = this.#options;
    const { settings, problems } = exportSettings(configured, environment);
    if (problems.join() !== this.#problems) for (const problem of problems) logger.warn({}, `telemetry: ${problem}`);
    this.#problems = problems.join();
    await this.#stop();
    if (settings === undefined) return;
    try {
      const [files, { resourceOf, startExport }] = await Promise.all([
        readCollectorFiles(directory),
        // the SDK takes some megabytes
        import("./export.js"),
      ]);
      const { name: scope, version, attributes } = this.#options;
      const resource = resourceOf({ ...attributes, "service.version": version, "service.name": scope }, settings);
      this.#export = await startExport({
        ...{ settings, files, resource, registry, clock, scope },
        failures: this.#failures,
      });
      const { traces, metrics, logs } = settings.destinations;
      const to = (destination: typeof traces): string | undefined => destination && withoutCredentials(destination.url);
      logger.info({ traces: to(traces), metrics: to(metrics), logs: to(logs) }, "exporting telemetry");
    } catch (error) {
      logger.error({ err: error }, "telemetry is not exported");
    }
  }

  async #stop(): Promise<void> {
    const { clock } = this.#options;
    const running = this.#export;
    this.#export = undefined;
    if (running === undefined) return;
    const flushed = new AbortController();
    // a collector that does not respond must not keep the program from ending
    await Promise.race([running.stop(), sleep(clock, flushTimeout, flushed.signal)]);
    flushed.abort();
    running.disable();
  }
}
