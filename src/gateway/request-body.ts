/** The body of an agent's request, bounded before it is parsed. */
import type { IncomingMessage } from "node:http";
import { DepthError, parseBoundedJson } from "../runtime/input/bounded-json.js";
import { memberPlaces, type MemberPlace } from "../runtime/input/json-members.js";
import { isObject, type JsonObject } from "../runtime/schema/json.js";
import { BodyBudget, readBody } from "../runtime/webhook/body.js";
import { count } from "./tokens.js";

/** Bytes: what Anthropic takes, and more than the others do. */
export const maxBody = 32 * 1024 * 1024;

/** Objects and lists inside each other, in members that are read. */
const maxDepth = 100;

export class BodyError extends Error {
  constructor(
    message: string,
    readonly isTooLarge = false,
  ) {
    super(message);
  }
}

/** Bytes to reserve for a body: its Content-Length, else as many as any may have. */
export function announcedSize({ headers }: IncomingMessage): number {
  const { "content-length": length } = headers;
  return Math.min(length === undefined ? maxBody : Number(length), maxBody);
}

/** The room is reserved before a body is read. */
const reserved = new BodyBudget(Infinity);

/**
 * What is too much is read and discarded, so that the agent receives the answer.
 *
 * @throws BodyError if there is too much; Error if the agent closed the connection
 */
export async function readContent(request: IncomingMessage): Promise<Buffer> {
  const body = await readBody(request, maxBody, reserved);
  if (body === "too large") throw new BodyError(`the body exceeds ${maxBody} bytes; send less context`, true);
  if (typeof body === "string") throw new Error("the agent closed its connection");
  return body.content;
}

/** What the gateway reads of a body. The rest, of which there can be much, is never parsed. */
const read = ["model", "stream", "stream_options", "background"];
const limits = ["max_tokens", "max_completion_tokens", "max_output_tokens", "generationConfig"];
const wanted: ReadonlySet<string> = new Set([...read, ...limits]);

/** A body and the members of it that count here. */
export class RequestBody {
  readonly bytes: Buffer;
  readonly members: JsonObject;
  readonly #places: ReadonlyMap<string, MemberPlace>;

  /** @throws BodyError unless it is a JSON object, with each of these members once */
  constructor(bytes: Buffer) {
    this.bytes = bytes;
    try {
      const places = memberPlaces(bytes, wanted);
      if (places === undefined) throw new BodyError("the body has to be a JSON object");
      this.#places = places;
      this.members = Object.fromEntries(
        [...places].map(([name, { start, end }]) => [name, parseBoundedJson(bytes.subarray(start, end), maxDepth)]),
      );
    } catch (error) {
      if (error instanceof DepthError) throw new BodyError(`the body ${error.message}`);
      throw error instanceof SyntaxError ? new BodyError(`the body is not valid JSON: ${error.message}`) : error;
    }
  }

  /** The bytes with a member set, and all else as it is. */
  with(name: string, value: unknown): Buffer {
    const text = Buffer.from(JSON.stringify(value));
    const place = this.#places.get(name);
    if (place !== undefined)
      return Buffer.concat([this.bytes.subarray(0, place.start), text, this.bytes.subarray(place.end)]);
    const start = this.bytes.indexOf("{") + 1;
    const rest = this.bytes.subarray(start);
    const isEmpty = /^\s*\}/.test(rest.toString("latin1", 0, 100));
    const member = `${JSON.stringify(name)}:${text.toString()}${isEmpty ? "" : ","}`;
    return Buffer.concat([this.bytes.subarray(0, start), Buffer.from(member), rest]);
  }
}

/** The most tokens that a request lets the model write; undefined if it does not say. */
export function outputLimit(body: JsonObject): number | undefined {
  const { generationConfig } = body;
  const given = [
    ...[body.max_tokens, body.max_completion_tokens, body.max_output_tokens],
    isObject(generationConfig) ? generationConfig.maxOutputTokens : undefined,
  ];
  return given.map(count).find((limit) => limit !== undefined);
}
