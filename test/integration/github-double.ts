/** GitHub's API over TLS: one App, repositories of one owner with who may write, comments, checks and the list of its webhooks. */
import { createServer, type Server } from "node:https";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generateKeyPairSync } from "node:crypto";
import type { Test } from "tap";
import { createAuthority, issueLeaf } from "#src/runtime/certs/authority.js";
import { listen } from "../listen.js";

/** What goes wrong with a request: `lost` is done, and not answered. */
export type Fault = "lost" | { readonly status: number; readonly headers?: Readonly<Record<string, string>> };

interface Comment {
  readonly id: number;
  readonly issue: number;
  body: string;
}

interface CheckRun {
  readonly id: number;
  readonly revision: string;
  readonly content: Record<string, unknown>;
}

interface SentWebhook {
  readonly id: number;
  readonly guid: string;
  readonly event: string;
  readonly action: string;
  readonly status_code: number;
  readonly delivered_at: string;
}

interface Answer {
  readonly status: number;
  readonly content: unknown;
  /** Path and query of the next page. */
  readonly next?: string;
}

const appId = "17";

export class GitHubDouble {
  /** `METHOD path` of each request, without its query. */
  readonly asked: string[] = [];
  /** Bodies of what was written, the newest last. */
  readonly written: string[] = [];
  /** Logins that may push. */
  readonly writers = new Set<string>();
  readonly comments: Comment[] = [];
  readonly checks: CheckRun[] = [];
  /** Open pull requests, as the API shows them. */
  readonly pulls: { readonly number: number; readonly [member: string]: unknown }[] = [];
  /** Webhooks it has sent, the newest last. */
  readonly sent: SentWebhook[] = [];
  readonly payloads = new Map<number, unknown>();
  fault: (request: string) => Fault | undefined = () => undefined;
  host = "";
  /** In PEM, of the authority that signed its certificate. */
  authority = "";
  #ids = 900;

  /** Listens until the end of the test. */
  static async start(t: Test): Promise<GitHubDouble> {
    const made = new GitHubDouble();
    const authority = await createAuthority("test", Date.now(), 3_600_000);
    const { certificate, key } = await issueLeaf(authority, ["127.0.0.1"], Date.now(), 3_600_000);
    made.authority = authority.certificate;
    made.host = `127.0.0.1:${await listen(t, made.#server(certificate, key))}`;
    return made;
  }

  get apiUrl(): string {
    return `https://${this.host}/api`;
  }

  /** Records a webhook that was sent. @param at milliseconds since the epoch */
  record(guid: string, event: string, action: string, status: number, at: number, payload?: unknown): void {
    const id = ++this.#ids;
    this.sent.push({ id, guid, event, action, status_code: status, delivered_at: new Date(at).toISOString() });
    if (payload !== undefined) this.payloads.set(id, payload);
  }

