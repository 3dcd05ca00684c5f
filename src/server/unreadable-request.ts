/** Answers requests that Node's parser gives up on, which never reach a route. */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { Problem } from "./problem.js";

/** Milliseconds in which the rest of such a request is read: a connection closed with unread bytes loses the answer. */
const linger = 2_000;

function problem({ code }: NodeJS.ErrnoException): Problem {
  if (code === "HPE_HEADER_OVERFLOW")
    return new Problem(431, "the address and the headers together exceed 32 KiB; shorten the parameters");
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return new Problem(408, "the request did not arrive in time; send it again");
  return new Problem(400, "this is not an HTTP/1.1 request");
}

/** Answers with a problem and closes, unless an answer is already on its way over the connection. */
export class UnreadableRequests {
  /** The last answer begun on each connection: pipelined requests have one each, which end in order. */
  readonly #answering = new WeakMap<Duplex, ServerResponse>();

  /** The handler to serve instead of this one. */
  wrap(handle: RequestListener): RequestListener {
    return (request: IncomingMessage, response: ServerResponse & { req: IncomingMessage }) => {
      const { socket } = request;
      this.#answering.set(socket, response);
      response.once("close", () => {
        if (this.#answering.get(socket) === response) this.#answering.delete(socket);
      });
      handle(request, response);
    };
  }

  follow(server: Server): void {
    server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      if (!socket.writable || this.#answering.has(socket)) socket.destroy();
      else if (!socket.writableEnded) answer(socket, problem(error));
    });
  }
}

function answer(socket: Duplex, { body }: Problem): void {
  const text = JSON.stringify(body);
  socket.removeAllListeners("data");
  socket.on("data", () => undefined);
  socket.once("end", () => socket.destroy());
  const limit = setTimeout(() => socket.destroy(), linger);
  socket.once("close", () => clearTimeout(limit));
  socket.end(
    [
      `HTTP/1.1 ${body.status} ${body.title}`,
      "Content-Type: application/problem+json",
      `Content-Length: ${Buffer.byteLength(text)}`,
      "Cache-Control: no-store",
      "Connection: close",
      ...["", text],
    ].join("\r\n"),
  );
}
