/** `orchestrator task --server https://...`: private authorities, proxies, and certificates that have expired. */
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type Socket } from "node:net";
import { dirname, join } from "node:path";
import t, { type Test } from "tap";
import { taskCommand } from "#src/cli/task/task.js";
import { createAuthority, issueLeaf, type KeyPair } from "#src/runtime/certs/authority.js";
import { ApiServer } from "../operations/api-server.js";
import { serve } from "../server/served-app.js";
import { outcomeOf, type Outcome } from "./command-line.js";
import { writeKubeconfig } from "./kubeconfig.js";
import { listen } from "../listen.js";

const hour = 3_600_000;
const authority = await createAuthority("private", Date.now() - 2 * hour, 10 * hour);
const names = ["127.0.0.1", "orchestrator.internal"];

interface Front {
  readonly port: number;
  /** Reads the run through a server. */
  readonly get: (url: string, ...args: string[]) => Promise<Outcome>;
  /** File of the authority. */
  readonly ca: string;
}

/** The REST server behind a certificate. */
async function front(t: Test, { key, certificate: cert }: KeyPair): Promise<Front> {
  const apiServer = await new ApiServer({ phase: "Running" }).start(t);
  const { app } = await serve(t, apiServer);
  const port = await listen(t, createTlsServer({ key, cert }, app.handle));
  const kubeconfig = writeKubeconfig(t, apiServer);
  const directory = dirname(kubeconfig);
  const ca = join(directory, "ca.pem");
  const tokenFile = join(directory, "token");
  writeFileSync(ca, authority.certificate);
  writeFileSync(tokenFile, "of-the-caller");
  const own = ["--kubeconfig", kubeconfig, "--token-file", tokenFile, "-o", "name"];
  return { port, ca, get: (url, ...args) => outcomeOf(taskCommand, ["get", "one", ...own, "--server", url, ...args]) };
}

const found = { code: 0, out: "taskrun.orchestrator.io/one\n" };

t.test("a private authority is trusted if it is named, and only then", async (t) => {
  const { port, ca, get } = await front(t, await issueLeaf(authority, names, Date.now(), hour));
  const url = `https://127.0.0.1:${port}`;
  t.match(await get(url, "--server-ca", ca), found);
  t.match(await get(url), {
    code: 2,
    err: /^error: the server cannot be reached: [^\n]*; name its authority with --server-ca, and check the host name\n$/,
  });
});

t.test("a server whose certificate has expired, or is not valid yet, is one line that says so", async (t) => {
  const past = await front(t, await issueLeaf(authority, names, Date.now() - 2 * hour, hour));
  t.match(await past.get(`https://127.0.0.1:${past.port}`, "--server-ca", past.ca), {
    code: 2,
    err: /^error: the server cannot be reached: [^\n]*certificate has expired; the server's certificate has to be renewed[^\n]*\n$/,
  });
  const future = await front(t, await issueLeaf(authority, names, Date.now() + 2 * hour, hour));
  t.match(await future.get(`https://127.0.0.1:${future.port}`, "--server-ca", future.ca), {
    code: 2,
    err: /^error: the server cannot be reached: [^\n]*certificate is not yet valid; the server's certificate is not valid yet[^\n]*\n$/,
  });
});

t.test("an API server whose certificate has expired is one line, too", async (t) => {
  const { key, certificate: cert } = await issueLeaf(authority, names, Date.now() - 2 * hour, hour);
  const server = `https://127.0.0.1:${await listen(t, createTlsServer({ key, cert }))}`;
  const file = writeKubeconfig(t, server);
  const data = Buffer.from(authority.certificate).toString("base64");
  const cluster = { server, "certificate-authority-data": data };
  const kubeconfig = JSON.parse(readFileSync(file, "utf8")) as object;
  writeFileSync(file, JSON.stringify({ ...kubeconfig, clusters: [{ name: "c", cluster }] }));
  t.match(await outcomeOf(taskCommand, ["list", "--kubeconfig", file]), {
    code: 2,
    err: /^error: the API server cannot be reached: [^\n]*certificate has expired; the server's certificate has to be renewed[^\n]*\n$/,
  });
});

t.test("a proxy of the environment leads to the server, and sees no token", async (t) => {
  const { port, ca, get } = await front(t, await issueLeaf(authority, names, Date.now(), hour));
  const asked: string[] = [];
  const proxy = createServer();
  proxy.on("connect", ({ url = "", rawHeaders }: IncomingMessage, socket: Socket) => {
    asked.push(`${url} ${rawHeaders.join(" ")}`);
    socket.write("HTTP/1.1 200 Connected\r\n\r\n");
    const onward = connect(port, "127.0.0.1");
    socket.pipe(onward).pipe(socket);
    for (const each of [socket, onward]) each.on("error", () => undefined);
  });
  const before = process.env.HTTPS_PROXY;
  t.teardown(() => {
    if (before === undefined) delete process.env.HTTPS_PROXY;
    else process.env.HTTPS_PROXY = before;
  });
  process.env.HTTPS_PROXY = `http://127.0.0.1:${await listen(t, proxy)}`;
  t.match(await get("https://orchestrator.internal", "--server-ca", ca), found);
  t.ok(asked.length > 0);
  t.match(asked[0], /^orchestrator\.internal:443 /);
  t.notMatch(asked.join("\n"), /of-the-caller/);
});
