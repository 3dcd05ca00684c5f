/** Requests and answers of the manager's small servers, which have a handful of paths and no bodies. */
import type { IncomingMessage, ServerResponse } from "node:http";

export interface Reply {
  readonly status: number;
  /** Default: plain text. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A line of plain text. */
export function textReply(status: number, line: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers, body: `${line}\n` };
}

/** Sends a reply; for HEAD, all but its body. */
export function send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const { status, type = "text/plain; charset=utf-8", headers, body } = reply;
  response.writeHead(status, { ...headers, "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** The path of a request, and what follows its question mark. */
export function target({ url = "/" }: IncomingMessage): { readonly path: string; readonly query: URLSearchParams } {
  const mark = url.indexOf("?");
  if (mark === -1) return { path: url, query: new URLSearchParams() };
  return { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}
