import { createServer, type Server } from "node:http";
import Koa from "koa";
import type { Registry } from "prom-client";
import type { Clock } from "../clock.js";
import { errorText } from "../error-text.js";
import type { Profiles } from "./profiles.js";

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
    const koa = new Koa();
    koa.use(async (context) => {
      if (context.method !== "GET" && context.method !== "HEAD") {
        context.status = 405;
        return;
      }
      switch (context.path) {
        case "/healthz": {
          answer(context, options.healthChecks);
          return;
        }
        case "/readyz": {
          answer(context, options.readyChecks);
          return;
        }
        case "/health": {
          const failing = failures(options.healthChecks);
          context.status = failing.length === 0 ? 200 : 503;
          context.body = {
            status: failing.length === 0 ? "healthy" : "unhealthy",
            version: options.version,
            timestamp: new Date(options.clock.now()).toISOString(),
            ...(failing.length > 0 && { failing }),
          };
          return;
        }
        case "/metrics":
          if (options.registry === undefined) {
            context.status = 404;
            return;
          }
          context.type = options.registry.contentType;
          context.body = await options.registry.metrics();
          return;
        default:
          if ((await options.profiles?.handle(context, this.#closed.signal)) === true) return;
          context.status = 404;
      }
    });
    const handle = koa.callback();
    this.#server = createServer((request, response) => void handle(request, response));
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

function answer(context: Koa.Context, checks: ReadonlyMap<string, Check>): void {
  const failing = failures(checks);
  context.status = failing.length === 0 ? 200 : 503;
  context.body = failing.length === 0 ? "ok\n" : `${failing.map((line) => `[-] ${line}`).join("\n")}\n`;
}
