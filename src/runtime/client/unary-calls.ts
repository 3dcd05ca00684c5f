import { LinkedAbort, unlessAborted } from "../abort.js";
import { sleep, type Clock, type Random } from "../clock.js";
import { failure, readBody } from "./answers.js";
import type { CallOptions } from "./client.js";
import type { Connections } from "./connections.js";
import { ApiError, ConnectionError, ProtocolError, TimeoutError } from "./errors.js";
import { exchange } from "./exchange.js";
import { warningsOf } from "./warnings.js";

/** Receives every request that was sent, for metrics and traces. */
export interface RequestObserver {
  /**
   * @param code HTTP status, or `<error>` if no response came: client-go's convention for rest_client_requests_total.
   * @param seconds from sending to the response's headers (a watch) or its end (anything else).
   */
  requestDone(method: string, host: string, code: string, seconds: number): void;
}

/** What all calls of a client share. */
export interface CallEnvironment {
  readonly connections: Connections;
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds that a call may take unless its options say otherwise; 0 is no limit. */
  readonly timeout: number;
  readonly observer: RequestObserver | undefined;
  readonly onWarning: ((text: string) => void) | undefined;
}

/** A request with one response, as opposed to a watch. */
export interface UnaryCall {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly options: CallOptions | undefined;
  readonly accept?: string;
  /** Sending the call twice has the same effect as sending it once. */
  readonly repeatable: boolean;
}

/** A call is sent at most this many times: after a 429, and after a broken connection where sending again is safe. */
const maxSends = 4;
/** Milliseconds of the first delay before sending again; doubles each time, with full jitter. */
const firstDelay = 50;
/** A longer Retry-After (milliseconds) is returned as the error: the caller's queue can wait without holding a worker. */
const longestRetryAfter = 10_000;

/** Sends calls: with their deadline, fresh credentials after a 401, and retries where those are safe. */
export class UnaryCalls {
  readonly #environment: CallEnvironment;

  constructor(environment: CallEnvironment) {
    this.#environment = environment;
  }

  /** The response's body: parsed if it is JSON, else text. @throws an error of `errors.ts`, or the signal's reason. */
  async send(call: UnaryCall): Promise<unknown> {
    const { clock } = this.#environment;
    const timeout = call.options?.timeout ?? this.#environment.timeout;
    const outer = call.options?.signal;
    if (outer?.aborted === true) throw outer.reason;
    const abort = new LinkedAbort(outer);
    // method and path only: errors are logged, and the body may hold a secret
    const { method, path } = call;
    const expire = (): void => abort.abort(new TimeoutError({ method, path }, timeout));
    const deadline = timeout === 0 ? undefined : clock.after(timeout, expire);
    const guard = call.options?.beforeSend;
    const beforeSend = (): void => {
      try {
        guard?.();
      } catch (error) {
        abort.abort(error);
      }
    };
    try {
      return await this.#sendUntilAnswered(call, abort.signal, beforeSend);
    } finally {
      deadline?.cancel();
      abort.unlink();
    }
  }

  async #sendUntilAnswered(call: UnaryCall, signal: AbortSignal, beforeSend: () => void): Promise<unknown> {
    const { clock, random } = this.#environment;
    let refresh = false;
    for (let sends = 1; ; sends++) {
      let error: unknown;
      let delay = random() * firstDelay * 2 ** sends;
      try {
        return await this.#sendOnce(call, signal, beforeSend, refresh);
      } catch (caught) {
        error = caught;
      }
      if (signal.aborted) throw signal.reason;
      if (sends >= maxSends) throw error;
      if (error instanceof ApiError && error.code === 401) {
        // the call was not executed; a second 401, with fresh credentials, is final
        if (refresh) throw error;
        refresh = true;
        continue;
      }
      if (error instanceof ApiError && error.retryAfter !== undefined && (error.code === 429 || call.repeatable)) {
        if (error.retryAfter > longestRetryAfter) throw error;
        delay += error.retryAfter;
      } else if (!(error instanceof ConnectionError && (call.repeatable || wasNeverSent(error)))) {
        throw error;
      }
      if (!(await sleep(clock, delay, signal))) throw signal.reason;
    }
  }

  async #sendOnce(call: UnaryCall, signal: AbortSignal, beforeSend: () => void, refresh: boolean): Promise<unknown> {
    const { connections, clock, observer, onWarning } = this.#environment;
    const { transport, headers } = await unlessAborted(connections.prepare(refresh), signal);
    if (call.accept !== undefined) headers.accept = call.accept;
    if (call.body !== undefined) headers["content-type"] = call.contentType ?? "application/json";
    const started = clock.monotonic();
    let code = "<error>";
    try {
      const answer = await exchange(
        transport.unary,
        {
          method: call.method,
          origin: transport.origin,
          path: transport.prefix + call.path,
          headers,
          ...(call.body !== undefined && { body: call.body }),
          // the signal enforces the call's own deadline
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        signal,
        beforeSend,
      );
      code = String(answer.status);
      if (onWarning !== undefined) for (const text of warningsOf(answer.headers.warning)) onWarning(text);
      if (answer.status >= 300) throw failure(answer, call, clock.now());
      return readBody(answer, call);
    } catch (error) {
      if (error instanceof ApiError || error instanceof ProtocolError) throw error;
      throw new ConnectionError({ method: call.method, path: call.path }, error);
    } finally {
      observer?.requestDone(call.method, transport.host, code, (clock.monotonic() - started) / 1000);
    }
  }
}

/** True for failures that happen before a byte of the request can have been sent. */
function wasNeverSent(error: ConnectionError): boolean {
  const code = (error.cause as { code?: unknown } | undefined)?.code;
  return code === "ECONNREFUSED" || code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "UND_ERR_CONNECT_TIMEOUT";
}
