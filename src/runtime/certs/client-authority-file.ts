import type { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { settledOrAborted } from "../abort.js";
import { sleep, type Clock } from "../clock.js";
import { errorText } from "../error-text.js";
import type { Logger } from "../logger.js";
import { readBundle } from "./authority.js";

/** Which file is followed. */
export interface ClientAuthorityFileOptions {
  /** PEM with the certificates of one or more authorities. */
  readonly file: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds between two reads. Default 10,000. */
  readonly interval?: number;
  /** Receives the text whenever it has changed. */
  readonly serve: (authorities: string) => void;
}

/** Follows the file with the authorities whose client certificates are accepted. An unusable file changes nothing. */
export class ClientAuthorityFile {
  readonly name = "client-authorities";
  readonly #options: ClientAuthorityFileOptions;
  #served: string | undefined;
  #problem: string | undefined = "not started";
  readonly #settled: Promise<void>;
  #resolveSettled!: () => void;

  constructor(options: ClientAuthorityFileOptions) {
    this.#options = options;
    this.#settled = new Promise((resolve) => (this.#resolveSettled = resolve));
  }

  /** Why no client certificate can be verified; undefined if one can. */
  readonly check = (): string | undefined => (this.#served === undefined ? this.#problem : undefined);

  /** Resolves when the file has been read, or the signal fires. */
  async ready(signal: AbortSignal): Promise<void> {
    await settledOrAborted(this.#settled, signal);
  }

  /** Follows the file until the signal fires. */
  async start(signal: AbortSignal): Promise<void> {
    const { clock, interval = 10_000 } = this.#options;
    while (!signal.aborted) {
      const isGood = await this.#read();
      await sleep(clock, isGood ? interval : Math.min(interval, 1_000), signal);
    }
  }

  async #read(): Promise<boolean> {
    const { file, logger, serve } = this.#options;
    try {
      const text = await readFile(file, "utf8");
      if (text !== this.#served) {
        const authorities = readBundle(text);
        if (authorities.length === 0) throw new Error(`${file} contains no certificate`);
        serve(text);
        this.#served = text;
        logger.info({ authorities: authorities.map(describe) }, "accepting client certificates");
      }
    } catch (error) {
      const problem = errorText(error);
      if (problem !== this.#problem) logger.warn({ err: error }, "cannot use the client authorities; retrying");
      this.#problem = problem;
      return false;
    }
    this.#problem = undefined;
    this.#resolveSettled();
    return true;
  }
}

function describe({ subject }: X509Certificate): string {
  return subject.replaceAll("\n", ", ");
}
