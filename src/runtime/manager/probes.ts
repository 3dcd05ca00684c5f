import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Registry } from "prom-client";
import type { Clock } from "../clock.js";
import { errorText } from "../error-text.js";
import type { Logger } from "../logger.js";
import type { Profiles } from "./profiles.js";
import { send, target, textReply, type Reply } from "./reply.js";

/** Returns what is wrong, or undefined if nothing is. Called for each probe: it must return at once. */
export type Check = () => string | undefined;

export interface ProbesOptions {
  /** Absent: all addresses. */
  readonly host?: string | undefined;
  /** 0: any free port. */
  readonly port: number;
  /** Absent: `/metrics` returns 404, since another server has it. */
  readonly registry?: Registry;
  readonly healthChecks: ReadonlyMap<string, Check>;
  readonly readyChecks: ReadonlyMap<string, Check>;
  /** Shown by /health. */
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Absent: `/debug/pprof/` paths return 404. */
  readonly profiles?: Profiles;
}

/**
 * Plain HTTP for the kubelet and Prometheus: `/healthz` (also `/health`, as JSON), `/readyz`, `/metrics` and, if enabled,
 * profiles. A failing probe returns 503 and names each check that fails.
 */
export class ProbeServer {
  readonly #server: Server;
  readonly #options: ProbesOptions;
  readonly #closed = new AbortController();

  constructor(options: ProbesOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => void this.#handle(request, response));
  }

  /** The port in use, once the server listens. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : this.#options.port;
  }

  /** Resolves when the server listens. @throws Error if the port is taken. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#options.port, this.#options.host, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const reply = await this.#reply(request, response).catch((error: unknown) => {
      this.#options.logger.error({ err: error }, "cannot answer a request for probes or metrics");
      return textReply(500, "internal error");
    });
    if (!response.destroyed) send(request, response, reply);
  }

  async #reply(request: IncomingMessage, response: ServerResponse): Promise<Reply> {
    const { healthChecks, readyChecks, registry, profiles, version, clock } = this.#options;
    if (request.method !== "GET" && request.method !== "HEAD") return textReply(405, "only GET is possible");
    switch (target(request).path) {
      case "/healthz":
        return probe(healthChecks);
      case "/readyz":
        return probe(readyChecks);
      case "/health":
        return health(healthChecks, version, clock);
      case "/metrics":
        if (registry !== undefined) return { status: 200, type: registry.contentType, body: await registry.metrics() };
    }
    return (await profiles?.handle(request, response, this.#closed.signal)) ?? textReply(404, "nothing is here");
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

function failures(checks: ReadonlyMap<string, Check>): string[] {
  const failing: string[] = [];
  for (const [name, check] of checks) {
    let problem: string | undefined;
    try {
      problem = check();
    } catch (error) {
      problem = errorText(error);
    }
    if (problem !== undefined) failing.push(`${name}: ${problem}`);
  }
  return failing;
}

function probe(checks: ReadonlyMap<string, Check>): Reply {
  const failing = failures(checks);
  if (failing.length === 0) return textReply(200, "ok");
  return textReply(503, failing.map((line) => `[-] ${line}`).join("\n"));
}

function health(checks: ReadonlyMap<string, Check>, version: string, clock: Clock): Reply {
  const failing = failures(checks);
  const isHealthy = failing.length === 0;
  const body = {
    status: isHealthy ? "healthy" : "unhealthy",
    version,
    timestamp: new Date(clock.now()).toISOString(),
    ...(!isHealthy && { failing }),
  };
  return { status: isHealthy ? 200 : 503, type: "application/json; charset=utf-8", body: JSON.stringify(body) };
}
