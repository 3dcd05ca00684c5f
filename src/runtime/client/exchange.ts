import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";

/** A whole answer. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * One request and its whole answer. It does without the stream that `dispatcher.request` puts around a body: for small
 * answers, and nearly all are, that stream is the greater part of a call's cost.
 *
 * @param beforeSend called just before the request is written; it may still fire the signal, and then nothing is.
 * @throws the signal's reason once it fires; else whatever the transport met.
 */
export function exchange(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  signal: AbortSignal,
  beforeSend?: () => void,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let status = 0;
    let headers: IncomingHttpHeaders = {};
    let controller: Dispatcher.DispatchController | undefined;
    const onAbort = (): void => {
      controller?.abort(asError(signal.reason));
      reject(asError(signal.reason));
    };
    signal.addEventListener("abort", onAbort, { once: true });
    dispatcher.dispatch(options, {
      onRequestStart(started) {
        controller = started;
        // undici calls this just before it writes; the request may have waited for a connection until after its end
        beforeSend?.();
        if (signal.aborted) started.abort(asError(signal.reason));
      },
      onResponseStart(_, statusCode, responseHeaders) {
        status = statusCode;
        headers = responseHeaders;
      },
      onResponseData(_, chunk) {
        chunks.push(chunk);
      },
      onResponseEnd() {
        signal.removeEventListener("abort", onAbort);
        const [first] = chunks;
        const body = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
        resolve({ status, headers, body: body.toString("utf8") });
      },
      onResponseError(_, error) {
        signal.removeEventListener("abort", onAbort);
        reject(error);
      },
    });
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
