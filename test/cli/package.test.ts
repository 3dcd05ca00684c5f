/** The package as its users have it: packed, installed where nothing else is, and imported by its name. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import t from "tap";
import { packageRoot } from "#src/version.js";

const directory = mkdtempSync(join(tmpdir(), "package-"));
t.teardown(() => rmSync(directory, { recursive: true, force: true }));
const modules = join(directory, "node_modules");
mkdirSync(modules);

function succeeds(program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: directory, encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

/** Links a package of this checkout to where npm would install it. */
function link(name: string): void {
  mkdirSync(dirname(join(modules, name)), { recursive: true });
  symlinkSync(join(packageRoot, "node_modules", name), join(modules, name));
}

succeeds("npm", "pack", "--silent", "--ignore-scripts", packageRoot);
const [tarball = ""] = readdirSync(directory).filter((name) => name.endsWith(".tgz"));
succeeds("tar", "-xf", tarball, "--transform=s:^package:node_modules/agent-orchestrator:");
writeFileSync(join(directory, "package.json"), JSON.stringify({ type: "module" }));

const { dependencies } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
  dependencies: Record<string, string>;
};
// its own dependencies need a newer Node than we do; users need it only for its types
const typesOnly = "@kubernetes/client-node";
for (const name of Object.keys(dependencies)) if (name !== typesOnly) link(name);

t.test("plain JavaScript can use a kubeconfig with a plug-in, although the library for it is not installed", (t) => {
  const plugin = join(directory, "plugin.sh");
  const credential = {
    apiVersion: "client.authentication.k8s.io/v1",
    kind: "ExecCredential",
    status: { token: "secret" },
  };
  writeFileSync(plugin, `#!/bin/sh\necho '${JSON.stringify(credential)}'\n`, { mode: 0o755 });
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: plugin, interactiveMode: "Never" };
  writeFileSync(
    join(directory, "kubeconfig"),
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
      clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
      users: [{ name: "u", user: { exec } }],
    }),
  );
  writeFileSync(
    join(directory, "plugin.js"),
    `import { kubeconfigAccess } from "agent-orchestrator/runtime";
const access = await kubeconfigAccess({ file: "kubeconfig" });
console.log(JSON.stringify(await access.headers(false)));`,
  );
  t.same(JSON.parse(succeeds(process.execPath, "plugin.js")), { authorization: "Bearer secret" });
  t.end();
});

t.test("TypeScript compiles against it with strict options, and with no types but Node's", (t) => {
  for (const name of [typesOnly, "@types/node"]) link(name);
  const sources = join(directory, "src");
  mkdirSync(sources);
  for (const file of readdirSync(join(packageRoot, "examples")).filter((name) => name.endsWith(".ts")))
    cpSync(join(packageRoot, "examples", file), join(sources, file));
  const compilerOptions = {
    ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, verbatimModuleSyntax: true },
    ...{ module: "nodenext", target: "es2023", types: ["node"], noEmit: true, skipLibCheck: false },
  };
  writeFileSync(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src"] }));
  const tsc = join(packageRoot, "node_modules/typescript/bin/tsc");
  const { stdout } = spawnSync(process.execPath, [tsc, "-p", directory, "--pretty", "false"], {
    cwd: directory,
    encoding: "utf8",
  });
  // the types of isomorphic-ws, a dependency of client-node, need types that it does not depend on
  const mistakes = stdout.split("\n").filter((line) => line.includes("error TS") && !line.includes("/isomorphic-ws/"));
  t.same(mistakes, []);
  t.end();
});
