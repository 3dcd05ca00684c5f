/** One GitHub REST API: https://docs.github.com/rest. */
import type { Dispatcher } from "undici";
import send from "undici/lib/api/api-request.js";
import { connectionPool } from "../runtime/client/connections.js";
import { proxyFor } from "../runtime/client/proxy.js";
import { errorText } from "../runtime/error-text.js";
import type { Clock } from "../runtime/clock.js";
import { parseBoundedJson } from "../runtime/input/bounded-json.js";
import { isObject, type JsonObject } from "../runtime/schema/json.js";
import { KnownAnswers } from "./known-answers.js";
import { isSignature, RateLimits } from "./rate-limits.js";
import { GitHubUnavailable } from "./unavailable.js";

export interface GitHubApiOptions {
  /** For example `https://api.github.com`, or `https://github.example.com/api/v3`. */
  readonly url: string;
  readonly clock: Clock;
  /** All authorities that are trusted, in PEM. Default: the usual ones. */
  readonly ca?: readonly string[];
  /** URL of a proxy. Default: that of the environment. */
  readonly proxy?: string;
  /** Milliseconds until an answer has to be complete. Default 60,000. */
  readonly timeout?: number;
}

export interface GitHubAnswer {
  readonly status: number;
  /** Undefined if it is no JSON. */
  readonly content: unknown;
  /** GitHub's own words for what is wrong, without line breaks; empty without any. */
  readonly message: string;
}

/** An answer as GitHub sent it. */
export interface RawAnswer {
  readonly status: number;
  readonly body: Buffer;
  /** Path and query of the next page, below the API's URL. Absent: there is none. */
  readonly next?: string;
}

type Method = "GET" | "POST" | "PATCH" | "DELETE";

/** Bytes of an answer. */
const maxAnswer = 2 * 1024 * 1024;

/** Characters of GitHub's words. */
const maxMessage = 500;

export class GitHubApi {
  readonly #base: URL;
  readonly #dispatcher: Dispatcher;
  readonly #timeout: number;
  readonly #limits: RateLimits;
  readonly #known = new KnownAnswers();

  constructor({ url, clock, ca, proxy, timeout = 60_000 }: GitHubApiOptions) {
    this.#base = new URL(url);
    this.#limits = new RateLimits(clock);
    this.#timeout = timeout;
    this.#dispatcher = connectionPool(url, proxyFor(url, proxy), {
      connections: 4,
      ...(ca !== undefined && { tls: { ca } }),
    });
  }

  /**
   * One request. What reads is sent a second time if the connection fails, and GitHub may confirm what it answered before.
   *
   * @param key a token, or an App's signature
   * @param path below the API's URL, with its query
   * @throws GitHubUnavailable without an answer, after an answer of more than 2 MiB, or if the rate limit of the key is used up, then
   * without a request until GitHub takes them again; the message has neither key nor body
   */
  async request(method: Method, path: string, key: string, body?: JsonObject): Promise<GitHubAnswer> {
    const answer = await this.#again(method, () => this.#exchange(method, path, key, body, maxAnswer));
    const content = parsed(answer.body);
    return { status: answer.status, content, message: messageOf(content) };
  }

  /**
   * Reads without parsing; a second time if the connection fails.
   *
   * @param maxBytes of the answer
   * @throws GitHubUnavailable as {@link request}
   */
  async read(path: string, key: string, maxBytes: number): Promise<RawAnswer> {
    return await this.#again("GET", () => this.#exchange("GET", path, key, undefined, maxBytes));
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy();
  }

  async #again(method: Method, exchange: () => Promise<RawAnswer>): Promise<RawAnswer> {
    try {
      return await exchange();
    } catch (error) {
      if (method !== "GET" || error instanceof GitHubUnavailable) throw this.#unavailable(error);
    }
    return await exchange().catch((error: unknown) => {
      throw this.#unavailable(error);
    });
  }

  async #exchange(
    method: Method,
    path: string,
    key: string,
    body: JsonObject | undefined,
    maxBytes: number,
  ): Promise<RawAnswer> {
    const wait = this.#limits.wait(key);
    if (wait > 0) throw this.#limited(wait);
    // what a signature asked for is never asked for again with it
    const isKept = method === "GET" && !isSignature(key);
    const known = isKept ? this.#known.get(key, path) : undefined;
    const signal = AbortSignal.timeout(this.#timeout);
    const {
      statusCode,
      headers,
      body: content,
    } = await send.call(this.#dispatcher, {
      ...{ method, origin: this.#base.origin, path: this.#base.pathname.replace(/\/$/, "") + path, signal },
      headers: {
        authorization: `Bearer ${key}`,
        accept: "application/vnd.github+json",
        "x-github-api-version": "2022-11-28",
        "user-agent": "agent-orchestrator",
        ...(body && { "content-type": "application/json" }),
        ...(known && { "if-none-match": known.etag }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of content as AsyncIterable<Uint8Array>) {
      size += part.length;
      if (size > maxBytes) throw new Error(`its answer exceeds ${maxBytes} bytes`);
      parts.push(part);
    }
    const received = Buffer.concat(parts);
    const message = statusCode === 403 || statusCode === 429 ? messageOf(parsed(received)) : "";
    const limited = this.#limits.learn(key, { status: statusCode, headers, message });
    if (limited !== undefined) throw this.#limited(limited, message);
    const next = this.#nextOf(headers.link);
    const more = next === undefined ? {} : { next };
    if (statusCode === 304 && known !== undefined) return { status: 200, body: known.body, ...more };
    if (statusCode === 200 && isKept) this.#known.keep(key, path, headers.etag, received);
    return { status: statusCode, body: received, ...more };
  }

  #limited(retryAfter: number, message = ""): GitHubUnavailable {
    const seconds = Math.ceil(retryAfter / 1_000);
    const words = message === "" ? "" : `: ${message}`;
    const text = `the GitHub API of ${this.#base.host} takes no more requests with this key for ${seconds} seconds${words}`;
    return new GitHubUnavailable(text, { retryAfter });
  }

  #unavailable(error: unknown): GitHubUnavailable {
    if (error instanceof GitHubUnavailable) return error;
    const text = `the GitHub API of ${this.#base.host} cannot be reached: ${errorText(error)}`;
    return new GitHubUnavailable(text, { cause: error });
  }

  /** Of the header `Link`, as GitHub sends it; what leads elsewhere is no page of this API. */
  #nextOf(link: string | string[] | undefined): string | undefined {
    const [, text = ""] = /<([^<>]{1,2048})>; rel="next"/.exec(String(link ?? "")) ?? [];
    const base = this.#base.pathname.replace(/\/$/, "");
    if (!URL.canParse(text)) return undefined;
    const { origin, pathname, search } = new URL(text);
    return origin === this.#base.origin && pathname.startsWith(`${base}/`)
      ? pathname.slice(base.length) + search
      : undefined;
  }
}

function parsed(bytes: Buffer): unknown {
  try {
    return parseBoundedJson(bytes, 100);
  } catch {
    return undefined;
  }
}

/** The message, and those of the errors behind it. */
function messageOf(content: unknown): string {
  if (!isObject(content)) return "";
  const errors: readonly unknown[] = Array.isArray(content.errors) ? content.errors : [];
  return [content.message, ...errors.slice(0, 10).map((each) => (isObject(each) ? each.message : undefined))]
    .filter((each): each is string => typeof each === "string" && each !== "")
    .join("; ")
    .replaceAll(/[^\x20-\x7e\xa0-\uffff]+/g, " ")
    .slice(0, maxMessage);
}
