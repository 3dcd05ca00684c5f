import type { IncomingMessage } from "node:http";
import { createServer, type Server } from "node:https";
import Koa from "koa";
import type { KeyPair } from "../certs/authority.js";
import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import type { RuntimeMetrics } from "../metrics/metrics.js";
import { BadReviewError, readReview, type AdmissionHandler, type AdmissionResponse } from "./review.js";

export interface WebhookServerOptions {
  /** Default 0.0.0.0. */
  readonly host?: string;
  /** Default 9443; 0: any free one. */
  readonly port?: number;
  /** Path to handler, for instance `/validate/taskrun`. */
  readonly handlers: ReadonlyMap<string, AdmissionHandler>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: RuntimeMetrics;
  /**
   * Bytes of one body. Default 7 MiB: an UPDATE carries the old and the new object, each of up to about 3 MiB
   * (the API server's own limit on a request), and what wraps them. More is answered 413.
   */
  readonly maxBodyBytes?: number;
  /** Bytes of all bodies being read or handled; beyond it 429. Default 64 MiB. */
  readonly maxBytesInFlight?: number;
  /** Milliseconds that a handler may take: below the configuration's timeoutSeconds. Default 4,500. */
  readonly handlerTimeout?: number;
}

/**
 * How long an idle connection is kept. It must be longer than the 90 s after which the API server drops its own: else a
 * request can meet a connection that this side is just closing, and fails.
 */
const keepAliveTimeout = 125_000;

/** Admission over TLS. It listens once it has a certificate; a new one is taken over without dropping a connection. */
export class WebhookServer {
  readonly name = "webhooks";
  readonly #options: WebhookServerOptions;
  readonly #server: Server;
  #bytesInFlight = 0;
  #requests = 0;
  #draining = false;
  #listening = false;
  #hasCertificate!: () => void;
  readonly #certificate: Promise<void>;
  #isListening!: () => void;
  readonly #listened: Promise<void>;

