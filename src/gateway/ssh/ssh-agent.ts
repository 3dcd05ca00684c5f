/** ssh-agent on two sockets, each in a directory of its own: a container that mounts one of the directories can log in with the run's key. */
import { chmodSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { errorText } from "../../runtime/error-text.js";
import type { Logger } from "../../runtime/logger.js";
import { answerAgentRequest, maxMessage } from "./agent-protocol.js";
import type { SshKey } from "./ssh-key.js";

export interface SshAgentOptions {
  readonly key: SshKey;
  /** By what the log calls them, such as `prepare`. */
  readonly directories: Readonly<Record<string, string>>;
  readonly logger: Logger;
}

/** Names in each directory. */
const socketName = "agent.sock";
const knownHostsName = "known_hosts";

/** Connections to one socket at once: git opens one for each of its own to a server. */
const maxConnections = 64;

/** Milliseconds without a request. ssh closes its connection after the log-in. */
const idleTimeout = 120_000;

export class SshAgent {
  readonly #options: SshAgentOptions;
  readonly #servers: Server[] = [];
  readonly #connections = new Set<Socket>();

  constructor(options: SshAgentOptions) {
    this.#options = options;
  }

  /** @throws Error if a socket cannot be created */
  async start(): Promise<void> {
    const { directories, key } = this.#options;
    // without a readable list no host is known: git must not fall back to accepting any
    const knownHosts = await key.knownHosts().catch(() => "");
    await Promise.all(
      Object.entries(directories).map(async ([name, directory]) => {
        placeKnownHosts(directory, knownHosts);
        await this.#listen(name, join(directory, socketName));
      }),
    );
  }

  async stop(): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  async #listen(name: string, path: string): Promise<void> {
    const server = createServer((socket) => void this.#serve(name, socket));
    server.maxConnections = maxConnections;
    // a gateway that was killed has left its socket
    rmSync(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, resolve);
    });
    this.#servers.push(server);
    // for the group of the pod's volumes
    chmodSync(path, 0o660);
  }

  async #serve(name: string, socket: Socket): Promise<void> {
    const { logger } = this.#options;
    this.#connections.add(socket);
    socket.once("close", () => this.#connections.delete(socket));
    socket.setTimeout(idleTimeout, () => socket.destroy());
    try {
      let rest = Buffer.alloc(0);
      for await (const part of socket as AsyncIterable<Buffer>) {
        rest = Buffer.concat([rest, part]);
        for (let length = lengthOf(rest); length !== undefined; length = lengthOf(rest)) {
          const message = rest.subarray(4, 4 + length);
          rest = rest.subarray(4 + length);
          socket.write(await this.#answer(name, message));
        }
      }
    } catch (error) {
      logger.warn({ socket: name, error: errorText(error) }, "a connection to the ssh-agent failed");
    } finally {
      socket.destroy();
    }
  }

  async #answer(name: string, message: Buffer): Promise<Buffer> {
    const { key, logger } = this.#options;
    const answer = answerAgentRequest(message, await key.privateKey());
    if (answer.user !== undefined) logger.info({ socket: name, user: answer.user.slice(0, 64) }, "ssh log-in signed");
    const length = Buffer.alloc(4);
    length.writeUInt32BE(answer.message.length);
    return Buffer.concat([length, answer.message]);
  }
}

/** Undefined: the message is not complete. @throws Error for one that is too long */
function lengthOf(bytes: Buffer): number | undefined {
  if (bytes.length < 4) return undefined;
  const length = bytes.readUInt32BE();
  if (length > maxMessage) throw new Error(`a message has ${length} bytes; at most ${maxMessage} are allowed`);
  return bytes.length < 4 + length ? undefined : length;
}

/** Beside the socket, so that its users need no part of the Secret. */
function placeKnownHosts(directory: string, content: string | undefined): void {
  const file = join(directory, knownHostsName);
  if (content === undefined) {
    rmSync(file, { force: true });
    return;
  }
  writeFileSync(`${file}.new`, content, { mode: 0o440 });
  renameSync(`${file}.new`, file);
}
