import { watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { settledOrAborted } from "../abort.js";
import { sleep, type Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import type { RuntimeMetrics } from "../metrics/metrics.js";
import { isPair, validity, type KeyPair } from "./authority.js";

export interface CertificateFilesOptions {
  /** Holds `tls.crt` (the leaf first) and `tls.key`, as a mounted Secret of type kubernetes.io/tls does. */
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: RuntimeMetrics;
  /** Milliseconds between looks where the file system tells of no change. Default 10,000, as controller-runtime. */
  readonly interval?: number;
  /** Given each certificate that has to be served from now on. */
  readonly serve: (pair: KeyPair) => void;
}

/** A Secret's files are swapped one by one by some tools: so long a pair may not fit together before it is worth a word. */
const settle = 200;

/**
 * Serves a certificate that somebody else keeps, cert-manager for instance, from files, and takes over each new one. The
 * caBundles are theirs too (cert-manager's cainjector).
 */
export class CertificateFiles {
  readonly name = "certificates";
  readonly #options: CertificateFilesOptions;
  #served: KeyPair | undefined;
  #problem: string | undefined = "not started";
  readonly #settled: Promise<void>;
  #resolveSettled!: () => void;

  constructor(options: CertificateFilesOptions) {
    this.#options = options;
    this.#settled = new Promise((resolve) => (this.#resolveSettled = resolve));
  }

  /** Why nothing valid is served; undefined where it is. Unreadable files don't matter as long as what is served is valid. */
  readonly check = (): string | undefined => {
    if (this.#served === undefined) return this.#problem;
    const valid = validity(this.#served.certificate);
    const now = this.#options.clock.now();
    if (valid === undefined || now >= valid.to) return "the served certificate has expired";
    return now < valid.from ? "the served certificate is not valid yet" : undefined;
  };

  /** Resolves when a certificate is served. */
  async ready(signal: AbortSignal): Promise<void> {
    await settledOrAborted(this.#settled, signal);
  }

  async start(signal: AbortSignal): Promise<void> {
    const { clock, directory, logger, interval = 10_000 } = this.#options;
    let wake = new AbortController();
    const onAbort = (): void => wake.abort();
    signal.addEventListener("abort", onAbort, { once: true });
    // kubelet renames the link `..data`: the directory changes, the files in it never do
    const watcher = watchDirectory(directory, () => wake.abort(), logger);
    while (!signal.aborted) {
      wake = new AbortController();
      const good = await this.#read();
      await sleep(clock, good ? interval : Math.min(interval, 1_000), wake.signal);
      if (wake.signal.aborted) await sleep(clock, settle, signal);
    }
    watcher?.close();
    signal.removeEventListener("abort", onAbort);
  }

  /** False where the files are not to be served. */
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
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.#problem) logger.warn({ err: error }, "the certificate's files can't be used, trying again");
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

/** Where the file system can't be watched, the regular look has to do. */
function watchDirectory(directory: string, onChange: () => void, logger: Logger): { close(): void } | undefined {
  try {
    const watcher = watch(directory, onChange);
    watcher.on("error", (error) => logger.debug({ err: error }, "the certificate's directory is no longer watched"));
    return watcher;
  } catch (error) {
    logger.debug({ err: error }, "the certificate's directory can't be watched");
    return undefined;
  }
}
