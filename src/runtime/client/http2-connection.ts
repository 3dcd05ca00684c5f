/** One HTTP/2 connection to an API server, and the streams that it carries. */
import { connect as connectHttp2, constants, sensitiveHeaders } from "node:http2";
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { onAbort } from "../abort.js";
import type { Clock, Timer } from "../clock.js";
import { asError } from "../error-text.js";
import type { Connection } from "./access.js";
import type { StreamedResponse, StreamRequest } from "./stream-transport.js";

/** Milliseconds for the connection and the server's settings. */
const connectTimeout = 10_000;

/** Milliseconds between two pings, and until one is answered: a connection whose server has vanished carries many streams. */
const pingInterval = 30_000;
const pingTimeout = 15_000;

/** Milliseconds after which a connection without streams is closed; the API server does so after 90 s. */
const idleTimeout = 30_000;

/** Streams of one connection, if the server allows as many: all of them end with it. */
const maxStreams = 100;

/** Bytes that the server may send ahead on all streams together. Each stream has its own, smaller window, so none blocks the others. */
const connectionWindow = 1024 * 1024;

/** The server answers over HTTP/1.1 alone. */
export class NoHttp2 extends Error {
  override readonly name = "NoHttp2";
}

/** The server has not processed the request: it can be sent again on another connection. */
export class Refused extends Error {
  override readonly name = "Refused";
}

export class Http2Connection {
  readonly #session: ClientHttp2Session;
  readonly #clock: Clock;
  #open = 0;
  #timer: Timer | undefined;

  private constructor(session: ClientHttp2Session, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
    // those whose streams it breaks hear of it from them
    session.on("error", () => undefined);
    session.once("close", () => this.#timer?.cancel());
    session.setLocalWindowSize(connectionWindow);
    this.#waitIdle();
  }

  /** @throws NoHttp2; an error of the transport */
  static async open({ server, tls }: Connection, clock: Clock): Promise<Http2Connection> {
    const { socket, cancel } = await connected(server, tls, clock);
    try {
      if (socket.alpnProtocol !== "h2") throw new NoHttp2("the server does not offer HTTP/2");
      const session = connectHttp2(server, { createConnection: () => socket, settings: { enablePush: false } });
      await new Promise<void>((resolve, reject) => {
        session.once("remoteSettings", () => resolve());
        session.once("error", reject);
        session.once("close", () => reject(new Error("the connection was closed")));
      });
      return new Http2Connection(session, clock);
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      cancel();
    }
  }

  get isClosed(): boolean {
    return this.#session.closed || this.#session.destroyed;
  }

  /** Whether it takes another stream. */
  get hasRoom(): boolean {
    const allowed = this.#session.remoteSettings.maxConcurrentStreams ?? maxStreams;
    return !this.isClosed && this.#open < Math.min(allowed, maxStreams);
  }

  /** Calls back when it carries nothing any more. */
  onClose(callback: () => void): void {
    this.#session.once("close", callback);
  }

  /** Lets its streams end, and takes no more. */
  close(): void {
    this.#session.close();
  }

  destroy(): void {
    this.#session.destroy();
  }

  /** @throws Refused; an error of the transport; the signal's reason */
  async send({ path, headers, signal, headersTimeout }: StreamRequest): Promise<StreamedResponse> {
    signal.throwIfAborted();
    const stream = this.#request(path, headers);
    const stop = (error: Error): void => {
      stream.close(constants.NGHTTP2_CANCEL);
      stream.destroy(error);
    };
    const removeListener = onAbort(signal, () => stop(asError(signal.reason)));
    const deadline =
      headersTimeout === 0
        ? undefined
        : this.#clock.after(headersTimeout, () => stop(new Error(`no response within ${headersTimeout} ms`)));
    stream.once("close", () => {
      removeListener();
      deadline?.cancel();
      this.#released();
    });
    const answered = await new Promise<Record<string, string | string[] | undefined>>((resolve, reject) => {
      stream.once("response", resolve);
      stream.once("error", (error: Error) => reject(isRefused(stream) ? new Refused(error.message) : error));
      stream.once("close", () => reject(new Error("the connection was closed")));
    });
    deadline?.cancel();
    const { [constants.HTTP2_HEADER_STATUS]: status, ...rest } = answered;
    return { status: Number(status), headers: rest, body: wholeBody(stream) };
  }

  #request(path: string, headers: StreamRequest["headers"]): ClientHttp2Stream {
    const all = { [constants.HTTP2_HEADER_PATH]: path, ...headers, [sensitiveHeaders]: ["authorization"] };
    let stream: ClientHttp2Stream;
    try {
      stream = this.#session.request(all, { endStream: true });
    } catch (error) {
      // the session has ended since it was chosen
      if (this.isClosed) throw new Refused(asError(error).message);
      throw error;
    }
    // whoever reads the response hears of it; one that nobody reads any more must not end the process
    stream.on("error", () => undefined);
    this.#open++;
    if (this.#open === 1) this.#watchOver();
    return stream;
  }

  #released(): void {
    this.#open--;
    if (this.#open === 0) this.#waitIdle();
  }

  #waitIdle(): void {
    this.#timer?.cancel();
    this.#timer = this.isClosed ? undefined : this.#clock.after(idleTimeout, () => this.#session.close());
  }

  /** Pings as long as streams are open: a silent one is no different from one whose server has vanished. */
  #watchOver(): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.after(pingInterval, () => {
      if (this.#session.destroyed) return;
      const unanswered = this.#clock.after(pingTimeout, () =>
        this.#session.destroy(new Error(`the server did not answer for ${pingTimeout} ms`)),
      );
      this.#timer = unanswered;
      this.#session.ping((error) => {
        unanswered.cancel();
        if (error === null && this.#timer === unanswered) this.#watchOver();
      });
    });
  }
}

/** A TLS connection, and the end of its time limit. */
async function connected(
  server: string,
  tls: Connection["tls"],
  clock: Clock,
): Promise<{ readonly socket: TLSSocket; readonly cancel: () => void }> {
  const { hostname, port } = new URL(server);
  const host = hostname.replace(/^\[|\]$/g, "");
  const socket = connectTls({
    ...{ host, port: port === "" ? 443 : Number(port), ALPNProtocols: ["h2", "http/1.1"] },
    // an address is no name for SNI
    ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
    ...tls,
  });
  const timer = clock.after(connectTimeout, () =>
    socket.destroy(new Error(`no connection within ${connectTimeout} ms`)),
  );
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("secureConnect", resolve);
      socket.once("error", reject);
    });
    socket.setNoDelay(true);
    return { socket, cancel: () => timer.cancel() };
  } catch (error) {
    timer.cancel();
    throw error;
  }
}

function isRefused({ rstCode }: ClientHttp2Stream): boolean {
  return rstCode === constants.NGHTTP2_REFUSED_STREAM;
}

/** The body; a stream that was cut off must not look complete. */
async function* wholeBody(stream: ClientHttp2Stream): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) yield chunk as Uint8Array;
  if (stream.aborted || stream.rstCode !== constants.NGHTTP2_NO_ERROR)
    throw new Error(`the server ended the stream (HTTP/2 code ${stream.rstCode})`);
}
