/** Takes in the webhooks that GitHub could not deliver. Runs on the leader. */
import { Deliveries, deliveryName, type Delivery } from "../api/delivery.js";
import { managedBy, runLabels } from "../runs/metadata.js";
import type { Reader } from "../runtime/cache/reader.js";
import { ConfigMaps } from "../runtime/client/builtin.js";
import type { Client } from "../runtime/client/client.js";
import { AlreadyExists, Invalid, NotFound } from "../runtime/client/errors.js";
import { sleep, type Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import type { Runnable } from "../runtime/manager/runnable.js";
import type { Registry } from "prom-client";
import { MetricSet } from "../runtime/metrics/metric-set.js";
import { githubEvent, PayloadError } from "./github-event.js";
import { missedWebhooks, payloadOf, type AppReader, type MissedWebhook } from "./missed-webhooks.js";

/** ConfigMap with the times until which everything was read, by host of the API. */
export const recoveryName = "orchestrator-webhook-recovery";

/** Milliseconds in which a webhook that was sent may still be answered. */
const onTheWay = 60_000;

/** An API of GitHub with the operator's App. */
export interface RecoverySource {
  /** Of its URL, such as `api.github.com`. */
  readonly host: string;
  readonly app: AppReader;
}

export interface WebhookRecoveryOptions {
  readonly client: Pick<Client, "get" | "create" | "patch">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly deliveries: Reader<Delivery>;
  /** Namespace of the Deliveries. */
  readonly namespace: string;
  /** Seconds between two looks; undefined: none now. */
  readonly seconds: () => number | undefined;
  readonly sources: () => Promise<readonly RecoverySource[]>;
}

export class RecoveryMetrics extends MetricSet {
  readonly recovered = this.counter(
    "orchestrator_webhooks_recovered_total",
    "Total number of webhooks that GitHub could not deliver, by what became of them",
    "outcome",
  );
  readonly succeeded = this.gauge(
    "orchestrator_webhook_recovery_last_success_timestamp_seconds",
    "When the list of undelivered webhooks was last read, in seconds since the epoch",
    [],
  );

  constructor(registry: Registry) {
    super(registry);
    // a counter that begins at 1 has no increase that an alert could see
    for (const outcome of ["stored", "unreadable"]) this.recovered.inc({ outcome }, 0);
  }
}

export class WebhookRecovery implements Runnable {
  readonly name = "webhook-recovery";
  readonly #options: WebhookRecoveryOptions;
  readonly #metrics: RecoveryMetrics;
  /** Ids of those that cannot be read: asking again gives the same. */
  readonly #unreadable = new Set<string>();
  /** Until when the list of each host was read, in milliseconds since the epoch. */
  readonly #through = new Map<string, number>();

  constructor(options: WebhookRecoveryOptions) {
    this.#options = options;
    this.#metrics = new RecoveryMetrics(options.registry);
  }

  /** Webhooks that GitHub sent until then are not accepted any more, in milliseconds since the epoch. */
  get recoveredUntil(): number {
    if (this.#options.seconds() === undefined) return Infinity;
    return this.#through.size === 0 ? 0 : Math.min(...this.#through.values());
  }

  async start(signal: AbortSignal): Promise<void> {
    const { clock, seconds } = this.#options;
    do {
      if (seconds() !== undefined) await this.#recoverAll(signal);
    } while (await sleep(clock, (seconds() ?? 60) * 1_000, signal));
  }

  async #recoverAll(signal: AbortSignal): Promise<void> {
    try {
      const sources = await this.#options.sources();
      for (const host of this.#through.keys())
        if (sources.every((each) => each.host !== host)) this.#through.delete(host);
      // a list that was never read holds back the others
      for (const { host } of sources) this.#through.set(host, this.#through.get(host) ?? 0);
      for (const source of sources) await this.#recover(source, signal);
    } catch (error) {
      if (!signal.aborted)
        this.#options.logger.warn({ err: error }, "cannot take in webhooks that GitHub could not deliver");
    }
  }

  async #recover(source: RecoverySource, signal: AbortSignal): Promise<void> {
    const { logger } = this.#options;
    try {
      const isFinished = await this.recoverFrom(source, signal);
      if (isFinished) this.#metrics.succeeded.set(this.#options.clock.now() / 1_000);
    } catch (error) {
      if (!signal.aborted)
        logger.warn({ err: error, host: source.host }, "cannot take in webhooks that GitHub could not deliver");
    }
  }

  /** One look. @returns false if there is more than one look takes */
  async recoverFrom({ host, app }: RecoverySource, signal: AbortSignal): Promise<boolean> {
    const { clock, deliveries } = this.#options;
    if (!deliveries.hasSynced) return false;
    const until = clock.now() - onTheWay;
    const after = await this.#position(host, until, signal);
    this.#through.set(host, after);
    const isKnown = (guid: string): boolean => this.#unreadable.has(guid) || this.#delivery(guid) !== undefined;
    const { missed, through } = await missedWebhooks(app, { after, until, isKnown });
    for (const each of missed) {
      if (signal.aborted) return false;
      await this.#takeIn(app, each, signal);
    }
    // after they are stored: if the manager ends in between, they have their names
    if (through > after) await this.#remember(host, through, signal);
    this.#through.set(host, through);
    return through >= until;
  }

  #delivery(guid: string): Delivery | undefined {
    const { deliveries, namespace } = this.#options;
    return deliveries.get({ namespace, name: deliveryName({ source: "github", id: guid }) });
  }

  async #takeIn(app: AppReader, missed: MissedWebhook, signal: AbortSignal): Promise<void> {
    const { client, namespace, logger } = this.#options;
    const about = { event: missed.event, id: missed.guid };
    const payload = await payloadOf(app, missed);
    let spec: Delivery["spec"] | undefined;
    try {
      spec = payload && githubEvent(missed.event, missed.guid, payload);
    } catch (error) {
      if (!(error instanceof PayloadError) && !(error instanceof SyntaxError)) throw error;
      logger.warn({ err: error, ...about }, "a webhook that GitHub could not deliver cannot be read");
    }
    if (spec === undefined) {
      this.#unreadable.add(missed.guid);
      this.#metrics.recovered.inc({ outcome: "unreadable" });
      return;
    }
    const metadata = { name: deliveryName(spec), namespace };
    try {
      await client.create(
        Deliveries,
        { apiVersion: "orchestrator.io/v1", kind: "Delivery", metadata, spec },
        { signal },
      );
      logger.info(about, "took in a webhook that GitHub could not deliver");
      this.#metrics.recovered.inc({ outcome: "stored" });
    } catch (error) {
      if (error instanceof AlreadyExists) return;
      if (!(error instanceof Invalid)) throw error;
      logger.warn({ err: error, ...about }, "a webhook that GitHub could not deliver cannot be stored");
      this.#unreadable.add(missed.guid);
      this.#metrics.recovered.inc({ outcome: "unreadable" });
    }
  }

  /** Where the last read ended. The very first one begins now: no one expects runs for what was missed before. */
  async #position(host: string, now: number, signal: AbortSignal): Promise<number> {
    const { client, namespace } = this.#options;
    try {
      const { data } = await client.get(ConfigMaps, { namespace, name: recoveryName }, { signal });
      const at = Date.parse(data?.[host.replace(":", "_")] ?? "");
      if (!Number.isNaN(at)) return Math.min(at, now);
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
    }
    await this.#remember(host, now, signal);
    return now;
  }

  async #remember(host: string, through: number, signal: AbortSignal): Promise<void> {
    const { client, namespace } = this.#options;
    const key = { namespace, name: recoveryName };
    const data = { [host.replace(":", "_")]: new Date(through).toISOString() };
    try {
      await client.patch(ConfigMaps, key, { type: "merge", body: { data } }, { signal });
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      const labels = { [runLabels.managedBy]: managedBy };
      await client.create(ConfigMaps, { metadata: { ...key, labels }, data }, { signal });
    }
  }
}
