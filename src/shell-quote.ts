/**
 * Quotes the text as one shell word: a POSIX shell that reads the result sees exactly this text. Within single quotes
 * only the single quote itself is special.
 *
 * @throws Error for text with a NUL, which no shell word can hold.
 */
export function shellQuote(text: string): string {
  if (text.includes("\0")) throw new Error("a shell word cannot contain a NUL character");
  return `'${text.replaceAll("'", "'\\''")}'`;
}
