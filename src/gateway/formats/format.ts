/** What the gateway knows of a provider's API. */
import type { JsonObject } from "../../runtime/schema/json.js";
import type { RequestBody } from "../request-body.js";
import type { Tokens } from "../tokens.js";

/** A call that the gateway lets through. */
export interface ModelCall {
  /** The requested model; empty for calls that use no model. */
  readonly model: string;
  /** Whether it uses tokens: a list of models does not. */
  readonly isMetered: boolean;
}

/** Why a call is refused. */
export interface Refusal {
  readonly refused: string;
  readonly reason: ErrorReason;
}

/** The kinds of the gateway's own errors; each format has its own status and name for them. */
export type ErrorReason = "invalid" | "notFound" | "tooLarge" | "budget" | "limited" | "unavailable";

export interface ErrorAnswer {
  readonly status: number;
  readonly body: JsonObject;
}

export interface ApiFormat {
  /** The header that carries the key. */
  keyHeader(key: string): readonly [name: string, value: string];
  /**
   * Whether a call is one of the documented ones that work on nothing but the request itself. Batches, files and stored
   * responses are not: they outlive the request, and nobody counts them.
   *
   * @param path below the upstream's base URL, without its query
   * @param body the members of a POST's body that the gateway reads
   */
  call(method: string, path: string, body: JsonObject | undefined): ModelCall | Refusal;
  /** The bytes to send in place of the body's, for an answer that says what it used. Absent: the body is sent as it is. */
  readonly prepared?: (path: string, body: RequestBody) => Buffer | undefined;
  /** What an answer, or an event of a streamed one, says of the tokens used so far. A later value replaces an earlier one. */
  usage(answer: JsonObject): Partial<Tokens> | undefined;
  /** Characters of output in an event of a streamed answer. */
  outputLength(event: JsonObject): number;
  error(reason: ErrorReason, message: string): ErrorAnswer;
}

/** Lengths of the strings among these values. */
export function textLength(...values: readonly unknown[]): number {
  return values.reduce<number>((length, value) => length + (typeof value === "string" ? value.length : 0), 0);
}

/** The model that a body names. */
export function namedModel(body: JsonObject | undefined): string | undefined {
  const model = body?.model;
  return typeof model === "string" && model !== "" && model.length <= 200 ? model : undefined;
}
