/**
 * Parses JSON that anyone may have written. `JSON.parse` itself does not recurse, but what then walks over its value does,
 * and at the end of the stack V8 may abort the process where no catch helps. So the nesting is counted on the bytes first.
 */

/** The text is nested too deeply. The message is a clause, such as `is nested deeper than 200 levels`. */
export class DepthError extends Error {
  override readonly name = "DepthError";
}

const quote = 0x22;
const backslash = 0x5c;

/** Bytes of a string that are walked before its end is searched: keys are shorter, and a search has a price of its own. */
const walkedBytes = 32;

/** Whether lists and objects are inside each other in more than so many levels. For other bytes than JSON, true or false. */
export function isNestedDeeper(json: Uint8Array, maxDepth: number): boolean {
  let depth = 0;
  for (let index = 0; index < json.length; index++) {
    const byte = json[index];
    if (byte === quote) {
      index = endOfString(json, index + 1);
      continue;
    }
    // `[` and `{`, `]` and `}` differ in one bit
    const bracket = (byte ?? 0) | 0x20;
    if (bracket === 0x7b) {
      if (++depth > maxDepth) return true;
    } else if (bracket === 0x7d) depth--;
  }
  return false;
}

/**
 * Index of the quote that ends a string, or the length if none does. All bytes of a character beyond ASCII are above 127, so
 * none looks like a quote.
 */
export function endOfString(json: Uint8Array, start: number): number {
  let index = start;
  for (const near = start + walkedBytes; index < near; index++) {
    if (index >= json.length || json[index] === quote) return Math.min(index, json.length);
    if (json[index] === backslash) index++;
  }
  // a quote after an odd number of backslashes is part of the string
  for (let end = json.indexOf(quote, index); end >= 0; end = json.indexOf(quote, end + 1)) {
    let before = end;
    while (before > index && json[before - 1] === backslash) before--;
    if ((end - before) % 2 === 0) return end;
  }
  return json.length;
}

/**
 * The value of a JSON text.
 *
 * @throws DepthError before it is parsed; SyntaxError if it is not JSON.
 */
export function parseBoundedJson(json: Buffer | string, maxDepth: number): unknown {
  const bytes = typeof json === "string" ? Buffer.from(json) : json;
  if (isNestedDeeper(bytes, maxDepth)) throw new DepthError(`is nested deeper than ${maxDepth} levels`);
  return JSON.parse(typeof json === "string" ? json : json.toString("utf8"));
}
