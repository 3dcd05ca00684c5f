/** What `orchestrator doctor --github-app-dir` says of a GitHub App, and how it reads one. */
import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import type { Facts, GitHubAppFacts } from "#src/cli/doctor/facts.js";
import { checkGitHubApp } from "#src/cli/doctor/github-app.js";
import { observe, seen } from "#src/cli/doctor/observation.js";
import { readGitHubApp } from "#src/cli/doctor/read-github-app.js";
import type { Configuration } from "#src/configuration/configuration.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { listen } from "../listen.js";

const on = { ...defaultConfiguration.github, webhook: { enabled: true, grafana: false } };
const sound: GitHubAppFacts = {
  ...{ slug: "acme-orchestrator", settings: "the settings of the App" },
  permissions: { metadata: "read", contents: "read", pull_requests: "write", issues: "write", checks: "read" },
  events: ["pull_request", "pull_request_review", "issues", "issue_comment", "check_suite", "push"],
  webhook: {
    ...{ url: "https://orchestrator.example.com/webhook/github", contentType: "json", hasSecret: true },
    insecure: false,
  },
};

function findings(githubApp: Facts["githubApp"], github: Partial<Configuration["github"]> = {}): string[] {
  const effective = { ...defaultConfiguration, github: { ...on, ...github } };
  const configuration = seen({ report: undefined, standing: undefined, problems: [], effective });
  const facts = { namespace: "orchestrator", configuration, githubApp } as unknown as Facts;
  return checkGitHubApp(facts).map(({ severity, message }) => `${severity}: ${message}`);
}

t.test("an App that has all that the default rules need is sound", (t) => {
  t.same(findings(seen(sound)), [
    "ok: App acme-orchestrator has the permissions, events and webhook that the configuration needs.",
  ]);
  t.match(findings(undefined), [/^notChecked: .* private key\.$/]);
  t.match(findings(undefined, { webhook: { enabled: false, grafana: false } }), [/^ok: Off/]);
  t.match(findings({ state: "failed", message: "GitHub denied the App 1 its /app (HTTP 401)" }), [
    /^notChecked: .*401/,
  ]);
  t.end();
});

t.test("each permission, event and setting that is missing is named", (t) => {
  const { checks, ...withoutChecks } = sound.permissions;
  t.equal(checks, "read");
  const { webhook, ...withoutWebhook } = sound;
  if (webhook === undefined) throw new Error("it has one");
  const cases: [GitHubAppFacts, RegExp[], Partial<Configuration["github"]>?][] = [
    [{ ...sound, permissions: withoutChecks }, [/^error: .* lacks the repository permission checks: read/]],
    [
      { ...sound, permissions: { ...sound.permissions, issues: "read" } },
      [/^warning: .* lacks the repository permission issues: write, to label and comment on issues/],
    ],
    [
      { ...sound, permissions: {} },
      ["metadata", "contents", "pull_requests", "issues", "checks"].map((name) => RegExp(`^error: .* ${name}: read`)),
    ],
    [
      sound,
      [/^warning: .* checks: write, for github\.report\.checkRuns/],
      { report: { enabled: true, checkRuns: true } },
    ],
    [
      { ...sound, events: ["push"] },
      [/^error: .* events check_suite, issue_comment, issues, pull_request, pull_request_review,/],
    ],
    [withoutWebhook, [/^error: .* has no webhook URL/]],
    [
      { ...sound, webhook: { ...webhook, url: "https://example.com/hook" } },
      [/^error: .*example\.com\/hook does not end with \/webhook\/github/],
    ],
    [{ ...sound, webhook: { ...webhook, contentType: "form" } }, [/^error: .* content type is form/]],
    [{ ...sound, webhook: { ...webhook, hasSecret: false } }, [/^error: .* no secret/]],
    [
      { ...sound, webhook: { ...webhook, insecure: true } },
      [/^warning: .* without a check of the server's certificate/],
    ],
  ];
  for (const [app, expected, github] of cases) {
    const found = findings(seen(app), github);
    t.match(found, expected);
    t.equal(found.length, expected.length, found.join("\n"));
  }
  t.same(findings(seen({ ...sound, events: [] }), { rules: [] }), [
    "ok: App acme-orchestrator has the permissions, events and webhook that the configuration needs.",
  ]);
  t.end();
});

t.test("the App is read with its own signature", async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  const isSigned = ({ headers }: IncomingMessage): boolean => {
    const [head = "", payload = "", signature = ""] = (headers.authorization ?? "").replace(/^Bearer /, "").split(".");
    const bytes = Buffer.from(signature, "base64url");
    return verify("RSA-SHA256", Buffer.from(`${head}.${payload}`), createPublicKey(publicKey), bytes);
  };
  const answers: Readonly<Record<string, object>> = {
    "/app": { slug: "acme-orchestrator", permissions: { contents: "read", issues: 7 }, events: ["push", 7] },
    "/app/hook/config": { url: "https://x.example.com/webhook/github", content_type: "form", insecure_ssl: "1" },
  };
  const server = createServer((request, response) => {
    const answer = isSigned(request) ? answers[request.url ?? ""] : undefined;
    response.writeHead(answer === undefined ? 401 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? { message: "Bad credentials" }));
  });
  const apiUrl = `http://127.0.0.1:${await listen(t, server)}`;
  const directory = mkdtempSync(join(tmpdir(), "app-"));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const git = { ...defaultConfiguration.git, hosts: [{ host: "github.example.com", apiUrl }] };
  const configuration: Configuration = { ...defaultConfiguration, git };
  await t.rejects(readGitHubApp(directory, configuration), { message: /lacks the files app-id and private-key/ });
  writeFileSync(join(directory, "app-id"), "17\n");
  writeFileSync(join(directory, "private-key"), privateKey);
  t.same(await readGitHubApp(directory, configuration), {
    slug: "acme-orchestrator",
    settings: "https://github.example.com/settings/apps/acme-orchestrator, or the settings of its organization",
    permissions: { contents: "read", issues: "" },
    events: ["push"],
    webhook: {
      ...{ url: "https://x.example.com/webhook/github", contentType: "form", hasSecret: false },
      insecure: true,
    },
  });
  const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs1", format: "pem" });
  writeFileSync(join(directory, "private-key"), other);
  t.match(await observe(() => readGitHubApp(directory, configuration)), { state: "failed", message: /HTTP 401/ });
});
