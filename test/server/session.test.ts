/** Signing in to the page with a token, and who can use the cookie. */
import t, { type Test } from "tap";
import { systemClock } from "#src/runtime/clock.js";
import { NewCallers } from "#src/server/new-callers.js";
import { Problem } from "#src/server/problem.js";
import { readPage, servePage } from "#src/server/page.js";
import { serveSession, sessionToken } from "#src/server/session.js";
import { adasClient, startPageServer, type PageServer } from "./page-server.js";

const token = `eyJhbGciOi.${"a".repeat(900)}.sig-_~+/==`;
const own = { "sec-fetch-site": "same-origin" };

/** @returns the server, and the tokens with which its callers came */
async function start(t: Test): Promise<PageServer & { readonly tokens: readonly (string | undefined)[] }> {
  const client = await adasClient(t);
  const tokens: (string | undefined)[] = [];
  const verify = (given: string): Promise<void> =>
    given === token ? Promise.resolve() : Promise.reject(new Problem(401, "rejected"));
  const server = await startPageServer(
    t,
    () => [serveSession(verify, new NewCallers(systemClock)), servePage(readPage())],
    (request) => {
      const given = sessionToken(request);
      tokens.push(given);
      return given === undefined ? undefined : { key: given, client };
    },
  );
  return { ...server, tokens };
}

t.test("a token becomes a cookie that scripts cannot read, and goes with it", async (t) => {
  const server = await start(t);
  const { status, headers, body } = await server.request("/ui/session", {
    method: "POST",
    headers: own,
    body: JSON.stringify({ token }),
  });
  t.equal(status, 204);
  t.equal(body, "");
  t.strictSame(headers["set-cookie"], [`orchestrator-session=${token}; Path=/; HttpOnly; SameSite=Strict`]);
  const cookie = `orchestrator-session=${token}`;
  t.equal((await server.request("/api/v1/me", { headers: { cookie, ...own } })).status, 200);
  t.strictSame(server.tokens, [token]);
  t.strictSame(JSON.parse((await server.request("/ui/session", { headers: { cookie } })).body), {
    signIn: "token",
    signOut: true,
  });
  const out = await server.request("/ui/session", { method: "DELETE", headers: { cookie, ...own } });
  t.strictSame(out.headers["set-cookie"], ["orchestrator-session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"]);
  t.strictSame(JSON.parse((await server.request("/ui/session")).body), { signIn: "token", signOut: false });
});

t.test("behind TLS the cookie is Secure, of this host alone, and the plain one is not read", async (t) => {
  const server = await start(t);
  const tls = { ...own, "x-forwarded-proto": "https" };
  const { headers } = await server.request("/ui/session", {
    method: "POST",
    headers: tls,
    body: JSON.stringify({ token }),
  });
  t.strictSame(headers["set-cookie"], [
    `__Host-orchestrator-session=${token}; Path=/; HttpOnly; SameSite=Strict; Secure`,
  ]);
  const plain = await server.request("/api/v1/me", { headers: { cookie: `orchestrator-session=${token}`, ...tls } });
  t.equal(plain.status, 401);
  const secure = await server.request("/api/v1/me", {
    headers: { cookie: `__Host-orchestrator-session=${token}`, ...tls },
  });
  t.equal(secure.status, 200);
});

t.test("other sites can neither use the cookie nor sign the person in or out", async (t) => {
  const server = await start(t);
  const cookie = `orchestrator-session=${token}`;
  const body = JSON.stringify({ token });
  for (const other of [
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: "http://evil.example" },
  ]) {
    const name = JSON.stringify(other);
    t.equal((await server.request("/api/v1/me", { headers: { cookie, ...other } })).status, 403, name);
    t.equal((await server.request("/ui/session", { method: "POST", headers: other, body })).status, 403, name);
    t.equal(
      (await server.request("/ui/session", { method: "DELETE", headers: { cookie, ...other } })).status,
      403,
      name,
    );
  }
  t.equal(
    (await server.request("/ui/session", { method: "POST", body })).status,
    403,
    "without any sign of its origin",
  );
  const origin = `http://127.0.0.1:${server.port}`;
  t.equal(
    (await server.request("/ui/session", { method: "POST", headers: { origin }, body })).status,
    204,
    "an older browser",
  );
});

t.test("a header of a proxy comes before the cookie, and is refused for other sites", async (t) => {
  const server = await start(t);
  const headers = { authorization: "Bearer of-the-proxy", cookie: `orchestrator-session=${token}` };
  t.equal((await server.request("/api/v1/me", { headers })).status, 200);
  t.strictSame(server.tokens, ["of-the-proxy"]);
  for (const site of ["cross-site", "same-site"])
    t.equal(
      (await server.request("/api/v1/me", { headers: { ...headers, "sec-fetch-site": site } })).status,
      403,
      site,
    );
  t.equal((await server.request("/api/v1/me", { headers: { ...headers, "sec-fetch-site": "none" } })).status, 200);
});

t.test("an invalid token is refused, and not repeated in the answer", async (t) => {
  const server = await start(t);
  const cases: readonly (readonly [string, number, RegExp])[] = [
    ["{", 400, /not valid JSON/],
    ["[]", 400, /token must be a string/],
    ['{"token":1}', 400, /token must be a string/],
    ['{"token":"two words"}', 400, /kubectl create token/],
    ['{"token":"a\\r\\nset-cookie: b"}', 400, /kubectl create token/],
    [JSON.stringify({ token: "a".repeat(4_000) }), 400, /at most 3900 characters/],
    [JSON.stringify({ token: "a".repeat(70_000) }), 400, /too large/],
    ['{"token":"secret-but-wrong"}', 401, /rejected/],
  ];
  for (const [body, status, detail] of cases) {
    const answer = await server.request("/ui/session", { method: "POST", headers: own, body });
    t.equal(answer.status, status, body.slice(0, 40));
    t.match(answer.body, detail);
    t.notMatch(answer.body, /secret-but-wrong|two words/);
    t.equal(answer.headers["set-cookie"], undefined);
  }
});

t.test("one address can try so many tokens, and no more", async (t) => {
  const server = await start(t);
  const statuses = new Set<number>();
  for (let number = 0; number < 300 && !statuses.has(429); number++) {
    const body = JSON.stringify({ token: `guess-${number}` });
    statuses.add((await server.request("/ui/session", { method: "POST", headers: own, body })).status);
  }
  t.strictSame([...statuses], [401, 429]);
});
