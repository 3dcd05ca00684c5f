/**
 * What an agent says at its end: JSON in the container's termination message. It comes from a program that a language
 * model drives, so it is data of a stranger: bounded, checked field by field, and never an error.
 */
import type { ResultField } from "./run.js";

export type AgentResult = Readonly<Partial<Record<ResultField, string>>> & {
  /** One paragraph for people. */
  readonly summary?: string;
};

/** The kubelet cuts longer messages, all containers together at 12 KiB. */
const longestMessage = 4096;

const longest: Record<keyof AgentResult, number> = {
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

/** Line breaks and other control characters, and those that reorder text, have no place in a table or a terminal. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** The fields that are there and right; the others as if they weren't there. Text that is no JSON is a summary. */
export function parseTerminationMessage(message: string | undefined): AgentResult {
  if (message === undefined || message.trim() === "" || Buffer.byteLength(message) > longestMessage) return {};
  let content: unknown;
  try {
    content = JSON.parse(message);
  } catch {
    const summary = clean(message, longest.summary);
    return summary === "" ? {} : { summary };
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) return {};
  const given = new Map<string, unknown>(Object.entries(content));
  const result: Record<string, string> = {};
  for (const [field, most] of Object.entries(longest) as [keyof AgentResult, number][]) {
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
  const line = text.replaceAll(unprintable, " ").trim();
  // a pair of surrogates may be cut in two: the half is dropped
  return line.length <= most ? line : `${line.slice(0, most - 3).replace(/[\uD800-\uDBFF]$/, "")}...`;
}
