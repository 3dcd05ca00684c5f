/** Passes requests of the agent's program on to providers, with their keys, and counts what they use. */
import { setMaxListeners } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { LinkedAbort, onAbort } from "../runtime/abort.js";
import { sleep, type Clock } from "../runtime/clock.js";
import { errorText } from "../runtime/error-text.js";
import type { Logger } from "../runtime/logger.js";
import type { JsonObject } from "../runtime/schema/json.js";
import { BodyRoom } from "./body-room.js";
import type { ErrorReason, ModelCall } from "./formats/format.js";
import { answeredHeaders, sentHeaders, withoutKey } from "./headers.js";
import { Charge, type Ledger } from "./ledger.js";
import { isLimited, retryDelay } from "./provider-limit.js";
import { announcedSize, BodyError, outputLimit, readContent, RequestBody } from "./request-body.js";
import { usageTap, type UsageTap } from "./usage-tap.js";
import type { ReportedEnds } from "./usage-report.js";
import type { Upstream, UpstreamResponse } from "./upstream.js";

export interface ModelProxyOptions {
  /** By the first part of the path. */
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly ledger: Ledger;
  /** Milliseconds that a request waits for a provider's limits to reset. */
  readonly maxProviderWait: number;
  /** Milliseconds in which the rest of an answer is read after the agent has closed its connection. */
  readonly readOn: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called whenever the totals or the ends below have changed. */
  readonly onChange: () => void;
}

/** A request on its way. */
interface Passage {
  readonly name: string;
  readonly upstream: Upstream;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Below the upstream's base URL, with its query. */
  readonly path: string;
  readonly began: number;
  /** Fires when the answer is of no more use: the gateway stops, or the agent has been gone for long. */
  readonly signal: AbortSignal;
  readonly gone: AbortSignal;
}

/** A request whose answer has begun. */
interface Forwarded {
  readonly call: ModelCall;
  readonly charge: Charge | undefined;
  readonly answer: UpstreamResponse;
}

/** An error in the provider's own form. */
class Refused extends Error {
  constructor(
    readonly reason: ErrorReason,
    message: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
  }
}

/** Bytes of bodies whose answers have not begun: tens of requests with a whole context each. */
const heldAtOnce = 16 * 1024 * 1024;

/** Sends of one request to a provider whose limits are reset at once. */
const maxSends = 5;

export class ModelProxy {
  readonly #options: ModelProxyOptions;
  readonly #bodies = new BodyRoom(heldAtOnce);
  readonly #stop = new AbortController();
  readonly #limitedUntil = new Map<string, number>();
  /** Why requests were refused. */
  #ends: ReportedEnds = {};
  #underWay = 0;

  constructor(options: ModelProxyOptions) {
    this.#options = options;
    setMaxListeners(0, this.#stop.signal); // one for each request
  }

  get ends(): ReportedEnds {
    return this.#ends;
  }

  /** Requests whose answers are not complete. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Ends all requests; what they have used so far counts. */
  abort(): void {
    this.#stop.abort(new Error("the gateway stops"));
  }

  /** Answers one request. Never rejects. @param target path and query, without the upstream's name */
  async pass(
    name: string,
    upstream: Upstream,
    target: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { clock, readOn, logger } = this.#options;
    const gone = new AbortController();
    const end = new LinkedAbort(this.#stop.signal);
    const closed = (): void => {
      if (response.writableFinished) return;
      gone.abort(new Error("the agent closed its connection"));
      void sleep(clock, readOn, end.signal).then((passed) => passed && end.abort(gone.signal.reason));
    };
    response.once("close", closed);
    response.on("error", () => undefined); // the agent is gone, which `close` says too
    const began = clock.monotonic();
    const passage = {
      name,
      upstream,
      request,
      response,
      path: withoutKey(target),
      began,
      signal: end.signal,
      gone: gone.signal,
    };
    this.#underWay++;
    try {
      await this.#passOn(passage);
    } catch (error) {
      this.#fail(passage, error);
    } finally {
      this.#underWay--;
      response.off("close", closed);
      // ends the wait for the rest, if there is one
      end.abort(new Error("the request has ended"));
      end.unlink();
      if (!response.writableEnded && !gone.signal.aborted) {
        logger.debug({ upstream: name }, "an answer was cut off");
        response.destroy();
      }
    }
  }

  async #passOn(passage: Passage): Promise<void> {
    const { call, charge, answer } = await this.#forward(passage);
    try {
      await this.#answer(passage, answer, charge);
    } finally {
      this.#settle(passage, call, charge);
    }
    // the program may end as soon as it has the answer, which is counted by then
    passage.response.end();
  }

  /** Sends a request until its answer begins. A function of its own: what holds the body ends with it. */
  async #forward(passage: Passage): Promise<Forwarded> {
    const { request, upstream, path } = passage;
    const isPost = request.method === "POST";
    const giveBack = await this.#bodies.take(isPost ? announcedSize(request) : 0);
    try {
      const body = isPost ? new RequestBody(await readContent(request)) : undefined;
      const [pathAlone = ""] = path.split("?");
      const call = upstream.format.call(request.method ?? "", pathAlone, body?.members);
      if ("refused" in call) throw new Refused(call.reason, call.refused);
      const sent = body && (upstream.format.prepared?.(pathAlone, body) ?? body.bytes);
      const charge = call.isMetered ? await this.#begin(passage, call, sent?.length ?? 0, body?.members) : undefined;
      try {
        return { call, charge, answer: await this.#send(passage, sent, charge) };
      } catch (error) {
        this.#settle(passage, call, charge);
        throw error;
      }
    } finally {
      giveBack();
    }
  }

  #settle(passage: Passage, call: ModelCall, charge: Charge | undefined): void {
    charge?.settle();
    this.#log(passage, call, charge);
    this.#options.onChange();
  }

