/**
 * git's HTTP protocol through the gateway (git-scm.com/docs, "HTTP transfer protocols"): `/git/<host>/<owner>/<name>.git/info/refs` and the two calls. The
 * credentials are added here, so no container of the pod has them. Whoever asks may read; writing needs the capability, and may only
 * update the run's branch.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { AppRefused } from "../../github/github-app.js";
import { LinkedAbort } from "../../runtime/abort.js";
import type { Clock } from "../../runtime/clock.js";
import { errorText } from "../../runtime/error-text.js";
import type { Logger } from "../../runtime/logger.js";
import { answeredHeaders, sentHeaders } from "../headers.js";
import { CredentialsError, type GitAccess } from "./credentials.js";
import type { GitRepository, GitServer } from "./git-server.js";
import { PushError, readPushCommands } from "./push-command.js";
import { capabilityHeader } from "./write-capability.js";

export interface GitProxyOptions {
  /** By host, with the port if it is not the usual one. */
  readonly servers: ReadonlyMap<string, GitServer>;
  /** Whether a request's header allows it to write. */
  readonly mayWrite: (shown: string | string[] | undefined) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One call of the protocol. */
interface Call {
  readonly server: GitServer;
  /** Undefined: a repository that is not the run's, read without credentials. */
  readonly repository: GitRepository | undefined;
  /** `/owner/name.git` */
  readonly path: string;
  readonly what: "info/refs" | "git-upload-pack" | "git-receive-pack";
  readonly access: GitAccess;
}

/** What git shows its user; the text is plain, or git would not show it. */
class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export class GitProxy {
  readonly #options: GitProxyOptions;
  readonly #stop = new AbortController();
  #underWay = 0;

  constructor(options: GitProxyOptions) {
    this.#options = options;
  }

  /** Requests whose answers are not complete. */
  get underWay(): number {
    return this.#underWay;
  }

  abort(): void {
    this.#stop.abort(new Error("the gateway stops"));
  }

  /** Answers one request. Never rejects. @param target path and query after `/git` */
  async pass(target: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { clock, logger } = this.#options;
    const end = new LinkedAbort(this.#stop.signal);
    response.once("close", () => end.abort(new Error("git closed its connection")));
    response.on("error", () => undefined); // git is gone, which `close` says too
    const began = clock.monotonic();
    this.#underWay += 1;
    let call: Call | undefined;
    try {
      call = this.#call(target, request);
      await this.#forward(call, request, response, end.signal);
    } catch (error) {
      if (error instanceof PushError && error.isMultiplexed) refuseInBand(request, response, pushRefusal(error, call));
      else refuse(response, error, call);
    } finally {
      this.#underWay -= 1;
      end.unlink();
      const milliseconds = Math.round(clock.monotonic() - began);
      const repository = call === undefined ? undefined : `${call.server.host}${call.path}`;
      logger.info({ repository, call: call?.what, status: response.statusCode, milliseconds }, "git request");
    }
  }

  /** @throws Refused for a request that is not a call of the protocol, or that is for an unknown server, or not allowed */
  #call(target: string, { method, headers }: IncomingMessage): Call {
    const { servers, mayWrite } = this.#options;
    const [, host = "", path = "", what = "", query = ""] =
      /^\/([^/?]{1,300})((?:\/[A-Za-z0-9._~%+@-]{1,200}){1,10})\/(info\/refs|git-upload-pack|git-receive-pack)(?:\?([^?#]{0,200}))?$/.exec(
        target,
      ) ?? [];
    if (what === "" || /%|\/\.\.?(\/|$)/.test(path))
      throw new Refused(404, "the gateway passes on git's protocol alone: /git/<host>/<owner>/<name>");
    const server = servers.get(host.toLowerCase());
    if (server === undefined)
      throw new Refused(404, `no repository of this run is at ${host}: use the URL without the gateway`);
    const service = what === "info/refs" ? new URLSearchParams(query).get("service") : what;
    if (service !== "git-upload-pack" && service !== "git-receive-pack")
      throw new Refused(403, "the gateway does not serve git's old protocol without a service");
    if (method !== (what === "info/refs" ? "GET" : "POST"))
      throw new Refused(405, `${what} does not take ${String(method)}`);
    const repository = server.repository(path);
    const access = service === "git-upload-pack" ? "read" : "write";
    if (access === "write") {
      if (!mayWrite(headers[capabilityHeader]))
        throw new Refused(403, "this agent cannot push; its commits are pushed after it has ended");
      if (repository?.access !== "write" || repository.branch === undefined)
        throw new Refused(403, `this run may not write to ${host}${path}`);
    }
    return { server, repository, path, what: what as Call["what"], access };
  }

  async #forward(call: Call, request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const { server, repository, path, what, access } = call;
    const isPush = what === "git-receive-pack";
    const body = request.method === "GET" ? undefined : isPush ? await checkedPush(request, repository) : request;
    const login = await repository?.credentials?.login(access);
    const { [capabilityHeader]: _capability, ...headers } = sentHeaders(request.headers);
    const query = what === "info/refs" ? `?service=git-${access === "read" ? "upload" : "receive"}-pack` : "";
    const answer = await server.request({
      method: body === undefined ? "GET" : "POST",
      path: `${path}/${what}${query}`,
      headers: {
        ...headers,
        ...(login && {
          authorization: `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`,
        }),
      },
      ...{ body, signal },
    });
    if (answer.status >= 300 && answer.status < 500) {
      await answer.body.dump();
      throw this.#refusal(call, answer.status);
    }
    response.writeHead(answer.status, answeredHeaders(answer.headers));
    await pipeline(Readable.from(answer.body, { objectMode: false }), response);
  }

  /** In words that say what to do: git shows them to its user, and the script finds its exit code in them. */
  #refusal({ server, repository, path, access }: Call, status: number): Refused {
    const url = `${server.origin}${path}`;
    if (status < 400) return new Refused(502, `${url} has moved: correct the URL in the run`);
    if (repository?.credentials === undefined)
      return status === 404 || status === 401 || status === 403
        ? new Refused(
            404,
            `${url} does not exist, or may not be read without credentials, which this run has none of for it`,
          )
        : new Refused(502, `${server.host} answers with status ${status}`);
    repository.credentials.refused();
    switch (status) {
      case 401:
        return new Refused(
          403,
          `Authentication failed: ${server.host} does not accept the run's credentials for ${url}`,
        );
      case 403:
        return new Refused(403, `Permission denied: the run's credentials may not ${access} ${url}`);
      case 404:
        return new Refused(404, `${url} does not exist, or the run's credentials may not read it`);
      default:
        return new Refused(502, `${server.host} answers with status ${status}`);
    }
  }
}

