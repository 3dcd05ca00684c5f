/** @agent-orchestrator/runtime where nothing else is installed: what it brings, and what it says of what is missing. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { packageRoot } from "#src/version.js";
import { installRuntime } from "../installed-runtime.js";

const { directory, packageDirectory, dependencies } = installRuntime(t);

function run(name: string, source: string, env: Readonly<Record<string, string>> = {}): string {
  writeFileSync(join(directory, name), source);
  // links are followed as if the packages were here: nothing else of this checkout is found
  const { stdout, stderr } = spawnSync(process.execPath, ["--preserve-symlinks", name], {
    ...{ cwd: directory, encoding: "utf8", timeout: 60_000 },
    env: { PATH: process.env.PATH, HOME: directory, ...env },
  });
  return stdout + stderr;
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

t.test("it brings at most 25 packages and 15 MB", (t) => {
  const names = [packageDirectory, ...dependencies];
  t.ok(names.length <= 25, `${names.length} packages`);
  const megabytes = names.reduce((sum, folder) => sum + bytesIn(folder), 0) / 1_000_000;
  t.ok(megabytes <= 15, `${megabytes.toFixed(1)} MB`);
  t.end();
});

t.test("it issues certificates with the bundled library", (t) => {
  const output = run(
    "certificate.js",
    `import { X509Certificate } from "node:crypto";
const { createAuthority, issueLeaf } = await import("./node_modules/@agent-orchestrator/runtime/dist/certs/issuing.js");
const hour = 3_600_000;
const authority = await createAuthority("test", Date.now(), hour);
const leaf = new X509Certificate((await issueLeaf(authority, ["a.test"], Date.now(), hour)).certificate);
console.log(leaf.subjectAltName, leaf.verify(new X509Certificate(authority.certificate).publicKey));`,
  );
  t.equal(output, "DNS:a.test true\n");
  t.end();
});

t.test("a kubeconfig with a plug-in says which package it needs", (t) => {
  const kubeconfig = {
    ...{ apiVersion: "v1", kind: "Config", "current-context": "c" },
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
    users: [{ name: "u", user: { exec: { apiVersion: "client.authentication.k8s.io/v1", command: "true" } } }],
  };
  writeFileSync(join(directory, "kubeconfig"), JSON.stringify(kubeconfig));
  const output = run(
    "plugin.js",
    `import { kubeconfigAccess } from "@agent-orchestrator/runtime";
await kubeconfigAccess({ file: "kubeconfig" }).catch((error) => console.log(error.message));`,
  );
  t.match(output, /^a kubeconfig with an auth plug-in.*: npm install @kubernetes\/client-node\n$/);
  t.end();
});

t.test("traces that cannot be exported are an error in the log, and the program continues", (t) => {
  const output = run(
    "tracing.js",
    `import { startTracing } from "@agent-orchestrator/runtime";
const logger = { error: (_, text) => console.log(text) };
console.log(await startTracing({ name: "a", version: "1", logger }));`,
    { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" },
  );
  t.match(output, /^traces are not exported.*: npm install @opentelemetry\/sdk-trace .*\nundefined\n$/);
  t.end();
});

t.test("TypeScript compiles against it with strict options, and with no types but Node's", (t) => {
  mkdirSync(join(directory, "node_modules/@types"));
  symlinkSync(join(packageRoot, "node_modules/@types/node"), join(directory, "node_modules/@types/node"));
  symlinkSync(join(packageRoot, "node_modules/undici-types"), join(directory, "node_modules/undici-types"));
  writeFileSync(
    join(directory, "compiled.ts"),
    `import { createManager, Pods, type Reconciler } from "@agent-orchestrator/runtime";
const reconciler: Reconciler = { reconcile: async (request) => ({ requeueAfter: request.name.length }) };
const manager = await createManager({ name: "compiled" });
manager.controller({ name: "pods", reconciler }).for(manager.cache.informer(Pods));
`,
  );
  const options = ["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--noEmit"];
  const modules = ["--module", "nodenext", "--target", "es2023", "--types", "node", "--preserveSymlinks"];
  const tsc = join(packageRoot, "node_modules/typescript/bin/tsc");
  const { stdout } = spawnSync(
    process.execPath,
    [tsc, ...options, ...modules, "--skipLibCheck", "false", "compiled.ts"],
    { cwd: directory, encoding: "utf8" },
  );
  t.equal(stdout, "");
  t.end();
});
