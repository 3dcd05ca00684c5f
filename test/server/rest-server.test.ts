/** Listening over TLS with certificates that are replaced, and stopping without cutting off answers. */
import { writeFile } from "node:fs/promises";
import type { RequestListener, ServerResponse } from "node:http";
import { connect as connectPlain } from "node:net";
import { join } from "node:path";
import { connect } from "node:tls";
import t, { type Test } from "tap";
import { createAuthority, issueLeaf, type KeyPair } from "#src/runtime/certs/authority.js";
import { systemClock } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";
import { RestServer, type RestServerOptions } from "#src/server/rest-server.js";
import { eventually } from "../eventually.js";

const hour = 3_600_000;

interface Running {
  readonly server: RestServer;
  readonly ended: Promise<void>;
  readonly stop: () => void;
}

async function start(t: Test, handle: RequestListener, options: Partial<RestServerOptions> = {}): Promise<Running> {
  const stop = new AbortController();
  const app = { handle, drain: () => undefined, endStreams: () => undefined };
  const server = new RestServer({
    ...{
      app,
      host: "127.0.0.1",
      port: 0,
      maxConnections: 100,
      drainDelay: 0,
      clock: systemClock,
      logger: silentLogger,
    },
    ...options,
  });
  let ended = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    ended = server.run(stop.signal, resolve);
    ended.catch(reject);
  });
  t.teardown(async () => {
    stop.abort();
    await ended.catch(() => undefined);
  });
  return { server, ended, stop: () => stop.abort() };
}

t.test("a replaced certificate is served to new connections", async (t) => {
  const directory = t.testdir({});
  const authority = await createAuthority("test", Date.now(), hour);
  const put = async ({ certificate, key }: KeyPair): Promise<void> => {
    await writeFile(join(directory, "tls.key"), key);
    await writeFile(join(directory, "tls.crt"), certificate);
  };
  await put(await issueLeaf(authority, ["first.test"], Date.now(), hour));
  const { server } = await start(t, (_, response) => void response.end(), { certificates: directory });
  const served = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port: server.port, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().subjectaltname ?? "");
        socket.end();
      });
      socket.on("error", reject);
    });
  t.match(await served(), "first.test");
  await put(await issueLeaf(authority, ["second.test"], Date.now(), hour));
  t.ok(await eventually("the new one is served", async () => (await served()).includes("second.test")));
});

t.test(
  "a stopping server completes answers that have begun, and then closes connections that are kept alive",
  async (t) => {
    const pending: ServerResponse[] = [];
    const { server, ended, stop } = await start(t, (_, response) => {
      response.write("begun ");
      pending.push(response);
    });
    const answer = fetch(`http://127.0.0.1:${server.port}/`).then((response) => response.text());
    const [response] = await eventually("the answer has begun", () => pending.length > 0 && pending);
    stop();
    let isEnded = false;
    const whenEnded = ended.then(() => (isEnded = true));
    await eventually("no more connections are accepted", () =>
      fetch(`http://127.0.0.1:${server.port}/`).then(
        () => false,
        () => true,
      ),
    );
    t.notOk(isEnded);
    response?.end("and completed");
    t.equal(await answer, "begun and completed");
    await whenEnded;
  },
);

/** What the server answers to these bytes, until it closes. */
function exchange(port: number, ...chunks: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connectPlain({ host: "127.0.0.1", port }, () => chunks.forEach((chunk) => socket.write(chunk)));
    socket.setEncoding("utf8").on("data", (text: string) => (answer += text));
    socket.on("error", reject).on("end", () => resolve(answer));
  });
}

t.test("requests that cannot be read get a problem, and no reset while they are being sent", async (t) => {
  const { server } = await start(t, (_, response) => void response.end("answered"));
  const long = `GET /?continue=${"x".repeat(40_000)} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const answer = await exchange(server.port, long, "y".repeat(1_000_000));
  t.match(answer, /^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
  t.match(answer, "Content-Type: application/problem+json");
  t.match(JSON.parse(answer.slice(answer.indexOf("{"))), { status: 431, detail: /32 KiB/ });
  t.match(await exchange(server.port, "no request\r\n\r\n"), /^HTTP\/1\.1 400 Bad Request\r\n[^]*"status":400/);
  const two = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  t.match(await exchange(server.port, two, "no request\r\n\r\n"), /answered/, "an earlier answer is not disturbed");
});

t.test("garbage behind a request whose answer is on its way ends the connection, and adds nothing to it", async (t) => {
  const { server } = await start(t, (_, response) => void response.write("begun"));
  const answer = await exchange(server.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "no request\r\n\r\n").catch(
    (error: unknown) => String(error),
  );
  t.notMatch(answer, "not an HTTP/1.1 request");
});

t.test("the same behind two requests at once, the first of which is answered", async (t) => {
  const { server } = await start(t, ({ url }, response) => {
    if (url === "/first") response.end("first");
    else response.write("second");
  });
  const two = ["/first", "/second"].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join("");
  let answer = "";
  const socket = connectPlain({ host: "127.0.0.1", port: server.port }, () => socket.write(two));
  socket.setEncoding("utf8").on("data", (text: string) => (answer += text));
  const closed = new Promise((resolve) => socket.on("error", () => undefined).on("close", resolve));
  await eventually("both are being answered", () => answer.includes("second"));
  socket.write("no request\r\n\r\n");
  await closed;
  t.notMatch(answer, "not an HTTP/1.1 request");
});

t.test("answers that take too long are cut off, and a port that is taken is an error", async (t) => {
  let hasBegun = false;
  const handle: RequestListener = (_, response) => (hasBegun = response.write("begun"));
  const { server, ended, stop } = await start(t, handle, { drainTimeout: 100 });
  const answer = fetch(`http://127.0.0.1:${server.port}/`).then((response) => response.text());
  await eventually("the answer has begun", () => hasBegun);
  await t.rejects(
    start(t, () => undefined, { port: server.port }).then(() => "listens"),
    { code: "EADDRINUSE" },
  );
  stop();
  await Promise.all([ended, t.rejects(answer)]);
});
