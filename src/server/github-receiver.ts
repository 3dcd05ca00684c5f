/** `POST /webhook/github`: turns a signed webhook of GitHub into one Delivery, and does nothing else. */
import type { IncomingMessage } from "node:http";
import type Koa from "koa";
import type { Registry } from "prom-client";
import { Deliveries, deliveryName, type Delivery } from "../api/delivery.js";
import { githubEvent, PayloadError } from "../deliveries/github-event.js";
import { isSigned, signatureDigest } from "../deliveries/webhook-signature.js";
import type { Client } from "../runtime/client/client.js";
import { AlreadyExists, Unauthorized } from "../runtime/client/errors.js";
import type { Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import { MetricSet } from "../runtime/metrics/metric-set.js";
import { BodyBudget, readBody, type Body } from "../runtime/webhook/body.js";
import { Problem } from "./problem.js";

export const githubReceiverPath = "/webhook/github";

/** Bytes of a payload: GitHub sends none that is larger. */
const maxBody = 25 * 1024 * 1024;

/** Bytes of all payloads in memory: one of the largest, and many of the usual ones. */
const bodyBytes = 32 * 1024 * 1024;

/** Milliseconds in which a payload has to arrive: GitHub gives up after ten seconds. */
const bodyTimeout = 10_000;

/** Milliseconds for the API server to store a Delivery. */
const createTimeout = 5_000;

/** Webhooks that are being received. */
const maxInFlight = 100;

export interface GithubReceiverOptions {
  /** Namespace of the Deliveries. */
  readonly namespace: string;
  /** The secrets that may have signed a webhook. */
  readonly secrets: () => Promise<readonly Buffer[]>;
  /** A client that may create Deliveries. @param refresh its token was refused: read it again */
  readonly client: (refresh: boolean) => Promise<Pick<Client, "create">>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** What became of a webhook; `refused` has a status of 400 or more. */
type Outcome = "accepted" | "repeated" | "ignored" | "ping" | "refused";

class ReceiverMetrics extends MetricSet {
  readonly webhooksTotal = this.counter(
    "orchestrator_webhooks_total",
    "Total number of webhooks that were received, by what became of them",
    "outcome",
  );
}

/** Comes before the routes of the API. */
export function receiveGithub(options: GithubReceiverOptions): Koa.Middleware {
  const receiver = new GithubReceiver(options);
  return async (context, next) => {
    if (context.path !== githubReceiverPath) {
      await next();
      return;
    }
    context.state.route = githubReceiverPath;
    await receiver.handle(context);
  };
}

interface Head {
  readonly event: string;
  readonly id: string;
  readonly digest: Buffer;
}

class GithubReceiver {
  readonly #options: GithubReceiverOptions;
  readonly #budget = new BodyBudget(bodyBytes);
  readonly #metrics: ReceiverMetrics;
  #inFlight = 0;

  constructor(options: GithubReceiverOptions) {
    this.#options = options;
    this.#metrics = new ReceiverMetrics(options.registry);
  }

  async handle(context: Koa.Context): Promise<void> {
    let outcome: Outcome = "refused";
    this.#inFlight++;
    try {
      context.set("cache-control", "no-store");
      if (this.#inFlight > maxInFlight) throw busy();
      outcome = await this.#receive(context, headOf(context));
      context.status = outcome === "ping" ? 200 : 202;
      context.body = { outcome };
    } finally {
      this.#inFlight--;
      this.#metrics.webhooksTotal.inc({ outcome });
    }
  }

  async #receive(context: Koa.Context, { event, id, digest }: Head): Promise<Outcome> {
    const body = await this.#read(context);
    try {
      const secrets = await this.#options.secrets();
      if (secrets.length === 0)
        throw new Problem(503, "the webhook has no usable secret; the server's log has the details");
      if (!isSigned(body.content, digest, secrets))
        throw new Problem(401, "X-Hub-Signature-256 does not match: use the same secret in GitHub and in the cluster");
      if (event === "ping") return "ping";
      const spec = githubEvent(event, id, body.content);
      return spec === undefined ? "ignored" : await this.#store(spec);
    } catch (error) {
      if (error instanceof PayloadError) throw new Problem(400, `the payload ${error.message}`);
      throw error;
    } finally {
      this.#budget.give(body.bytes);
    }
  }

  /** The raw bytes: the signature is over these. */
  async #read(context: Koa.Context): Promise<Body> {
    const { req: request, res: response } = context;
    const late = new Promise<"late">((resolve) => {
      const timer = this.#options.clock.after(bodyTimeout, () => resolve("late"));
      request.once("close", () => timer.cancel()).once("end", () => timer.cancel());
    });
    const reading = readBody(request, maxBody, this.#budget);
    const body = await Promise.race([reading, late]);
    if (typeof body === "object") return body;
    if (body === "late") {
      endAfter(response, request);
      // what has arrived goes back to the budget when the connection ends
      void reading.then((read) => typeof read === "object" && this.#budget.give(read.bytes));
      context.set("connection", "close");
      throw new Problem(408, `the payload did not arrive within ${bodyTimeout / 1000} seconds`);
    }
    if (body === "too large") throw new Problem(413, "a payload may have 25 MiB at most");
    if (body === "no budget") throw busy();
    throw new Problem(400, "the payload is incomplete");
  }

  async #store(spec: Delivery["spec"]): Promise<Outcome> {
    const { namespace, client } = this.#options;
    const delivery: Delivery = {
      apiVersion: "orchestrator.io/v1",
      kind: "Delivery",
      metadata: { name: deliveryName(spec), namespace },
      spec,
    };
    const create = async (refresh: boolean): Promise<void> => {
      await (await client(refresh)).create(Deliveries, delivery, { timeout: createTimeout });
    };
    try {
      await create(false).catch(async (error: unknown) => {
        if (!(error instanceof Unauthorized)) throw error;
        await create(true);
      });
      return "accepted";
    } catch (error) {
      if (error instanceof AlreadyExists) return "repeated";
      this.#options.logger.error({ err: error, event: spec.event, id: spec.id }, "a webhook could not be stored");
      // nothing about the cluster for whoever asks
      throw new Problem(503, "the event could not be stored; deliver it again", { retryAfter: 10 });
    }
  }
}

/** What can be checked before the payload is read. */
function headOf(context: Koa.Context): Head {
  if (context.method !== "POST") {
    context.set("allow", "POST");
    throw new Problem(405, "the method must be POST");
  }
  if (!["", "identity"].includes(context.get("content-encoding").toLowerCase()))
    throw new Problem(415, "the payload must not be compressed");
  if (!/^application\/json(\s*;|$)/i.test(context.get("content-type")))
    throw new Problem(415, "the content type of the webhook must be application/json");
  const digest = signatureDigest(context.get("x-hub-signature-256"));
  if (digest === undefined)
    throw new Problem(401, "X-Hub-Signature-256 is missing or malformed: set a secret for the webhook in GitHub");
  const event = context.get("x-github-event");
  if (!/^[a-z0-9_]{1,63}$/.test(event)) throw new Problem(400, "X-GitHub-Event is missing or malformed");
  const id = context.get("x-github-delivery");
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?$/.test(id))
    throw new Problem(400, "X-GitHub-Delivery is missing or malformed");
  return { event, id, digest };
}

function busy(): Problem {
  return new Problem(503, "too many webhooks are being received; deliver it again", { retryAfter: 5 });
}

/** Ends a request whose sender still sends, once it has its answer. */
function endAfter(response: Koa.Context["res"], request: IncomingMessage): void {
  response.once("close", () => request.destroy()).once("finish", () => request.destroy());
}
