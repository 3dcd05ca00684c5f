/** GitHub could not answer now. */

export interface UnavailableOptions extends ErrorOptions {
  /** Milliseconds until GitHub takes requests again, if it says so. */
  readonly retryAfter?: number;
}

/** No answer, one that says nothing, or a rate limit that is used up. Asking again later helps. */
export class GitHubUnavailable extends Error {
  readonly retryAfter?: number;

  constructor(message: string, { retryAfter, ...options }: UnavailableOptions = {}) {
    super(message, options);
    if (retryAfter !== undefined) this.retryAfter = retryAfter;
  }
}
