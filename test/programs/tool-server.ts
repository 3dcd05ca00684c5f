/** An MCP server over streamable HTTP: https://modelcontextprotocol.io/specification, transports. It has two tools. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listen, type Listening } from "./listening.js";

interface Message {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

export class ToolServer {
  /** Methods in the order in which they were called. */
  readonly methods: string[] = [];
  /** Arguments of the tools that were called, by name. */
  readonly calls: { readonly name: string; readonly input: unknown }[] = [];
  readonly #listening: Listening;

  private constructor(
    listening: Listening,
    private readonly tools: readonly string[],
  ) {
    this.#listening = listening;
  }

  static async start(tools: readonly string[]): Promise<ToolServer> {
    const server = createServer((request, response) => {
      void started.#serve(request, response).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
    });
    const started = new ToolServer(await listen(server), tools);
    return started;
  }

  get url(): string {
    return `${this.#listening.url}/mcp`;
  }

  async stop(): Promise<void> {
    await this.#listening.stop();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    // no stream of the server's own, and no session
    if (request.method !== "POST" || request.url !== "/mcp") {
      response.writeHead(request.url === "/mcp" ? 405 : 404).end();
      return;
    }
    const { id, method, params = {} } = JSON.parse(Buffer.concat(pieces).toString()) as Message;
    this.methods.push(method);
    if (id === undefined) {
      response.writeHead(202).end();
      return;
    }
    const result = this.#result(method, params);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ jsonrpc: "2.0", id, ...result }));
  }

  #result(method: string, params: Readonly<Record<string, unknown>>): object {
    switch (method) {
      case "initialize":
        return {
          result: {
            protocolVersion: params.protocolVersion,
            capabilities: { tools: {} },
            serverInfo: { name: "tools", version: "1.0.0" },
          },
        };
      case "tools/list":
        return {
          result: {
            tools: this.tools.map((name) => ({
              name,
              description: `Does ${name}.`,
              inputSchema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
            })),
          },
        };
      case "tools/call": {
        const name = String(params.name);
        this.calls.push({ name, input: params.arguments });
        return { result: { content: [{ type: "text", text: `${name} was done` }] } };
      }
      case "ping":
        return { result: {} };
      default:
        return { error: { code: -32601, message: `no method ${method}` } };
    }
  }
}