  constructor(options: WebhookServerOptions) {
    this.#options = options;
    this.#certificate = new Promise((resolve) => (this.#hasCertificate = resolve));
    this.#listened = new Promise((resolve) => (this.#isListening = resolve));
    const koa = new Koa();
    koa.use((context) => this.#handle(context));
    const handle = koa.callback();
    this.#server = createServer({ minVersion: "TLSv1.2", keepAlive: true }, (request, response) => {
      void handle(request, response);
    });
    this.#server.keepAliveTimeout = keepAliveTimeout;
    // must exceed keepAliveTimeout, or Node cuts a reused connection while it waits for its next headers
    this.#server.headersTimeout = keepAliveTimeout + 5_000;
    this.#server.requestTimeout = 30_000;
  }

  /** The port in use, once it is listening. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : (this.#options.port ?? 9443);
  }

  /** Why it can't be called; undefined where it can. */
  readonly check = (): string | undefined => {
    if (this.#draining) return "draining";
    return this.#listening ? undefined : "not listening";
  };

  /** Serves this certificate to new connections; those that are open go on. */
  readonly useCertificate = ({ certificate, key }: KeyPair): void => {
    this.#server.setSecureContext({ cert: certificate, key });
    this.#hasCertificate();
  };

  async ready(signal: AbortSignal): Promise<void> {
    await Promise.race([
      this.#listened,
      new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true })),
    ]);
  }

  /** Listens until the signal fires, then lets running requests end. */
  async start(signal: AbortSignal): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await Promise.race([this.#certificate, stopped]);
    if (signal.aborted) return;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#options.port ?? 9443, this.#options.host ?? "0.0.0.0", () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    this.#listening = true;
    this.#isListening();
    this.#options.logger.info({ port: this.port }, "webhooks are served");
    await stopped;
    // from here on each answer says `Connection: close`, so that the API server moves on by itself
    this.#draining = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    await closed;
    this.#listening = false;
  }

  async #handle(context: Koa.Context): Promise<void> {
    const { metrics } = this.#options;
    if (this.#draining) context.set("connection", "close");
    const handler = this.#options.handlers.get(context.path);
    if (handler === undefined) {
      context.status = 404;
      context.body = `no webhook at this path; there are: ${[...this.#options.handlers.keys()].join(", ")}\n`;
      return;
    }
    if (context.method !== "POST") {
      context.status = 405;
      context.set("allow", "POST");
      return;
    }
    const started = this.#options.clock.monotonic();
    const webhook = context.path;
    metrics?.webhookRequestsInFlight.inc({ webhook });
    this.#requests++;
    try {
      await this.#review(context, handler);
    } finally {
      this.#requests--;
      metrics?.webhookRequestsInFlight.dec({ webhook });
      metrics?.webhookRequestsTotal.inc({ webhook, code: String(context.status) });
      metrics?.webhookLatencySeconds.observe({ webhook }, (this.#options.clock.monotonic() - started) / 1000);
    }
  }

  async #review(context: Koa.Context, handler: AdmissionHandler): Promise<void> {
    const maxBody = this.#options.maxBodyBytes ?? 7 * 1024 * 1024;
    const declared = Number(context.get("content-length"));
    if (declared > maxBody) {
      refuse(context, 413, `the body is larger than ${maxBody} bytes`);
      return;
    }
    const budget = this.#options.maxBytesInFlight ?? 64 * 1024 * 1024;
    // a body of unknown length is counted as the largest that it may become
    const reserved = Number.isFinite(declared) && declared > 0 ? declared : maxBody;
    if (this.#bytesInFlight + reserved > budget && this.#requests > 1) {
      context.set("retry-after", "1");
      refuse(context, 429, "too many bytes in flight");
      return;
    }
    this.#bytesInFlight += reserved;
    try {
      const body = await readBody(context.req, maxBody);
      if (body === undefined) {
        refuse(context, 413, `the body is larger than ${maxBody} bytes`);
        return;
      }
      let request;
      try {
        request = readReview(JSON.parse(body));
      } catch (error) {
        const known = error instanceof BadReviewError || error instanceof SyntaxError;
        refuse(context, 400, known ? error.message : "the body can't be read");
        return;
      }
      const response: AdmissionResponse = { uid: request.uid, ...(await this.#decide(handler, request)) };
      context.type = "json";
      context.body = JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response });
    } finally {
      this.#bytesInFlight -= reserved;
    }
  }

  /** The handler's answer. One that throws or hangs denies its own request and nothing else. */
  async #decide(
    handler: AdmissionHandler,
    request: Parameters<AdmissionHandler>[0],
  ): Promise<Omit<AdmissionResponse, "uid">> {
    const { clock, logger, metrics, handlerTimeout = 4_500 } = this.#options;
    let expire: { cancel(): void } | undefined;
    try {
      return await Promise.race([
        handler(request),
        new Promise<never>((_, reject) => {
          expire = clock.after(handlerTimeout, () => reject(new Error(`no decision within ${handlerTimeout} ms`)));
        }),
      ]);
    } catch (error) {
      metrics?.webhookPanicsTotal.inc();
      logger.error({ err: error, uid: request.uid, name: request.name }, "an admission handler failed");
      return {
        allowed: false,
        status: {
          status: "Failure",
          code: 500,
          reason: "InternalError",
          message: `the admission handler failed: ${error instanceof Error ? error.message : String(error)}`,
        },
      };
    } finally {
      expire?.cancel();
    }
  }
}

function refuse(context: Koa.Context, status: number, message: string): void {
  context.status = status;
  context.body = `${message}\n`;
  // what is left of the body won't be read, so the connection can't be used again
  if (status === 413 || status === 429) context.set("connection", "close");
}

/** The whole body as text; undefined where it is longer than allowed. */
async function readBody(request: IncomingMessage, limit: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first.toString("utf8") : Buffer.concat(chunks).toString("utf8");
}
