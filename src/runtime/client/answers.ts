/** What the API server's answers mean: objects, lists, or errors. */
import { isObject } from "../schema/json.js";
import { apiError, ProtocolError, type ApiError, type Status } from "./errors.js";
import type { Answer } from "./exchange.js";
import type { KubernetesObject, ObjectList, Stored } from "./objects.js";

/** Identifies a request in an error. It holds no body: errors are logged, and a body may hold a secret. */
export interface RequestLine {
  readonly method: string;
  readonly path: string;
}

/** The error that an answer without success means. @param now milliseconds since the epoch. */
export function failure({ status: code, headers, body }: Answer, { method, path }: RequestLine, now: number): ApiError {
  let status: Status;
  try {
    const parsed: unknown = JSON.parse(body);
    status = isStatus(parsed) ? parsed : (ofProblem(parsed) ?? { message: body.slice(0, 500) });
  } catch {
    // proxies and the API server's own filters answer in plain text
    status = { message: body.slice(0, 500).trim() };
  }
  return apiError(status, code, { method, path }, readRetryAfter(headers["retry-after"], now));
}

/** Milliseconds that a Retry-After says: seconds, or a date (RFC 9110); undefined for anything else. */
export function readRetryAfter(value: string | undefined, now: number): number | undefined {
  const seconds = Number(value);
  const milliseconds = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value ?? "") - now;
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}

/** Problem details (RFC 9457), with which servers in front of an API server answer. */
function ofProblem(value: unknown): Status | undefined {
  if (!isObject(value) || typeof value.detail !== "string") return undefined;
  const { field, detail } = value;
  const isNamed = typeof field === "string" && !detail.includes(field);
  return { status: "Failure", message: isNamed ? `${field}: ${detail}` : detail };
}

function isStatus(value: unknown): value is Status {
  return isObject(value) && value.kind === "Status";
}

/** A list page as it is on the wire: Go writes an empty one as null. */
interface ListAnswer<T extends KubernetesObject> {
  readonly items?: Stored<T>[] | null;
  readonly metadata?: ObjectList<Stored<T>>["metadata"];
}

/** True only for what is certainly a list: a cache that mistook an error page for an empty list would drop everything. */
export function isList<T extends KubernetesObject>(answer: unknown): answer is ListAnswer<T> {
  if (!isObject(answer)) return false;
  const { items = null, kind } = answer;
  return Array.isArray(items) || (items === null && typeof kind === "string" && kind.endsWith("List"));
}

/**
 * The body of a successful answer: parsed if it is JSON, else as text.
 * @throws ProtocolError if it should be JSON and is not; an ApiError if it is a Status that reports a failure.
 */
export function readBody({ headers, body }: Answer, { method, path }: RequestLine): unknown {
  if (headers["content-type"]?.includes("json") === false) return body;
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch (cause) {
    throw new ProtocolError({ method, path }, `the response is not JSON: ${body.slice(0, 100)}`, cause);
  }
  // as client-go does: the Status counts, whatever the HTTP status says
  if (isStatus(answer) && answer.status === "Failure") throw apiError(answer, answer.code ?? 500, { method, path });
  return answer;
}
