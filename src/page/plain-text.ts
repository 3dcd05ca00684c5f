/** Text of objects and agents, without what could mislead the reader. It is shown as text alone, never as HTML. */

/** One line of text: control characters and those that change the direction or are invisible become visible dots. */
export function plainLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => (/[\t\n\r]/.test(character) ? " " : "·"));
}

/** Text of several lines: as {@link plainLine}, but lines and tabs stay. */
export function plainText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    /[\t\n]/.test(character) ? character : character === "\r" ? "" : "·",
  );
}

/** A URL that a link may have: http or https with a host; undefined for others, such as javascript:. */
export function linkTarget(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text)) return undefined;
  try {
    const { protocol, href } = new URL(text);
    return protocol === "http:" || protocol === "https:" ? href : undefined;
  } catch {
    return undefined;
  }
}
