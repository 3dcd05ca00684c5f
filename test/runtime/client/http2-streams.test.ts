/** Streams of several callers over shared HTTP/2 connections, against a server that misbehaves as each test requests. */
import { constants, createSecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import { connect, createServer as createTcpServer } from "node:net";
import t, { type Test } from "tap";
import { createAuthority, issueLeaf } from "#src/runtime/certs/authority.js";
import { Http2Streams } from "#src/runtime/client/http2-streams.js";
import type { StreamedResponse } from "#src/runtime/client/stream-transport.js";
import { systemClock, type Clock } from "#src/runtime/clock.js";
import { FakeClock } from "#src/runtime/testing/clock.js";
import { eventually } from "../../eventually.js";
import { listen } from "../../listen.js";

const day = 86_400_000;
const authority = await createAuthority("test", Date.now(), day);
const { key, certificate: cert } = await issueLeaf(authority, ["127.0.0.1"], Date.now(), day);
const tls = { ca: authority.certificate };

/** A stream as the server sees it. */
interface Seen {
  readonly stream: ServerHttp2Stream;
  readonly caller: string;
  /** Number of its connection. */
  readonly connection: number;
}

interface Http2Server {
  readonly url: string;
  readonly seen: Seen[];
}

/** A server that answers each stream by `handle`; default: headers and one line, and the stream stays open. */
async function serve(
  t: Test,
  options: { readonly maxStreams?: number; readonly handle?: (seen: Seen, index: number) => void } = {},
): Promise<Http2Server> {
  const { maxStreams = 50, handle = beginEach } = options;
  const server = createSecureServer({ key, cert, settings: { maxConcurrentStreams: maxStreams } });
  const connections: unknown[] = [];
  const seen: Seen[] = [];
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on("error", () => undefined);
    if (!connections.includes(stream.session)) connections.push(stream.session);
    const each = { stream, caller: headers.authorization ?? "", connection: connections.indexOf(stream.session) };
    seen.push(each);
    handle(each, seen.length - 1);
  });
  return { url: `https://127.0.0.1:${await listen(t, server)}`, seen };
}

const beginEach = ({ stream }: Seen): void => begin(stream);

function begin(stream: ServerHttp2Stream): void {
  stream.respond({ ":status": 200, "content-type": "application/json" });
  stream.write("line\n");
}

interface Opened {
  readonly response: StreamedResponse;
  readonly abort: AbortController;
}

class Client {
  readonly #streams: Http2Streams;

