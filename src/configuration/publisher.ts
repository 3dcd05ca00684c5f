import { isDeepStrictEqual } from "node:util";
import { ConfigMaps } from "../runtime/client/builtin.js";
import type { Client } from "../runtime/client/client.js";
import type { ConfigMap, Stored } from "../runtime/client/objects.js";
import { unlessMissing } from "../runtime/client/unless-missing.js";
import { formatTime, type Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import type { Runnable } from "../runtime/manager/runnable.js";
import { periodically } from "../runtime/periodic.js";
import { dataOf, readReport, reportOf, type InForceReport } from "./in-force.js";
import { operatorNames } from "./names.js";
import type { ConfigurationSource } from "./source.js";

export interface ConfigurationPublisherOptions {
  /** Its writes are fenced by leadership. */
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly source: ConfigurationSource;
  /** Of the operator. */
  readonly namespace: string;
  /** Version of the operator. */
  readonly version: string;
}

/** Milliseconds between two checks that nobody has changed or deleted the report. */
const interval = 300_000;

/** Keeps the ConfigMap that says which configuration is in force (docs/adr/017). Writes only what changes. */
export class ConfigurationPublisher implements Runnable {
  readonly name = "configuration-report";
  readonly #options: ConfigurationPublisherOptions;

  constructor(options: ConfigurationPublisherOptions) {
    this.#options = options;
  }

  start(signal: AbortSignal): Promise<void> {
    const { name } = this;
    const { clock, logger, source } = this.#options;
    const wakeOn = (wake: () => void): (() => void) => source.subscribe(wake);
    const work = (stop: AbortSignal): Promise<void> => this.#publish(stop);
    return periodically({ name, clock, logger, interval: () => interval, work, wakeOn }, signal);
  }

  async #publish(signal: AbortSignal): Promise<void> {
    const { client, clock, source, namespace, version } = this.#options;
    const key = { namespace, name: operatorNames.inForce };
    const stored = await readInForce(client, namespace, signal);
    const report = reportOf(source, version, readReport(stored?.data), formatTime(clock.now()));
    const data = dataOf(report, namespace);
    if (stored === undefined) {
      const metadata = { ...key, labels: { "app.kubernetes.io/managed-by": "agent-orchestrator" } };
      await client.create(ConfigMaps, { metadata, data }, { signal });
    } else if (!isDeepStrictEqual(stored.data, data)) {
      const { resourceVersion } = stored.metadata;
      const removed = Object.fromEntries(Object.keys(stored.data ?? {}).map((name) => [name, null]));
      const body = { metadata: { resourceVersion }, data: { ...removed, ...data } };
      await client.patch(ConfigMaps, key, { type: "merge", body }, { signal });
    }
  }
}

/** The ConfigMap with the report; undefined if it does not exist. */
async function readInForce(
  client: Client,
  namespace: string,
  signal: AbortSignal,
): Promise<Stored<ConfigMap> | undefined> {
  return unlessMissing(client.get(ConfigMaps, { namespace, name: operatorNames.inForce }, { signal }));
}

/** What was in force before this process started, as the last leader reported it; undefined if no report exists. */
export async function readLastInForce(
  client: Client,
  namespace: string,
  signal: AbortSignal,
): Promise<InForceReport | undefined> {
  return readReport((await readInForce(client, namespace, signal))?.data);
}
