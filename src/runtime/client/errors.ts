/**
 * Failures of API calls as a typed hierarchy: by what a caller can do about them. Each keeps the server's Status, so
 * nothing that the server said is lost.
 */

/** metav1.Status, as far as it is used. */
export interface Status {
  readonly status?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly code?: number;
  readonly details?: {
    readonly name?: string;
    readonly group?: string;
    readonly kind?: string;
    readonly uid?: string;
    readonly causes?: readonly StatusCause[];
    /** Seconds. */
    readonly retryAfterSeconds?: number;
  };
}

/** One violation inside an `Invalid` Status. */
export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

/** The server answered, and the answer was not success. */
export class ApiError extends Error {
  override readonly name: string = "ApiError";
  /** HTTP status. */
  readonly code: number;
  /** The Status' reason, for instance `AlreadyExists`; `""` where the body was no Status. */
  readonly reason: string;
  readonly causes: readonly StatusCause[];
  /** Milliseconds after which the server wants to be asked again, where it said so. */
  readonly retryAfter: number | undefined;

  constructor(
    readonly status: Status,
    code: number,
    readonly request: { readonly method: string; readonly path: string },
    retryAfter?: number,
  ) {
    super(`${status.message ?? `HTTP ${code}`} (${request.method} ${request.path}: ${code})`);
    this.code = code;
    this.reason = status.reason ?? "";
    this.causes = status.details?.causes ?? [];
    const seconds = status.details?.retryAfterSeconds;
    this.retryAfter = retryAfter ?? (seconds === undefined ? undefined : seconds * 1000);
  }
}

export class BadRequest extends ApiError {
  override readonly name = "BadRequest";
}
export class Unauthorized extends ApiError {
  override readonly name = "Unauthorized";
}
export class Forbidden extends ApiError {
  override readonly name = "Forbidden";
}
export class NotFound extends ApiError {
  override readonly name = "NotFound";
}
/** The object changed, or a precondition failed: look again, then decide again. */
export class Conflict extends ApiError {
  override readonly name: string = "Conflict";
}
export class AlreadyExists extends ApiError {
  override readonly name = "AlreadyExists";
}
/** The resourceVersion is too old (410): list again. */
export class Gone extends ApiError {
  override readonly name = "Gone";
}
/** 422; `causes` names each field. */
export class Invalid extends ApiError {
  override readonly name = "Invalid";
}
export class TooManyRequests extends ApiError {
  override readonly name = "TooManyRequests";
}
/** 5xx and the server's own time-outs. */
export class ServerError extends ApiError {
  override readonly name = "ServerError";
}

/** No answer came: refused, reset, unknown host, TLS. The request may or may not have been carried out. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  constructor(
    readonly request: { readonly method: string; readonly path: string },
    cause: unknown,
  ) {
    super(`${request.method} ${request.path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** The call's own deadline passed before an answer came. */
export class TimeoutError extends Error {
  override readonly name = "TimeoutError";
  constructor(
    readonly request: { readonly method: string; readonly path: string },
    readonly timeout: number,
  ) {
    super(`${request.method} ${request.path}: no answer within ${timeout} ms`);
  }
}

/** The server's answer can't be read: not JSON, or not what the API promises. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  constructor(request: { readonly method: string; readonly path: string }, problem: string, cause?: unknown) {
    super(`${request.method} ${request.path}: ${problem}`, { cause });
  }
}

/** The error class that a Status and its HTTP code mean. */
export function apiError(
  status: Status,
  code: number,
  request: { readonly method: string; readonly path: string },
  retryAfter?: number,
): ApiError {
  const make = (type: typeof ApiError): ApiError => new type(status, code, request, retryAfter);
  switch (code) {
    case 400:
      return make(BadRequest);
    case 401:
      return make(Unauthorized);
    case 403:
      return make(Forbidden);
    case 404:
      return make(NotFound);
    case 409:
      return make(status.reason === "AlreadyExists" ? AlreadyExists : Conflict);
    case 410:
      return make(Gone);
    case 422:
      return make(Invalid);
    case 429:
      return make(TooManyRequests);
    default:
      return code >= 500 ? make(ServerError) : make(ApiError);
  }
}

/** True where the same call may succeed later without anything being changed by the caller. */
export function isTransient(error: unknown): boolean {
  return (
    error instanceof ConnectionError ||
    error instanceof TimeoutError ||
    error instanceof ProtocolError ||
    error instanceof TooManyRequests ||
    error instanceof ServerError ||
    error instanceof Unauthorized
  );
}
