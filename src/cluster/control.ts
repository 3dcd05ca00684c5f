import { connect, createServer } from "node:net";
import type { Server } from "node:net";
import { join } from "node:path";
import { errorText } from "../runtime/error-text.js";

/** A request to a supervisor from another process: one line of JSON on its socket. */
export type ControlRequest =
  | { readonly restart: string }
  /** From now on the component is restarted whenever it exits. */
  | { readonly keepRunning: string }
  /** Runs another program as a component, which is stopped with the cluster. */
  | {
      readonly start: {
        readonly name: string;
        readonly argv: readonly string[];
        readonly port?: number;
        readonly environment?: Readonly<Record<string, string>>;
      };
    };

type ControlAnswer = { readonly ok: true } | { readonly error: string };

/** In the data directory, whose path is short: the path of a socket is limited to 107 bytes. */
export const controlSocket = (data: string): string => join(data, "control.sock");

/** Serves requests one after the other: the effect of two restarts at once would not be reproducible. */
export function serveControl(data: string, handle: (request: ControlRequest) => Promise<void>): Promise<Server> {
  let queue = Promise.resolve();
  const server = createServer((socket) => {
    let text = "";
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      text += chunk.toString();
      if (!text.includes("\n")) return;
      const line = text;
      text = "";
      queue = queue
        .then(() => handle(JSON.parse(line) as ControlRequest))
        .then(
          (): ControlAnswer => ({ ok: true }),
          (error: unknown): ControlAnswer => ({ error: errorText(error) }),
        )
        .then((answer) => void socket.end(JSON.stringify(answer)));
    });
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(controlSocket(data), () => resolve(server));
  });
}

/** Sends a request to a supervisor. @throws {Error} with the supervisor's message, or when it does not answer. */
export function requestSupervisor(data: string, request: ControlRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(controlSocket(data));
    let text = "";
    socket.on("error", reject);
    socket.on("data", (chunk) => (text += chunk.toString()));
    socket.on("end", () => {
      socket.destroy();
      const answer = (
        text === "" ? { error: "the cluster's supervisor exited before it answered" } : JSON.parse(text)
      ) as ControlAnswer;
      if ("error" in answer) reject(new Error(answer.error));
      else resolve();
    });
    socket.write(`${JSON.stringify(request)}\n`);
  });
}
