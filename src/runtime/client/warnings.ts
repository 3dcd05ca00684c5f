/** Warnings of the API server: the header `Warning` with code 299, as RFC 9111 defines it and client-go reads it. */

/** `299 agent "text"`, perhaps with a date, up to the next comma. Text holds no unescaped quote, so that each match is linear. */
const warning = /\s*(\d{3}) +(?:[^\s",]+|"(?:[^"\\]|\\.)*") +"((?:[^"\\]|\\.)*)"(?: +"[^"]*")?\s*(?:,|$)/y;

/** The value of a header `Warning` for a text. Line breaks and other control characters become spaces. */
export function warningHeader(text: string): string {
  const quoted = text.replaceAll(/\p{Cc}/gu, " ").replaceAll(/["\\]/g, "\\$&");
  // as the API server sends it: UTF-8, of which Node.js takes one character for each byte
  return `299 - "${Buffer.from(quoted).toString("latin1")}"`;
}

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
