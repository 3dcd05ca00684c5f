/** As much of GitHub as a run meets: repositories over HTTP by git's own server program, and the part of the API it uses. */
import type { Test } from "tap";
import { Pod } from "./pod.js";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createPublicKey, randomBytes, verify } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { KeyPair } from "#src/runtime/certs/authority.js";

export const httpBackend = join(execFileSync("git", ["--exec-path"], { encoding: "utf8" }).trim(), "git-http-backend");
export const hasHttpBackend = existsSync(httpBackend);

export interface PullRequest {
  readonly number: number;
  readonly repository: string;
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
  readonly html_url: string;
  readonly labels: string[];
  /** Absent: open. */
  state?: "open" | "closed";
  /** Whether its branch is in another repository. */
  readonly isFork?: boolean;
}

export interface PullRequestReview {
  readonly number: number;
  readonly event: string;
  readonly body: string;
  readonly commit_id?: string;
}

/** The newest commit of a pull request whose branch is not on the server. */
const unknownCommit = "b".repeat(40);

interface App {
  readonly id: string;
  readonly publicKey: string;
}

/** What GitHub holds an installation's token to. */
interface InstallationToken {
  readonly repositories?: readonly string[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly expires: number;
}

interface GitHubServerOptions {
  /** Where it listens; default loopback. */
  readonly address?: string;
  /** For https. */
  readonly certificate?: KeyPair;
}

export class GitHubServer {
  readonly pulls: PullRequest[] = [];
  readonly reviews: PullRequestReview[] = [];
  /** `METHOD path` of each call of the API. */
  readonly calls: string[] = [];
  /** Logins that may push, as the API tells. */
  readonly writers = new Set<string>();
  /** Personal tokens that git and the API accept, for everything. */
  readonly tokens = new Set<string>();
  /** Installation tokens that were given out. */
  readonly issued: string[] = [];
  readonly #installationTokens = new Map<string, InstallationToken>();
  /** What the server takes for now, in milliseconds. */
  now = (): number => Date.now();
  /** Bodies of the requests for installation tokens. */
  readonly tokenRequests: unknown[] = [];
  /** Signatures of Apps that were shown to it. */
  readonly signatures = new Set<string>();
  app: App | undefined;
  /** `owner/name` of repositories that everybody may read and write. */
  readonly open = new Set<string>();
  /** What the API answers to a new pull request instead of making it. */
  refusal: { status: number; message: string } | undefined;
  /** Answers to git wait for it. */
  held: Promise<void> | undefined;
  /** What the API answers an App in place of all else. */
  busy: { status: number; message: string } | undefined;
  readonly #server: Server;
  readonly #address: string;
  readonly #scheme: "http" | "https";

  private constructor(
    private readonly repositories: string,
    { address = "127.0.0.1", certificate }: GitHubServerOptions,
  ) {
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#serve(request, response).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
    };
    this.#address = address;
    this.#server =
      certificate === undefined
        ? createServer(listener)
        : createTlsServer({ cert: certificate.certificate, key: certificate.key }, listener);
    this.#scheme = certificate === undefined ? "http" : "https";
  }

  static async start(repositories: string, options: GitHubServerOptions = {}): Promise<GitHubServer> {
    const server = new GitHubServer(repositories, options);
    await new Promise<void>((resolve) => server.#server.listen(0, server.#address, resolve));
    return server;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    return `${this.#scheme}://${this.#address}:${address.port}`;
  }

  get apiUrl(): string {
    return `${this.url}/api`;
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.url);
    if (url.pathname.startsWith("/api/")) {
      await this.#answer(request, url, response);
      return;
    }
    const [, password = ""] = Buffer.from((request.headers.authorization ?? "").replace(/^Basic /, ""), "base64")
      .toString()
      .split(":");
    await this.held;
    const isWrite = `${url.pathname}${url.search}`.includes("git-receive-pack");
    const status = this.#verdict(password, url.pathname, "contents", isWrite ? "write" : "read");
    if (status !== 200) {
      const headers = status === 401 ? { "www-authenticate": 'Basic realm="GitHub"' } : {};
      response.writeHead(status, headers).end();
      return;
    }
    await this.#git(request, url, response);
  }

