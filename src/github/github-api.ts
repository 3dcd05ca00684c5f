/** One GitHub REST API: https://docs.github.com/rest. */
import type { Dispatcher } from "undici";
import send from "undici/lib/api/api-request.js";
import { connectionPool } from "../runtime/client/connections.js";
import { proxyFor } from "../runtime/client/proxy.js";
import { errorText } from "../runtime/error-text.js";
import { parseBoundedJson } from "../runtime/input/bounded-json.js";
import { isObject, type JsonObject } from "../runtime/schema/json.js";

export interface GitHubApiOptions {
  /** For example `https://api.github.com`, or `https://github.example.com/api/v3`. */
  readonly url: string;
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

type Method = "GET" | "POST" | "PATCH";

/** No answer, or one that says nothing. */
export class GitHubUnavailable extends Error {}

/** Bytes of an answer. */
const maxAnswer = 2 * 1024 * 1024;

/** Characters of GitHub's words. */
const maxMessage = 500;

export class GitHubApi {
  readonly #base: URL;
  readonly #dispatcher: Dispatcher;
  readonly #timeout: number;

  constructor({ url, ca, proxy, timeout = 60_000 }: GitHubApiOptions) {
    this.#base = new URL(url);
    this.#timeout = timeout;
    this.#dispatcher = connectionPool(url, proxyFor(url, proxy), {
      connections: 4,
      ...(ca !== undefined && { tls: { ca } }),
    });
  }

  /**
   * One request. What reads is sent a second time if the connection fails.
   *
   * @param key a token, or an App's signature
   * @param path below the API's URL, with its query
   * @throws GitHubUnavailable without an answer, or after an answer of more than 2 MiB; the message has neither key nor body
   */
  async request(method: Method, path: string, key: string, body?: JsonObject): Promise<GitHubAnswer> {
    try {
      return await this.#send(method, path, key, body);
    } catch (error) {
      if (method !== "GET") throw unavailable(this.#base, error);
    }
    try {
      return await this.#send(method, path, key, body);
    } catch (error) {
      throw unavailable(this.#base, error);
    }
  }

  /**
   * Reads without parsing; a second time if the connection fails.
   *
   * @param maxBytes of the answer
   * @throws GitHubUnavailable as {@link request}
   */
  async read(path: string, key: string, maxBytes: number): Promise<RawAnswer> {
    try {
      return await this.#exchange("GET", path, key, undefined, maxBytes);
    } catch {
      // once more
    }
    try {
      return await this.#exchange("GET", path, key, undefined, maxBytes);
    } catch (error) {
      throw unavailable(this.#base, error);
    }
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy();
  }

  async #send(method: Method, path: string, key: string, body?: JsonObject): Promise<GitHubAnswer> {
    const answer = await this.#exchange(method, path, key, body, maxAnswer);
    const value = parsed(answer.body);
    return { status: answer.status, content: value, message: messageOf(value) };
  }

  async #exchange(
    method: Method,
    path: string,
    key: string,
    body: JsonObject | undefined,
    maxBytes: number,
  ): Promise<RawAnswer> {
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
    const next = this.#nextOf(headers.link);
    return { status: statusCode, body: Buffer.concat(parts), ...(next !== undefined && { next }) };
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

function unavailable({ host }: URL, error: unknown): GitHubUnavailable {
  return new GitHubUnavailable(`the GitHub API of ${host} cannot be reached: ${errorText(error)}`, { cause: error });
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
