/** One delivery of one event, bounded in time and size. */
import type { Dispatcher } from "undici";
import streamingRequest from "undici/lib/api/api-request.js";
import type { CloudEvent } from "./cloud-event.js";
import { signatureHeaders } from "./signature.js";
import { connectionPool } from "../runtime/client/connections.js";
import { proxyFor } from "../runtime/client/proxy.js";
import { errorText } from "../runtime/error-text.js";

/** Milliseconds until a sink has to have answered. */
const timeout = 15_000;

/** Connections to one sink. */
const connections = 4;

/** Bytes of an answer that are read, so that the connection can be used again. */
const maxAnswer = 65_536;

/** What became of a delivery. */
export type Outcome =
  | { readonly kind: "accepted" }
  /** The sink wants no more of it (410): trying again has no sense. */
  | { readonly kind: "refused"; readonly why: string }
  /** @param retryAfter milliseconds that the sink asks to wait */
  | { readonly kind: "failed"; readonly why: string; readonly retryAfter?: number };

/** What a delivery needs. */
export interface Delivery {
  readonly url: string;
  readonly event: CloudEvent;
  /** None: the delivery is not signed. */
  readonly keys: readonly Buffer[];
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly userAgent: string;
  readonly signal: AbortSignal;
}

/** Sends events; keeps connections to one sink. */
export class Poster {
  #pool: { readonly origin: string; readonly dispatcher: Dispatcher } | undefined;

  /** Never rejects. Redirects are not followed. */
  async post({ url, event, keys, now, userAgent, signal }: Delivery): Promise<Outcome> {
    const body = JSON.stringify(event);
    const { origin, pathname, search } = new URL(url);
    try {
      const answer = await streamingRequest.call(this.#dispatcher(origin), {
        ...{ origin, path: `${pathname}${search}`, method: "POST", body },
        headers: {
          "content-type": "application/cloudevents+json; charset=utf-8",
          "user-agent": userAgent,
          ...(keys.length > 0 && signatureHeaders(keys, event.id, Math.floor(now / 1000), body)),
        },
        ...{ headersTimeout: timeout, bodyTimeout: timeout },
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
      });
      await answer.body.dump({ limit: maxAnswer, signal }).catch(() => undefined);
      return outcomeOf(answer, now);
    } catch (error) {
      return { kind: "failed", why: errorText(error) };
    }
  }

  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.dispatcher.destroy();
  }

  #dispatcher(origin: string): Dispatcher {
    if (this.#pool?.origin !== origin) {
      void this.#pool?.dispatcher.close();
      this.#pool = { origin, dispatcher: connectionPool(origin, proxyFor(origin, undefined), { connections }) };
    }
    return this.#pool.dispatcher;
  }
}

function outcomeOf({ statusCode, headers }: Dispatcher.ResponseData, now: number): Outcome {
  if (statusCode >= 200 && statusCode < 300) return { kind: "accepted" };
  const why = `the sink answered ${statusCode}`;
  if (statusCode === 410) return { kind: "refused", why };
  const retryAfter = waitOf(headers["retry-after"], now);
  return { kind: "failed", why, ...(retryAfter !== undefined && { retryAfter }) };
}

/** Milliseconds of a Retry-After header, in seconds or as a date. */
function waitOf(header: string | string[] | undefined, now: number): number | undefined {
  if (typeof header !== "string") return undefined;
  const wait = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return wait > 0 ? wait : undefined;
}