/** The push, once its beginning is known to be the update of the run's branch, or nothing at all. */
async function checkedPush(request: IncomingMessage, repository: GitRepository | undefined): Promise<Readable> {
  if (request.headers["content-encoding"] !== undefined) throw new Refused(415, "a push must not be compressed");
  const parts = request[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let beginning = Buffer.alloc(0);
  for (;;) {
    const commands = readPushCommands(beginning);
    if (commands.state === "probe") break;
    if (commands.state === "update") {
      const branch = `refs/heads/${repository?.branch ?? ""}`;
      if (commands.isDeletion || commands.reference !== branch)
        throw new PushError(
          `it ${commands.isDeletion ? "deletes" : "updates"} ${commands.reference}`,
          commands.isMultiplexed,
        );
      break;
    }
    const next = await parts.next();
    if (next.done === true) throw new PushError("it ends early");
    beginning = Buffer.concat([beginning, next.value]);
  }
  return Readable.from(
    (async function* (): AsyncGenerator<Buffer> {
      yield beginning;
      for (let next = await parts.next(); next.done !== true; next = await parts.next()) yield next.value;
    })(),
    { objectMode: false },
  );
}

function pushRefusal({ message }: PushError, call: Call | undefined): string {
  return `the push is refused: ${message}; only ${call?.repository?.branch ?? "the run's branch"} may be updated`;
}

/** git shows an error of a push only in its own protocol: band 3 of the answer. The rest of the push is read and dropped. */
function refuseInBand(request: IncomingMessage, response: ServerResponse, message: string): void {
  const line = `\x03${message}\n`;
  request.resume();
  response.writeHead(200, { "content-type": "application/x-git-receive-pack-result", "cache-control": "no-cache" });
  response.end(`${(Buffer.byteLength(line) + 4).toString(16).padStart(4, "0")}${line}0000`);
}

function refuse(response: ServerResponse, error: unknown, call: Call | undefined): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, message } = refusalOf(error, call);
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", connection: "close" });
  response.end(`${message}\n`);
}

function refusalOf(error: unknown, call: Call | undefined): Refused {
  if (error instanceof Refused) return error;
  if (error instanceof PushError) return new Refused(403, pushRefusal(error, call));
  if (error instanceof AppRefused) return new Refused(403, `App refused: ${errorText(error)}`);
  if (error instanceof CredentialsError) return new Refused(403, `Authentication failed: ${errorText(error)}`);
  const host = call?.server.host ?? "the server";
  return new Refused(502, `${host} cannot be reached: ${errorText(error)}`);
}
