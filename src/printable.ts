/** Control characters, line breaks, and characters that reorder text: unsafe in a table or a terminal. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** A text on one line, without what a terminal would obey: each sequence of such characters becomes a space. */
export function printable(text: string): string {
  return text.replaceAll(unprintable, " ");
}

/** A text on one line in which each such character is visible as an escape, `\n` or `\u{1b}`: for what names it exactly. */
export function escaped(text: string): string {
  return text.replaceAll(unprintable, (characters) => characters.replaceAll(/./gsu, escapeOf));
}

/** JSON in which such characters outside of ASCII are escaped, too; one beyond the basic plane with two escapes. */
export function escapedJson(json: string): string {
  const unit = (one: string): string => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return json.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character === "\n" ? character : character.replaceAll(/[^]/g, unit),
  );
}

/** The text of a file for a terminal: line breaks and tabs stay. */
export function escapedLines(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character === "\n" || character === "\t" ? character : escapeOf(character),
  );
}

function escapeOf(character: string): string {
  const short = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[character];
  return short ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
