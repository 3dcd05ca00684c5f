/** The secrets of a webhook: the files of a directory, such as a mounted Secret. During a rotation it holds the old one and the new one. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../runtime/clock.js";
import { errorText } from "../runtime/error-text.js";
import { readBoundedFile } from "../runtime/input/bounded-file.js";
import type { Logger } from "../runtime/logger.js";

/** Bytes of a secret: a shorter one can be guessed. */
const minBytes = 16;
const maxBytes = 1_024;

const maxFiles = 16;

/** Milliseconds after which the files are read again. */
const rereadEvery = 5_000;

export interface WebhookSecretsOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class WebhookSecrets {
  readonly #options: WebhookSecretsOptions;
  #secrets: readonly Buffer[] = [];
  #readAt: number | undefined;
  #reading: Promise<void> | undefined;
  #reported = "";

  constructor(options: WebhookSecretsOptions) {
    this.#options = options;
  }

  /** The secrets, at most five seconds old; none if there are no usable files. If they cannot be read, those that were read last. */
  async current(): Promise<readonly Buffer[]> {
    const now = this.#options.clock.monotonic();
    if (this.#readAt === undefined || now - this.#readAt >= rereadEvery) {
      this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
      await this.#reading;
    }
    return this.#secrets;
  }

  async #read(): Promise<void> {
    const { directory, clock } = this.#options;
    const problems: string[] = [];
    try {
      // the kubelet keeps its own links beside the files
      const names = (await readdir(directory)).filter((name) => !name.startsWith(".")).sort();
      if (names.length > maxFiles)
        problems.push(`${directory} has more than ${maxFiles} files; the others are not read`);
      const found: Buffer[] = [];
      for (const name of names.slice(0, maxFiles)) {
        const secret = trimmed(await readBoundedFile(join(directory, name), maxBytes + 2));
        if (secret !== undefined && secret.length >= minBytes && secret.length <= maxBytes) found.push(secret);
        else problems.push(`${join(directory, name)} is not a secret of ${minBytes} to ${maxBytes} bytes`);
      }
      if (names.length === 0) problems.push(`${directory} has no secret`);
      this.#secrets = found;
    } catch (error) {
      problems.push(`the secrets of the webhook cannot be read: ${errorText(error)}`);
    }
    this.#readAt = clock.monotonic();
    this.#report(problems.join("; "));
  }

  /** Once for each change. */
  #report(problems: string): void {
    if (problems !== "" && problems !== this.#reported)
      this.#options.logger.error({ problems }, "secrets of the webhook are not usable");
    this.#reported = problems;
  }
}

/** Without the line break that editors add. */
function trimmed(content: Buffer | undefined): Buffer | undefined {
  if (content === undefined) return undefined;
  let end = content.length;
  while (end > 0 && (content[end - 1] === 0x0a || content[end - 1] === 0x0d)) end--;
  return content.subarray(0, end);
}
