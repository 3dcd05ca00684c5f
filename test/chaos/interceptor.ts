/** A proxy between a client and the API server that sees each request and can act before it or after its response. */
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

/** What happens to a request: a number is the status of a response in place of the API server's. */
export type Verdict = "goOn" | "drop" | 429 | 500 | 503;

/** Called before a request is forwarded and after its response came; the result decides what happens to it. */
export type Hook = (seen: Seen, when: "before" | "after") => Verdict | Promise<Verdict>;

interface Kubeconfig {
  clusters: { cluster: { server: string; "certificate-authority"?: string; "certificate-authority-data"?: string } }[];
}

export class Interceptor {
  hook: Hook = () => "goOn";
  readonly #server: Server;
  readonly #target: URL;
  readonly #ca: string;
  readonly #sockets = new Set<Socket>();
  /** Open watches by resource. */
  readonly #watches = new Set<{ readonly path: string; readonly answer: IncomingMessage }>();
  #late: (path: string) => boolean = () => false;

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

  /** Listens on loopback, and points the kubeconfig in this file here. */
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

  /** Holds back the events of watches of these paths until {@link catchUp}. */
  delayWatches(late: (path: string) => boolean): void {
    this.#late = late;
    for (const { path, answer } of this.#watches) if (late(path)) answer.pause();
  }

  /** Sends the events that were held back. */
  catchUp(): void {
    this.#late = () => false;
    for (const { answer } of this.#watches) answer.resume();
  }

  /** Resets every connection. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
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
    const refuse = (verdict: Verdict): boolean => {
      if (verdict === "drop") drop();
      else if (verdict !== "goOn") {
        const status = {
          kind: "Status",
          apiVersion: "v1",
          status: "Failure",
          code: verdict,
          message: "as the test says",
        };
        response.writeHead(verdict, { "content-type": "application/json", "retry-after": "1" });
        response.end(JSON.stringify(status));
      }
      return verdict !== "goOn";
    };
    if (refuse(await this.hook(seen, "before"))) return;
    const { hostname, port } = this.#target;
    const onward = send(
      { hostname, port, ca: this.#ca, method: seen.method, path: seen.path, headers: request.headers },
      (answer) => {
        void (async () => {
          if (refuse(await this.hook(seen, "after"))) {
            answer.destroy();
            return;
          }
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          if (/[?&]watch=(?:1|true)\b/.test(seen.path)) this.#follow(seen.path, answer, response);
          else answer.pipe(response);
          answer.on("error", drop);
        })();
      },
    );
    onward.on("error", drop);
    response.on("close", () => onward.destroy());
    onward.end(Buffer.concat(chunks));
  }

  #follow(path: string, answer: IncomingMessage, response: ServerResponse): void {
    const watch = { path, answer };
    this.#watches.add(watch);
    answer.on("data", (chunk: Buffer) => response.write(chunk));
    answer.on("end", () => response.end());
    answer.on("close", () => this.#watches.delete(watch));
    // the head is sent before there is anything to show
    response.flushHeaders();
    if (this.#late(path)) answer.pause();
  }
}
