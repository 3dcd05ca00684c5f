// Bundles the command line into bundle/: a few files that need no node_modules (docs/adr/012). Run it after `tsc -b`.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const folder = "bundle";
rmSync(folder, { recursive: true, force: true });
const { metafile } = await build({
  // supervisor and janitor are processes that cluster up starts from files beside the command line, as in dist/
  entryPoints: {
    orchestrator: "dist/cli/orchestrator.js",
    supervisor: "dist/cluster/supervisor.js",
    janitor: "dist/cluster/janitor.js",
    // bundled with the undici that it was tested with, which npm would not install for users of the runtime
    "client-node": "@kubernetes/client-node",
  },
  alias: { "#client-node": "@kubernetes/client-node" },
  outdir: folder,
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node20.19",
  // readable stack traces matter more than size
  minify: false,
  legalComments: "none",
  // bundled CommonJS code loads Node's built-in modules with require
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

// `npm run sbom` says from it what the bundle contains
mkdirSync("build", { recursive: true });
writeFileSync(join("build", "bundle-metafile.json"), JSON.stringify(metafile));
