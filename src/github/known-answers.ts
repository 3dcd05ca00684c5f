/**
 * Answers that GitHub may confirm instead of sending them again:
 * https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests.
 * A confirmed answer does not count against the rate limit. Nothing is used without being confirmed.
 */

export interface KnownAnswer {
  readonly etag: string;
  readonly body: Buffer;
}

/** Bytes of an answer that is kept; longer ones are read again. */
const maxBytes = 32_768;

const maxAnswers = 200;

export class KnownAnswers {
  readonly #answers = new Map<string, KnownAnswer>();

  /** @param key of the request: what GitHub shows depends on it */
  get(key: string, path: string): KnownAnswer | undefined {
    return this.#answers.get(`${key} ${path}`);
  }

  keep(key: string, path: string, etag: unknown, body: Buffer): void {
    const name = `${key} ${path}`;
    this.#answers.delete(name);
    if (typeof etag !== "string" || etag.length > 200 || body.length > maxBytes) return;
    this.#answers.set(name, { etag, body });
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > maxAnswers && oldest !== undefined) this.#answers.delete(oldest);
  }
}
