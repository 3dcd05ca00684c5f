/**
 * Patterns of schemas are RE2; JavaScript's regular expressions differ from it in small things that decide whether an
 * object passes here and fails there. This translates the ones that patterns use.
 */

const posixClasses: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7f",
  blank: "\\t ",
  cntrl: "\\x00-\\x1f\\x7f",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`{-~",
  space: "\\t\\n\\v\\f\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};

const space = "\\t\\n\\f\\r ";
const syntax = /[\^$\\.*+?()[\]{}|/]/;

/** The JavaScript expression that matches what the RE2 pattern matches. Throws a SyntaxError for an invalid pattern. */
export function re2(pattern: string): RegExp {
  const flags = /^\(\?([is]+)\)/.exec(pattern);
  const source = flags ? pattern.slice(flags[0].length) : pattern;
  return new RegExp(translate(source, flags?.[1]?.includes("s") ?? false), flags?.[1]?.includes("i") ? "iu" : "u");
}

function translate(pattern: string, dotMatchesAll: boolean): string {
  let out = "";
  let inClass = false;
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern.charAt(at);
    if (char === "\\") {
      const [text, length] = escape(pattern, at, inClass);
      out += text;
      at += length - 1;
    } else if (inClass) {
      const posix = /^\[:(\^?)(\w+):\]/.exec(pattern.slice(at));
      const known = posix?.[1] === "" && posixClasses[posix[2] ?? ""];
      if (posix && known !== undefined && known !== false) {
        out += known;
        at += posix[0].length - 1;
      } else {
        inClass = char !== "]";
        out += char === "[" ? "\\[" : char;
      }
    } else if (char === "[") {
      inClass = true;
      const start = /^\[\^?\]?/.exec(pattern.slice(at))?.[0] ?? "[";
      out += start.replace(/\]$/, "\\]"); // a bracket at the start of a class stands for itself
      at += start.length - 1;
    } else if (char === ".") out += dotMatchesAll ? "[^]" : "[^\\n]";
    else if (pattern.startsWith("(?P<", at)) {
      out += "(?<";
      at += 3;
    } else if (char === "]" || char === "}") out += `\\${char}`;
    else if (char === "{") {
      const repeat = /^\{\d+(,\d*)?\}/.exec(pattern.slice(at))?.[0];
      out += repeat ?? "\\{";
      at += (repeat?.length ?? 1) - 1;
    } else out += char;
  }
  return out;
}

/** What an escape becomes, and how many characters of the pattern it takes. */
function escape(pattern: string, at: number, inClass: boolean): [string, number] {
  const next = pattern.charAt(at + 1);
  switch (next) {
    case "s":
      return [inClass ? space : `[${space}]`, 2];
    case "S":
      if (inClass) throw new SyntaxError(`\\S within a class is not understood: ${pattern}`);
      return [`[^${space}]`, 2];
    case "A":
      return ["^", 2];
    case "z":
      return ["$", 2];
    case "a":
      return ["\\x07", 2];
    case "p":
    case "P":
      return pattern.charAt(at + 2) === "{" ? [`\\${next}`, 2] : [`\\${next}{${pattern.charAt(at + 2)}}`, 3];
  }
  if (/[A-Za-z0-9]/.test(next)) return [`\\${next}`, 2];
  // RE2 lets any punctuation be escaped, a Unicode expression only what has a meaning
  return [syntax.test(next) || (inClass && next === "-") ? `\\${next}` : next, 2];
}
