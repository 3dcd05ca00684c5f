/** Mistakes in the gateway's file are named before it serves anything. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { readGatewayFile } from "#src/gateway/gateway-file.js";
import { newDirectory } from "./served-gateway.js";

const upstream = { format: "anthropic", baseUrl: "https://api.anthropic.com", keyFile: "/key" };
const valid = { port: 8811, upstreams: { anthropic: upstream }, stateDirectory: "/s", terminationMessage: "/t" };

const git = { repositories: [], credentials: {}, writeDirectory: "/w" };

t.test("every wrong field is named, with the file", async (t) => {
  const file = join(newDirectory(t), "gateway.yaml");
  writeFileSync(file, JSON.stringify(valid));
  t.same(await readGatewayFile(file), valid);
  for (const [content, ...messages] of [
    [{ ...valid, port: "x", upstreams: [] }, /port in body must be of type integer/, /upstreams/],
    [{ ...valid, upstreams: {} }, /neither upstreams nor git/],
    [{ ...valid, git: { ...git, repositories: [{ url: "http://example.com/a/b", access: "read" }] } }, /write https:/],
    [
      { ...valid, git: { ...git, credentials: { a: { type: "ssh" } } } },
      /git.credentials.a.type.*"app", "token", "basic"/,
    ],
    [
      { ...valid, git: { ...git, ssh: { directory: "/d", secretName: "s", sockets: { prepare: "/p" } } } },
      /git.ssh.sockets.deliver: Required/,
    ],
    [
      { ...valid, upstreams: { a: { ...upstream, format: "cohere" } } },
      /upstreams.a.format.*"anthropic", "openai", "gemini"/,
    ],
    [{ ...valid, upstreams: { a: { ...upstream, baseUrl: "http://api.example.com" } } }, /write https:/],
    [{ ...valid, upstreams: { a: { ...upstream, baseUrl: "https://user:pw@api.example.com" } } }, /should match/],
    [{ ...valid, upstreams: { a: { ...upstream, keyfile: "/k" } } }, /unknown field "keyfile"/],
    [{ ...valid, budget: { maxTokens: -1 } }, /budget.maxTokens.*greater than or equal to 0/],
    [{ ...valid, prices: { a: { input: 1 } } }, /prices.a.output: Required/],
    ["a: [", /gateway.yaml: /],
    ["[".repeat(1000), /nested deeper/],
  ] as const) {
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    for (const message of messages) await t.rejects(readGatewayFile(file), { message });
  }
  await t.rejects(readGatewayFile("/nowhere/gateway.yaml"), /nowhere/);
});

t.test("plain HTTP is for this machine", async (t) => {
  const file = join(newDirectory(t), "gateway.yaml");
  for (const baseUrl of ["http://127.0.0.1:1", "http://localhost/x", "http://[::1]:2"]) {
    writeFileSync(file, JSON.stringify({ ...valid, upstreams: { a: { ...upstream, baseUrl } } }));
    t.ok(await readGatewayFile(file), baseUrl);
  }
});
