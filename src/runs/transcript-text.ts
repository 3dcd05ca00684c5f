/** What is kept of a log: its end, without what looks like a key. Pure. */
import { withoutKeys } from "../secret-forms.js";

/** Bytes before the end that is kept, which are read too: a key that begins there is still recognized. */
const margin = 32_768;

/**
 * @param limit bytes that are kept
 * @param isCut whether the log had more before the text
 */
export function secretFreeEnd(
  text: string,
  limit: number,
  isCut: boolean,
): { readonly text: string; readonly isCut: boolean } {
  const rest = lastBytes(text, limit + margin);
  const clean = withoutKeys(rest);
  const end = lastBytes(clean, limit);
  return { text: end, isCut: isCut || rest.length < text.length || end.length < clean.length };
}

/** From the beginning of a line, if one begins there, and never within a character. */
function lastBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return text;
  const end = bytes.subarray(bytes.length - limit);
  const line = end.indexOf(0x0a) + 1;
  let start = line > 0 && line < end.length ? line : 0;
  while (start < end.length && ((end[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return end.subarray(start).toString("utf8");
}
