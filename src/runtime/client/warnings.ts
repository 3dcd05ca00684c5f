/** Warnings of the API server: the header `Warning` with code 299, as RFC 9111 defines it and client-go reads it. */

/** `299 agent "text"`, perhaps with a date, up to the next comma. Text holds no unescaped quote, so that each match is linear. */
const warning = /\s*(\d{3}) +(?:[^\s",]+|"(?:[^"\\]|\\.)*") +"((?:[^"\\]|\\.)*)"(?: +"[^"]*")?\s*(?:,|$)/y;

/** The texts of the warnings in a header, in their order; what is not as the RFC says ends the reading. */
export function warningsOf(header: string | readonly string[] | undefined): string[] {
  return [header ?? []].flat().flatMap((line) => {
    const texts: string[] = [];
    warning.lastIndex = 0;
    for (let match = warning.exec(line); match !== null; match = warning.exec(line)) {
      const [, code, text = ""] = match;
      if (code === "299") texts.push(text.replace(/\\(.)/g, "$1"));
      if (warning.lastIndex >= line.length) break;
    }
    return texts;
  });
}
