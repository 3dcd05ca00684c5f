/** Proxies between the client and the API server: which one a connection takes, and calls and watches through real ones. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, createServer as createTcpServer, type Socket } from "node:net";
import t, { type Test } from "tap";
import { ConfigMaps } from "#src/runtime/client/builtin.js";
import { ConnectionError } from "#src/runtime/client/errors.js";
import { HttpClient } from "#src/runtime/client/http.js";
import { proxyFor, type Environment } from "#src/runtime/client/proxy.js";
import { createAuthority, issueLeaf, type KeyPair } from "#src/runtime/certs/authority.js";
import { listen } from "../../listen.js";

const server = "https://api.team.example.com:6443";

t.test("HTTPS_PROXY counts for servers with TLS, HTTP_PROXY for others, and proxy-url before both", (t) => {
  const env = { HTTPS_PROXY: "http://secure:1", HTTP_PROXY: "http://plain:1" };
  t.equal(proxyFor(server, undefined, env), "http://secure:1");
  t.equal(proxyFor("http://api.team.example.com", undefined, env), "http://plain:1");
  t.equal(proxyFor(server, "socks5://named:1", { ...env, NO_PROXY: "*" }), "socks5://named:1");
  t.equal(proxyFor(server, "", env), "http://secure:1");
  t.equal(proxyFor(server, undefined, {}), undefined);
  t.equal(proxyFor(server, undefined, { HTTPS_PROXY: "", https_proxy: "http://lower:1" }), "http://lower:1");
  t.equal(proxyFor(server, undefined, { HTTPS_PROXY: "proxy:3128" }), "http://proxy:3128");
  t.end();
});

t.test("the error for an invalid proxy URL names its source, and not the URL", (t) => {
  for (const value of ["ftp://user:secret@proxy", "http://", "http://user:secret@proxy:port"]) {
    const error = (() => {
      try {
        return proxyFor(server, undefined, { HTTPS_PROXY: value });
      } catch (caught) {
        return String(caught);
      }
    })();
    t.match(error, /^Error: HTTPS_PROXY is not the URL of a proxy; write http:/);
    t.notMatch(error, /secret/);
  }
  t.end();
});

t.test("NO_PROXY has the meaning that it has for kubectl", (t) => {
  const cases: readonly (readonly [host: string, noProxy: string, isDirect: boolean])[] = [
    ["api.example.com", "example.com", true],
    ["example.com", "example.com", true],
    ["example.com", ".example.com", false],
    ["api.example.com", ".example.com", true],
    ["api.example.com", "*.example.com", true],
    ["api.example.com", "other.org, EXAMPLE.com ", true],
    ["not-example.com", "example.com", false],
    ["api.example.com", "*", true],
    ["api.example.com", "", false],
    ["api.example.com", ",", false],
    ["api.example.com:6443", "example.com:6443", true],
    ["api.example.com", "example.com:443", true],
    ["api.example.com", "example.com:6443", false],
    ["10.1.2.3:6443", "10.1.0.0/16", true],
    ["10.2.2.3:6443", "10.1.0.0/16", false],
    ["10.1.2.3:6443", "10.1.2.3", true],
    ["10.1.2.3:6443", "10.1.2.3:443", false],
    ["10.1.2.3:6443", "10.1.0.0/99", false],
    ["[fd00::1]:6443", "fd00::/8", true],
    ["[fd00::1]:6443", "10.0.0.0/8", false],
    ["[fd00::1]:6443", "[fd00::1]:6443", true],
    ["[fd00::1]:6443", "fd00::1", true],
    ["localhost:6443", "", true],
    ["127.0.0.7:6443", "", true],
    ["[::1]:6443", "", true],
  ];
  for (const [host, noProxy, isDirect] of cases) {
    const taken = proxyFor(`https://${host}`, undefined, { HTTPS_PROXY: "http://proxy:1", NO_PROXY: noProxy });
    t.equal(taken === undefined, isDirect, `${host} with NO_PROXY=${noProxy}`);
  }
  const lower: Environment = { https_proxy: "http://proxy:1", no_proxy: "example.com" };
  t.equal(proxyFor(server, undefined, lower), undefined);
  t.end();
});

const day = 86_400_000;
const authority = await createAuthority("test", Date.now(), day);
const certificate = await issueLeaf(authority, ["127.0.0.1", "api.internal"], Date.now(), day);

/** An API server with TLS that has one ConfigMap, and one event on each watch. */
async function apiServer(t: Test): Promise<number> {
  const object = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", namespace: "ns", resourceVersion: "1" },
  };
  const answer = ({ url = "" }: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200, { "content-type": "application/json" });
    if (url.includes("watch=")) response.write(`${JSON.stringify({ type: "ADDED", object })}\n`);
    else response.end(JSON.stringify(object));
  };
  return listen(t, createTlsServer({ key: certificate.key, cert: certificate.certificate }, answer));
}

function splice(one: Socket, other: Socket): void {
  one.pipe(other);
  other.pipe(one);
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const)
    from.on("error", () => to.destroy()).on("close", () => to.destroy());
}

