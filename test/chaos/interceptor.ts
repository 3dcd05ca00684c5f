/** Stands between a client and the API server, sees each request, and can do something at it: before it, or after its answer. */
import { createServer, request as send, type Server } from "node:https";
import { readFile, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { parse, stringify } from "yaml";
import { createAuthority, issueLeaf } from "#src/runtime/certs/authority.js";

export interface Seen {
  readonly method: string;
  /** With the query. */
  readonly path: string;
}

/** Called before a request is passed on and after its answer is there; what it resolves to says whether to go on. */
export type Hook = (seen: Seen, when: "before" | "after") => "goOn" | "drop" | Promise<"goOn" | "drop">;

interface Kubeconfig {
  clusters: { cluster: { server: string; "certificate-authority"?: string; "certificate-authority-data"?: string } }[];
}

export class Interceptor {
  hook: Hook = () => "goOn";
  readonly #server: Server;
  readonly #target: URL;
  readonly #ca: string;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, target: URL, ca: string) {
    this.#server = server;
    this.#target = target;
    this.#ca = ca;
    server.on("request", (request, response) => void this.#pass(request, response));
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  /** Listens on loopback, and changes the kubeconfig in this file so that it leads here. */
  static async before(kubeconfig: string): Promise<Interceptor> {
    const config = parse(await readFile(kubeconfig, "utf8")) as Kubeconfig;
    const cluster = config.clusters[0]?.cluster;
    if (cluster === undefined) throw new Error(`${kubeconfig} names no cluster`);
    const target = new URL(cluster.server);
    const file = cluster["certificate-authority"];
    const ca =
      file === undefined
        ? Buffer.from(cluster["certificate-authority-data"] ?? "", "base64").toString()
        : await readFile(file, "utf8");
    const authority = await createAuthority("interceptor", Date.now(), 86_400_000);
    const leaf = await issueLeaf(authority, ["127.0.0.1"], Date.now(), 86_400_000);
    const server = createServer({ cert: leaf.certificate, key: leaf.key });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cluster.server = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    delete cluster["certificate-authority"];
    cluster["certificate-authority-data"] = Buffer.from(authority.certificate).toString("base64");
    await writeFile(kubeconfig, stringify(config));
    return new Interceptor(server, target, ca);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = { method: request.method ?? "", path: request.url ?? "" };
    const drop = (): void => void request.socket.destroy();
    // all of it first: what is dropped must not have been begun
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if ((await this.hook(seen, "before")) === "drop") {
      drop();
      return;
    }
    const { hostname, port } = this.#target;
    const onward = send(
      { hostname, port, ca: this.#ca, method: seen.method, path: seen.path, headers: request.headers },
      (answer) => {
        void (async () => {
          if ((await this.hook(seen, "after")) === "drop") {
            answer.destroy();
            drop();
            return;
          }
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
          answer.on("error", drop);
        })();
      },
    );
    onward.on("error", drop);
    response.on("close", () => onward.destroy());
    onward.end(Buffer.concat(chunks));
  }
}
