import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import t from "tap";
import { orchestratorProgram } from "#src/cluster/program.js";
import { packageRoot, version } from "#src/version.js";

// outside the checkout, without node_modules, as in the operator's image
const directory = mkdtempSync(join(tmpdir(), "bundle-"));
t.teardown(() => rmSync(directory, { recursive: true, force: true }));
cpSync(dirname(orchestratorProgram()), join(directory, "bundle"), { recursive: true });
for (const path of ["package.json", "templates"]) {
  cpSync(join(packageRoot, path), join(directory, path), { recursive: true });
}

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function call(program: string, args: readonly string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: "utf8",
    cwd: directory,
  });
  return { status, stdout, stderr };
}
const bundled = (...args: string[]): Outcome => call("bundle/orchestrator.js", args);
const samples = join(packageRoot, "config/samples");

t.test("every command of the bundle works without installed packages", (t) => {
  t.equal(bundled("--version").stdout, `${version}\n`);
  for (const command of [
    "manager",
    "budget",
    "validate",
    "convert",
    "render",
    "config",
    "cluster",
    "doctor",
    "ui",
    "health",
    "release-runs",
    "server",
  ]) {
    const { status, stdout, stderr } = bundled(command, "--help");
    t.equal(status, 0, stderr);
    t.match(stdout, `Usage: orchestrator ${command} `);
  }
  t.end();
});

t.test("the bundle finds the templates, and behaves like the compiled code", (t) => {
  for (const args of [
    ["render", "-f", join(samples, "coderun-trader.yaml")],
    ["validate", "-f", samples],
  ]) {
    const wanted = call(join(packageRoot, "dist/cli/orchestrator.js"), args);
    t.equal(wanted.status, 0, wanted.stderr);
    t.strictSame(bundled(...args), wanted);
  }
  t.end();
});

t.test("a kubeconfig with a plug-in works, although it loads another library", (t) => {
  const kubeconfig = join(directory, "kubeconfig");
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "/nowhere/plugin", interactiveMode: "Never" };
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "a",
      clusters: [{ name: "a", cluster: { server: "https://127.0.0.1:1" } }],
      users: [{ name: "a", user: { exec } }],
      contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
    }),
  );
  const { status, stdout } = bundled("manager", "--kubeconfig", kubeconfig);
  t.equal(status, 1);
  t.match(stdout, /spawn \/nowhere\/plugin ENOENT/);
  t.end();
});

interface Sbom {
  readonly components: readonly {
    readonly purl: string;
    readonly name: string;
    readonly group?: string;
    readonly version: string;
    readonly licenses?: readonly unknown[];
  }[];
}

interface Metafile {
  readonly outputs: Readonly<Record<string, { inputs: Readonly<Record<string, { bytesInOutput: number }>> }>>;
}

t.test("the bill of materials names each package whose code is in the bundle, with its license", (t) => {
  const file = join(directory, "sbom.json");
  const made = spawnSync("npm", ["run", "--silent", "sbom", "--", "--output-file", file], { cwd: packageRoot });
  t.equal(made.status, 0, String(made.stderr));
  const { components } = JSON.parse(readFileSync(file, "utf8")) as Sbom;
  const { outputs } = JSON.parse(readFileSync(join(packageRoot, "build/bundle-metafile.json"), "utf8")) as Metafile;
  const files = Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs));
  const folders = files.flatMap(([path, { bytesInOutput }]) =>
    bytesInOutput === 0 ? [] : (/^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
  );
  const bundledPackages = [...new Set(folders)].map((folder) => {
    const { name, version: of } = JSON.parse(readFileSync(join(packageRoot, folder, "package.json"), "utf8")) as {
      name: string;
      version: string;
    };
    return `${name} ${of}`;
  });
  const listed = components.map(({ group, name, version: of }) => `${group ? `${group}/` : ""}${name} ${of}`);
  t.strictSame([...new Set(listed)].sort(), [...new Set(bundledPackages)].sort());
  t.ok(listed.length > 50);
  t.strictSame(
    components.filter(({ purl, licenses = [] }) => !purl.startsWith("pkg:npm/") || licenses.length === 0),
    [],
  );
  t.end();
});
