import type { Client } from "../client/client.js";
import { Secrets } from "../client/builtin.js";
import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";

/** Below this many milliseconds two clocks agree: creation timestamps have whole seconds, and a call takes its time. */
const tolerance = 5_000;

/** The API server's clock, as far as it differs from this machine's. */
export class ServerTime {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #secret: { readonly namespace: string; readonly name: string };
  /** Milliseconds by which the API server's clock is ahead. Undefined: not compared yet. */
  #ahead: number | undefined;

  /** @param secret names the object whose creation is tried as a dry run. */
  constructor(
    { client, clock, logger }: { readonly client: Client; readonly clock: Clock; readonly logger: Logger },
    secret: { readonly namespace: string; readonly name: string },
  ) {
    this.#client = client;
    this.#clock = clock;
    this.#logger = logger;
    this.#secret = secret;
  }

  /** False until a comparison succeeded. */
  get isKnown(): boolean {
    return this.#ahead !== undefined;
  }

  /** Milliseconds since the epoch; this machine's time until a comparison succeeded. */
  now(): number {
    return this.#clock.now() + (this.#ahead ?? 0);
  }

  /** Reads the API server's time: even a dry run of a creation returns a timestamp. Rejects only if the signal fires. */
  async compare(signal: AbortSignal): Promise<void> {
    const { namespace, name } = this.#secret;
    try {
      const started = this.#clock.now();
      const probe = { type: "Opaque", metadata: { namespace, generateName: `${name}-time-` } };
      const { metadata } = await this.#client.create(Secrets, probe, { dryRun: true, signal });
      const theirs = Date.parse(metadata.creationTimestamp ?? "") + 500;
      const ahead = theirs - (started + this.#clock.now()) / 2;
      if (Number.isNaN(ahead)) return;
      this.#ahead = Math.abs(ahead) < tolerance ? 0 : ahead;
      if (this.#ahead !== 0) {
        this.#logger.warn({ seconds: Math.round(ahead / 1000) }, "the API server's clock differs; using its time");
      }
    } catch (error) {
      signal.throwIfAborted();
      this.#logger.warn({ err: error }, "cannot read the API server's time; using this machine's");
    }
  }
}
