/** What the container that delivers asks of the gateway beside git's protocol: a search for secrets, the pull request, and a verdict. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { AppRefused } from "../../github/github-app.js";
import { openPullRequest, PullRequestError } from "../../github/pull-requests.js";
import { review } from "../../github/reviews.js";
import { errorText } from "../../runtime/error-text.js";
import { parseBoundedJson } from "../../runtime/input/bounded-json.js";
import type { Logger } from "../../runtime/logger.js";
import { isObject, type JsonObject } from "../../runtime/schema/json.js";
import { CredentialsError } from "./credentials.js";
import type { GitRepository, GitServer } from "./git-server.js";
import { redacted, SecretSearch } from "./secret-search.js";
import { capabilityHeader } from "./write-capability.js";

export interface DeliveryCallsOptions {
  readonly servers: Iterable<GitServer>;
  readonly mayWrite: (shown: string | string[] | undefined) => boolean;
  /** Secrets beside those of git: the keys of models. */
  readonly otherSecrets: () => Promise<readonly string[]>;
  readonly logger: Logger;
}

/** Bytes of a diff that is searched. */
const maxDiff = 512 * 1024 * 1024;

/** Bytes of a request for a pull request. */
const maxRequest = 256 * 1024;

/** `kind` tells the script its exit code. */
type Problem = "credentials" | "app" | "pull-request" | "request" | "unavailable";

class Failed extends Error {
  constructor(
    readonly kind: Problem,
    message: string,
  ) {
    super(message);
  }
}

const statuses: Readonly<Record<Problem, number>> = {
  credentials: 403,
  app: 403,
  "pull-request": 422,
  request: 400,
  unavailable: 502,
};

export type DeliveryCall = "scan" | "pull-request" | "verdict";

/** Verdicts that pass; any other is a request for changes. */
const passing: ReadonlySet<string> = new Set(["approved", "passed", "pass"]);

export class DeliveryCalls {
  readonly #options: DeliveryCallsOptions;

  constructor(options: DeliveryCallsOptions) {
    this.#options = options;
  }

  /** Answers `scan`, `pull-request` or `verdict` with JSON. Never rejects. */
  async answer(call: DeliveryCall, request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on("error", () => undefined);
    try {
      if (!this.#options.mayWrite(request.headers[capabilityHeader]))
        throw new Failed("request", "only the container that delivers may ask this");
      if (request.method !== "POST") throw new Failed("request", "ask with POST");
      const answers = {
        scan: () => this.#scan(request),
        "pull-request": () => this.#pullRequest(request),
        verdict: () => this.#verdict(request),
      };
      send(response, 200, await answers[call]());
    } catch (error) {
      const { kind, message } = failureOf(error);
      this.#options.logger.warn({ call, kind }, message);
      send(response, statuses[kind], { kind, message });
    }
  }

  async #scan(request: IncomingMessage): Promise<object> {
    const search = new SecretSearch(await this.#secrets());
    let size = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxDiff) throw new Failed("request", `the diff exceeds ${maxDiff} bytes`);
      search.push(chunk);
    }
    return { findings: search.end() };
  }

  async #secrets(): Promise<readonly string[]> {
    const lists = await Promise.all([
      this.#options.otherSecrets(),
      ...[...this.#options.servers]
        .flatMap(({ repositories }) => [...repositories])
        .map(({ credentials }) => credentials?.secrets() ?? []),
    ]);
    return lists.flat();
  }

  async #pullRequest(request: IncomingMessage): Promise<object> {
    const { url, base, title, body, labels } = pullRequestCall(await readRequest(request));
    const { server, repository } = this.#writable(url);
    const { api, host } = server;
    if (api === undefined)
      throw new Failed(
        "pull-request",
        `no pull request is opened at ${host}: add it to git.hosts of the configuration`,
      );
    const token = await repository.credentials?.apiToken();
    if (token === undefined)
      return { url: "", isNew: false, warning: "no token for the API, so no pull request is opened" };
    const secrets = await this.#secrets();
    return {
      ...(await openPullRequest(api, token, {
        ...{ ...slugOf(repository), head: repository.branch ?? "", base, labels },
        ...{ title: redacted(title, secrets), body: redacted(body, secrets) },
      })),
    };
  }

  /** The operator has decided what the agent may do: the request says only what it found. */
  async #verdict(request: IncomingMessage): Promise<object> {
    const { url, verdict, body, id, revisions = [] } = await readRequest(request);
    if (![url, verdict, body, id].every((each) => typeof each === "string"))
      throw new Failed("request", "url, verdict, body and id have to be text");
    if (!Array.isArray(revisions) || !revisions.every((each) => typeof each === "string"))
      throw new Failed("request", "revisions has to be a list of texts");
    const { server, repository } = this.#writable(url as string);
    const { verdict: acts, credentials, branch = "" } = repository;
    const token = acts && server.api ? await credentials?.apiToken() : undefined;
    if (acts === undefined || server.api === undefined || token === undefined) return { done: [], url: "" };
    const { pullRequest, ...rest } = acts;
    return {
      ...(await review(server.api, token, {
        ...{ ...slugOf(repository), head: branch, acts: rest },
        ...(pullRequest !== undefined && { number: pullRequest }),
        passed: passing.has((verdict as string).toLowerCase()),
        body: redacted((body as string).slice(0, maxReview), await this.#secrets()),
        id: (id as string).slice(0, 500),
        revisions,
      })),
    };
  }

  #writable(url: string): { readonly server: GitServer; readonly repository: GitRepository } {
    const { host, pathname } = URL.canParse(url) ? new URL(url) : { host: "", pathname: "" };
    for (const server of this.#options.servers) {
      const repository = server.host === host ? server.repository(pathname) : undefined;
      if (repository?.access === "write") return { server, repository };
    }
    throw new Failed("request", "the run may not write to this repository");
  }
}

