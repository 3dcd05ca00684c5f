/** A collector on loopback that keeps what it receives. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { Test } from "tap";

export interface Received {
  readonly path: string;
  /** Names and texts are plain in protocol buffers. */
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

export interface Collector {
  readonly url: string;
  readonly received: Received[];
  /** The bodies that came to a path, joined. */
  readonly of: (path: string) => string;
}

/** @param status of its answers; undefined: it never answers */
export async function collector(t: Test, status: () => number | undefined = () => 200): Promise<Collector> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { url: path = "", headers } = request;
      received.push({ path, headers, body: Buffer.concat(chunks).toString("latin1") });
      const code = status();
      if (code !== undefined) response.writeHead(code).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const of = (path: string): string =>
    received
      .filter((each) => each.path === path)
      .map(({ body }) => body)
      .join("");
  return { url: `http://127.0.0.1:${port}`, received, of };
}
