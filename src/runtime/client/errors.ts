/** Failures of API calls as a typed hierarchy, by what a caller can do about them. */
import { errorText } from "../error-text.js";

/** metav1.Status: the fields in use. */
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

/** The server responded with a failure. The server's whole Status is kept. */
export class ApiError extends Error {
  override readonly name: string = "ApiError";
  /** HTTP status. */
  readonly code: number;
  /** The Status' reason, for example `AlreadyExists`; `""` if the body was not a Status. */
  readonly reason: string;
  /** The violations of an `Invalid`; otherwise empty. */
  readonly causes: readonly StatusCause[];
  /** Milliseconds to wait before a retry, if the server named them. */
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

/** The server does not understand the request (400). */
export class BadRequest extends ApiError {
  override readonly name = "BadRequest";
}
/** The credentials were rejected, even after they were read again (401). */
export class Unauthorized extends ApiError {
  override readonly name = "Unauthorized";
}
/** The credentials lack the right, or admission denied the request (403). */
export class Forbidden extends ApiError {
  override readonly name = "Forbidden";
}
/** The object or the resource does not exist (404). */
export class NotFound extends ApiError {
  override readonly name = "NotFound";
}
/** The object changed, or a precondition failed (409): read it again, then decide again. */
export class Conflict extends ApiError {
  override readonly name: string = "Conflict";
}
/** An object with this name exists (409). */
export class AlreadyExists extends ApiError {
  override readonly name = "AlreadyExists";
}
/** The resourceVersion is too old (410): list again. */
export class Gone extends ApiError {
  override readonly name = "Gone";
}
/** The object violates its schema or validation rules (422); `causes` names each field. */
export class Invalid extends ApiError {
  override readonly name = "Invalid";
}
/** The server is overloaded or an eviction is not allowed now (429); `retryAfter` says how long to wait. */
export class TooManyRequests extends ApiError {
  override readonly name = "TooManyRequests";
}
/** 5xx, including the server's own timeouts. */
export class ServerError extends ApiError {
  override readonly name = "ServerError";
}

/** No response came: refused, reset, unknown host, TLS. The request may or may not have been executed. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  constructor(
    readonly request: { readonly method: string; readonly path: string },
    cause: unknown,
  ) {
    super(`${request.method} ${request.path}: ${errorText(cause)}`, { cause });
  }
}

/** The call's own deadline passed before a response came. The request may or may not have been executed. */
export class TimeoutError extends Error {
  override readonly name = "TimeoutError";
  constructor(
    readonly request: { readonly method: string; readonly path: string },
    readonly timeout: number,
  ) {
    super(`${request.method} ${request.path}: no response within ${timeout} ms`);
  }
}

/** The response cannot be read: it is not JSON, or not what the API promises. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  constructor(request: { readonly method: string; readonly path: string }, problem: string, cause?: unknown) {
    super(`${request.method} ${request.path}: ${problem}`, { cause });
  }
}

/** The error that a Status and its HTTP code mean. @param retryAfter milliseconds. */
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

/** True if the same call may succeed later without a change by the caller. */
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
