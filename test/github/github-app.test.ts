/** Tokens of a GitHub App, from a server that checks signatures and holds each token to its repositories, permissions and hour. */
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import t, { type Test } from "tap";
import { GitHubApi } from "#src/github/github-api.js";
import { AppRefused, GitHubApp } from "#src/github/github-app.js";
import { GitHubUnavailable } from "#src/github/unavailable.js";
import { openPullRequest, PullRequestError } from "#src/github/pull-requests.js";
import { FakeClock } from "#src/runtime/testing/clock.js";
import { listen } from "../listen.js";
import { GitHubServer } from "../templates/github-server.js";

const { privateKey, publicKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
});

const reading = { owner: "acme", repositories: ["auth"], permissions: { contents: "read" } } as const;
const minutes = 60_000;

async function scene(t: Test) {
  const github = await GitHubServer.start("/nowhere");
  const clock = new FakeClock();
  github.now = () => clock.now();
  github.app = { id: "17", publicKey };
  const api = new GitHubApi({ url: github.apiUrl, clock });
  t.teardown(async () => {
    await api.close();
    await github.stop();
  });
  const secret = { id: "17", privateKey };
  const app = new GitHubApp({ name: "Acme-Rex", api, read: () => Promise.resolve(secret), clock });
  return { github, clock, api, secret, app };
}

t.test(
  "a token covers only the requested permissions, is cached for most of its hour, and then replaced",
  async (t) => {
    const { github, clock, app } = await scene(t);
    const [first, same] = await Promise.all([app.token(reading), app.token(reading)]);
    t.equal(first, same);
    const writing = await app.token({ ...reading, permissions: { contents: "write" } });
    t.not(writing, first);
    t.same(github.tokenRequests, [
      { repositories: ["auth"], permissions: { contents: "read" } },
      { repositories: ["auth"], permissions: { contents: "write" } },
    ]);
    await clock.advance(49 * minutes);
    t.equal(await app.token(reading), first);
    await clock.advance(2 * minutes);
    const renewed = await Promise.all([app.token(reading), app.token(reading)]);
    t.not(renewed[0], first);
    t.equal(renewed[0], renewed[1]);
    app.forget();
    t.not(await app.token(reading), renewed[0], "what the server refused is not shown again");
  },
);

t.test("refusals are distinguished from failures, and neither shows the key", async (t) => {
  const { github, clock, app, secret } = await scene(t);
  const failure = (): Promise<unknown> =>
    app.token(reading).then(
      () => undefined,
      (error: unknown) => error,
    );
  github.busy = { status: 403, message: "API rate limit exceeded for installation" };
  t.ok((await failure()) instanceof GitHubUnavailable);
  await clock.advance(minutes);
  github.busy = { status: 404, message: "Not Found" };
  const refused = await failure();
  t.ok(refused instanceof AppRefused);
  t.equal(String(refused), "Error: GitHub has no installation of the App Acme-Rex for acme/auth (HTTP 404): Not Found");
  github.busy = { status: 502, message: "" };
  t.ok((await failure()) instanceof GitHubUnavailable);
  github.busy = undefined;
  secret.id = "18";
  await t.rejects(app.token(reading), /Issuer/);
  secret.privateKey = "-----BEGIN RSA PRIVATE KEY-----\nnot-shown\n-----END RSA PRIVATE KEY-----\n";
  const unusable = await failure();
  t.ok(unusable instanceof AppRefused);
  t.match(String(unusable), /must be an RSA key in PEM/);
  t.notMatch(String(unusable), /not-shown/);
  await github.stop();
  secret.privateKey = privateKey;
  await t.rejects(app.token(reading), /GitHub API of 127.0.0.1.* cannot be reached/);
});

t.test("an answer of more than 2 MiB is not read to its end", async (t) => {
  const server = createServer((_request, response) => {
    const chunk = Buffer.alloc(64 * 1024, " ");
    const write = (): void => {
      while (!response.destroyed && response.write(chunk));
      response.once("drain", write);
    };
    write();
  });
  const url = `http://127.0.0.1:${await listen(t, server)}`;
  const api = new GitHubApi({ url, clock: new FakeClock() });
  t.teardown(() => api.close());
  await t.rejects(api.request("POST", "/x", "key"), /exceeds 2097152 bytes/);
});

t.test("a branch has one pull request, whoever opened it, with its labels", async (t) => {
  const { github, api } = await scene(t);
  github.tokens.add("t");
  const wanted = {
    ...{ owner: "acme", repository: "auth", head: "feature/x", base: "main", title: "T".repeat(300) },
    ...{ body: "What was done.", labels: ["task-7"] },
  };
  const opened = await openPullRequest(api, "t", wanted);
  t.match(opened, { isNew: true, url: /\/acme\/auth\/pull\/1$/ });
  t.match(github.pulls, [{ head: "feature/x", base: "main", labels: ["task-7"], title: /^T{250}$/ }]);
  t.same(await openPullRequest(api, "t", wanted), { url: opened.url, isNew: false });
  github.refusal = { status: 422, message: "A pull request already exists" };
  await t.rejects(
    openPullRequest(api, "t", { ...wanted, head: "feature/y" }),
    new PullRequestError("the pull request cannot be opened (HTTP 422): A pull request already exists"),
  );
  await t.rejects(openPullRequest(api, "wrong", wanted), /cannot be listed \(HTTP 401\): Bad credentials/);
});
