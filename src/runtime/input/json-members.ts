/** Finds members of a JSON object in its bytes, without parsing the rest: for large bodies of which little is of interest. */
import { endOfString } from "./bounded-json.js";

/** Where a member's value is. */
export interface MemberPlace {
  /** Index of its first byte. */
  readonly start: number;
  /** Index after its last byte. */
  readonly end: number;
}

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Space, tab, line feed, carriage return. */
const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;

function afterSpace(json: Uint8Array, start: number): number {
  let index = start;
  while (isSpace(json[index])) index++;
  return index;
}

/**
 * The places of these members of the object that the bytes are. What is inside other values is not checked: whoever reads them will.
 * Takes linear time, and no memory for what it passes.
 *
 * @returns undefined unless the bytes are one object
 * @throws SyntaxError if a wanted member is given twice, which readers understand differently
 */
export function memberPlaces(json: Buffer, wanted: ReadonlySet<string>): ReadonlyMap<string, MemberPlace> | undefined {
  const found = new Map<string, MemberPlace>();
  let index = afterSpace(json, 0);
  if (json[index] !== openBrace) return undefined;
  index = afterSpace(json, index + 1);
  if (json[index] === closeBrace) return isEnd(json, index + 1) ? found : undefined;
  for (;;) {
    if (json[index] !== quote) return undefined;
    const keyEnd = endOfString(json, index + 1);
    const key = nameOf(json.subarray(index, keyEnd + 1));
    index = afterSpace(json, keyEnd + 1);
    if (key === undefined || json[index] !== colon) return undefined;
    const start = afterSpace(json, index + 1);
    index = endOfValue(json, start);
    let end = index;
    while (end > start && isSpace(json[end - 1])) end--;
    if (end === start) return undefined;
    if (wanted.has(key)) {
      if (found.has(key)) throw new SyntaxError(`${key} is given twice`);
      found.set(key, { start, end });
    }
    if (json[index] === closeBrace) return isEnd(json, index + 1) ? found : undefined;
    if (json[index] !== comma) return undefined;
    index = afterSpace(json, index + 1);
  }
}

const isEnd = (json: Uint8Array, index: number): boolean => afterSpace(json, index) === json.length;

/** A key, which can be written with escapes. */
function nameOf(key: Buffer): string | undefined {
  try {
    const name: unknown = JSON.parse(key.toString("utf8"));
    return typeof name === "string" ? name : undefined;
  } catch {
    return undefined;
  }
}

/** Index of the comma or brace that follows a value; the length if none does. */
function endOfValue(json: Uint8Array, start: number): number {
  let depth = 0;
  for (let index = start; index < json.length; index++) {
    const byte = json[index];
    if (byte === quote) {
      index = endOfString(json, index + 1);
      continue;
    }
    if (depth === 0 && (byte === comma || byte === closeBrace)) return index;
    // `[` and `{`, `]` and `}` differ in one bit
    const bracket = (byte ?? 0) | 0x20;
    if (bracket === openBrace) depth++;
    else if (bracket === closeBrace) depth--;
  }
  return json.length;
}
