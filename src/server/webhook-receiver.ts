/** Turns authentic webhooks of one source into Deliveries, and does nothing else. */
import type { IncomingMessage } from "node:http";
import type Koa from "koa";
import type { Registry } from "prom-client";
import { Deliveries, deliveryName, type Delivery } from "../api/delivery.js";
import { PayloadError } from "../deliveries/github-event.js";
import type { Client } from "../runtime/client/client.js";
import { AlreadyExists, Unauthorized } from "../runtime/client/errors.js";
import type { Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import { MetricSet } from "../runtime/metrics/metric-set.js";
import { BodyBudget, readBody, type Body } from "../runtime/webhook/body.js";
import { Problem } from "./problem.js";

/** Milliseconds in which a payload has to arrive: GitHub gives up after ten seconds. */
const bodyTimeout = 10_000;

/** Milliseconds for the API server to store a Delivery. */
const createTimeout = 5_000;

/** Webhooks that are being received. */
const maxInFlight = 100;

export interface ReceiverOptions {
  /** Namespace of the Deliveries. */
  readonly namespace: string;
  /** The secrets that may authenticate a webhook. */
  readonly secrets: () => Promise<readonly Buffer[]>;
  /** A client that may create Deliveries. @param refresh its token was refused: read it again */
  readonly client: (refresh: boolean) => Promise<Pick<Client, "create">>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ReceiverMetrics;
}

/** Who sends webhooks, and how they are to be read. */
export interface WebhookSource<Head> {
  readonly path: string;
  /** Bytes of a payload, and of all payloads in memory. */
  readonly maxBody: number;
  readonly bodyBytes: number;
  /** What can be checked before the payload is read. @throws Problem */
  head(context: Koa.Context): Head;
  /** @throws Problem unless one of the secrets authenticates it */
  authenticate(head: Head, body: Buffer, secrets: readonly Buffer[]): void;
  /** What is stored; none for an event without an outcome in any rule. @throws PayloadError */
  specs(head: Head, body: Buffer): readonly Delivery["spec"][] | "ping";
}

/** What became of a webhook; `refused` has a status of 400 or more. */
const outcomes = ["accepted", "repeated", "ignored", "ping", "refused"] as const;
type Outcome = (typeof outcomes)[number];

export class ReceiverMetrics extends MetricSet {
  readonly webhooksTotal = this.counter(
    "orchestrator_webhooks_total",
    "Total number of webhooks that were received, by what became of them",
    "outcome",
  );

  constructor(registry: Registry) {
    super(registry);
    // a counter that begins at 1 has no increase that an alert could see
    for (const outcome of outcomes) this.webhooksTotal.inc({ outcome }, 0);
  }
}

/** Comes before the routes of the API. */
export function receiveWebhooks<Head>(source: WebhookSource<Head>, options: ReceiverOptions): Koa.Middleware {
  const receiver = new WebhookReceiver(source, options);
  return async (context, next) => {
    if (context.path !== source.path) {
      await next();
      return;
    }
    context.state.route = source.path;
    await receiver.handle(context);
  };
}

class WebhookReceiver<Head> {
  readonly #source: WebhookSource<Head>;
  readonly #options: ReceiverOptions;
  readonly #budget: BodyBudget;
  #inFlight = 0;

  constructor(source: WebhookSource<Head>, options: ReceiverOptions) {
    this.#source = source;
    this.#options = options;
    this.#budget = new BodyBudget(source.bodyBytes);
  }

  async handle(context: Koa.Context): Promise<void> {
    let outcome: Outcome = "refused";
    this.#inFlight++;
    try {
      context.set("cache-control", "no-store");
      if (this.#inFlight > maxInFlight) throw busy();
      checkRequest(context);
      outcome = await this.#receive(context, this.#source.head(context));
      context.status = outcome === "ping" ? 200 : 202;
      context.body = { outcome };
    } finally {
      this.#inFlight--;
      this.#options.metrics.webhooksTotal.inc({ outcome });
    }
  }

  async #receive(context: Koa.Context, head: Head): Promise<Outcome> {
    const body = await this.#read(context);
    try {
      const secrets = await this.#options.secrets();
      if (secrets.length === 0)
        throw new Problem(503, "the webhook has no usable secret; the server's log has the details");
      this.#source.authenticate(head, body.content, secrets);
      const specs = this.#source.specs(head, body.content);
      if (specs === "ping") return "ping";
      const outcomes = new Set<Outcome>();
      // all, or the sender repeats it: then those that are stored already are repetitions
      for (const spec of specs) outcomes.add(await this.#store(spec));
      return outcomes.has("accepted") ? "accepted" : outcomes.has("repeated") ? "repeated" : "ignored";
    } catch (error) {
      if (error instanceof PayloadError) throw new Problem(400, `the payload ${error.message}`);
      throw error;
    } finally {
      this.#budget.give(body.bytes);
    }
  }

  /** The raw bytes: a signature is over these. */
  async #read(context: Koa.Context): Promise<Body> {
    const { req: request, res: response } = context;
    const { maxBody } = this.#source;
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
    if (body === "too large") throw new Problem(413, `a payload may have ${maxBody / 1024 / 1024} MiB at most`);
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

function checkRequest(context: Koa.Context): void {
  if (context.method !== "POST") {
    context.set("allow", "POST");
    throw new Problem(405, "the method must be POST");
  }
  if (!["", "identity"].includes(context.get("content-encoding").toLowerCase()))
    throw new Problem(415, "the payload must not be compressed");
  if (!/^application\/json(\s*;|$)/i.test(context.get("content-type")))
    throw new Problem(415, "the content type of the webhook must be application/json");
}

function busy(): Problem {
  return new Problem(503, "too many webhooks are being received; deliver it again", { retryAfter: 5 });
}

/** Ends a request whose sender still sends, once it has its answer. */
function endAfter(response: Koa.Context["res"], request: IncomingMessage): void {
  response.once("close", () => request.destroy()).once("finish", () => request.destroy());
}
