/** Searches a diff for secrets while it passes, line by line, without keeping it. */
import { StringDecoder } from "node:string_decoder";

export interface Finding {
  /** The file of the diff's last `+++ b/…` line; empty before the first. */
  readonly path: string;
  /** For people: "a token of GitHub". */
  readonly what: string;
}

/** Forms of keys and tokens, as their issuers document them. */
const forms: readonly (readonly [expression: RegExp, what: string])[] = [
  [/(?<![A-Za-z0-9_])gh[pousr]_[A-Za-z0-9]{36}/, "a token of GitHub"],
  [/(?<![A-Za-z0-9_])ghs_\d{1,20}_eyJ[A-Za-z0-9_-]{1,1000}\.eyJ/, "a token of GitHub"],
  [/(?<![A-Za-z0-9_])github_pat_[A-Za-z0-9_]{22}/, "a token of GitHub"],
  [/(?<![A-Za-z0-9_])glpat-[A-Za-z0-9_-]{20}/, "a token of GitLab"],
  [/(?<![A-Za-z0-9_])sk-ant-[A-Za-z0-9_-]{20}/, "a key of Anthropic"],
  [/(?<![A-Za-z0-9_])AKIA(?![0-9A-Z]{9}EXAMPLE)[0-9A-Z]{16}(?![0-9A-Z])/, "a key of AWS"],
  [/(?<![A-Za-z0-9_])xox[bp]-[0-9]{8,20}-[A-Za-z0-9-]{10}/, "a token of Slack"],
  [/-----BEGIN (?:[A-Z]{1,20} ){0,4}PRIVATE KEY-----/, "a private key"],
];

/** Characters of a line that are searched together; a longer line is searched in overlapping parts. */
const window = 65_536;
const overlap = 8_192;

/** Shorter secrets would be found everywhere. */
const shortest = 8;

const maxFindings = 20;

export class SecretSearch {
  readonly #decoder = new StringDecoder("utf8");
  readonly #secrets: readonly string[];
  readonly #findings = new Map<string, Finding>();
  #rest = "";
  #path = "";

  /** @param secrets exact texts; those of fewer than eight characters do not count */
  constructor(secrets: readonly string[]) {
    this.#secrets = [...new Set(secrets)].map((each) => each.trim()).filter((each) => each.length >= shortest);
  }

  push(chunk: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split("\n");
    let rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line);
    while (rest.length > window) {
      this.#look(rest.slice(0, window));
      rest = rest.slice(window - overlap);
    }
    this.#rest = rest;
  }

  /** What was found, one entry for each file and kind, at most twenty. */
  end(): readonly Finding[] {
    this.#line(this.#rest + this.#decoder.end());
    this.#rest = "";
    return [...this.#findings.values()];
  }

  #line(line: string): void {
    const [, path] = /^\+\+\+ (?:b\/)?(.{1,4096})$/.exec(line.slice(0, 5_000)) ?? [];
    if (path !== undefined) this.#path = path;
    // what a commit takes away stays in the history that others have
    if (line.startsWith("-")) return;
    for (let at = 0; at === 0 || at + overlap < line.length; at += window - overlap)
      this.#look(line.slice(at, at + window));
  }

  #look(text: string): void {
    if (this.#secrets.some((secret) => text.includes(secret))) this.#found("a key of this run");
    for (const [expression, what] of forms) if (expression.test(text)) this.#found(what);
  }

  #found(what: string): void {
    const key = `${what}\n${this.#path}`;
    if (this.#findings.size < maxFindings) this.#findings.set(key, { path: this.#path, what });
  }
}

/** A text with the secrets, and everything that has the form of one, replaced. */
export function redacted(text: string, secrets: readonly string[]): string {
  const known = [...new Set(secrets)].map((each) => each.trim()).filter((each) => each.length >= shortest);
  const without = known.reduce((rest, secret) => rest.replaceAll(secret, "***"), text);
  return without
    .replaceAll(/gh[pousr]_[A-Za-z0-9_.-]+/g, "***")
    .replaceAll(/github_pat_[A-Za-z0-9_]+/g, "***")
    .replaceAll(/sk-ant-[A-Za-z0-9_-]+/g, "***");
}
