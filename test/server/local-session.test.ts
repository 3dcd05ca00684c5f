/** The server of `orchestrator ui`: what reaches it, and what a wrong Host, another origin, and a stolen or used secret get. */
import t, { type Test } from "tap";
import { LocalSession } from "#src/server/local-session.js";
import { readPage, servePage } from "#src/server/page.js";
import { adasClient, startPageServer, type Answer, type PageServer, type Sent } from "./page-server.js";

interface Local {
  readonly server: PageServer;
  readonly session: LocalSession;
  /** Redeems the link; returns the cookie. */
  readonly open: () => Promise<string>;
  /** Who the caller is, by the API. */
  readonly me: (sent?: Sent) => Promise<Answer>;
}

async function startLocal(t: Test): Promise<Local> {
  const client = await adasClient(t);
  let session: LocalSession | undefined;
  const server = await startPageServer(
    t,
    (port) => {
      session = new LocalSession(port);
      return [session.serve("/ui/?namespace=a"), servePage(readPage())];
    },
    (request) => (session?.readToken(request) === undefined ? undefined : { key: "local", client }),
  );
  if (session === undefined) throw new Error("unreachable");
  const { link } = session;
  const open = async (): Promise<string> => {
    const { status, headers } = await server.request(link.slice(link.indexOf("/ui/")));
    t.equal(status, 303);
    t.equal(headers.location, "/ui/?namespace=a");
    const cookie = headers["set-cookie"]?.[0] ?? "";
    t.match(cookie, /^orchestrator-ui-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    return cookie.split(";")[0] ?? "";
  };
  return { server, session, open, me: (sent) => server.request("/api/v1/me", sent) };
}

t.test("the link gives a cookie once; with it the page may call the API", async (t) => {
  const { server, session, open, me } = await startLocal(t);
  const path = session.link.slice(session.link.indexOf("/ui/"));
  t.equal((await me()).status, 401);
  const cookie = await open();
  const answer = await me({ headers: { cookie, "sec-fetch-site": "same-origin" } });
  t.equal(answer.status, 200);
  t.match(answer.body, /"ada"/);
  const again = await server.request(path);
  t.equal(again.status, 403);
  t.equal(again.headers["set-cookie"], undefined);
  t.match(again.body, /used already/);
});

t.test("a guessed, empty or cut secret gives nothing, and leaves the link usable", async (t) => {
  const { server, session, open } = await startLocal(t);
  const secret = new URL(session.link).searchParams.get("secret") ?? "";
  for (const guess of ["", "x", secret.slice(0, -1), `${secret}x`]) {
    const { status, headers } = await server.request(`/ui/open?secret=${guess}`);
    t.equal(status, 403);
    t.equal(headers["set-cookie"], undefined);
  }
  t.equal((await server.request(`/ui/open?secret=${secret}`, { method: "POST" })).status, 403);
  t.match(await open(), /=/);
});

t.test("a wrong Host gets nothing at all, also with the cookie or the secret", async (t) => {
  const { server, session, open } = await startLocal(t);
  const secretPath = session.link.slice(session.link.indexOf("/ui/"));
  for (const host of [
    `evil.example:${server.port}`,
    "127.0.0.1",
    `127.0.0.1:${server.port + 1}`,
    `127.0.0.1.evil.example:${server.port}`,
  ]) {
    for (const path of ["/", "/ui/", secretPath, "/api/v1/me", "/ui/session", "/healthz", "/openapi.json"]) {
      const { status, headers, body } = await server.request(path, { headers: { host } });
      t.equal(status, 421, `${host} ${path}`);
      t.equal(headers["set-cookie"], undefined);
      t.equal(body, "this server answers on 127.0.0.1 alone\n");
    }
  }
  const cookie = await open();
  const rebound = { cookie, host: `evil.example:${server.port}`, "sec-fetch-site": "same-origin" };
  t.equal((await server.request("/api/v1/me", { headers: rebound })).status, 421);
  const named = { cookie, host: `localhost:${server.port}`, "sec-fetch-site": "same-origin" };
  t.equal((await server.request("/api/v1/me", { headers: named })).status, 200);
});

t.test("another origin gets nothing, although the browser would send the cookie", async (t) => {
  const { server, open, me } = await startLocal(t);
  const cookie = await open();
  const others = [
    { "sec-fetch-site": "cross-site" },
    // another port of this machine
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "none" },
    { origin: "https://evil.example" },
    { origin: `http://127.0.0.1:${server.port + 1}`, "sec-fetch-site": "same-origin" },
    { origin: "null" },
  ];
  for (const headers of others) {
    const { status, body, headers: answered } = await me({ headers: { cookie, ...headers } });
    t.equal(status, 403, JSON.stringify(headers));
    t.notMatch(body, /ada/);
    t.equal(answered["access-control-allow-origin"], undefined);
  }
  const post = await server.request("/api/v1/namespaces/a/taskruns/b/cancel", {
    method: "POST",
    headers: { cookie },
    body: "{}",
  });
  t.equal(post.status, 403, "a change without any sign of its origin");
});

t.test("a wrong cookie, or two of them, is none", async (t) => {
  const { open, me } = await startLocal(t);
  const cookie = await open();
  const [name] = cookie.split("=");
  for (const wrong of [`${name}=x`, `${cookie}; ${name}=x`, `${cookie}x`, `x${cookie}`])
    t.equal((await me({ headers: { cookie: wrong, "sec-fetch-site": "same-origin" } })).status, 401, wrong);
  t.equal(
    (await me({ headers: { authorization: "Bearer local" } })).status,
    401,
    "the name that stands for the caller",
  );
});
