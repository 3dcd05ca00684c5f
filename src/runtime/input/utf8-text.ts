/** Text from bytes that anybody may have written: refused where it is no text, with the position, and never repaired silently. */
import { isUtf8 } from "node:buffer";

/** Bytes or characters that are no text. Lines and columns count from 1; the message is a clause with the remedy. */
export class TextError extends Error {
  override readonly name = "TextError";

  constructor(
    readonly line: number,
    readonly column: number,
    message: string,
  ) {
    super(message);
  }
}

/** The text of bytes in UTF-8, without a byte order mark. @throws TextError for bytes that are not UTF-8, and for NUL */
export function decodeUtf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw invalidByte(bytes);
  const text = bytes.toString("utf8");
  const nul = text.indexOf("\0");
  if (nul >= 0)
    throw errorAt(text, nul, "has a NUL character: this is not a text file, or it is UTF-16; save it as UTF-8");
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

/** What YAML allows nowhere, not even in quotes (YAML 1.2, 5.1); kubectl refuses it. */
const notInYaml = /[^\t\n\r\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/** @throws TextError for a character that YAML does not allow */
export function checkYamlCharacters(text: string): void {
  const found = notInYaml.exec(text);
  if (found === null) return;
  const code = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  const remedy = code === "0000" ? "remove it" : `remove it, or write it in double quotes as "\\u${code}"`;
  throw errorAt(text, found.index, `has the control character U+${code}, which YAML does not allow; ${remedy}`);
}

function errorAt(text: string, index: number, message: string): TextError {
  const before = text.slice(0, index).split("\n");
  return new TextError(before.length, (before.at(-1) ?? "").length + 1, message);
}

function invalidByte(bytes: Buffer): TextError {
  let line = 1;
  for (let start = 0; start <= bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    const content = bytes.subarray(start, end);
    if (!isUtf8(content)) return invalidByteIn(content, line);
    start = end + 1;
  }
  return new TextError(1, 1, "is not UTF-8 text; save it as UTF-8");
}

/** A replacement character that decoding made stands where the bytes before it end. */
function invalidByteIn(content: Buffer, line: number): TextError {
  const decoded = content.toString("utf8");
  let offset = 0;
  let column = 1;
  for (const character of decoded) {
    const length = Buffer.byteLength(character);
    if (character === "\uFFFD" && !content.subarray(offset, offset + length).equals(Buffer.from(character))) break;
    offset += length;
    column += character.length;
  }
  const byte = (content[offset] ?? 0).toString(16).toUpperCase().padStart(2, "0");
  return new TextError(line, column, `is not UTF-8 text: it has the byte 0x${byte} here; save it as UTF-8`);
}
