import { watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { LinkedAbort, settledOrAborted } from "../abort.js";
import { sleep, type Clock } from "../clock.js";
import { errorText } from "../error-text.js";
import type { Logger } from "../logger.js";
import type { RuntimeMetrics } from "../metrics/metrics.js";
import { isPair, validity, type KeyPair } from "./authority.js";

/** Which files are followed. */
export interface CertificateFilesOptions {
  /** Holds `tls.crt` (the leaf first) and `tls.key`, as a mounted Secret of type kubernetes.io/tls does. */
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: RuntimeMetrics;
  /** Milliseconds between reads if the file system reports no change. Default 10,000, as controller-runtime. */
  readonly interval?: number;
  /** Receives each certificate that must be served from now on. */
  readonly serve: (pair: KeyPair) => void;
}

/** Milliseconds from a change to the next read: some tools replace certificate and key one after the other. */
const settle = 200;

/**
 * Serves a certificate from files that another program writes, for example cert-manager, and follows their changes. That
 * program also manages the caBundles (cert-manager's cainjector).
 */
export class CertificateFiles {
  readonly name = "certificates";
  readonly #options: CertificateFilesOptions;
  #served: KeyPair | undefined;
  #problem: string | undefined = "not started";
  /** The problem of the served certificate that was logged last. */
  #warned: string | undefined;
  readonly #settled: Promise<void>;
  #resolveSettled!: () => void;

  constructor(options: CertificateFilesOptions) {
    this.#options = options;
    this.#settled = new Promise((resolve) => (this.#resolveSettled = resolve));
  }

  /** Why no valid certificate is served; undefined if one is, even if the files have become unreadable since. */
  readonly check = (): string | undefined => {
    if (this.#served === undefined) return this.#problem;
    const valid = validity(this.#served.certificate);
    const now = this.#options.clock.now();
    if (valid === undefined || now >= valid.to) return "the served certificate has expired";
    return now < valid.from ? "the served certificate is not valid yet" : undefined;
  };

  /** Resolves when a certificate is served, or the signal fires. */
  async ready(signal: AbortSignal): Promise<void> {
    await settledOrAborted(this.#settled, signal);
  }

  /** Follows the files until the signal fires. Unusable files are logged and read again. */
  async start(signal: AbortSignal): Promise<void> {
    const { clock, directory, logger, interval = 10_000 } = this.#options;
    let changed = new LinkedAbort(signal);
    // the kubelet replaces the link `..data`: the directory changes, the files in it never do
    const watcher = watchDirectory(directory, () => changed.abort(), logger);
    while (!signal.aborted) {
      changed.unlink();
      changed = new LinkedAbort(signal);
      const good = await this.#read();
      this.#warn();
      await sleep(clock, good ? interval : Math.min(interval, 1_000), changed.signal);
      if (changed.signal.aborted) await sleep(clock, settle, signal);
    }
    watcher?.close();
    changed.unlink();
  }

  /** Says once that clients reject what is served. */
  #warn(): void {
    const problem = this.#served === undefined ? undefined : this.check();
    const { directory, logger } = this.#options;
    if (problem !== undefined && problem !== this.#warned)
      logger.warn({ directory }, `${problem}: clients reject it; replace tls.crt and tls.key`);
    this.#warned = problem;
  }

  /** False if the files cannot be served. */
  async #read(): Promise<boolean> {
    const { directory, logger, metrics, serve } = this.#options;
    metrics?.certificateReadTotal.inc();
    let pair: KeyPair;
    try {
      const [certificate, key] = await Promise.all([
        readFile(join(directory, "tls.crt"), "utf8"),
        readFile(join(directory, "tls.key"), "utf8"),
      ]);
      pair = { certificate, key };
      if (pair.certificate === this.#served?.certificate && pair.key === this.#served.key) return true;
      if (!isPair(pair)) throw new Error(`${directory}: tls.key is not the key of tls.crt`);
      serve(pair);
    } catch (error) {
      metrics?.certificateReadErrorsTotal.inc();
      const problem = errorText(error);
      if (problem !== this.#problem) logger.warn({ err: error }, "cannot use the certificate's files; retrying");
      this.#problem = problem;
      return false;
    }
    this.#problem = undefined;
    this.#served = pair;
    const until = validity(pair.certificate)?.to ?? 0;
    metrics?.certificateExpirySeconds.set(until / 1000);
    logger.info({ validUntil: new Date(until).toISOString() }, "serving a new certificate");
    this.#resolveSettled();
    return true;
  }
}

/** Undefined if the file system cannot be watched: the periodic read must suffice then. */
function watchDirectory(directory: string, onChange: () => void, logger: Logger): { close(): void } | undefined {
  try {
    const watcher = watch(directory, onChange);
    watcher.on("error", (error) => logger.debug({ err: error }, "stopped watching the certificate's directory"));
    return watcher;
  } catch (error) {
    logger.debug({ err: error }, "cannot watch the certificate's directory");
    return undefined;
  }
}