/** An HTTP proxy; tunnels only, and to the API server's port whatever host is asked for. Collects what it was asked. */
async function httpProxy(t: Test, to: number, asked: string[], tls?: KeyPair): Promise<string> {
  const proxy = tls === undefined ? createServer() : createTlsServer({ key: tls.key, cert: tls.certificate });
  proxy.on("connect", (request: IncomingMessage, socket: Socket) => {
    const { "proxy-authorization": given = "" } = request.headers;
    asked.push(`${request.url ?? ""} ${given}`);
    if (given !== "" && given !== `Basic ${Buffer.from("user:secret").toString("base64")}`)
      return void socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    socket.write("HTTP/1.1 200 Connected\r\n\r\n");
    splice(socket, connect(to, "127.0.0.1"));
  });
  return `127.0.0.1:${await listen(t, proxy)}`;
}

/** A SOCKS5 proxy without authentication, to the API server's port whatever host is asked for. */
async function socksProxy(t: Test, to: number, asked: string[]): Promise<string> {
  const proxy = createTcpServer((socket) => {
    socket.once("data", () => {
      socket.write(Buffer.from([5, 0]));
      socket.once("data", (request) => {
        const [, , , type, length = 0] = request;
        const host = type === 3 ? request.subarray(5, 5 + length).toString() : request.subarray(4, 8).join(".");
        asked.push(`${host}:${request.readUInt16BE(request.length - 2)}`);
        socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
        splice(socket, connect(to, "127.0.0.1"));
      });
    });
  });
  return `127.0.0.1:${await listen(t, proxy)}`;
}

function clientThrough(t: Test, proxy: string, at: string): HttpClient {
  const tls = { ca: authority.certificate };
  const access = {
    namespace: "ns",
    connection: () => Promise.resolve(connection),
    headers: () => Promise.resolve({ authorization: "Bearer token-of-the-caller" }),
  };
  const connection = { server: at, proxy, tls };
  const client = new HttpClient({ access, random: () => 0, timeout: 5_000 });
  t.teardown(() => client.close());
  return client;
}

const key = { namespace: "ns", name: "a" };

async function firstEvent(client: HttpClient): Promise<unknown> {
  const stop = new AbortController();
  try {
    for await (const event of client.watch(ConfigMaps, { namespace: "ns", signal: stop.signal })) return event;
    return undefined;
  } finally {
    stop.abort();
  }
}

t.test(
  "calls and watches go through an HTTP proxy, and the server's certificate is that of its own name",
  async (t) => {
    const port = await apiServer(t);
    for (const at of [`https://127.0.0.1:${port}`, "https://api.internal:6443"]) {
      const asked: string[] = [];
      const client = clientThrough(t, `http://${await httpProxy(t, port, asked)}`, at);
      t.match(await client.get(ConfigMaps, key), { metadata: { name: "a" } });
      for (let turn = 0; turn < 5; turn++) await client.get(ConfigMaps, key);
      t.match(await firstEvent(client), { type: "ADDED", object: { metadata: { name: "a" } } });
      t.same([...new Set(asked)], [`${new URL(at).host} `]);
      t.ok(asked.length <= 3, "calls keep their connection");
    }
    const other = clientThrough(t, `http://${await httpProxy(t, port, [])}`, "https://other.internal:6443");
    await t.rejects(other.get(ConfigMaps, key), /other\.internal/);
  },
);

t.test("calls and watches go through a SOCKS5 proxy, which resolves the server's name", async (t) => {
  const port = await apiServer(t);
  const asked: string[] = [];
  const client = clientThrough(t, `socks5://${await socksProxy(t, port, asked)}`, "https://api.internal:6443");
  t.match(await client.get(ConfigMaps, key), { metadata: { name: "a" } });
  t.match(await firstEvent(client), { type: "ADDED" });
  t.same([...new Set(asked)], ["api.internal:6443"]);
});

t.test("a proxy gets its own password, and never the caller's token; errors name neither", async (t) => {
  const port = await apiServer(t);
  const asked: string[] = [];
  const proxy = await httpProxy(t, port, asked);
  const at = "https://api.internal:6443";
  await clientThrough(t, `http://user:secret@${proxy}`, at).get(ConfigMaps, key);
  t.same(asked, [`api.internal:6443 Basic ${Buffer.from("user:secret").toString("base64")}`]);
  const error: unknown = await clientThrough(t, `http://user:wrong@${proxy}`, at)
    .get(ConfigMaps, key)
    .catch((caught: unknown) => caught);
  t.type(error, ConnectionError);
  t.match(String(error), /407/);
  t.notMatch(String(error), /wrong|secret|token-of-the-caller/);
});

t.test("a proxy that cannot be reached is a connection error", async (t) => {
  const client = clientThrough(t, "http://127.0.0.1:1", "https://api.internal:6443");
  await t.rejects(client.get(ConfigMaps, key), ConnectionError);
});
