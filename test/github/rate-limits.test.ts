/** What GitHub says about its rate limits is obeyed, and answers that it confirms are used again. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import t, { type Test } from "tap";
import { GitHubApi } from "#src/github/github-api.js";
import { RateLimits } from "#src/github/rate-limits.js";
import { GitHubUnavailable } from "#src/github/unavailable.js";
import { FakeClock } from "#src/runtime/testing/clock.js";
import { listen } from "../listen.js";

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

async function scene(t: Test) {
  const clock = new FakeClock();
  const asked: IncomingHttpHeaders[] = [];
  const answers: Answer[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers);
    const { status, headers = {}, body = {} } = answers.shift() ?? { status: 200 };
    response.writeHead(status, headers).end(status === 304 ? undefined : JSON.stringify(body));
  });
  const api = new GitHubApi({ url: `http://127.0.0.1:${await listen(t, server)}/api`, clock });
  t.teardown(() => api.close());
  const failure = async (key: string): Promise<GitHubUnavailable> => {
    const error: unknown = await api.request("GET", "/x", key).catch((each: unknown) => each);
    if (!(error instanceof GitHubUnavailable)) throw new Error("it was answered");
    return error;
  };
  return { clock, asked, answers, api, failure };
}

const resetAt = (clock: FakeClock, milliseconds: number): string =>
  String(Math.ceil((clock.now() + milliseconds) / 1_000));

t.test("after a limit, no request is sent with that key until GitHub accepts requests again", async (t) => {
  const { clock, asked, answers, api, failure } = await scene(t);
  answers.push({ status: 429, headers: { "retry-after": "30" }, body: { message: "Slow down" } });
  t.match(await failure("one"), {
    message: /takes no more requests with this key for 30 seconds: Slow down/,
    retryAfter: 30_000,
  });
  await clock.advance(29_000);
  t.match(await failure("one"), { retryAfter: 1_000 });
  t.equal(asked.length, 1, "the limit is known");
  t.match(await api.request("GET", "/x", "other"), { status: 200 });
  await clock.advance(1_000);
  t.match(await api.request("GET", "/x", "one"), { status: 200 });
  t.equal(asked.length, 3);
});

t.test("the last answer before a limit is used, and no further request is sent", async (t) => {
  const { clock, asked, answers, api, failure } = await scene(t);
  const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": resetAt(clock, 600_000) };
  answers.push({ status: 200, headers, body: { id: 1 } });
  t.match(await api.request("GET", "/x", "one"), { status: 200, content: { id: 1 } });
  const { retryAfter = 0 } = await failure("one");
  t.ok(retryAfter >= 600_000 && retryAfter < 602_000, String(retryAfter));
  t.equal(asked.length, 1);
});

t.test("the limit of an App is that of all its signatures", async (t) => {
  const { asked, answers, failure } = await scene(t);
  answers.push({ status: 403, body: { message: "API rate limit exceeded for installation" } });
  t.equal((await failure("eyJhbGciOi.1.a")).retryAfter, 60_000);
  t.equal((await failure("eyJhbGciOi.2.b")).retryAfter, 60_000);
  t.equal(asked.length, 1);
});

t.test("a refusal is not a rate limit", async (t) => {
  const { answers, api } = await scene(t);
  answers.push({
    status: 403,
    headers: { "x-ratelimit-remaining": "17" },
    body: { message: "Must have admin rights" },
  });
  t.match(await api.request("GET", "/x", "one"), { status: 403, message: "Must have admin rights" });
  t.match(await api.request("GET", "/x", "one"), { status: 200 });
});

t.test("without a time the wait doubles up to an hour, and ends with the first success", async (t) => {
  const clock = new FakeClock();
  const limits = new RateLimits(clock);
  const secondary = { status: 403, headers: {}, message: "You have exceeded a secondary rate limit" };
  const waits: (number | undefined)[] = [];
  for (let time = 0; time < 8; time++) {
    waits.push(limits.learn("one", secondary));
    t.equal(limits.learn("one", secondary), waits.at(-1), "one that was under way at the same time");
    await clock.advance(limits.wait("one"));
  }
  t.same(
    waits,
    [60, 120, 240, 480, 960, 1_920, 3_600, 3_600].map((seconds) => seconds * 1_000),
  );
  limits.learn("one", { status: 200, headers: {}, message: "" });
  t.equal(limits.learn("one", secondary), 60_000);
  for (let key = 0; key < 5_000; key++) limits.learn(String(key), secondary);
  t.equal(limits.wait("one"), 0, "old keys are forgotten");
});

t.test("an answer to a signed request is not cached: the next request has another signature", async (t) => {
  const { asked, answers, api } = await scene(t);
  answers.push({ status: 200, headers: { etag: 'W/"a"' } });
  for (let time = 0; time < 2; time++) await api.request("GET", "/x", "eyJhbGciOi.1.a");
  t.same(
    asked.map(({ "if-none-match": etag }) => etag),
    [undefined, undefined],
  );
});

t.test("an answer that GitHub confirms is used again, with the same key alone", async (t) => {
  const { asked, answers, api } = await scene(t);
  answers.push({ status: 200, headers: { etag: 'W/"a"' }, body: { id: 1 } }, { status: 304 });
  await api.request("GET", "/x", "one");
  t.match(await api.request("GET", "/x", "one"), { status: 200, content: { id: 1 } });
  answers.push({ status: 200, headers: { etag: 'W/"b"' }, body: { id: 2 } }, { status: 304 });
  t.match(await api.request("GET", "/x", "one"), { status: 200, content: { id: 2 } });
  t.match(await api.request("GET", "/x", "one"), { status: 200, content: { id: 2 } });
  answers.push({ status: 200, headers: { etag: 'W/"c"' }, body: "x".repeat(40_000) });
  await api.request("GET", "/x", "one");
  await api.request("GET", "/x", "one");
  await api.request("GET", "/x", "two");
  t.same(
    asked.map(({ "if-none-match": etag }) => etag),
    [undefined, 'W/"a"', 'W/"a"', 'W/"b"', 'W/"b"', undefined, undefined],
    "neither a long answer nor that for another key",
  );
});