  #server(cert: string, key: string): Server {
    return createServer({ cert, key }, (request, response) => {
      const url = new URL(request.url ?? "/", "https://github.invalid");
      const line = `${request.method ?? ""} ${url.pathname.replace(/^\/api/, "")}`;
      this.asked.push(line);
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        const body = Buffer.concat(parts).toString();
        const fault = this.fault(line);
        if (typeof fault === "object") {
          response.writeHead(fault.status, { "content-type": "application/json", ...fault.headers }).end("{}");
          return;
        }
        if (body !== "") this.written.push(body);
        const content = body === "" ? {} : (JSON.parse(body) as Record<string, unknown>);
        const answer = this.#answer(line, url.searchParams, content);
        if (fault === "lost") {
          request.socket.destroy();
          return;
        }
        const link = answer.next === undefined ? {} : { link: `<${this.apiUrl}${answer.next}>; rel="next"` };
        response
          .writeHead(answer.status, { "content-type": "application/json", ...link })
          .end(JSON.stringify(answer.content));
      });
    });
  }

  #answer(line: string, query: URLSearchParams, body: Record<string, unknown>): Answer {
    const ok = (content: unknown, status = 200): Answer => ({ status, content });
    const place = (pattern: RegExp): string | undefined => pattern.exec(line)?.[1];
    const expires = new Date(Date.now() + 3_600_000).toISOString();
    if (/^GET \/repos\/acme\/[^/]+\/installation$/.test(line)) return ok({ id: 7 });
    if (line === "POST /app/installations/7/access_tokens") return ok({ token: "ghs_x", expires_at: expires }, 201);
    if (line === "GET /app/hook/deliveries") return this.#list(Number(query.get("cursor") ?? Infinity));
    const payload = place(/^GET \/app\/hook\/deliveries\/(\d+)$/);
    if (payload !== undefined) return ok({ request: { payload: this.payloads.get(Number(payload)) } });
    const login = place(/^GET \/repos\/[^/]+\/[^/]+\/collaborators\/([^/]+)\/permission$/);
    if (login !== undefined) return this.writers.has(login) ? ok({ permission: "write" }) : notFound;
    const pull = place(/^GET \/repos\/[^/]+\/[^/]+\/pulls\/(\d+)$/);
    const found = this.pulls.find(({ number }) => number === Number(pull));
    if (found !== undefined) return ok(found);
    if (/^GET \/repos\/[^/]+\/[^/]+\/pulls$/.test(line))
      return ok(this.pulls.map((each) => ({ ...each, mergeable: undefined })));
    return this.#comment(line, body) ?? this.#check(line, query, body) ?? notFound;
  }

  /** A page of the webhooks that it has sent, the newest first. @param before id of the first one on the page before */
  #list(before: number): Answer {
    const content = this.sent
      .filter(({ id }) => id < before)
      .slice(-100)
      .reverse();
    const last = content.at(-1)?.id ?? 0;
    const hasMore = this.sent.some(({ id }) => id < last);
    return { status: 200, content, ...(hasMore && { next: `/app/hook/deliveries?per_page=100&cursor=${last}` }) };
  }

  #comment(line: string, body: Record<string, unknown>): Answer | undefined {
    const app = { id: Number(appId) };
    const [, method, issue] = /^(GET|POST) \/repos\/[^/]+\/[^/]+\/issues\/(\d+)\/comments$/.exec(line) ?? [];
    if (method === "GET") {
      const own = this.comments.filter((each) => each.issue === Number(issue));
      return { status: 200, content: own.map((each) => ({ ...each, performed_via_github_app: app })) };
    }
    if (method === "POST") {
      const made = { id: ++this.#ids, issue: Number(issue), body: String(body.body) };
      this.comments.push(made);
      return { status: 201, content: made };
    }
    const [, edited] = /^PATCH \/repos\/[^/]+\/[^/]+\/issues\/comments\/(\d+)$/.exec(line) ?? [];
    const found = this.comments.find(({ id }) => id === Number(edited));
    if (found === undefined) return undefined;
    found.body = String(body.body);
    return { status: 200, content: found };
  }

  #check(line: string, query: URLSearchParams, body: Record<string, unknown>): Answer | undefined {
    const app = { id: Number(appId) };
    const [, revision] = /^GET \/repos\/[^/]+\/[^/]+\/commits\/(\w+)\/check-runs$/.exec(line) ?? [];
    if (revision !== undefined) {
      const name = query.get("check_name");
      const own = this.checks.filter((each) => each.revision === revision && each.content.name === name);
      return { status: 200, content: { check_runs: own.map(({ id, content }) => ({ id, app, ...content })) } };
    }
    if (/^POST \/repos\/[^/]+\/[^/]+\/check-runs$/.test(line)) {
      const { head_sha: head, ...content } = body;
      const made = { id: ++this.#ids, revision: String(head), content };
      this.checks.push(made);
      return { status: 201, content: made };
    }
    const [, edited] = /^PATCH \/repos\/[^/]+\/[^/]+\/check-runs\/(\d+)$/.exec(line) ?? [];
    const found = this.checks.find(({ id }) => id === Number(edited));
    if (found === undefined) return undefined;
    Object.assign(found.content, body);
    return { status: 200, content: found };
  }
}

const notFound: Answer = { status: 404, content: { message: "Not Found" } };

/** Writes the id and a new key of the App as the files of its Secret. */
export async function writeAppKey(directory: string): Promise<void> {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  await writeFile(join(directory, "app-id"), `${appId}\n`);
  await writeFile(join(directory, "private-key"), privateKey);
}