  constructor(t: Test, server: string, clock: Clock = systemClock) {
    this.#streams = new Http2Streams({ server, tls }, clock);
    t.teardown(() => this.#streams.destroy());
  }

  async open(caller = "a", headersTimeout = 0): Promise<Opened> {
    const abort = new AbortController();
    const headers = { authorization: `Bearer ${caller}` };
    const { signal } = abort;
    const request = { origin: "https://unused", path: "/watch", headers, signal, headersTimeout };
    return { response: await this.#streams.open(request), abort };
  }

  close(): Promise<void> {
    return this.#streams.close();
  }
}

/** The next piece of a body. */
async function piece({ response }: Opened): Promise<string> {
  const { value } = (await response.body[Symbol.asyncIterator]().next()) as { value?: Uint8Array };
  return Buffer.from(value ?? []).toString();
}

async function whole({ response }: Opened): Promise<string> {
  let text = "";
  for await (const chunk of response.body) text += Buffer.from(chunk).toString();
  return text;
}

t.test("streams share connections up to the server's limit, each with its caller's credentials", async (t) => {
  const server = await serve(t, { maxStreams: 3 });
  const client = new Client(t, server.url);
  const callers = Array.from({ length: 8 }, (_, index) => `caller-${index}`);
  const opened = await Promise.all(callers.map((caller) => client.open(caller)));
  t.strictSame(
    await Promise.all(opened.map(piece)),
    callers.map(() => "line\n"),
  );
  t.strictSame(
    server.seen.map(({ caller }) => caller).sort(),
    callers.map((each) => `Bearer ${each}`),
  );
  const perConnection = [0, 1, 2].map((at) => server.seen.filter(({ connection }) => connection === at).length);
  t.strictSame(perConnection, [3, 3, 2]);
  opened[0]?.abort.abort(new Error("read enough"));
  await eventually("the server has a stream less", () => server.seen[0]?.stream.closed);
  await client.open("later");
  t.equal(Math.max(...server.seen.map(({ connection }) => connection)), 2, "its place is taken");
});

t.test("the end of one stream does not end the others on its connection", async (t) => {
  const server = await serve(t);
  const client = new Client(t, server.url);
  const [one, other] = [await client.open("one"), await client.open("other")];
  const reading = whole(one);
  one.abort.abort(new Error("the caller has gone"));
  await t.rejects(reading, { message: "the caller has gone" });
  server.seen[1]?.stream.end("last\n");
  t.equal(await whole(other), "line\nlast\n");
});

t.test("a caller that does not read blocks no other caller", async (t) => {
  const server = await serve(t);
  const client = new Client(t, server.url);
  const [slow, quick] = [await client.open("slow"), await client.open("quick")];
  // more than the windows of the stream and of the connection
  server.seen[0]?.stream.write(Buffer.alloc(4 * 1024 * 1024));
  server.seen[1]?.stream.end("last\n");
  t.equal(await whole(quick), "line\nlast\n");
  slow.abort.abort(new Error("done"));
});

t.test("a request that the server refuses to process is sent again, and not without end", async (t) => {
  const refuse = ({ stream }: Seen): void => stream.close(constants.NGHTTP2_REFUSED_STREAM);
  const once = await serve(t, { handle: (seen, index) => (index === 0 ? refuse(seen) : begin(seen.stream)) });
  t.equal(await piece(await new Client(t, once.url).open()), "line\n");
  t.equal(once.seen.length, 2);
  const always = await serve(t, { handle: refuse });
  await t.rejects(new Client(t, always.url).open(), { name: "Refused" });
  t.equal(always.seen.length, 4);
});

t.test(
  "after GOAWAY, as for a token that the server rejects, streams go on, and new ones take another connection",
  async (t) => {
    const server = await serve(t);
    const client = new Client(t, server.url);
    const before = await client.open("before");
    const session = server.seen[0]?.stream.session;
    session?.close();
    await eventually("a new stream takes another connection", async () => {
      await client.open("after");
      return server.seen.at(-1)?.connection === 1;
    });
    server.seen[0]?.stream.end("last\n");
    t.equal(await whole(before), "line\nlast\n");
  },
);

t.test("a response that is cut off does not look complete", async (t) => {
  const server = await serve(t);
  const client = new Client(t, server.url);
  const cuts: ((seen: Seen) => void)[] = [
    ({ stream }) => stream.destroy(new Error("a fault of the server")),
    ({ stream }) => stream.session?.destroy(),
  ];
  for (const cut of cuts) {
    const opened = await client.open();
    const [seen] = server.seen.slice(-1);
    if (seen !== undefined) cut(seen);
    await t.rejects(whole(opened));
  }
  t.equal(await piece(await client.open()), "line\n", "a later stream takes a new connection");
});

t.test("a request without an answer fails in its time, and one whose connection is refused at once", async (t) => {
  const clock = new FakeClock();
  const server = await serve(t, { handle: () => undefined });
  const opening = new Client(t, server.url, clock).open("a", 5_000);
  await eventually("the request has arrived", () => server.seen.length === 1);
  const failed = t.rejects(opening, { message: "no response within 5000 ms" });
  await clock.advance(5_000);
  await failed;
  await t.rejects(new Client(t, "https://127.0.0.1:1").open(), { code: "ECONNREFUSED" });
});

t.test("streams end when their server has vanished without a word", async (t) => {
  const server = await serve(t);
  let isAway = false;
  const between = createTcpServer((socket) => {
    const onward = connect(Number(new URL(server.url).port), "127.0.0.1");
    for (const [from, to] of [
      [socket, onward],
      [onward, socket],
    ] as const)
      from.on("error", () => to.destroy()).on("data", (bytes) => isAway || to.write(bytes));
    socket.on("close", () => onward.destroy());
  });
  const clock = new FakeClock();
  const opened = await new Client(t, `https://127.0.0.1:${await listen(t, between)}`, clock).open();
  const reading = whole(opened);
  // a ping that is answered
  await clock.advance(30_000);
  await eventually("the answer has come", () => clock.pending === 1);
  isAway = true;
  const failed = t.rejects(reading);
  await clock.advance(30_000 + 15_000 + 1);
  await failed;
});

t.test("a server without HTTP/2 has a connection for each stream", async (t) => {
  const server = createTlsServer({ key, cert }, (request, response) => response.end(request.headers.authorization));
  const url = `https://127.0.0.1:${await listen(t, server)}`;
  let connections = 0;
  server.on("secureConnection", () => connections++);
  const client = new Client(t, url);
  const texts = await Promise.all(["a", "b"].map(async (caller) => whole(await client.open(caller))));
  t.strictSame(texts, ["Bearer a", "Bearer b"]);
  t.ok(connections >= 2);
});

t.test("closing lets streams end; connections without streams are closed after a while", async (t) => {
  const clock = new FakeClock();
  const server = await serve(t);
  const closing = new Client(t, server.url);
  const opened = await closing.open();
  const closed = closing.close();
  await t.rejects(closing.open(), { message: "the client is closed" });
  server.seen[0]?.stream.end("last\n");
  t.equal(await whole(opened), "line\nlast\n");
  await closed;
  const client = new Client(t, server.url, clock);
  const other = await client.open();
  const session = server.seen[1]?.stream.session;
  other.abort.abort(new Error("done"));
  await eventually("the stream has ended", () => server.seen[1]?.stream.closed);
  await eventually("the idle connection is closed", async () => {
    await clock.advance(30_000);
    return session?.closed;
  });
});
