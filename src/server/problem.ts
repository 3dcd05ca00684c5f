/** Errors as problem details (RFC 9457). */
import { STATUS_CODES } from "node:http";
import { OperationError } from "../operations/operation-error.js";
import { ApiError, ConnectionError, ProtocolError, TimeoutError } from "../runtime/client/errors.js";
import type { components } from "./generated/rest.js";

export type ProblemBody = components["schemas"]["Problem"];

/** An error with the answer that it means. */
export class Problem extends Error {
  override readonly name = "Problem";

  /**
   * @param detail what is wrong, and what to do
   * @param options.field parameter, or path in the body
   * @param options.retryAfter seconds
   */
  constructor(
    readonly status: number,
    detail: string,
    readonly options: { readonly field?: string; readonly retryAfter?: number; readonly cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
  }

  get body(): ProblemBody {
    return {
      ...{
        type: "about:blank",
        title: STATUS_CODES[this.status] ?? "Error",
        status: this.status,
        detail: this.message,
      },
      ...(this.options.field !== undefined && { field: this.options.field }),
    };
  }
}

const operationStatus = { Invalid: 400, NotFound: 404, Conflict: 409 } as const;

/** Statuses of the API server that mean the same here. */
const passedOn = new Set([400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 503, 504]);

/** The problem that an error means; 500 for one that is a fault of this program. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof OperationError)
    return new Problem(operationStatus[error.problem], error.message, { cause: error });
  if (error instanceof ApiError) {
    const status = passedOn.has(error.code) ? error.code : 502;
    const { message = "" } = error.status;
    const retryAfter = error.retryAfter === undefined ? undefined : Math.max(1, Math.ceil(error.retryAfter / 1000));
    return new Problem(status, status === 401 ? rejected : message || `the API server answers with ${error.code}`, {
      cause: error,
      ...(retryAfter !== undefined ? { retryAfter } : status === 429 && { retryAfter: 1 }),
    });
  }
  if (error instanceof ConnectionError)
    return new Problem(503, "the API server cannot be reached; try again", { cause: error });
  if (error instanceof TimeoutError)
    return new Problem(504, "the API server did not answer in time; try again", { cause: error });
  if (error instanceof ProtocolError)
    return new Problem(502, "the API server's answer cannot be read", { cause: error });
  return new Problem(500, "internal error; the server's log has the details", { cause: error });
}

const rejected = "the API server rejects the token: it is invalid or has expired; get a new one";

/** For a request without credentials. */
export function missingToken(): Problem {
  return new Problem(401, "send a token of the cluster in the header Authorization: Bearer <token>");
}

/** For an address that tries too many tokens. */
export function tooManyTokens(): Problem {
  return new Problem(429, "too many different tokens come from this address; try again", { retryAfter: 5 });
}
