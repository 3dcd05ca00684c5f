/** Control characters, line breaks, and characters that reorder text: unsafe in a table or a terminal. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** A text on one line, without what a terminal would obey: each sequence of such characters becomes a space. */
export function printable(text: string): string {
  return text.replaceAll(unprintable, " ");
}
