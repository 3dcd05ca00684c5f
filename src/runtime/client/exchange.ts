import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import { onAbort } from "../abort.js";
import { asError } from "../error-text.js";

/** A complete response. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * Sends one request and reads its complete response. It does without the stream that `dispatcher.request` wraps around a
 * body: for small responses, which nearly all are, that stream is the larger part of a call's cost.
 *
 * @param beforeSend called just before the request is written; it may still fire the signal, and then nothing is sent.
 * @throws the signal's reason once it fires; otherwise the transport's error.
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
    const removeListener = onAbort(signal, () => {
      controller?.abort(asError(signal.reason));
      reject(asError(signal.reason));
    });
    dispatcher.dispatch(options, {
      onRequestStart(started) {
        controller = started;
        // undici calls this just before it writes; the signal may have fired while the request waited for a connection
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
        removeListener();
        const [first] = chunks;
        const body = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
        resolve({ status, headers, body: body.toString("utf8") });
      },
      onResponseError(_, error) {
        removeListener();
        reject(error);
      },
    });
  });
}
