// Puts the command line into bundle/: one program in a few files, without node_modules (docs/adr/012). After `tsc -b`.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const folder = "bundle";
rmSync(folder, { recursive: true, force: true });
const { metafile } = await build({
  // those that cluster up starts as processes of their own, beside the command line as in dist/
  entryPoints: {
    orchestrator: "dist/cli/orchestrator.js",
    supervisor: "dist/cluster/supervisor.js",
    janitor: "dist/cluster/janitor.js",
    // for users of the runtime, whose npm doesn't know which undici it was tested with
    "client-node": "@kubernetes/client-node",
  },
  alias: { "#client-node": "@kubernetes/client-node" },
  outdir: folder,
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node20.19",
  // names in stack traces are worth more than the bytes
  minify: false,
  legalComments: "none",
  // what is no module asks for Node's own with require
  banner: {
    js: 'import { createRequire as $createRequire } from "node:module"; const require = $createRequire(import.meta.url);',
  },
  metafile: true,
  logLevel: "warning",
});

const packages = new Set(
  Object.keys(metafile.inputs).flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
);
const notices = [...packages].sort().map((path) => {
  const { name, version, license } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
  const texts = readdirSync(path)
    .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
    .map((file) => readFileSync(join(path, file), "utf8").trim());
  return [`${name} ${version} (${license})`, ...texts].join("\n\n");
});
writeFileSync(join(folder, "THIRD-PARTY-LICENSES.txt"), `${notices.join(`\n\n${"-".repeat(80)}\n\n`)}\n`);
