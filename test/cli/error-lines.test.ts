/** What people meet first when something is wrong: one line of the built program that says what to do, and an exit code. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import t, { type Test } from "tap";
import { orchestratorProgram } from "#src/cluster/program.js";
import { createAuthority, issueLeaf, type KeyPair } from "#src/runtime/certs/authority.js";

const day = 86_400_000;
const now = Date.now();

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the built program without a cluster of its environment. */
async function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const { PATH = "" } = process.env;
  const env = { PATH, HOME: "/nowhere", NO_PROXY: "*", ...environment };
  const child = spawn(process.execPath, [orchestratorProgram(), ...args], { env });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, out, err };
}

/** An API server with TLS that refuses all credentials, or a right. */
async function tlsServer(t: Test, { certificate, key }: KeyPair, code: 401 | 403): Promise<string> {
  const message =
    code === 401 ? "Unauthorized" : 'taskruns.orchestrator.io is forbidden: User "eve" cannot list resource "taskruns"';
  const server = createServer({ cert: certificate, key }, (_, response) =>
    response
      .writeHead(code, { "content-type": "application/json" })
      .end(JSON.stringify({ kind: "Status", status: "Failure", code, message })),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Parts {
  readonly server: string;
  readonly ca?: string;
  readonly user?: object;
}

/** Writes a kubeconfig; returns its path. */
function kubeconfig(directory: string, name: string, { server, ca, user = { token: "secret" } }: Parts): string {
  const authority = ca === undefined ? {} : { "certificate-authority-data": base64(ca) };
  const file = join(directory, name);
  writeFileSync(
    file,
    JSON.stringify({
      "current-context": "here",
      clusters: [{ name: "c", cluster: { server, ...authority } }],
      contexts: [{ name: "here", context: { cluster: "c", user: "u", namespace: "ns" } }],
      users: [{ name: "u", user }],
    }),
  );
  return file;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** The program fails with one line that matches. */
async function fails(t: Test, code: number, args: readonly string[], line: RegExp, env = {}): Promise<void> {
  const ended = await run(args, env);
  t.match(ended, { code, out: "", err: /^error: [^\n]+\n$/ }, args.join(" "));
  t.match(ended.err, line);
  t.notMatch(ended.err, /secret|PRIVATE/, "nothing secret");
}

t.test("an unknown command or option is named, with what may have been meant", async (t) => {
  for (const [args, err] of [
    [["tasks", "list"], "error: unknown command 'tasks'\n(Did you mean task?)\n"],
    [["task", "waits"], "error: unknown command 'waits'\n(Did you mean wait?)\n"],
    [["task", "list", "--servce", "x"], "error: unknown option '--servce'\n(Did you mean --service?)\n"],
  ] as const) {
    const ended = await run(args);
    t.equal(ended.code, 2);
    t.ok(ended.err.startsWith(err), ended.err);
  }
});

t.test("a kubeconfig that is missing, broken or incomplete", async (t) => {
  const directory = t.testdir({ broken: "clusters: [", shape: "contexts: {}\n", empty: "" });
  const list = (file: string): string[] => ["task", "list", "--kubeconfig", join(directory, file)];
  await fails(t, 2, list("none"), /cannot read the kubeconfig \S+none \(ENOENT\): set --kubeconfig or KUBECONFIG$/m);
  await fails(t, 2, list("broken"), /no access to a cluster: .*broken.*YAML/);
  await fails(t, 2, list("shape"), /shape.*contexts/);
  await fails(t, 2, list("empty"), /no access to a cluster: .*current-context/);
  kubeconfig(directory, "good", { server: "https://127.0.0.1:1" });
  await fails(t, 2, [...list("good"), "--context", "else"], /no access to a cluster: .*else/);
  await fails(t, 2, ["task", "list"], /no access to a cluster: /, { KUBECONFIG: join(directory, "none") });
});

t.test("a server that is not there", async (t) => {
  const directory = t.testdir({});
  const gone = kubeconfig(directory, "gone", { server: "https://127.0.0.1:1" });
  const refused = /ECONNREFUSED.*; is the cluster running, and --context the right one\?$/m;
  await fails(t, 2, ["task", "list", "--kubeconfig", gone], refused);
  const unknown = kubeconfig(directory, "unknown", { server: "https://api.invalid" });
  await fails(t, 2, ["task", "list", "--kubeconfig", unknown], /; the server's name is unknown here; check/);
  const through = ["task", "list", "--server", "https://127.0.0.1:1", "-n", "ns"];
  await fails(t, 2, through, /the server cannot be reached: .*; check --server and the network$/m, {
    ORCHESTRATOR_TOKEN: "secret",
  });
});

t.test("certificates that have expired, or that nobody here knows, and a right that is missing", async (t) => {
  const authority = await createAuthority("ca", now - 3 * day, 100 * day);
  const valid = await issueLeaf(authority, ["127.0.0.1"], now, 10 * day);
  const expired = await issueLeaf(authority, ["127.0.0.1"], now - 2 * day, day);
  const directory = t.testdir({ "ca.pem": authority.certificate });
  const list = (name: string, parts: Parts): string[] => {
    return ["task", "list", "--kubeconfig", kubeconfig(directory, name, parts)];
  };
  const ca = authority.certificate;
  const old = await tlsServer(t, expired, 401);
  const renew =
    /certificate has expired; the server's certificate has to be renewed, or this machine's clock is wrong$/m;
  await fails(t, 2, list("old-server", { server: old, ca }), renew);
  const through = ["task", "list", "-n", "ns", "--server", old, "--server-ca", join(directory, "ca.pem")];
  await fails(t, 2, through, renew, { ORCHESTRATOR_TOKEN: "secret" });
  const server = await tlsServer(t, valid, 401);
  await fails(
    t,
    2,
    list("other-ca", { server }),
    /certificate-authority is not that of this server, or its server address/,
  );
  const user = { "client-certificate-data": base64(expired.certificate), "client-key-data": base64(expired.key) };
  const certificate =
    /^error: your client certificate expired at \S+Z: get a new kubeconfig, or choose another --context$/m;
  await fails(t, 2, list("old-client", { server, ca, user }), certificate);
  await fails(
    t,
    2,
    list("token", { server, ca }),
    /does not accept your credentials \(401\); they may have expired: log in/,
  );
  const strict = await tlsServer(t, valid, 403);
  await fails(
    t,
    1,
    list("forbidden", { server: strict, ca }),
    /cannot list resource "taskruns"; ask an administrator for this/,
  );
});