  /** 200 if a token is good for that: an installation's only for its repositories, permissions and one hour. */
  #verdict(token: string, path: string, permission: string, access: "read" | "write"): 200 | 401 | 403 | 404 {
    const [, slug = ""] = /^\/(?:repos\/)?([^/]+\/[^/]+?)(?:\.git)?\//.exec(path) ?? [];
    if (this.tokens.has(token) || this.open.has(slug)) return 200;
    const issued = this.#installationTokens.get(token);
    if (issued === undefined || issued.expires < this.now()) return 401;
    const [, name = ""] = slug.split("/");
    if (issued.repositories?.includes(name.toLowerCase()) === false) return 404;
    const given = issued.permissions?.[permission];
    return issued.permissions === undefined || given === "write" || given === access ? 200 : 403;
  }

  /** git-http-backend is a CGI program (RFC 3875). */
  async #git(request: IncomingMessage, url: URL, response: ServerResponse): Promise<void> {
    const backend = spawn(httpBackend, {
      env: {
        PATH: process.env.PATH,
        GIT_PROJECT_ROOT: this.repositories,
        GIT_HTTP_EXPORT_ALL: "1",
        REMOTE_USER: "x-access-token",
        REQUEST_METHOD: request.method,
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        CONTENT_TYPE: request.headers["content-type"] ?? "",
        ...(request.headers["content-encoding"] !== undefined && {
          HTTP_CONTENT_ENCODING: request.headers["content-encoding"],
        }),
        ...(request.headers["git-protocol"] !== undefined && { GIT_PROTOCOL: String(request.headers["git-protocol"]) }),
      },
      stdio: ["pipe", "pipe", "ignore"],
    });
    request.pipe(backend.stdin);
    backend.stdin.on("error", () => undefined);
    const pieces: Buffer[] = [];
    for await (const piece of backend.stdout) pieces.push(piece as Buffer);
    const output = Buffer.concat(pieces);
    const end = output.indexOf("\r\n\r\n");
    const headers = output.subarray(0, end).toString().split("\r\n");
    const pairs = headers.map((line) => line.split(": ") as [string, string]);
    const status = pairs.find(([name]) => name === "Status")?.[1];
    response.writeHead(status === undefined ? 200 : Number.parseInt(status, 10), Object.fromEntries(pairs));
    response.end(output.subarray(end + 4));
  }

  async #answer(request: IncomingMessage, url: URL, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces).toString();
    // with a version it is that of GitHub Enterprise
    const path = url.pathname.replace(/^\/api(\/v3)?/, "");
    this.calls.push(`${request.method ?? ""} ${path}`);
    const key = (request.headers.authorization ?? "").replace(/^Bearer /, "");
    const { status, content } = this.#route(request.method ?? "", path, url.searchParams, key, body);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(content));
  }

  #route(method: string, path: string, query: URLSearchParams, key: string, body: string): Answer {
    if (/^\/repos\/[^/]+\/[^/]+\/installation$/.test(path) || path.startsWith("/app/")) {
      if (this.busy !== undefined) return { status: this.busy.status, content: { message: this.busy.message } };
      const wrong = this.#wrongJwt(key);
      if (wrong !== undefined) return { status: 401, content: { message: wrong } };
      if (method === "GET") return { status: 200, content: { id: 4711 } };
      const wanted = (body === "" ? {} : JSON.parse(body)) as Omit<InstallationToken, "expires">;
      this.tokenRequests.push(body === "" ? undefined : wanted);
      const token = `ghs_${randomBytes(18).toString("hex")}`;
      const expires = this.now() + 3_600_000;
      this.#installationTokens.set(token, { ...wanted, expires });
      this.issued.push(token);
      return { status: 201, content: { token, expires_at: new Date(expires).toISOString() } };
    }
    const verdict = this.#verdict(key, path, "pull_requests", method === "GET" ? "read" : "write");
    if (verdict !== 200)
      return { status: verdict, content: { message: verdict === 401 ? "Bad credentials" : "Forbidden" } };
    const [, repository = "", rest = ""] = /^\/repos\/([^/]+\/[^/]+)\/(.*)$/.exec(path) ?? [];
    if (method === "GET" && rest === "pulls") {
      const [, head] = (query.get("head") ?? "").split(/:(.*)/s);
      const base = query.get("base") ?? undefined;
      const open = this.pulls.filter(
        (pull) =>
          pull.repository === repository &&
          pull.state !== "closed" &&
          (head === undefined || pull.head === head) &&
          (base === undefined || pull.base === base),
      );
      return { status: 200, content: open.map((pull) => this.#shown(pull)) };
    }
    if (method === "POST" && rest === "pulls") {
      if (this.refusal !== undefined)
        return { status: this.refusal.status, content: { message: this.refusal.message } };
      const { head, base, title, body: text } = JSON.parse(body) as Record<string, string>;
      const number = this.pulls.length + 1;
      const html_url = `${this.url}/${repository}/pull/${number}`;
      const pull = { number, repository, head: head ?? "", base: base ?? "", title: title ?? "", body: text ?? "" };
      this.pulls.push({ ...pull, html_url, labels: [] });
      return { status: 201, content: { number, html_url } };
    }
    const [, login] = /^collaborators\/([^/]+)\/permission$/.exec(rest) ?? [];
    if (method === "GET" && login !== undefined)
      return { status: 200, content: { permission: this.writers.has(login) ? "write" : "none" } };
    const [, number, isReviews] = /^pulls\/(\d+)(\/reviews)?$/.exec(rest) ?? [];
    const named = this.pulls.find((pull) => pull.number === Number(number) && pull.repository === repository);
    if (isReviews === undefined && method === "GET" && named !== undefined)
      return { status: 200, content: { ...this.#shown(named), mergeable: this.#isMergeable(named) } };
    if (isReviews !== undefined && method === "GET")
      return { status: 200, content: this.reviews.filter((each) => each.number === Number(number)) };
    if (isReviews !== undefined && method === "POST" && named !== undefined) {
      if (this.refusal !== undefined)
        return { status: this.refusal.status, content: { message: this.refusal.message } };
      this.reviews.push({ number: named.number, ...(JSON.parse(body) as Omit<PullRequestReview, "number">) });
      return { status: 200, content: {} };
    }
    const [, issue, label] = /^issues\/(\d+)\/labels(?:\/([^/]+))?$/.exec(rest) ?? [];
    const pull = this.pulls.find(({ number }) => number === Number(issue));
    if (method === "DELETE" && pull !== undefined && label !== undefined) {
      const place = pull.labels.indexOf(decodeURIComponent(label));
      if (place < 0) return { status: 404, content: { message: "Label does not exist" } };
      pull.labels.splice(place, 1);
      return { status: 200, content: [] };
    }
    if (method === "POST" && pull !== undefined && label === undefined) {
      pull.labels.push(...(JSON.parse(body) as { labels: string[] }).labels);
      return { status: 200, content: [] };
    }
    return { status: 404, content: { message: "Not Found" } };
  }

  /** As GitHub's API shows it. */
  #shown({ head, base, labels, isFork = false, ...pull }: PullRequest): object {
    return {
      ...{ state: "open", ...pull, labels: labels.map((name) => ({ name })) },
      head: { ref: head, sha: this.#newestCommit(pull.repository, head), repo: { id: isFork ? 2 : 1 } },
      base: { ref: base, repo: { id: 1 } },
    };
  }

  /** GitHub tells it of a pull request that is asked for by its number, and not in lists. */
  #isMergeable({ repository, head, base }: PullRequest): boolean {
    const directory = join(this.repositories, `${repository}.git`);
    return spawnSync("git", ["-C", directory, "merge-tree", "--write-tree", base, head]).status === 0;
  }

  #newestCommit(repository: string, branch: string): string {
    const directory = join(this.repositories, `${repository}.git`);
    const { stdout } = spawnSync("git", ["-C", directory, "rev-parse", "--verify", `refs/heads/${branch}`], {
      encoding: "utf8",
    });
    return stdout.trim() || unknownCommit;
  }

  /** Opens a pull request of acme/auth. */
  openPull(head: string, { isFork = false } = {}): void {
    const number = this.pulls.length + 1;
    this.pulls.push({
      ...{ number, repository: "acme/auth", head, base: "main", title: "feat: x", body: "", labels: [] },
      ...{ html_url: `${this.url}/acme/auth/pull/${number}`, isFork },
    });
  }

  /** What GitHub finds wrong with the App's signature, if anything. */
  #wrongJwt(jwt: string): string | undefined {
    if (jwt !== "") this.signatures.add(jwt);
    if (this.app === undefined) return "no such App";
    const [header = "", payload = "", signature = ""] = jwt.split(".");
    const key = createPublicKey(this.app.publicKey);
    if (!verify("RSA-SHA256", Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url")))
      return "A JSON web token could not be decoded";
    const { alg } = JSON.parse(Buffer.from(header, "base64url").toString()) as { alg: unknown };
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<"iat" | "exp", number> & {
      iss: unknown;
    };
    const now = this.now() / 1000;
    if (alg !== "RS256" || claims.iss !== this.app.id) return "'Issuer' claim ('iss') must be the App's id";
    if (claims.iat > now || claims.exp < now || claims.exp - claims.iat > 600 + 60) return "'Expiration time' is wrong";
    return undefined;
  }
}

interface Answer {
  readonly status: number;
  readonly content: unknown;
}

/** A pod, with a server that has its repositories; both go with the test. */
export async function podWithGitHub(t: Test): Promise<{ readonly pod: Pod; readonly github: GitHubServer }> {
  const pod = new Pod();
  const github = await GitHubServer.start(pod.repositories.directory);
  t.teardown(async () => {
    await github.stop();
    pod.remove();
  });
  return { pod, github };
}
