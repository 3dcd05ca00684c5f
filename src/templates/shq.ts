/**
 * The text as one word of sh: whatever is in it, a shell that reads the result has just that text. Within single quotes
 * nothing is special to a shell but the quote itself.
 *
 * @throws Error for a NUL, which no word of a shell can hold.
 */
export function shq(text: string): string {
  if (text.includes("\0")) throw new Error("a word of a shell cannot contain NUL");
  return `'${text.replaceAll("'", "'\\''")}'`;
}