  async #begin(
    { name, gone }: Passage,
    { model }: ModelCall,
    size: number,
    body: JsonObject | undefined,
  ): Promise<Charge> {
    const { ledger, clock, onChange } = this.#options;
    const wait = (this.#limitedUntil.get(name) ?? 0) - clock.now();
    if (wait > 0) {
      this.#ends = { ...this.#ends, lastRefused: "limits" };
      onChange();
      throw new Refused("limited", "the provider's limit has not been reset yet", Math.ceil(wait / 1000));
    }
    const charge = await ledger.begin(model, size, body && outputLimit(body));
    if (charge instanceof Charge) {
      if (!gone.aborted) return charge;
      charge.settle(); // the agent left while the request waited
      throw gone.reason;
    }
    this.#ends = { ...this.#ends, budgetExceeded: charge, lastRefused: "budget" };
    onChange();
    throw new Refused("budget", charge);
  }

  /** Sends a request, and again when the provider's limits allow it, if that is soon. */
  async #send(passage: Passage, body: Buffer | undefined, charge: Charge | undefined): Promise<UpstreamResponse> {
    const { clock, maxProviderWait } = this.#options;
    const { request, upstream, path, signal, gone } = passage;
    const method = request.method === "POST" ? "POST" : "GET";
    for (let waited = 0, sends = 1; ; sends += 1) {
      const headers = sentHeaders(request.headers);
      const sent = upstream.request({ method, path, headers, body, signal });
      const answer = await this.#requested(passage, sent, charge);
      const isMetered = charge !== undefined;
      if (!isLimited(answer.status)) {
        if (answer.status < 400) this.#served(passage, isMetered);
        else if (answer.status === 401 || answer.status === 403) this.#keyRefused(passage, answer.status, isMetered);
        else if (answer.status >= 500) this.#unavailable(passage, answer.status);
        return answer;
      }
      const delay = retryDelay(answer.headers, clock.now());
      if (delay === undefined || sends === maxSends) {
        this.#reportLimit({ upstream: passage.name, status: answer.status }, isMetered);
        return answer;
      }
      waited += delay;
      if (waited > maxProviderWait) {
        this.#limited(passage, answer.status, delay, isMetered);
        return answer;
      }
      await answer.body.dump();
      if (!(await sleep(clock, delay, gone))) throw gone.reason;
    }
  }

  /** A request that ends before its answer has begun has used its input, as far as is known, unless it never arrived. */
  async #requested(
    passage: Passage,
    sent: Promise<UpstreamResponse>,
    charge: Charge | undefined,
  ): Promise<UpstreamResponse> {
    try {
      return await sent;
    } catch (error) {
      if (passage.signal.aborted) charge?.settleEstimated();
      else this.#unavailable(passage);
      throw new Refused("unavailable", `the provider cannot be reached: ${errorText(error)}`);
    }
  }

  /** What a provider refused before is no longer the reason of anything. */
  #served({ name }: Passage, isMetered: boolean): void {
    const { limited, keyRefused, unavailable, lastRefused, ...others } = this.#ends;
    this.#ends = {
      ...others,
      ...(lastRefused !== undefined && !isMetered && { lastRefused }),
      ...(unavailable !== undefined && unavailable.upstream !== name && { unavailable }),
      ...(limited !== undefined && limited.upstream !== name && { limited }),
      ...(keyRefused !== undefined && keyRefused.upstream !== name && { keyRefused }),
    };
  }

  #unavailable({ name }: Passage, status?: number): void {
    this.#ends = { ...this.#ends, unavailable: { upstream: name, ...(status !== undefined && { status }) } };
  }

  #keyRefused({ name }: Passage, status: number, isMetered: boolean): void {
    this.#ends = { ...this.#ends, keyRefused: { upstream: name, status }, ...(isMetered && { lastRefused: "key" }) };
    this.#options.logger.warn({ upstream: name, status }, "the provider refused the key");
  }

  #reportLimit(limited: NonNullable<ReportedEnds["limited"]>, isMetered: boolean): void {
    this.#ends = { ...this.#ends, limited, ...(isMetered && { lastRefused: "limits" }) };
  }

  #limited({ name }: Passage, status: number, delay: number, isMetered: boolean): void {
    const { clock, logger } = this.#options;
    const until = clock.now() + delay;
    this.#limitedUntil.set(name, until);
    this.#reportLimit({ upstream: name, status, until: new Date(until).toISOString() }, isMetered);
    logger.warn(
      { upstream: name, status, seconds: Math.ceil(delay / 1000) },
      "the provider's limit lasts longer than the gateway waits",
    );
  }

  async #answer(
    passage: Passage,
    { status, headers, body }: UpstreamResponse,
    charge: Charge | undefined,
  ): Promise<void> {
    if (status >= 300 && status < 400) {
      await body.dump();
      throw new Refused("unavailable", "the provider redirects; configure the address that it names as the base URL");
    }
    const tap =
      charge && status < 300 ? usageTap(headers["content-type"] ?? "", passage.upstream.format, charge) : undefined;
    passage.response.writeHead(status, answeredHeaders(headers));
    let isComplete = false;
    try {
      await this.#copy(passage, body, tap);
      isComplete = true;
    } finally {
      if (tap !== undefined && !(isComplete && tap.end())) charge?.settleEstimated();
    }
  }

  /** What arrives is sent on at once, and no faster than the agent reads. */
  async #copy({ response, gone }: Passage, body: AsyncIterable<Uint8Array>, tap: UsageTap | undefined): Promise<void> {
    for await (const chunk of body) {
      tap?.push(chunk);
      if (gone.aborted || response.write(chunk)) continue;
      await new Promise<void>((resolve) => {
        const removeListener = onAbort(gone, resolve);
        response.once("drain", () => {
          removeListener();
          resolve();
        });
      });
    }
  }

  #log({ name, response, began }: Passage, { model }: ModelCall, charge: Charge | undefined): void {
    const { logger, clock } = this.#options;
    const figures = charge?.settled;
    logger.info(
      {
        upstream: name,
        ...(model !== "" && { model }),
        ...(response.headersSent && { status: response.statusCode }),
        ...(figures && { tokens: figures.tokens, ...(figures.isEstimated && { estimated: true }) }),
        milliseconds: Math.round(clock.monotonic() - began),
      },
      "request",
    );
  }

  #fail({ name, upstream, response, gone }: Passage, error: unknown): void {
    if (gone.aborted) return;
    const { logger } = this.#options;
    if (response.headersSent) {
      logger.warn({ upstream: name, err: error }, "an answer ended early");
      return;
    }
    const { reason, message, retryAfterSeconds } = refusal(error);
    logger.warn({ upstream: name, reason }, message);
    const { status, body } = upstream.format.error(reason, message);
    const text = JSON.stringify(body);
    response.writeHead(status, {
      ...{ "content-type": "application/json", "content-length": Buffer.byteLength(text) },
      ...(retryAfterSeconds !== undefined && { "retry-after": String(retryAfterSeconds) }),
    });
    response.end(text);
  }
}

function refusal(error: unknown): Refused {
  if (error instanceof Refused) return error;
  if (error instanceof BodyError) return new Refused(error.isTooLarge ? "tooLarge" : "invalid", error.message);
  return new Refused("unavailable", errorText(error));
}
