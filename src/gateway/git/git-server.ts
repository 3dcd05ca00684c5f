/** One server of repositories: its connections, and the run's repositories on it. */
import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import send from "undici/lib/api/api-request.js";
import { connectionPool } from "../../runtime/client/connections.js";
import { proxyFor } from "../../runtime/client/proxy.js";
import type { GitHubApi } from "../../github/github-api.js";
import type { ReviewActs } from "../../github/reviews.js";
import type { GitAccess, GitCredentials } from "./credentials.js";

/** A repository that the run may use with credentials. */
export interface GitRepository {
  /** As the run names it, without user and query. */
  readonly url: string;
  readonly access: GitAccess;
  /** The only branch that may be pushed. */
  readonly branch?: string;
  readonly credentials?: GitCredentials;
  /** What the run's verdict about its pull request leads to. Absent: nothing. */
  readonly verdict?: ReviewActs & { readonly pullRequest?: number };
}

export interface GitServerOptions {
  /** `https://host`, with a port if it is not the usual one. */
  readonly origin: string;
  readonly repositories: readonly GitRepository[];
  /** Absent: pull requests are not known there. */
  readonly api?: GitHubApi;
  /** All authorities that are trusted, in PEM. Default: the usual ones. */
  readonly ca?: readonly string[];
  readonly proxy?: string;
}

export interface GitRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Readable | undefined;
  readonly signal: AbortSignal;
}

export interface GitResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Uint8Array> & { dump(): Promise<unknown> };
}

/** Milliseconds until an answer begins: a server counts objects, or runs its hooks, before it. */
const headersTimeout = 15 * 60_000;

/** Milliseconds between two parts of it. */
const bodyTimeout = 5 * 60_000;

export class GitServer {
  readonly origin: string;
  /** With its port, as it stands in paths of the gateway. */
  readonly host: string;
  readonly api: GitHubApi | undefined;
  readonly #repositories: ReadonlyMap<string, GitRepository>;
  readonly #dispatcher: Dispatcher;

  constructor({ origin, repositories, api, ca, proxy }: GitServerOptions) {
    const url = new URL(origin);
    this.origin = url.origin;
    this.host = url.host;
    this.api = api;
    this.#repositories = new Map(repositories.map((each) => [pathKey(new URL(each.url).pathname), each]));
    this.#dispatcher = connectionPool(origin, proxyFor(origin, proxy), {
      connections: null,
      ...(ca !== undefined && { tls: { ca } }),
    });
  }

  get repositories(): Iterable<GitRepository> {
    return this.#repositories.values();
  }

  /** The run's repository at a path such as `/owner/name.git`. */
  repository(path: string): GitRepository | undefined {
    return this.#repositories.get(pathKey(path));
  }

  async request({ method, path, headers, body, signal }: GitRequest): Promise<GitResponse> {
    const {
      statusCode,
      headers: answered,
      body: content,
    } = await send.call(this.#dispatcher, {
      ...{ method, origin: this.origin, path, headers, signal, headersTimeout, bodyTimeout },
      ...(body && { body }),
    });
    return { status: statusCode, headers: answered, body: content as GitResponse["body"] };
  }

  async close(): Promise<void> {
    await Promise.all([this.#dispatcher.destroy(), this.api?.close()]);
  }
}

/** The same for `/owner/name`, `/owner/name.git` and `/owner/name/`. */
function pathKey(path: string): string {
  return path.replace(/\/+$/, "").replace(/\.git$/, "");
}
