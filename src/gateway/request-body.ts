/** The body of an agent's request, bounded before it is parsed. */
import type { IncomingMessage } from "node:http";
import { DepthError, parseBoundedJson } from "../runtime/input/bounded-json.js";
import { isObject, type JsonObject } from "../runtime/schema/json.js";
import { count } from "./tokens.js";

/** Bytes: what Anthropic takes, and more than the others do. */
export const maxBody = 32 * 1024 * 1024;

/** Objects and lists inside each other: far beyond what tools and their schemas need. */
const maxDepth = 500;

export class BodyError extends Error {
  constructor(
    message: string,
    readonly isTooLarge = false,
  ) {
    super(message);
  }
}

/** Bytes that a body may have: its Content-Length, else as many as any. @throws BodyError */
export function announcedSize({ headers }: IncomingMessage): number {
  const { "content-length": length } = headers;
  if (length === undefined) return maxBody;
  if (Number(length) > maxBody) throw tooLarge();
  return Number(length);
}

const tooLarge = (): BodyError => new BodyError(`the body exceeds ${maxBody} bytes; send less context`, true);

/** @throws BodyError if there is too much; Error if the agent closed the connection */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBody) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @throws BodyError unless it is a JSON object */
export function parseBody(body: Buffer): JsonObject {
  let value: unknown;
  try {
    value = parseBoundedJson(body, maxDepth);
  } catch (error) {
    throw new BodyError(error instanceof DepthError ? `the body ${error.message}` : "the body is not JSON");
  }
  if (!isObject(value)) throw new BodyError("the body has to be a JSON object");
  return value;
}

/** The most tokens that a request lets the model write; undefined if it does not say. */
export function outputLimit(body: JsonObject): number | undefined {
  const { generationConfig } = body;
  const limits = [
    ...[body.max_tokens, body.max_completion_tokens, body.max_output_tokens],
    isObject(generationConfig) ? generationConfig.maxOutputTokens : undefined,
  ];
  return limits.map(count).find((limit) => limit !== undefined);
}