/** Characters of a review; GitHub takes 65,536. */
const maxReview = 20_000;

function slugOf({ url }: GitRepository): { readonly owner: string; readonly repository: string } {
  const [, owner = "", repository = ""] = /([^/]+)\/([^/]+?)(?:\.git)?\/*$/.exec(new URL(url).pathname) ?? [];
  return { owner, repository };
}

interface PullRequestCall {
  readonly url: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
}

async function readRequest(request: IncomingMessage): Promise<JsonObject> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxRequest) throw new Failed("request", `the request exceeds ${maxRequest} bytes`);
    parts.push(part);
  }
  const content = parsed(Buffer.concat(parts));
  return isObject(content) ? content : {};
}

function pullRequestCall({ url, base, title, body, labels = [] }: JsonObject): PullRequestCall {
  if (![url, base, title, body].every((each) => typeof each === "string"))
    throw new Failed("request", "url, base, title and body have to be text");
  if (!Array.isArray(labels) || !labels.every((each) => typeof each === "string"))
    throw new Failed("request", "labels have to be a list of text");
  return { url, base, title, body, labels } as unknown as PullRequestCall;
}

function parsed(bytes: Buffer): unknown {
  try {
    return parseBoundedJson(bytes, 10);
  } catch (error) {
    throw new Failed("request", `the request is not valid JSON: ${errorText(error)}`);
  }
}

function failureOf(error: unknown): { readonly kind: Problem; readonly message: string } {
  if (error instanceof Failed) return error;
  const message = errorText(error);
  if (error instanceof CredentialsError) return { kind: "credentials", message };
  if (error instanceof AppRefused) return { kind: "app", message };
  if (error instanceof PullRequestError) return { kind: "pull-request", message };
  return { kind: "unavailable", message };
}

function send(response: ServerResponse, status: number, content: object): void {
  const text = JSON.stringify(content);
  response.writeHead(status, {
    ...{ "content-type": "application/json", "content-length": Buffer.byteLength(text) },
    // the rest of a body that was refused is not read
    ...(status >= 400 && { connection: "close" }),
  });
  response.end(text);
}
