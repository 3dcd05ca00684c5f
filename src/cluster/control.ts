import { connect, createServer } from "node:net";
import type { Server } from "node:net";
import { join } from "node:path";
import { errorText } from "../runtime/error-text.js";

/** What a supervisor can be asked by another process, as one line of JSON on its socket. */
export type ControlRequest =
  | { readonly restart: string }
  /** Runs a further program as a component, with the cluster's end as its own. */
  | {
      readonly start: {
        readonly name: string;
        readonly argv: readonly string[];
        readonly port?: number;
        readonly environment?: Readonly<Record<string, string>>;
      };
    };

type ControlAnswer = { readonly ok: true } | { readonly error: string };

/** In the data directory, because a socket's path may have 107 bytes and that one is short. */
export const controlSocket = (data: string): string => join(data, "control.sock");

/** Serves requests one after the other: two restarts at once would be no fault injection but a riddle. */
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

/** @throws {Error} with what the supervisor says, or when it does not answer. */
export function askSupervisor(data: string, request: ControlRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(controlSocket(data));
    let text = "";
    socket.on("error", reject);
    socket.on("data", (chunk) => (text += chunk.toString()));
    socket.on("end", () => {
      socket.destroy();
      const answer = (
        text === "" ? { error: "the cluster's supervisor ended before it answered" } : JSON.parse(text)
      ) as ControlAnswer;
      if ("error" in answer) reject(new Error(answer.error));
      else resolve();
    });
    socket.write(`${JSON.stringify(request)}\n`);
  });
}
