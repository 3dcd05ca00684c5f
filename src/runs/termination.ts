/**
 * Reads what an agent reports at its end: JSON in the container's termination message. A program that a language model
 * drives wrote it, so it is untrusted: bounded, checked field by field, and never an error.
 */
import { printable } from "../printable.js";
import { DepthError, parseBoundedJson } from "../runtime/input/bounded-json.js";
import type { ResultField } from "./run.js";

export type AgentResult = Readonly<Partial<Record<ResultField, string>>> & {
  /** One paragraph for people. */
  readonly summary?: string;
};

/** Bytes. The kubelet truncates longer messages. */
const maxMessageBytes = 4096;

/** All fields are strings; some levels more allow for what a program adds. */
const maxDepth = 16;

const maxLengths: Record<keyof AgentResult, number> = {
  pullRequestUrl: 2048,
  sessionId: 512,
  qaStatus: 128,
  remediationStatus: 128,
  summary: 1024,
};

const patterns: Partial<Record<keyof AgentResult, RegExp>> = {
  pullRequestUrl: /^https?:\/\/[!-~]+$/,
  sessionId: /^[!-~]+$/,
  qaStatus: /^[A-Za-z][-A-Za-z0-9_]*$/,
  remediationStatus: /^[A-Za-z][-A-Za-z0-9_]*$/,
};

/** The valid fields; all others are ignored, as is JSON that is nested deeper than 16 levels. Text that is not JSON is a summary. */
export function parseTerminationMessage(message: string | undefined): AgentResult {
  if (message === undefined || message.trim() === "" || Buffer.byteLength(message) > maxMessageBytes) return {};
  let content: unknown;
  try {
    content = parseBoundedJson(message, maxDepth);
  } catch (error) {
    if (error instanceof DepthError) return {};
    const summary = clean(message, maxLengths.summary);
    return summary === "" ? {} : { summary };
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) return {};
  const given = new Map<string, unknown>(Object.entries(content));
  const result: Record<string, string> = {};
  for (const [field, most] of Object.entries(maxLengths) as [keyof AgentResult, number][]) {
    const value = given.get(field);
    if (typeof value !== "string" || value === "") continue;
    if (field === "summary") {
      const summary = clean(value, most);
      if (summary !== "") result[field] = summary;
    } else if (value.length <= most && patterns[field]?.test(value) === true) {
      result[field] = value;
    }
  }
  return result;
}

function clean(text: string, most: number): string {
  const line = printable(text).trim();
  // the cut may split a surrogate pair: drop the half
  return line.length <= most ? line : `${line.slice(0, most - 3).replace(/[\uD800-\uDBFF]$/, "")}...`;
}
